"""Sets for measuring matching: made from a seed, in two differently written profiles, with the truth beside them."""
