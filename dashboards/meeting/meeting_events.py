class MeetingEvent:
    """What a meeting leaves in the log, and on the timelines of its deals."""

    STARTED = "meeting.started"
    ENDED = "meeting.ended"
    REOPENED = "meeting.reopened"
    DECIDED = "meeting.decided"
    TAKEN_BACK = "meeting.decision_taken_back"
