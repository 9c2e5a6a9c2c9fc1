from accounts.models.channel import Channel
from accounts.models.company import Company, CompanyAccess, CompanyName, Division, Site
from accounts.models.contact import Contact
from accounts.models.matching import DuplicatePair, FactsQuestion, MatchKey
from accounts.models.merge import Merge, MergeChange

__all__ = [
    "Channel",
    "Company",
    "CompanyAccess",
    "CompanyName",
    "Contact",
    "Division",
    "DuplicatePair",
    "FactsQuestion",
    "MatchKey",
    "Merge",
    "MergeChange",
    "Site",
]
