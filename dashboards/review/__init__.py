"""What changed in the rules this quarter, and what became of the figures after it."""
