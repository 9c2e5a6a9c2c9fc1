"""`manage.py undo_import 17`: takes back what the import made and filled in, and prints what it kept."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.imports import undoing
from integrations.management.commands.import_file import work_on
from integrations.models import Import
from staff.models import User


class Command(BaseCommand):
    help = "Undoes an import: what it made goes into the bin, what it filled in gets what it held before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("import", type=int, metavar="IMPORT", help="its number, as import_file tells it")
        parser.add_argument("--by", metavar="EMAIL", help="who undoes it; the system when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(email=options["by"]).first() if options["by"] else User.objects.system()
        batch = Import.objects.filter(pk=options["import"]).first()
        if by is None or batch is None:
            raise CommandError("There is no such import, or no such person.")
        try:
            batch = work_on(undoing.begin(batch, by=by, seen=batch.version, for_workers=False))
        except undoing.NotUndoable as refusal:
            raise CommandError(f"The import is {batch.state}: it cannot be undone.") from refusal
        kept = [
            {"kind": k.subject_type, "id": k.subject_id, "line": k.line, "name": k.name, "reason": k.reason, **k.params}
            for k in batch.kept.all()[:1000]
        ]  # fmt: skip
        told = {"import": batch.pk, "state": batch.state, **batch.undone, "kept_records": kept}
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2, default=str))
