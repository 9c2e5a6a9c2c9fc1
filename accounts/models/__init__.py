from accounts.models.channel import Channel
from accounts.models.company import (
    Company,
    CompanyAccess,
    CompanyName,
    Division,
    FormerSite,
    FurtherValue,
    Site,
)
from accounts.models.contact import Contact, Position
from accounts.models.file import CompanyFile
from accounts.models.matching import DuplicatePair, FactsQuestion, MatchKey, MatchRule, MatchRules, MatchScan
from accounts.models.merge import Merge, MergeChange
from accounts.models.removal import Removal

__all__ = [
    "Channel",
    "Company",
    "CompanyAccess",
    "CompanyFile",
    "CompanyName",
    "Contact",
    "Division",
    "DuplicatePair",
    "FactsQuestion",
    "FormerSite",
    "FurtherValue",
    "MatchKey",
    "MatchRule",
    "MatchRules",
    "MatchScan",
    "Merge",
    "MergeChange",
    "Position",
    "Removal",
    "Site",
]
