from staff.models.absence import Absence
from staff.models.company import CompanyProfile
from staff.models.custom import CustomField, CustomValue
from staff.models.events import Delivery, Event, Notification, Seal
from staff.models.mail import Mail
from staff.models.people import Role, Team, User
from staff.models.work import ScheduleSlot, Submission

__all__ = [
    "Absence",
    "CompanyProfile",
    "CustomField",
    "CustomValue",
    "Delivery",
    "Event",
    "Mail",
    "Notification",
    "Role",
    "ScheduleSlot",
    "Seal",
    "Submission",
    "Team",
    "User",
]
