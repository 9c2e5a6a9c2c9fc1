"""How good the forecast is, on made-up companies whose future is known."""
