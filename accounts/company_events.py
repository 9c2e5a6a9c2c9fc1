"""The names of what happens to companies and their people."""


class CompanyEvent:
    CREATED = "company.created"
    EDITED = "company.edited"
    APPENDED = "company.appended"  # empty fields filled, former names remembered, from another source
    RENAMED = "company.renamed"
    MOVED = "company.moved"
    RESTRICTED = "company.restricted"
    OPENED = "company.opened"
    DIVISION_ADDED = "company.division_added"
    SITE_ADDED = "company.site_added"
    REMOVED = "company.removed"
    RESTORED = "company.taken_back"  # what an import had filled in


class ContactEvent:
    CREATED = "contact.created"
    EDITED = "contact.edited"
    APPENDED = "contact.appended"
    REMOVED = "contact.removed"
    RESTORED = "contact.taken_back"


class DuplicateEvent:
    DIFFERENT = "duplicate.different"
    LATER = "duplicate.later"
    REOPENED = "duplicate.reopened"


class MergeEvent:
    MERGED = "record.merged"
    UNDONE = "record.parted"
