"""Fields that a company adds to its records: what they are, what stands in them, and lists by them.

Whoever owns a kind of record registers it (`records.register`); the rest is the same for all.
"""
