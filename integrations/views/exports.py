"""Lists as files."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.lib import sheets
from integrations import exports
from integrations.views import files
from staff import access
from staff.http import Request


@access.requires("export")
@require_safe
def export(request: Request, name: str) -> StreamingHttpResponse:
    """The list as the person sees it with the filters of the address, as xlsx or CSV."""
    form = request.GET.get("format", "csv")
    if name not in exports.EXPORTS or form not in exports.FORMATS:
        raise Http404
    if not exports.may(request.user, name):
        raise PermissionDenied(_("Your role does not include this. An administrator can grant it."))
    exports.note(name, request.GET, form, by=request.user)
    stem = f"{exports.EXPORTS[name].label}_{timezone.localdate():%Y%m%d}"
    rows = sheets.pieces(exports.table(name, request.user, request.GET), form)
    return files.sent(rows, f"{stem}.{exports.FORMATS[form]}", exports.CONTENT_TYPES[form])
