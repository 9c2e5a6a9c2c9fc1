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
    DIVISION_EDITED = "company.division_edited"
    SITE_EDITED = "company.site_edited"
    SITE_LEFT = "company.site_left"  # it belongs to another company now
    GROUPED = "company.grouped"
    KNOWN_BY_MORE = "company.known_by_more"  # a name, phone, domain … beside the fields, by hand
    STRUCK = "company.struck"  # such a one is not the company's
    FILE_ATTACHED = "company.file_attached"
    FILE_REMOVED = "company.file_removed"
    REMOVED = "company.removed"
    PLACE_REMOVED = "company.place_removed"
    RESTORED = "company.taken_back"  # what an import had filled in


class ContactEvent:
    CREATED = "contact.created"
    EDITED = "contact.edited"
    APPENDED = "contact.appended"
    MOVED = "contact.moved"  # within the company
    LEFT = "contact.left"  # the company; where they went is told there alone
    JOINED = "contact.joined"  # from another company
    ARRIVED = "contact.arrived"  # a planned move took effect
    STAYED = "contact.stayed"
    TOOK_ON = "contact.took_on"  # one more position, 兼務
    GAVE_UP = "contact.gave_up"
    REMOVED = "contact.removed"
    RESTORED = "contact.taken_back"


class DuplicateEvent:
    DIFFERENT = "duplicate.different"
    LATER = "duplicate.later"
    REOPENED = "duplicate.reopened"


class BinEvent:
    REMOVED = "record.removed"
    RESTORED = "record.restored"


class MatchEvent:
    RULES_PUBLISHED = "matching.rules_published"
    SCAN_ASKED = "matching.scan_asked"
    SCAN_WENT_ON = "matching.scan_went_on"


class MergeEvent:
    MERGED = "record.merged"
    UNDONE = "record.parted"
