"""Rows of ours as files: CSV as a stream, XLSX from a scratch file. Both go out a piece at a time.

A cell that a spreadsheet would take for a formula is made text: an apostrophe before it in CSV, its type in XLSX.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import astuple, fields
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from socialactions.services.exporting import Export, ExportRow

HEADINGS = {"accepted_at": "accepted at (UTC)", "finished_at": "finished at (UTC)"}
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # by which spreadsheets know UTF-8
FORMULA = ("=", "+", "-", "@", "\t", "\r")
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what XML cannot hold
PIECE = 1 << 16
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_answer(request: HttpRequest, export: Export) -> StreamingHttpResponse:
    return _answer(request, csv_pieces(export), "text/csv; charset=utf-8", "csv")


def xlsx_answer(request: HttpRequest, export: Export) -> StreamingHttpResponse:
    return _answer(request, xlsx_pieces(export), SHEET, "xlsx")


def csv_pieces(export: Export) -> Iterator[bytes]:
    """The file's text, five hundred rows at a time."""
    yield (BYTE_ORDER_MARK + _line([_headings()])).encode()
    for rows in export.chunks():
        yield _line([[safe(_plain(value)) for value in astuple(row)] for row in rows]).encode()


def xlsx_pieces(export: Export) -> Iterator[bytes]:
    """A sheet, written into a scratch file that vanishes with the last piece; rows pass through, they are not kept."""
    from openpyxl import Workbook  # a third of a second that no other page should pay

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Actions")
    sheet.append(_headings())
    for rows in export.chunks():
        for row in rows:
            sheet.append([_cell(sheet, value) for value in astuple(row)])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _headings() -> list[str]:
    return [HEADINGS.get(field.name, field.name.replace("_", " ")) for field in fields(ExportRow)]


def _line(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return "" if value is None else str(value)


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None, microsecond=0)  # sheets know no zones: the heading says it
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=NO_TEXT.sub("", _plain(value)))
    cell.data_type = "s"
    return cell


def _answer(request: HttpRequest, pieces: Iterator[bytes], kind: str, ending: str) -> StreamingHttpResponse:
    """Under ASGI a plain iterator would be collected as a whole before anything leaves."""
    is_asgi = "asgi" in str(type(request)).lower()
    answer = StreamingHttpResponse(_asynchronous(pieces) if is_asgi else pieces, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="threadwell-history-{timezone.localdate()}.{ending}"'
    answer["X-Content-Type-Options"] = "nosniff"
    # Packed piece by piece it would be many gzip files in one, of which browsers read the first.
    answer["Content-Encoding"] = "identity"
    return answer


async def _asynchronous(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    try:
        while piece := await sync_to_async(lambda: next(pieces, b""))():
            yield piece
    finally:
        close = getattr(pieces, "close", None)
        if close:
            close()
