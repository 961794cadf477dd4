"""Threads of a list before anybody knows whether they have to be drawn: all that their rows are made of, by values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from socialactions.models import Comment
from socialactions.services import faces
from socialactions.services.forgetting import ANYBODY

from . import texts
from .rows import CommentRow, Face, OutgoingRow, Picture, ThreadRow
from .said import Said


class Voice(NamedTuple):
    """One comment as a viewer meets it."""

    said: Said
    face: Face
    can_edit: bool
    can_delete: bool
    earlier: str

    @property
    def seen(self) -> tuple[Any, ...]:
        """Everything that its row shows. Nothing else reaches the row, apart from what is under way."""
        return self.said.seen, *self[1:]

    @property
    def ends(self) -> list[datetime]:
        """How long its words and its face may be kept."""
        return [self.said.expires_at] + ([self.face.until] if self.face.until else [])

    def row(self, outgoing: list[OutgoingRow]) -> CommentRow:
        said = self.said
        return CommentRow(
            id=said.comment,
            urn=said.comment__urn,
            face=self.face,
            is_ours=said.comment__is_ours,
            by=said.by_name or "",
            created_at=said.created_at,
            is_edited=said.is_edited,
            segments=texts.comment_segments(said.text, said.attributes),
            pictures=[Picture(p["url"]) for p in said.pictures if p["url"]],
            likes=said.likes,
            our_reaction=said.our_reaction or "",
            can_edit=self.can_edit,
            can_delete=self.can_delete,
            permalink=texts.permalink(said.comment__urn),
            outgoing=outgoing,
            earlier=self.earlier,
        )


@dataclass(frozen=True, slots=True)
class ThreadSketch:
    head: Voice | Comment  # a comment alone: its words are past their time, or were never kept
    replies: list[Voice]
    stored_replies: int
    about: dict[UUID, list[OutgoingRow]]  # what is under way about its comments
    outgoing: list[OutgoingRow]  # replies that are not comments yet

    @property
    def seen(self) -> tuple[Any, ...]:
        """Everything that its row shows while nothing is under way."""
        return [voice.seen for voice in self._voices], self.stored_replies

    @property
    def moments(self) -> list[datetime]:
        """When each of its comments was written."""
        return [voice.said.created_at for voice in self._voices]

    @property
    def unmet(self) -> list[UUID]:
        """Its comments whose authors LinkedIn was not asked for yet."""
        return [voice.said.comment for voice in self._voices if faces.is_unmet(voice.face)]

    @property
    def until(self) -> datetime | None:
        """When the first of the words and faces in it ends; None when it changes by the second, or has no words."""
        if self.outgoing or self.about or isinstance(self.head, Comment):
            return None
        return min(end for voice in self._voices for end in voice.ends)

    def row(self) -> ThreadRow:
        replies = [voice.row(self.about.get(voice.said.comment, [])) for voice in self.replies]
        earlier_count = self.stored_replies - len(replies)
        if isinstance(self.head, Comment):
            silence = "forgotten" if self.head.actor_urn == ANYBODY else "expired"
            head = replace(nobody(self.head), outgoing=self.about.get(self.head.pk, []))
            return ThreadRow(head, replies, earlier_count, 0, self.outgoing, silence=silence)
        said = self.head.said
        missing_count = max(said.replies - self.stored_replies, 0)
        head = self.head.row(self.about.get(said.comment, []))
        return ThreadRow(head, replies, earlier_count, missing_count, self.outgoing)

    @property
    def _voices(self) -> list[Voice]:
        return self.replies if isinstance(self.head, Comment) else [self.head, *self.replies]


def nobody(comment: Comment) -> CommentRow:
    """What can be shown of a comment without words: that it stood there."""
    return CommentRow(
        id=comment.pk,
        urn=comment.urn,
        face=faces.nameless(comment.actor_urn),
        is_ours=comment.is_ours,
        by="",
        created_at=comment.first_seen_at,
        is_edited=False,
        segments=[],
        pictures=[],
        likes=0,
        our_reaction="",
        can_edit=False,
        can_delete=False,
        permalink=texts.permalink(comment.urn),
    )
