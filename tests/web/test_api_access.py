"""Which key reaches what: one table of operation × key → status, complete by the API's own document."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from dashboard.api.document import api
from socialactions.models import Event, Outgoing
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import api_keys
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of

KEYS = ("ada", "bo", "cy", "other", "revoked", "none", "session")
# method, address: status for a key of Ada's · Bo's · Cy's · of another desk · revoked · none · signed in, but no key
TABLE: dict[tuple[str, str], tuple[int, int, int, int, int, int, int]] = {
    ("POST", "/actions"): (202, 403, 403, 404, 401, 401, 401),
    ("GET", "/actions"): (200, 200, 200, 200, 401, 401, 401),
    ("GET", "/actions/{uid}"): (200, 200, 200, 404, 401, 401, 401),
    ("DELETE", "/actions/{uid}"): (200, 404, 404, 404, 401, 401, 401),
    ("POST", "/images"): (422, 422, 422, 422, 401, 401, 401),
    ("GET", "/organizations"): (200, 200, 200, 200, 401, 401, 401),
    ("GET", "/posts"): (200, 200, 200, 200, 401, 401, 401),
    ("GET", "/posts/{name}"): (200, 404, 404, 404, 401, 401, 401),
    ("GET", "/posts/{name}/comments"): (200, 404, 404, 404, 401, 401, 401),
    ("GET", "/posts/{name}/reactions"): (200, 404, 404, 404, 401, 401, 401),
    ("GET", "/comments/{name}/replies"): (200, 404, 404, 404, 401, 401, 401),
    ("GET", "/comments/{name}/reactions"): (200, 404, 404, 404, 401, 401, 401),
    ("GET", "/connections"): (200, 200, 200, 200, 401, 401, 401),
    ("GET", "/budget"): (200, 200, 200, 200, 401, 401, 401),
    ("GET", "/events"): (200, 200, 200, 200, 401, 401, 401),
}
OPEN = {"/openapi.json", "/docs"}


def operations() -> set[tuple[str, str]]:
    paths = api.get_openapi_schema()["paths"]
    return {(method.upper(), path.removeprefix("/api/v1")) for path, found in paths.items() for method in found}


def test_every_operation_is_in_the_table() -> None:
    assert operations() == set(TABLE)
    routes = {
        str(one.pattern) for one in get_resolver("dashboard.urls").url_patterns if not isinstance(one, URLPattern)
    }
    assert routes == {"api/v1/", "linkedin-agent/"}  # the other: test_compat.py


@pytest.mark.parametrize("which", KEYS)
def test_each_key_gets_what_the_table_says(
    which: str, ada_desk: AtDesk, bo: AtDesk, cy: AtDesk, other_desk: AtDesk
) -> None:
    home = program_of(ada_desk)
    wish = {"kind": "comment", "actor": ACME, "target": ada_desk.post().urn, "text": "Words"}
    row = home.outgoing(home.act(**wish))
    revoked = program_of(ada_desk)
    api_keys.revoke(revoked.key, by=ada_desk.user)
    nobody = Program(home.key, "", Client())
    programs = {
        "ada": home,
        "bo": program_of(bo, actors=[]),
        "cy": program_of(cy, actors=[]),
        "other": program_of(other_desk, actors=[ACME]),
        "revoked": revoked,
        "none": nobody,
        "session": Program(home.key, "", ada_desk.client),
    }
    names = {"/posts": ada_desk.post().urn, "/comments": ada_desk.comment("Does it stop").urn}
    odd, before = [], (Outgoing.objects.count(), Event.objects.count())
    for (method, address), statuses in TABLE.items():
        place = address.format(uid=row.uid, name=names.get(address[: address.find("/", 1)], ""))
        body = wish if (method, address) == ("POST", "/actions") else None
        answer = ask(programs[which], method, place, body)
        if answer.status_code != statuses[KEYS.index(which)]:
            odd.append(f"{method} {address}: {answer.status_code}, {answer.content[:200]!r}")
    assert odd == []
    if which != "ada":
        assert (Outgoing.objects.count(), Event.objects.count()) == before


def test_the_document_and_its_page_are_open(client: Client) -> None:
    for address in OPEN:
        assert client.get(f"/api/v1{address}").status_code == 200, address


def ask(program: Program, method: str, address: str, body: Any) -> Any:
    headers = {"Idempotency-Key": uuid4().hex}
    if program.secret:
        return program.ask(method, address, body, headers=headers)
    sent = {"content_type": "application/json"} if body else {}
    return program.client.generic(method, f"/api/v1{address}", b"{}" if body else b"", headers=headers, **sent)
