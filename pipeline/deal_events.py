from enum import StrEnum


class DealEvent(StrEnum):
    """What happens to a deal, by the names that subscribers listen to."""

    CREATED = "deal.created"
    EDITED = "deal.edited"
    MOVED = "deal.moved"
    WON = "deal.won"
    LOST = "deal.lost"
    REOPENED = "deal.reopened"
    ANSWERED = "deal.answered"
    APPROVAL_ASKED = "deal.approval_asked"
    APPROVED = "deal.approved"
    APPROVAL_REFUSED = "deal.approval_refused"
    APPROVAL_WITHDRAWN = "deal.approval_withdrawn"
    FILE_ATTACHED = "deal.file_attached"
    FILE_REMOVED = "deal.file_removed"
    HANDED_OVER = "deal.handed_over"
    STALLED = "deal.stalled"
    CONTACT_LEFT = "deal.contact_left"
    STALL_ESCALATED = "deal.stall_escalated"
    SNOOZED = "deal.snoozed"
    ENTERED = "deal.entered"
    REMOVED = "deal.removed"
    RESTORED = "deal.taken_back"


class StallEvent(StrEnum):
    """That alerts went out: one for many deals, whose own events it names."""

    RAISED = "stalls.raised"
    ESCALATED = "stalls.escalated"


class StageEvent(StrEnum):
    """What administrators change in the method itself."""

    EDITED = "stage.edited"
    CRITERION_EDITED = "criterion.edited"
    CRITERION_ADDED = "criterion.added"
    CRITERION_RETIRED = "criterion.retired"
    ADDED = "stage.added"
    GIVEN_UP = "stage.given_up"
    DRAFT_DISCARDED = "method.draft_discarded"
    PUBLISHED = "method.published"
    IN_FORCE = "method.in_force"
    WITHDRAWN = "method.withdrawn"
    PIPELINE_ADDED = "pipeline.added"
    PIPELINE_EDITED = "pipeline.edited"
    PIPELINE_GIVEN = "pipeline.given"
    STALL_RULES_EDITED = "stage.stall_rules_edited"
    REASON_ADDED = "reason.added"
    REASON_RENAMED = "reason.renamed"
    REASON_RETIRED = "reason.retired"
    REASON_OFFERED = "reason.offered"
    REASON_DELETED = "reason.deleted"
    REASONS_ORDERED = "reason.ordered"
