"""What people do, as timelines and the operation log tell it."""


class ActivityEvent:
    LOGGED = "activity.logged"
    TODO_ADDED = "todo.added"
    TODO_COMPLETED = "todo.completed"
    TODO_REOPENED = "todo.reopened"
    TODO_RESCHEDULED = "todo.rescheduled"
    TODO_WITHDRAWN = "todo.withdrawn"


class HandoverEvent:
    DONE = "company.handed_over"
    UNDONE = "company.handed_back"
    # Of a handover that workers do, some accounts at a time.
    BEGUN = "handover.begun"
    WENT_ON = "handover.went_on"
    UNDO_ASKED = "handover.undo_asked"
    WENT_BACK = "handover.went_back"
