"""What may happen to a lead, as its timeline and the operation log tell it."""


class LeadEvent:
    RECEIVED = "lead.received"
    TOUCHED = "lead.touched"
    ASSIGNED = "lead.assigned"
    CONTACTED = "lead.contacted"
    CLOCK_NEAR = "lead.clock_near"
    BREACHED = "lead.breached"
    EDITED = "lead.edited"
    NURTURED = "lead.nurtured"
    DISQUALIFIED = "lead.disqualified"
    REOPENED = "lead.reopened"
    CONVERTED = "lead.converted"
    REMOVED = "lead.removed"
    RESTORED = "lead.taken_back"
    CLOCK_CHANGED = "clock_rule.changed"
    ASSIGNMENT_CHANGED = "assignment_rule.changed"
