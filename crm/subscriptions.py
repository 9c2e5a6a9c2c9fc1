"""What happens after something happened, on one page.

A handler takes the event and may run twice: a second run must do nothing. It runs in a worker, in one transaction with
the mark that it is done.
"""

from collections.abc import Callable

from accounts import scanning
from accounts.company_events import ContactEvent, DuplicateEvent, MatchEvent, MergeEvent
from accounts.merging import gathering
from activities import calling_again, first_calls, handing_on, minutes, todos
from activities.activity_events import ActivityEvent, HandoverEvent
from activities.automation import engine
from activities.playbooks import issuing
from dashboards.weekly import freezing
from integrations.imports import announcing, comparing_again, work
from integrations.imports.import_events import ImportEvent
from leads import first_contact
from leads.lead_events import LeadEvent
from pipeline import approvals, exit_criteria, method, people, stall_alerts, stalls
from pipeline.deal_events import DealEvent, StageEvent, StallEvent
from staff.custom import values as own_values
from staff.models import Event
from staff.working_time import CalendarEvent

SUBSCRIPTIONS: dict[str, list[Callable[[Event], None]]] = {
    MatchEvent.RULES_PUBLISHED: [scanning.follow_rules],
    MatchEvent.SCAN_ASKED: [scanning.carry_on],
    MatchEvent.SCAN_WENT_ON: [scanning.carry_on],
    DuplicateEvent.DIFFERENT: [scanning.follow_answer],
    LeadEvent.RECEIVED: [first_calls.issue, engine.react],
    LeadEvent.CLOCK_NEAR: [engine.react],
    LeadEvent.ASSIGNED: [first_contact.tell_new_owner, first_calls.hand_over],
    LeadEvent.CONTACTED: [first_calls.contacted],
    LeadEvent.BREACHED: [first_contact.tell_of_breach, engine.react],
    LeadEvent.NURTURED: [first_calls.withdraw],
    LeadEvent.DISQUALIFIED: [first_calls.withdraw],
    LeadEvent.REOPENED: [first_calls.issue],
    LeadEvent.REMOVED: [first_calls.withdraw],
    CalendarEvent.CHANGED: [first_contact.follow_calendar, stalls.follow_calendar],
    ActivityEvent.LOGGED: [minutes.tell_of_missed],
    HandoverEvent.BEGUN: [handing_on.carry_on],
    HandoverEvent.WENT_ON: [handing_on.carry_on],
    HandoverEvent.UNDO_ASKED: [handing_on.carry_back],
    HandoverEvent.WENT_BACK: [handing_on.carry_back],
    MergeEvent.MERGED: [gathering.gather_after, scanning.follow_merge, exit_criteria.follow_own_value],
    MergeEvent.UNDONE: [scanning.follow_merge, exit_criteria.follow_own_value],
    DealEvent.HANDED_OVER: [todos.hand_over],
    DealEvent.CREATED: [issuing.issue, engine.react],
    DealEvent.EDITED: [engine.react],
    own_values.CHANGED: [exit_criteria.follow_own_value, engine.react],
    DealEvent.MOVED: [issuing.issue, engine.react],
    DealEvent.REOPENED: [issuing.issue, engine.react, calling_again.withdraw],
    DealEvent.WON: [issuing.issue, engine.react],
    DealEvent.LOST: [issuing.issue, engine.react, calling_again.issue],
    DealEvent.APPROVAL_ASKED: [approvals.tell_managers],
    DealEvent.APPROVED: [approvals.tell_owner],
    DealEvent.APPROVAL_REFUSED: [approvals.tell_of_refusal],
    StallEvent.RAISED: [stall_alerts.tell, engine.react_to_stalls],
    StallEvent.ESCALATED: [stall_alerts.tell_managers],
    ContactEvent.MOVED: [people.contact_left],
    ContactEvent.LEFT: [people.contact_left],
    StageEvent.EDITED: [method.recompute],
    StageEvent.STALL_RULES_EDITED: [stalls.follow_rules],
    StageEvent.CRITERION_EDITED: [method.recompute],
    StageEvent.CRITERION_ADDED: [method.recompute],
    StageEvent.CRITERION_RETIRED: [method.recompute],
    ImportEvent.UPLOADED: [work.carry_on],
    ImportEvent.SHEET_CHOSEN: [work.carry_on],
    ImportEvent.MAPPED: [work.carry_on],
    ImportEvent.CONFIRMED: [work.carry_on],
    ImportEvent.CONTINUED: [work.carry_on],
    ImportEvent.UNDO_ASKED: [work.carry_on],
    ImportEvent.UNDONE: [announcing.tell, freezing.fill_after],
    ImportEvent.DONE: [announcing.tell, freezing.fill_after, comparing_again.look_again],
    ImportEvent.COMPARED: [comparing_again.look_again],
    ImportEvent.FAILED: [announcing.tell],
}
