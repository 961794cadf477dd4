"""Posts for lists and on top of their thread."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from socialactions import clock
from socialactions.models import Comment, CommentContent, Organization, OwnReaction, Post
from socialactions.prepared import Prepared
from socialactions.services.faces import initials_of
from socialactions.services.forgetting import ANYBODY
from socialactions.services.reading import broke_off, is_stale, is_under_way, rests_until
from socialactions.services.shortfalls import BROKE_OFF

from . import gaps, texts
from .cursors import Cursor, beyond
from .rows import Face, Picture, PostRow, ReactionCount, ReadState

PAGE = 30
SIBLINGS = 20
LOOKED_FOR_EXPIRED = 300
REACTION_WORDS = {
    "LIKE": "Like",
    "PRAISE": "Celebrate",
    "EMPATHY": "Love",
    "INTEREST": "Insightful",
    "APPRECIATION": "Support",
    "ENTERTAINMENT": "Funny",
}
KIND_NAMES = {
    "image": "A picture",
    "video": "A video",
    "document": "A document",
    "poll": "A poll",
    "reshare": "A reshare",
}


def of_page(organization: Organization, *, after: Cursor | None = None) -> tuple[list[PostRow], str]:
    """A Page's posts, newest first, and the cursor of the next slice ("" at the end)."""
    found = _alive().filter(organization=organization).select_related("organization").order_by("-created_at", "-id")
    if after:
        found = found.filter(beyond(after))
    part = list(found[: PAGE + 1])
    cursor = Cursor(part[PAGE - 1].created_at, part[PAGE - 1].pk).text if len(part) > PAGE else ""
    return [row(post) for post in part[:PAGE]], cursor


def newer(organization: Organization, since: datetime) -> int:
    """How many posts the Page has from after that moment; counts no further than a list shows."""
    return _alive().filter(organization=organization, created_at__gt=since)[:PAGE].count()


def with_siblings(post_id: UUID, actor_urn: str = "") -> tuple[Post | None, list[Post]]:
    """The post and the newest ones beside it, in one query. ``our_reaction`` is this actor's, or the Page's own;
    ``expired`` counts the comments whose words are past their time, as far as it looks.
    """
    rows = _AS_ACTOR.rows(post_id=post_id, actor_urn=actor_urn) if actor_urn else _AS_PAGE.rows(post_id=post_id)
    return next((p for p in rows if p.pk == post_id), None), rows


def _with_siblings(post_id: UUID, actor_urn: str = "") -> QuerySet[Post]:
    page_of = Post.objects.filter(pk=post_id).values("organization")[:1]
    newest = _alive().filter(organization__in=page_of).order_by("-created_at", "-id").values("pk")[:SIBLINGS]
    actor = Value(actor_urn) if actor_urn else OuterRef("organization__urn")
    mine = OwnReaction.objects.filter(post=OuterRef("pk"), comment__isnull=True, actor_urn=actor).values("kind")[:1]
    return (
        Post.objects.filter(Q(pk=post_id) | Q(pk__in=newest))
        .select_related("organization__desk")
        .annotate(our_reaction=Subquery(mine), expired=Case(When(pk=post_id, then=_expired(post_id)), default=0))
        .order_by("-created_at", "-id")
    )


_AS_ACTOR, _AS_PAGE = Prepared(_with_siblings), Prepared(_with_siblings)


def with_expired(found: QuerySet[Post]) -> QuerySet[Post]:
    """Each with ``expired``: how many of its comments' words are past their time, as far as is looked."""
    return found.annotate(expired=_expired(OuterRef(OuterRef("pk"))))


