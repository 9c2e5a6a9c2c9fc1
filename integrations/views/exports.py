"""Lists as files."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from integrations import exports
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
    rows = exports.pieces(exports.table(name, request.user, request.GET), form)
    response = StreamingHttpResponse(
        _in_language(rows, translation.get_language() or "ja"), content_type=exports.CONTENT_TYPES[form]
    )
    stem = f"{exports.EXPORTS[name].label}_{timezone.localdate():%Y%m%d}"
    response["Content-Disposition"] = (
        content_disposition_header(True, f"{stem}.{exports.FORMATS[form]}") or "attachment"
    )
    response["Content-Security-Policy"] = "sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _in_language(pieces: Iterator[bytes], language: str) -> Iterator[bytes]:
    """The file is written after the request's language has been put back."""
    while True:
        with translation.override(language):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
