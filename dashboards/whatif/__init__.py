"""What would the quarter be if these deals went otherwise? Toggled on the page, kept as a scenario."""
