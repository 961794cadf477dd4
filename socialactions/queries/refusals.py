"""What a refusal of LinkedIn means for the words of an action, and what to do about it, in our own sentences.

LinkedIn's message is "for humans" and "may change any time" (Error handling, Microsoft Learn), and often says nothing;
its status and code are what can be relied on. They stand before its words in ``detail``, which is shown under Details.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from socialactions.models import Outgoing

Kind = Outgoing.Kind
TOO_LONG = re.compile(r"length (\d+) can't exceeded? maximum (\d+)")  # LinkedIn's words for FIELD_LENGTH_TOO_LONG
FACTS = re.compile(r"(\d{3})(?: ([A-Z][A-Z_]+))?: ")

UNREADABLE = (
    "it could not read what Threadwell sent. "
    "That is Threadwell's fault and not yours: show the Details to whoever runs it"
)
NOBODY = "it does not know whom or what this mentions or answers. Take out the mentions, then send it again"
PICTURE = "it cannot use the picture. Choose another one, or send it without"
CODES: dict[str, str] = {
    "FIELD_LENGTH_TOO_LONG": "it is too long. Shorten it, then send it again",
    "INVALID_VALUE_BLANK_FIELD": "it found no words in it. Write some, then send it again",
    "INVALID_URN_TYPE": NOBODY,
    "INVALID_URN_ID": NOBODY,
    "INVALID_IMAGE_ID": PICTURE,
    "MEDIA_ASSET_WAITING_UPLOAD": PICTURE,
    "MEDIA_ASSET_PROCESSING_FAILED": PICTURE,
    "EXPIRED_UPLOAD_URL": PICTURE,
    "VERSION_MISSING": UNREADABLE,
    "MISSING_FIELD": UNREADABLE,
    "RESOURCE_NOT_FOUND": UNREADABLE,
}
STATUSES: dict[int, str] = {
    405: UNREADABLE,
    409: "something else changed there at the same moment. Look at the thread, then send it again",
    411: UNREADABLE,
    413: "it is too big. Shorten it, then send it again",
    414: UNREADABLE,
    415: UNREADABLE,
    422: "it understood this and does not take it as it is. Change the words or the mentions, then send it again",
}
UNEXPLAINED = "it named no reason that we can explain. Change it and send it again; what LinkedIn said is under Details"


@dataclass(frozen=True, slots=True)
class Refusal:
    """``words`` for the screen; ``of_picture`` when the words alone may be taken."""

    words: str
    of_picture: bool = False


def told(row: Outgoing) -> Refusal:
    """What to say of an action that LinkedIn refused as it is."""
    if exactly := _too_long(row.detail):
        return Refusal(f"LinkedIn refused it: {exactly}.")
    found = FACTS.match(row.detail)
    status, code = (int(found[1]), found[2] or "") if found else (0, "")
    why = CODES.get(code) or STATUSES.get(status) or UNEXPLAINED
    if not row.text:
        return Refusal(f"LinkedIn refused it: {why.partition('. ')[0]}. Nothing was changed there.")
    return Refusal(
        f"LinkedIn refused it: {why}. Your text is kept.", of_picture=why is PICTURE and bool(row.picture_id)
    )


def _too_long(detail: str) -> str:
    found = TOO_LONG.search(detail)
    if found is None:
        return ""
    over = int(found[1]) - int(found[2])
    return f"too long by {over} character{'' if over == 1 else 's'}"
