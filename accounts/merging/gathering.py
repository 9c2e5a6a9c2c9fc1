"""What was written for a record at the very moment in which it was merged away."""

from __future__ import annotations

from django.db import transaction

from accounts.merging import joining, kinds, relations
from accounts.merging.journal import Journal
from accounts.merging.locking import lock
from accounts.models import Merge
from staff.models import Event


def gather_after(event: Event) -> None:
    """Subscriber of merges. Whoever wrote for the loser waited for the merge's lock and came in behind it."""
    merge = Merge.objects.filter(pk=event.data.get("merge")).first()
    if merge:
        gather(merge)


@transaction.atomic
def gather(merge: Merge) -> int:
    """Brings to the winner what still points at the loser, as a part of the merge; how many rows. Twice does nothing."""
    kind = kinds.named("company" if merge.kind == "placing" else merge.kind)
    rows = kind.model._default_manager
    # The lock waits for those who hold the loser's row for a row of theirs.
    winner, loser = lock(kind, [rows.get(pk=merge.winner_id), rows.get(pk=merge.loser_id)])
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at or loser.merged_into_id != winner.pk:
        return 0
    journal = Journal()
    for relation in relations.of(kind.model):
        joining.follow(relation, winner, loser, journal, merge.by)
    if not journal.changes:
        return 0
    journal.write(merge)
    merge.records = sorted({*merge.records, *journal.records})
    merge.save(update_fields=["records"])
    joining.recompute(journal.records)
    # The winner may have been merged away itself meanwhile.
    for outer in Merge.objects.standing().filter(kind=merge.kind, loser_id=winner.pk):
        gather(outer)
    return sum(len(change.rows) for change in journal.changes)
