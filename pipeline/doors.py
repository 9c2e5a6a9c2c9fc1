"""Every door by which a deal comes into another stage, and where in the code it stands.

All of them lead through `pipeline.moves`; the suite `tests/site/test_doors.py` drives each against every kind of exit
criterion. Whoever opens a new one adds its call here (`bin/check` finds calls that are missing) and a driver there.
"""

from enum import StrEnum


class Door(StrEnum):
    FORM = "form"  # the deal's page, its gate dialog, M on the keyboard
    BOARD = "board"  # dragging a card, its menu
    LIST = "list"  # the stage of a row
    BULK = "bulk"  # the picked rows of a list
    UNDO = "undo"  # taking a move back, of one deal or of many
    LOSS = "loss"  # asks no criteria, but a reason
    NEW = "new"  # a new or converted deal enters the first stage
    IMPORT = "import"  # old deals enter where they stand, by an administrator's choice
    AUTOMATION = "automation"  # a rule that moves deals
    SAMPLE = "sample"  # the sample company walks like everybody


# What moves a deal. Called anywhere else than named below, the move is a door that nobody watches.
MOVERS = {"move_deal", "move_locked", "fill_and_move", "lose_deal", "take_back", "begin", "move_many", "enter_many", "record_past"}  # fmt: skip

# file:function → the doors that it serves.
CALLS: dict[str, tuple[Door, ...]] = {
    "pipeline/gate.py:fill_and_move": (Door.FORM, Door.BOARD, Door.LIST),
    "pipeline/views/moving.py:deal_stage": (Door.FORM, Door.BOARD, Door.LIST),
    "pipeline/views/moving.py:stage_undo": (Door.UNDO,),
    "pipeline/views/closing.py:deal_loss": (Door.LOSS,),
    "dashboards/meeting/deciding.py:_lose": (Door.LOSS,),
    "dashboards/meeting/deciding.py:take_back": (Door.UNDO,),
    "pipeline/bulk_edit.py:_move": (Door.BULK,),
    "pipeline/bulk_edit.py:_unmove": (Door.UNDO,),
    "pipeline/deals.py:create_deal": (Door.NEW,),
    "integrations/imports/run_deals.py:_enter": (Door.IMPORT,),
    "integrations/imports/run_deals.py:run_history": (Door.IMPORT,),
    "activities/automation/actions.py:_move": (Door.AUTOMATION,),
    "crm/demo/walk.py:advance": (Door.SAMPLE,),
    "crm/demo/walk.py:lose": (Door.SAMPLE,),
}
# Where `stage` of a deal is set: by the move itself, and to the very stage it has, where a row is put beside its id.
SETTERS = {
    "pipeline/moves.py", "pipeline/board.py", "pipeline/entering.py", "pipeline/exit_criteria.py", "pipeline/batches.py",
    "pipeline/publishing.py",
}  # fmt: skip
