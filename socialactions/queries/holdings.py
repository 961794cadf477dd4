"""What is held for one desk, class by class: how much, since when, and until when at the latest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from socialactions import lifetimes
from socialactions.lifetimes import DataClass
from socialactions.models import (
    ApiCall,
    ApiKey,
    Attachment,
    Comment,
    CommentContent,
    Desk,
    Forgotten,
    Outgoing,
    Post,
    Receipt,
    Snapshot,
    SyncRun,
    User,
    Webhook,
    WebhookDelivery,
)
from socialactions.services import receipts
from socialactions.services.faces import UNKNOWN_NAME, known
from socialactions.services.forgetting import comments_of

COUNTED_TO = 10_000
RECEIPTS_SHOWN = 10
RECEIPTS_FOLLOWED = 500


@dataclass(frozen=True, slots=True)
class Holding:
    """One class of data as this desk has it now."""

    about: DataClass
    many: str = ""  # in words; empty where nobody counts
    oldest: datetime | None = None
    until: datetime | None = None  # when the last of it ends
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    at: datetime
    words: str
    digest: str


@dataclass(frozen=True, slots=True)
class Receipts:
    newest: list[ReceiptRow]
    followed: int
    broken_at: int | None


@dataclass(frozen=True, slots=True)
class Affected:
    """Whom a question about forgetting is about; the name only as long as the cache knows it."""

    urn: str
    name: str
    sentence: str


def of_desk(desk: Desk) -> list[Holding]:
    """Every class of the table, in a fixed number of queries, none of which counts further than `COUNTED_TO`."""
    now = timezone.now()
    contents = CommentContent.objects.filter(post__organization__desk=desk)
    unsent = Attachment.objects.filter(desk=desk).exclude(
        pk__in=Outgoing.objects.filter(desk=desk, picture__isnull=False).values("picture")
    )
    found = {
        # Told apart by their ends, which have an index: a Page's words in their last two days count as members'.
        "members-words": _ending(contents.filter(expires_at__lte=now + lifetimes.MEMBERS_WORDS_LIVE)),
        "pages-words": _ending(contents.filter(expires_at__gt=now + lifetimes.MEMBERS_WORDS_LIVE)),
        "pages-posts": _ending(Post.objects.filter(organization__desk=desk)),
        "counts": _ageing(Snapshot.objects.filter(post__organization__desk=desk), "at", lifetimes.COUNTS_LIVE),
        "pictures": _ageing(unsent, "created_at", lifetimes.UNSENT_PICTURES_LIVE),
        "api-calls": _ageing(ApiCall.objects.filter(api_key__desk=desk), "at", lifetimes.API_CALLS_LIVE),
        "webhook-calls": _ageing(
            WebhookDelivery.objects.filter(webhook__api_key__desk=desk), "at", lifetimes.WEBHOOK_CALLS_LIVE
        ),
        "webhooks": {"many": _many(Webhook.objects.filter(api_key__desk=desk), "address")},
        "api-keys": {"many": _many(ApiKey.objects.filter(desk=desk), "key")},
        "runs": _ageing(SyncRun.objects.filter(desk=desk), "started_at", lifetimes.RUNS_LIVE),
        "references": {"many": _many(Comment.objects.filter(post__organization__desk=desk), "comment")},
        "own-actions": {"many": _many(Outgoing.objects.filter(desk=desk), "action")},
        "people": {"many": _many(User.objects.filter(desk=desk), "person")},
        "forgotten": {"many": _many(Forgotten.objects.filter(desk=desk), "person")},
        "faces": {"note": _faces_note()},
    }
    return [Holding(about=one, **found.get(one.key, {})) for one in lifetimes.TABLE]


def newest_receipts() -> Receipts:
    """Of the whole installation: purge deletes for all desks at once."""
    rows = [
        ReceiptRow(one.at, ", ".join(f"{n:,} {what}" for what, n in one.counts.items()) or "nothing", one.digest)
        for one in Receipt.objects.order_by("-pk")[:RECEIPTS_SHOWN]
    ]
    chain = receipts.chain(RECEIPTS_FOLLOWED)
    return Receipts(rows, chain.looked_at, chain.broken_at.pk if chain.broken_at else None)


def affected(desk: Desk, member_urn: str) -> Affected:
    many = comments_of(desk, member_urn, at_most=COUNTED_TO + 1)
    face = known(desk.pk, [member_urn])[member_urn]
    name = "" if face.name == UNKNOWN_NAME else face.name
    if not many:
        return Affected(member_urn, name, "Nothing of this person is here now, and no later reading brings anything.")
    they = "loses its" if many == 1 else "lose their"
    what = f"{_in_words(many, 'comment').capitalize()} of this person {they} author and words here at once"
    return Affected(member_urn, name, f"{what}, and no later reading brings any back.")


def _ending(rows: QuerySet[Any]) -> dict[str, Any]:
    """Of rows that carry their end: how many, when the oldest was fetched, when the last one ends."""
    found = rows.order_by("expires_at")[: COUNTED_TO + 1].aggregate(many=Count("pk"), oldest=Min("fetched_at"))
    until = rows.order_by("-expires_at").values_list("expires_at", flat=True).first() if found["many"] else None
    return {"many": _in_words(found["many"], "row"), "oldest": found["oldest"], "until": until}


def _ageing(rows: QuerySet[Any], since: str, lives: Any) -> dict[str, Any]:
    """Of rows that live so long from their beginning."""
    found = rows.order_by(since)[: COUNTED_TO + 1].aggregate(many=Count("pk"), oldest=Min(since))
    newest = rows.order_by(f"-{since}").values_list(since, flat=True).first() if found["many"] else None
    until = newest + lives if newest else None
    return {"many": _in_words(found["many"], "row"), "oldest": found["oldest"], "until": until}


def _many(rows: QuerySet[Any], what: str) -> str:
    return _in_words(rows[: COUNTED_TO + 1].count(), what)


def _in_words(many: int, what: str) -> str:
    plural = {"person": "people", "address": "addresses"}.get(what, f"{what}s")
    if many > COUNTED_TO:
        return f"more than {COUNTED_TO:,} {plural}"
    return f"{many:,} {what if many == 1 else plural}" if many else f"no {plural}"


def _faces_note() -> str:
    seconds = settings.FACES_TTL_S
    if not seconds:
        return "Switched off here: nobody’s name is kept."
    hours = f"{seconds / 3600:.3g}"
    return f"Here {hours} hour{'' if hours == '1' else 's'}. A cache is not counted."
