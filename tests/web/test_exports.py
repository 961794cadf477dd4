"""Files of our own actions: everything we did, nothing of members, no formula, and a record of who took them."""

from __future__ import annotations

import ast
import asyncio
import csv
import inspect
import io
import re
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from dashboard import exports
from socialactions.models import Event, Outgoing
from socialactions.queries.history import Filters
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import exporting, writing
from socialactions.services.outcomes import Reason
from tests.web.desks import AtDesk

KINDS = ("csv", "xlsx")
DANA = "urn:li:person:dAnA00000001"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


def _comment(desk: AtDesk, text: str) -> Outgoing:
    speaker = writing.Speaker(user=desk.user, actor_urn=ACME)
    return writing.comment_on(desk.post(), speaker=speaker, text=text, form_key=uuid4())


def _copies(row: Outgoing, count: int, **changes: Any) -> None:
    columns = {f.attname: getattr(row, f.attname) for f in Outgoing._meta.concrete_fields if f.attname != "id"}
    Outgoing.objects.bulk_create(
        Outgoing(**{**columns, "uid": uuid4(), "form_key": uuid4(), **changes}) for _ in range(count)
    )


def _content(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def _table(desk: AtDesk, ending: str, **query: Any) -> list[list[Any]]:
    """Rows of the file, headings first."""
    content = _content(desk.get(f"history-{ending}", **query))
    if ending == "csv":
        assert content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_says_who_did_what_as_whom_and_how_it_ended(ada_desk: AtDesk, kind: str) -> None:
    row = _comment(ada_desk, "Grüße, “from” us; and\na second line")
    accepted, finished = datetime(2026, 3, 5, 12, 30, 1, tzinfo=UTC), datetime(2026, 3, 5, 12, 31, tzinfo=UTC)
    Outgoing.objects.filter(pk=row.pk).update(
        state="failed", reason=Reason.TARGET_GONE, created_at=accepted, finished_at=finished, way="crm"
    )
    headings, found = _table(ada_desk, kind)
    assert headings == [
        *("id", "accepted at (UTC)", "person", "actor", "kind", "target urn", "text", "state"),
        *("reason", "result urn", "finished at (UTC)", "way"),
    ]
    times = ["2026-03-05 12:30:01", "2026-03-05 12:31:00"]
    assert [str(value or "") for value in found] == [
        *(str(row.uid), times[0], "Ada Berg", "Acme Robotics", "comment", row.target_urn, row.text, "failed"),
        *("what it was about no longer exists on LinkedIn", "", times[1], "crm"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_and_no_word_of_a_member_is_in_it(ada_desk: AtDesk, kind: str) -> None:
    """Everything that could leak: mentions, LinkedIn's words about an action, comments that we answer and delete."""
    comment = ada_desk.comment("Does it stop")
    speaker = writing.Speaker(user=ada_desk.user, actor_urn=ACME)
    reply = writing.reply_to(
        comment, speaker=speaker, text=f"Thank you, @[Dana \\] Canary]({DANA}) and @[Birch]({ACME})", form_key=uuid4()
    )
    Outgoing.objects.filter(pk=reply.pk).update(
        state="needs_attention", reason=Reason.NEARLY, detail="Dana Canary said", result_text="Canary words of Dana"
    )
    writing.delete(comment, speaker=speaker, form_key=uuid4())
    table = _table(ada_desk, kind)
    everything = " ".join(str(value) for row in table for value in row)
    assert f"Thank you, @[{DANA}] and @[{ACME}]" in everything
    assert len(table) == 3
    for words in ("Canary", "Dana ", "Does it stop", "stranger"):
        assert words not in everything, words


def test_rows_are_made_of_our_own_columns_alone() -> None:
    """By construction: the columns read are a closed list of the action and our colleague's name, a row has nothing
    else, and neither module knows of comments.
    """
    own = {field.name for field in Outgoing._meta.concrete_fields}
    words_of_others = {"detail", "result_text", "missing", "near_urn", "twin_urn"}
    assert set(exporting.SOURCES) <= (own | {"user__name"}) - words_of_others
    assert len(exporting.SOURCES) == len(exporting.ExportRow.__dataclass_fields__)
    for module in (exporting, exports):
        tree = ast.parse(Path(inspect.getfile(module)).read_text())
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
        assert not names & {"Comment", "CommentContent", "OwnReaction", "faces", "wording", "Attempt"}


def test_the_database_is_asked_for_nothing_but_actions_and_colleagues(ada_desk: AtDesk) -> None:
    _comment(ada_desk, "One")
    with CaptureQueriesContext(connection) as queries:
        list(exporting.Export(ada_desk.desk.pk, Filters(), 1).chunks())
    tables = {name for query in queries for name in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}
    assert tables == {"socialactions_outgoing", "socialactions_user"}


def test_every_reason_has_its_words() -> None:
    reasons = {value for name, value in vars(Reason).items() if name.isupper()}
    assert reasons | {""} == set(exporting.REASONS)


def test_no_cell_is_a_formula(ada_desk: AtDesk) -> None:
    row = _comment(ada_desk, "Text")
    for formula in FORMULAS:
        Outgoing.objects.filter(pk=row.pk).update(text=formula, actor_name=formula, way=formula)
        cells = _table(ada_desk, "csv")[1]
        assert [cells[at] for at in (3, 6, 11)] == [f"'{formula}"] * 3
        sheet = load_workbook(io.BytesIO(_content(ada_desk.get("history-xlsx")))).active
        assert sheet is not None
        assert {cell.data_type for cell in sheet[2]} <= {"s", "inlineStr", "d", "n"}, formula
        assert str(sheet.cell(2, 7).value).strip() == formula.strip()


def test_a_sheet_takes_characters_that_its_format_does_not(ada_desk: AtDesk) -> None:
    row = _comment(ada_desk, "Text")
    Outgoing.objects.filter(pk=row.pk).update(text="a\x01b\x0bc\ufffed 🎉")
    assert _table(ada_desk, "xlsx")[1][6] == "abcd 🎉"


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_holds_all_that_the_filter_finds_newest_first(ada_desk: AtDesk, kind: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(exporting, "CHUNK", 7)
    row = _comment(ada_desk, "Kept")
    _copies(row, 30, kind="edit")
    _copies(row, 5, state="discarded", finished_at=row.created_at)
    _copies(row, 4, state="cancelled", finished_at=row.created_at)
    found = _table(ada_desk, kind)[1:]
    order = Outgoing.objects.order_by("-created_at", "-pk")
    assert [line[0] for line in found] == [str(uid) for uid in order.values_list("uid", flat=True)]
    assert len(_table(ada_desk, kind, kind="edit")) == 31
    assert len(_table(ada_desk, kind, outcome="withdrawn")) == 10
    assert len(_table(ada_desk, kind, way="nobody")) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_who_took_how_many_rows_is_recorded_without_words(ada_desk: AtDesk, cy: AtDesk, kind: str) -> None:
    _comment(ada_desk, "Secret words")
    _table(cy, kind)
    event = Event.objects.get(kind="exported")
    assert (event.user_id, event.desk_id, event.way, event.reason) == (cy.user.pk, cy.desk.pk, kind, "1 rows")
    assert "Secret" not in str(vars(event))


@pytest.mark.parametrize("kind", KINDS)
def test_another_desk_gets_its_own_actions_alone(ada_desk: AtDesk, other_desk: AtDesk, kind: str) -> None:
    _comment(ada_desk, "Among us")
    assert len(_table(other_desk, kind)) == 1
    assert other_desk.get(f"history-{kind}", person=ada_desk.user.pk).status_code == 422


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_is_made_under_a_filter_that_cannot_be(ada_desk: AtDesk, kind: str) -> None:
    answer = ada_desk.get(f"history-{kind}", since="yesterday")
    assert answer.status_code == 422 and "No file was made" in answer.content.decode()
    assert not Event.objects.filter(kind="exported").exists()


def test_more_rows_than_a_sheet_takes_are_offered_as_csv(ada_desk: AtDesk, monkeypatch: Any) -> None:
    monkeypatch.setattr(exporting, "SHEET_MOST", 2)
    row = _comment(ada_desk, "One")
    _copies(row, 1)
    assert len(_table(ada_desk, "xlsx")) == 3
    _copies(row, 1)
    answer = ada_desk.get("history-xlsx", way="browser")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "A sheet takes 2 rows." in page and reverse("history-csv", query={"way": "browser"}) in page
    assert Event.objects.filter(kind="exported").count() == 1


def test_it_is_saved_and_not_shown(ada_desk: AtDesk) -> None:
    for kind in KINDS:
        answer = ada_desk.get(f"history-{kind}")
        assert re.fullmatch(
            rf'attachment; filename="threadwell-history-\d{{4}}-\d\d-\d\d.{kind}"', answer["Content-Disposition"]
        )
        assert answer["X-Content-Type-Options"] == "nosniff" and "no-store" in answer["Cache-Control"]


def test_memory_does_not_grow_with_the_file(ada_desk: AtDesk) -> None:
    row = _comment(ada_desk, "Words " * 100)
    peaks = []
    for more in (1500, 6000):
        _copies(row, more)
        export = exporting.begin(by=ada_desk.user, desk=ada_desk.desk, filters=Filters(), kind="csv")
        tracemalloc.start()
        assert sum(piece.count(b"\r\n") for piece in exports.csv_pieces(export)) == export.rows + 1
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] <= 1.3 * peaks[0], peaks


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_under_asgi_it_leaves_piece_by_piece(ada_desk: AtDesk, kind: str) -> None:
    _copies(_comment(ada_desk, "One"), 600)
    client = AsyncClient()
    client.cookies = ada_desk.client.cookies

    async def take() -> list[bytes]:
        answer: Any = await client.get(reverse(f"history-{kind}"), headers={"Accept-Encoding": "gzip, deflate, br"})
        assert answer["Content-Encoding"] == "identity"  # browsers read the first of several gzip files in one
        pieces = [piece async for piece in answer.streaming_content]
        await sync_to_async(lambda: connection.close())()  # as the server does when it has sent the last one
        return pieces

    pieces = asyncio.run(take())
    if kind == "csv":
        assert len(pieces) == 3 and b"".join(pieces).count(b"\r\n") == 602
    else:
        assert load_workbook(io.BytesIO(b"".join(pieces))).active.max_row == 602  # type: ignore[union-attr]
