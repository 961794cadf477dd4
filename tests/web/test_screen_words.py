"""What the screen says for each state of an action, and exactly what may be done about it, as a table.

Browser tests show the same on the page, after reload and on a colleague's screen; this one is quick, and has every row.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from socialactions.models import Outgoing
from socialactions.queries import actions
from socialactions.sandbox.seeds.cast import ACME
from socialactions.services import writing
from socialactions.services.outcomes import Reason
from tests.web.desks import AtDesk

State, Kind = Outgoing.State, Outgoing.Kind
TODAY, AT = "{day}", "{at}"
WITHOUT_IT = "Nothing was sent. Your text is kept. Choose a picture again, or send it without."

# What the row is · what it says · its buttons and links, in their order.
WORDS: list[tuple[str, dict[str, Any], str, list[str]]] = [
    ("undo window", {"due": 4.5}, "Sending as Acme Robotics in 5 s", ["Undo", "Send now"]),
    (
        "waiting, pace",
        {"state": State.WAITING, "reason": Reason.PACE},
        f"Waiting until {AT} — LinkedIn limits how fast you can comment. Nothing is lost.",
        ["Cancel"],
    ),
    ("sending", {"state": State.SENDING}, "Sending as Acme Robotics…", []),
    ("sent", {"state": State.SENT}, f"On LinkedIn · {AT}", ["Open"]),
    (
        "sent, different",
        {"state": State.SENT, "result_text": "Word"},
        "On LinkedIn, but it shows the text differently: “Word”. You wrote: “Words”.",
        ["Open", "Keep", "Edit"],
    ),
    (
        "unknown",
        {"state": State.UNKNOWN, "reason": Reason.NO_ANSWER},
        "Unclear. LinkedIn did not answer; we are checking whether your reply is there. Please do not send it again.",
        [],
    ),
    (
        "needs attention",
        {"state": State.NEEDS_ATTENTION, "reason": Reason.ABSENT},
        "We could not find out. Look on LinkedIn: is your reply there?",
        ["Look on LinkedIn", "It is there", "It is not there, send again", "Discard"],
    ),
    (
        "refused, fixable",
        {"state": State.FAILED, "reason": Reason.REFUSED, "detail": "length 1264 can't exceeded maximum 1250"},
        "LinkedIn refused it: too long by 14 characters.",
        ["Edit", "Discard"],
    ),
    (
        "picture refused",
        {"state": State.FAILED, "reason": Reason.PICTURE_REFUSED},
        "LinkedIn does not take a picture in this place.",
        ["Send without picture", "Discard"],
    ),
    (
        "picture lost",
        {"state": State.FAILED, "reason": Reason.PICTURE_LOST},
        f"Threadwell does not have the picture any more. {WITHOUT_IT}",
        ["Send without picture", "Edit", "Discard"],
    ),
    (
        "picture not taken",
        {"state": State.FAILED, "reason": Reason.PICTURE_NOT_TAKEN},
        f"LinkedIn refused the upload of the picture. {WITHOUT_IT}",
        ["Send without picture", "Edit", "Discard"],
    ),
    (
        "picture not processed",
        {"state": State.FAILED, "reason": Reason.PICTURE_UNREADABLE},
        f"LinkedIn could not process the picture. {WITHOUT_IT}",
        ["Send without picture", "Edit", "Discard"],
    ),
    (
        "picture lost, without words",
        {"state": State.FAILED, "reason": Reason.PICTURE_LOST, "text": ""},
        "Threadwell does not have the picture any more. Nothing was sent. Choose a picture again.",
        ["Edit", "Discard"],
    ),
    (
        "target gone",
        {"state": State.FAILED, "reason": Reason.TARGET_GONE},
        "The comment you answer no longer exists. Your text is kept.",
        ["Copy", "Post as new comment", "Discard"],
    ),
    (
        "target gone, of a like",
        {"state": State.FAILED, "reason": Reason.TARGET_GONE, "kind": Kind.REACT, "text": ""},
        "What you reacted to no longer exists.",
        ["Discard"],
    ),
    (
        "no right",
        {"state": State.BLOCKED, "reason": Reason.NO_RIGHT, "missing": "You no longer have the role."},
        "You no longer have the role.",
        ["Discard", "Hand to a colleague"],
    ),
    (
        "reconnect",
        {"state": State.BLOCKED, "reason": Reason.TOKEN_ENDED, "ended": True},
        f"Your connection for Acme Robotics ended on {TODAY}. Reading still works from what we have; "
        "2 replies are waiting.",
        ["Reconnect", "Hand to a colleague", "Discard"],
    ),
    (
        "too old",
        {"state": State.NEEDS_ATTENTION, "reason": Reason.TOO_OLD, "wanted": timedelta(hours=26, minutes=5)},
        "Written 26 hours ago. Still send it?",
        ["Send", "Edit", "Discard"],
    ),
    (
        "changed there",
        {
            **{"state": State.NEEDS_ATTENTION, "reason": Reason.CHANGED_THERE, "kind": Kind.EDIT},
            "result_text": "Not so.",
        },
        "Somebody changed this comment on LinkedIn meanwhile. It says: “Not so.”. Replace that with your words?",
        ["Replace it", "Edit", "Discard"],
    ),
    (
        "posted twice",
        {"state": State.SENT, "twin_urn": "urn:li:comment:(urn:li:activity:1,2)"},
        "This appears twice on LinkedIn. Delete the second?",
        ["Open", "Delete second", "Keep both"],
    ),
    (
        "version sunset",
        {"state": State.BLOCKED, "reason": Reason.VERSION_SUNSET},
        "Sending is paused by your administrator's update. Nothing is lost.",
        [],
    ),
]


@pytest.mark.parametrize(("changes", "says", "offers"), [row[1:] for row in WORDS], ids=[row[0] for row in WORDS])
def test_every_state_says_its_sentence_and_offers_its_steps(
    ada_desk: AtDesk, changes: dict[str, Any], says: str, offers: list[str]
) -> None:
    row = written(ada_desk, changes)
    now = timezone.localtime()
    expected = says.format(day=f"{now.day} {now:%B}", at=f"{now:%H:%M}")
    shown = actions.row(actions.of_desk(ada_desk.desk.pk).get(pk=row.pk), now=timezone.now())
    assert shown.sentence == expected
    assert [step.label for step in shown.steps] == offers


def test_what_waits_is_counted_for_the_same_person_and_actor_only(ada_desk: AtDesk) -> None:
    written(ada_desk, {"state": State.CANCELLED})
    written(ada_desk, {"actor_urn": "urn:li:organization:1002"})
    ended = written(ada_desk, {"state": State.BLOCKED, "reason": Reason.TOKEN_ENDED, "ended": True})
    Outgoing.objects.filter(text="Another").update(kind=Kind.DELETE)

    def said(**changes: Any) -> str:
        Outgoing.objects.filter(pk=ended.pk).update(**changes)
        return actions.row(actions.of_desk(ada_desk.desk.pk).get(pk=ended.pk)).sentence

    assert said().endswith("we have; 2 actions are waiting.")
    assert said(actor_urn=ada_desk.user.member_urn).startswith("Your LinkedIn connection ended on")
    assert said().endswith("we have; 1 reply is waiting.")


def written(desk: AtDesk, changes: dict[str, Any]) -> Outgoing:
    """A reply of Ada's in one of the table's states; while her connection is over another one waits beside it."""
    now, changes = timezone.now(), dict(changes)
    row = reply(desk, "Words")
    changes.setdefault("due_at", now + timedelta(seconds=changes.pop("due", -1)))
    changes["wanted_at"] = now - changes.pop("wanted", timedelta())
    if changes.pop("ended", False):
        reply(desk, "Another")
        type(desk.user.connection).objects.update(health="ended", ended_at=now)
    if changes.get("state") in Outgoing.FINAL:
        changes["finished_at"] = now
    if changes.get("state") == State.SENDING:
        changes["lease_until"] = now + timedelta(seconds=90)
    Outgoing.objects.filter(pk=row.pk).update(not_before=now, **changes)
    return row


def reply(desk: AtDesk, text: str) -> Outgoing:
    speaker = writing.Speaker(desk.user, ACME)
    return writing.reply_to(desk.comment("Does it stop"), speaker=speaker, text=text, form_key=uuid4())
