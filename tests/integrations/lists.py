"""Bringing lists in, as the tests do it."""

import io
import json

import xlsxwriter
from django.core.files.base import ContentFile

from integrations.imports import columns, deciding, upload
from integrations.models import Import
from staff import relay

HEADER = "会社名,部署,氏名,ふりがな,E-mail,TEL,来場日,興味,備考２\n"
LIST = (
    HEADER
    + """㈱東雲フーズ,工場企画,村上 由佳,むらかみ ゆか,y.murakami@shinonome.example,０３−1234−5678,7/9,A:包装,要見積
ﾐﾅﾄ物流株式会社,物流企画課,成田　翔,なりた しょう,narita@minato.example,0451234567,2026年7月9日,B,
丸彌建設,,三輪健,,murakami@@shinonome.example,,令和7年3月1日,,
城北メタルズ,,小野 晶,,ono@johoku.example,,7/39,,
,,,,,,,,
個人,,山本 花,,hana@yahoo.co.jp,,,,
"""
)


def upload_list(content, by, kind="leads", name="展示会.csv", **facts) -> Import:
    """The import as it stands when the file has been sent, before any worker has looked at it."""
    data = content.encode() if isinstance(content, str) else content
    return upload.receive_file(ContentFile(data, name=name), kind=kind, by=by, **facts)


def read(content, by, **facts) -> Import:
    batch = upload_list(content, by, **facts)
    relay.drain()
    batch.refresh_from_db()
    return batch


def lines_of(batch: Import) -> list[list[str]]:
    """The cells of each line that waits to be checked."""
    return [cells for piece in batch.pieces.all() for _line, cells in json.loads(piece.lines)]


def checked(content, by, **facts) -> Import:
    """Up to the page where a person confirms, with the proposed columns."""
    batch = read(content, by, **facts)
    assert batch.state == Import.State.MAPPING, (batch.state, batch.problem)
    columns.confirm(batch, [c["field"] for c in batch.columns], by=by, seen=batch.version)
    relay.drain()
    batch.refresh_from_db()
    assert batch.state == Import.State.READY
    return batch


def run(batch: Import, by) -> Import:
    batch = deciding.confirm(batch, by=by, seen=batch.version)
    relay.drain()
    batch.refresh_from_db()
    assert batch.state == Import.State.DONE
    return batch


def workbook(*rows) -> bytes:
    """An xlsx file; a cell that is a pair is a formula with its result."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"default_date_format": "yyyy/mm/dd", "strings_to_formulas": False})
    page = book.add_worksheet("名簿")
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, tuple):
                page.write_formula(line, column, value[0], None, value[1])
            else:
                page.write(line, column, value)
    book.close()
    return file.getvalue()
