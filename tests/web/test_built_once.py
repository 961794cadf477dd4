"""Questions that are built once answer as the queries that they were built from."""

from __future__ import annotations

from socialactions.models import ApiKey
from socialactions.queries import programs as program_queries
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import api_keys
from tests.web.desks import AtDesk
from tests.web.programs import program_of


def test_every_column_comes_in_its_place(ada_desk: AtDesk) -> None:
    program = program_of(ada_desk)
    row = program.outgoing(program.act(kind="like", actor=ACME, target=ada_desk.post().urn))
    glanced, whole = api_keys.glance(program.secret), ApiKey.objects.get()
    assert all(getattr(glanced, name) == getattr(whole, name) for name in vars(glanced) if name != "_state")
    found = program_queries.action_of(glanced, str(row.uid))
    assert found is not None and (found.held_by, found.is_stopped) == (None, False)  # type: ignore[attr-defined]
    held = [name for name in vars(found) if name not in ("_state", "held_by", "is_stopped", "expected_at")]
    assert len(held) > 20 and all(getattr(found, name) == getattr(row, name) for name in held)
