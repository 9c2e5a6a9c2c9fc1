"""What did it bring? Win rate × amount × lead time against a baseline, with intervals, from rows that anyone can check."""