def row(post: Post) -> PostRow:
    fallback = post.link_title or KIND_NAMES.get(post.kind, "A post without text")
    title, excerpt = texts.title_and_excerpt(post.commentary, fallback)
    organization = post.organization
    return PostRow(
        id=post.pk,
        urn=post.urn,
        title=title,
        excerpt=excerpt,
        body=texts.post_paragraphs(post.commentary),
        kind=post.kind,
        pictures=[Picture(p["url"], p.get("alt", "")) for p in post.pictures if p.get("url")],
        link_title=post.link_title,
        link_url=post.link_url if post.link_url.startswith(("https://", "http://")) else "",
        author=Face(
            urn=organization.urn,
            name=organization.name,
            picture_url=organization.logo_url,
            initials=initials_of(organization.name),
            is_page=True,
        ),
        created_at=post.created_at,
        reactions=[
            ReactionCount(kind, words, post.reactions[kind])
            for kind, words in REACTION_WORDS.items()
            if post.reactions.get(kind)
        ],
        total_reactions=post.total_reactions,
        total_comments=post.total_comments,
        comments_open=post.comments_state != "CLOSED",
        our_reaction=getattr(post, "our_reaction", None) or "",
        permalink=texts.permalink(post.urn),
        read=read_state(post),
        is_counted=post.counted_at is not None,
        gone_at=post.gone_at,
    )


def read_state(post: Post) -> ReadState:
    reading_now, broken = is_under_way(post), broke_off(post)
    never = post.reading in (Post.Reading.NEVER, Post.Reading.READING)
    state = Post.Reading.INCOMPLETE if broken else Post.Reading.READING if reading_now and never else post.reading
    return ReadState(
        state=state,
        read_at=post.read_at,
        found=post.read_so_far if never else post.read_found,
        expected=post.total_comments,
        counted=post.read_counted,
        reason=BROKE_OFF if broken else post.read_problem,
        is_stale=is_stale(post.read_at) and not reading_now,
        expired=_expired_words(getattr(post, "expired", None) or 0, post),
        gaps=gaps.of(post) if not never or broken else (),
        again_at=rests_until(post) if state == Post.Reading.INCOMPLETE and not reading_now else None,
    )


def _expired_words(many: int, post: Post) -> str:
    if not many:
        return ""
    at_least = "at least " if post.total_comments > LOOKED_FOR_EXPIRED else ""
    return f"{at_least}{many} comment{'' if many == 1 else 's'}"


def page_read_state(organization: Organization) -> ReadState:
    """How old the list of posts is."""
    reading_now = organization.posts_reading_until is not None and organization.posts_reading_until > clock.now()
    if organization.posts_problem:
        state = "incomplete"
    elif organization.posts_read_at is None:
        state = "reading" if reading_now else "never"
    else:
        state = "complete"
    return ReadState(
        state=state,
        read_at=organization.posts_read_at,
        found=0,
        expected=0,
        counted=0,
        reason=organization.posts_problem,
        is_stale=is_stale(organization.posts_read_at) and not reading_now,
    )


def _expired(post_id: UUID | OuterRef) -> Combinable:
    """Comments that stand on LinkedIn, and whose words nobody may read here until they are fetched again: of the first
    level those known longest, as words end first where nothing moved, and replies to these.
    """
    deeper = OuterRef(post_id) if isinstance(post_id, OuterRef) else post_id  # a query further in
    replies = Comment.objects.filter(thread__in=_longest_known(deeper), gone_at__isnull=True)
    silent_replies = _silent(replies.values("pk")[:LOOKED_FOR_EXPIRED])
    return Coalesce(_silent(_longest_known(post_id)), 0) + Coalesce(silent_replies, 0)


def _longest_known(post_id: UUID | OuterRef) -> QuerySet[Comment, Any]:
    heads = Comment.objects.filter(post=post_id, thread__isnull=True, gone_at__isnull=True)
    return heads.order_by("first_seen_at").values("pk")[:LOOKED_FOR_EXPIRED]


def _silent(among: QuerySet[Comment, Any]) -> Subquery:
    words = CommentContent.objects.filter(comment=OuterRef("pk"))
    silent = Comment.objects.filter(~Exists(words), pk__in=among).exclude(actor_urn=ANYBODY)
    many = silent.order_by().values("post").annotate(many=Count("pk")).values("many")
    return Subquery(many, output_field=IntegerField())


def _alive() -> QuerySet[Post]:
    return Post.objects.filter(gone_at__isnull=True)
