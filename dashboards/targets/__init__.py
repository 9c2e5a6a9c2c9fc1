"""Targets of the company, its teams and people: set by quarter, kept by month."""
