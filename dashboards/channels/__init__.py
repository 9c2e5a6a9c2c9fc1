"""What each channel costs, month by month, and what an order through it cost."""
