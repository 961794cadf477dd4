"""An edit replaces the words that its writer saw, and never those that somebody else put there meanwhile."""

from __future__ import annotations

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import BadRequest, NotFound, NotPermitted
from socialactions.linkedin.mentions import to_message
from socialactions.linkedin.urns import Urn
from socialactions.models import Comment, CommentContent, Outgoing
from socialactions.spans import unit

from . import wire
from .matching import digest
from .outcomes import Outcome, Reason
from .pages import rights_on

Kind, State = Outgoing.Kind, Outgoing.State


def stored(comment: Comment) -> str:
    """Stands for the words of a comment as we know them; empty when they are not kept."""
    text = CommentContent.objects.filter(comment=comment).values_list("text", flat=True).first()
    return digest(text) if text is not None else ""


def unseen(client: LinkedIn, row: Outgoing) -> Outcome | None:
    """What stands against replacing the words on LinkedIn; None when they are those that were seen, or this desk's.

    Who may write there and not read cannot be told; the edit goes out as it was asked for.
    """
    if row.kind != Kind.EDIT or not row.seen_words or row.connection is None:
        return None
    if not rights_on(row.connection, row.organization).read_comments:
        return None  # LinkedIn is said to answer these with nothing instead of 403
    try:
        there = client.comment(Urn.parse(row.post.urn), Urn.parse(row.target_urn).id)
    except (NotFound, NotPermitted, BadRequest):
        return None  # the edit itself is answered, or refused, in its own words
    if digest(there.text) in {row.seen_words, *_written_here(row)}:
        return None
    row.result_text = there.text
    wire.keep_as_there(row, there)  # whoever edits anew sees and replaces these
    return Outcome(State.NEEDS_ATTENTION, Reason.CHANGED_THERE)


def told(row: Outgoing) -> str:
    """Stands for the words that the question about this edit showed; empty when there was none."""
    return digest(row.result_text) if row.reason == Reason.CHANGED_THERE else ""


def _written_here(row: Outgoing) -> set[str]:
    """Of this edit, which an earlier try may have made, and of the desk's other edits of the same comment."""
    edits = Outgoing.objects.filter(desk_id=row.desk_id, comment=row.comment_id, kind=Kind.EDIT)
    return {digest(to_message(text, unit=unit()).text) for text in edits.values_list("text", flat=True)}
