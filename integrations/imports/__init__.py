"""A list becomes records: file → columns → check → run → report.

Each step is done by a worker in slices, every slice one transaction; between the steps a person decides.
"""
