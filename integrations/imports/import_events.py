"""What happens to an import, as events."""


class ImportEvent:
    UPLOADED = "import.uploaded"
    SHEET_CHOSEN = "import.sheet_chosen"
    MAPPED = "import.mapped"
    CONFIRMED = "import.confirmed"
    # A worker has done a slice, and there is more: the next delivery does the next one.
    CONTINUED = "import.continued"
    DONE = "import.done"
    # Companies that lines were added to have been compared with the others once more.
    COMPARED = "import.compared"
    FAILED = "import.failed"
    REMOVED = "import.removed"
    REPORTED = "import.reported"
    STOPPED = "import.stopped"
    UNDO_ASKED = "import.undo_asked"
    UNDONE = "import.undone"
