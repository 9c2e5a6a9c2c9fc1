"""What kinds of records are called, for whoever reads of them: in the bin, in what an undone import kept, in the log."""

from __future__ import annotations

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Those whose model has no name of its own in words; by the name of the model.
_NAMES: dict[str, str | Promise] = {
    "division": _("division"), "site": _("site"), "formersite": _("former place of a site"), "position": _("position of a person"),
    "companyname": _("name of a company"), "furthervalue": _("what a company is known by"), "companyfile": _("file of a company"),
    "companyaccess": _("who may see a company"), "duplicatepair": _("question about duplicates"), "factsquestion": _("question about values"),
    "todo": _("todo"), "activity": _("activity"), "touch": _("touch of a lead"), "dealfile": _("file of a deal"),
    "criterionanswer": _("answer to an exit criterion"), "stagemove": _("stage move"),
}  # fmt: skip


def name_of(model: type[Model]) -> str:
    """The kind in the reader's language."""
    return str(_NAMES.get(str(model._meta.model_name)) or model._meta.verbose_name)
