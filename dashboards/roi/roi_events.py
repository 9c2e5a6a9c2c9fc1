class RoiEvent:
    """What the statement leaves in the log."""

    EXPORTED = "roi.rows_exported"
    COST_SET = "crm.cost_set"
