"""What a person may do about an outgoing action, by the name of its address, and the sentence that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

from .rows import Step

UNDO = Step("undo", "Undo", "main")
SEND_NOW = Step("send-now", "Send now")
CANCEL = Step("undo", "Cancel")
DISCARD = Step("discard", "Discard", "danger")
EDIT = Step("edit", "Edit", "main")
THERE = Step("there", "It is there", "main")
THIS_ONE = Step("there", "That is mine", "main")
SEND_AGAIN = Step("send-again", "It is not there, send again")
STILL_SEND = Step("send-again", "Send", "main")
REPLACE = Step("send-again", "Replace it", "main")
TRY_AGAIN = Step("send-again", "Try again", "main")
RECONNECT = Step("reconnect", "Reconnect", "main")
HAND_OVER = Step("offer", "Hand to a colleague")
COPY = Step("copy", "Copy")
WITHOUT_PICTURE = Step("without-picture", "Send without picture")
AS_NEW = Step("as-new-comment", "Post as new comment", "main")
DELETE = Step("delete", "Delete")
DELETE_SECOND = Step("delete-second", "Delete second", "danger")
AUTHORS_ONLY = frozenset({"send-now", "send-again", "reconnect", "offer"})  # on the author's own grant


@dataclass(frozen=True, slots=True)
class Words:
    sentence: str
    tone: str  # "", "ours", "attention", "quiet"
    icon: str
    steps: tuple[Step, ...] = ()
