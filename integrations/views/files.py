"""Files that are sent while they are written."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils import translation
from django.utils.http import content_disposition_header


def sent(pieces: Iterator[bytes], name: str, kind: str) -> StreamingHttpResponse:
    """The pieces as a file of that name and content type, in the language of the request. No browser runs anything in it."""
    language = translation.get_language() or "ja"
    response = StreamingHttpResponse(_in_language(pieces, language), content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
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
