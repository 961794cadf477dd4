"""How each kind of action becomes one call to LinkedIn, and what its answer leaves in our rows."""

from __future__ import annotations

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from socialactions import clock
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.mentions import to_message
from socialactions.linkedin.payloads import Comment as CommentPayload
from socialactions.linkedin.urns import Urn
from socialactions.models import Comment, CommentContent, Outgoing, OwnReaction, Post
from socialactions.spans import unit

from . import gravestones, visits
from .comment_store import CommentStore
from .outcomes import WrongActor

Kind = Outgoing.Kind


def send(client: LinkedIn, row: Outgoing) -> CommentPayload | None:
    """Make the one call of this action. Returns LinkedIn's comment where there is one; raises LinkedInError."""
    actor, post = Urn.parse(row.actor_urn), Urn.parse(row.post.urn)
    match row.kind:
        case Kind.COMMENT | Kind.REPLY:
            return _create(client, row, actor, post)
        case Kind.EDIT:
            message = to_message(row.text, unit=unit())
            return client.edit_comment(
                post=post, comment_id=_comment_id(row), actor=actor, text=message.text, attributes=message.attributes
            )
        case Kind.DELETE:
            client.delete_comment(
                post=post, comment_id=_comment_id(row), actor=actor if actor.kind == "organization" else None
            )
        case Kind.REACT:
            client.react(actor=actor, root=Urn.parse(row.target_urn), kind=row.reaction)
        case Kind.UNREACT:
            client.unreact(actor=actor, entity=Urn.parse(row.target_urn))
        case Kind.CLOSE:
            client.set_comments_state(post=post, actor=actor, state="CLOSED")
        case Kind.OPEN:
            client.set_comments_state(post=post, actor=actor, state="OPEN")
    return None


def store_for(row: Outgoing, answer: CommentPayload | None) -> CommentStore | None:
    """For `apply`, with all that is known of the comment. Make it before anything is locked: it asks the database."""
    if answer is None:
        return None
    about = {answer.id, _target_of(row).id, *([answer.parent.id] if answer.parent else [])}
    return CommentStore(row.post, only=about)


def keep_as_there(row: Outgoing, comment: CommentPayload) -> None:
    """Show what LinkedIn shows of the comment that an action is about; the action itself is not done."""
    store = store_for(row, comment)
    assert store is not None
    store.page(_target_of(row), [comment])


def apply(row: Outgoing, answer: CommentPayload | None, store: CommentStore | None) -> None:
    """Bring our rows to what LinkedIn now shows. Call inside the transaction that ends the action."""
    match row.kind:
        case Kind.COMMENT | Kind.REPLY | Kind.EDIT:
            if answer is not None and store is not None:
                _keep_comment(row, answer, store)
        case Kind.DELETE:
            _forget_comment(row)
        case Kind.REACT | Kind.UNREACT:
            _count_reaction(row)
        case Kind.CLOSE:
            now = clock.now()
            gravestones.drop_content(list(row.post.comments.values_list("pk", flat=True)))
            row.post.comments.filter(gone_at__isnull=True).update(gone_at=now)
            Post.everything.filter(pk=row.post_id).update(
                comments_state="CLOSED", total_comments=0, first_level_comments=0, read_found=0, read_counted=0
            )
        case Kind.OPEN:
            Post.everything.filter(pk=row.post_id).update(comments_state="OPEN")


def _create(client: LinkedIn, row: Outgoing, actor: Urn, post: Urn) -> CommentPayload:
    message = to_message(row.text, unit=unit())
    parent = Urn.parse(row.target_urn) if row.kind == Kind.REPLY else None
    comment = client.create_comment(
        target=parent or post,
        actor=actor,
        object=post,
        text=message.text,
        attributes=message.attributes,
        image=Urn.parse(row.image_urn) if row.image_urn else None,
        parent=parent,
    )
    if comment.actor != actor:
        raise WrongActor.of(f"LinkedIn names {comment.actor} as the actor of {comment.urn}")
    return comment


def _comment_id(row: Outgoing) -> str:
    return Urn.parse(row.target_urn).id


def _target_of(row: Outgoing) -> Urn:
    """The post, or the thread below which LinkedIn lists what this action writes."""
    is_first_level = row.kind == Kind.EDIT and row.comment is not None and row.comment.thread_id is None
    if row.thread is None or row.kind == Kind.COMMENT or is_first_level:
        return Urn.parse(row.post.urn)
    return Urn.parse(row.thread.urn)


def _keep_comment(row: Outgoing, answer: CommentPayload, store: CommentStore) -> None:
    store.page(_target_of(row), [answer])
    if row.kind != Kind.EDIT:
        kept = Comment.objects.filter(post=row.post, comment_id=answer.id).only("thread").get()
        row.result_urn = str(answer.urn)
        row.result_comment = kept
        first = 1 if row.kind == Kind.COMMENT else 0
        Post.everything.filter(pk=row.post_id).update(
            total_comments=F("total_comments") + 1,
            read_found=F("read_found") + 1,
            read_counted=F("read_counted") + 1,  # what we know needs no reading
            first_level_comments=F("first_level_comments") + first,
        )
        if kept.thread_id:
            CommentContent.everything.filter(pk=kept.thread_id).update(replies=F("replies") + 1)
    is_as_written = answer.text.strip() == to_message(row.text, unit=unit()).text.strip()
    row.result_text = "" if is_as_written else answer.text  # also in place of what an earlier look or read found


def _forget_comment(row: Outgoing) -> None:
    if row.comment is None:
        return
    thread_pk = row.comment.thread_id
    family = [row.comment.pk, *row.comment.replies.values_list("pk", flat=True)]
    gravestones.drop_content(family)
    itself = Comment.objects.filter(pk=row.comment.pk, gone_at__isnull=True).update(gone_at=clock.now())
    others = Comment.objects.filter(pk__in=family, gone_at__isnull=True).update(gone_at=clock.now())
    Post.everything.filter(pk=row.post_id).update(
        total_comments=Greatest(F("total_comments") - itself - others, 0),
        read_found=Greatest(F("read_found") - itself - others, 0),
        read_counted=Greatest(F("read_counted") - itself - others, 0),
        first_level_comments=Greatest(F("first_level_comments") - (0 if thread_pk else itself), 0),
    )
    if thread_pk:
        CommentContent.everything.filter(pk=thread_pk).update(replies=Greatest(F("replies") - itself, 0))


def _count_reaction(row: Outgoing) -> None:
    """Remember the actor's own reaction, and move the count until the next reading says it exactly."""
    mine = OwnReaction.objects.filter(post=row.post, comment=row.comment, actor_urn=row.actor_urn)
    before = mine.values_list("kind", flat=True).first()
    if row.kind == Kind.REACT:
        OwnReaction.objects.update_or_create(
            post=row.post,
            comment=row.comment,
            actor_urn=row.actor_urn,
            defaults={"kind": row.reaction, "known_at": timezone.now()},
        )
    else:
        mine.delete()
    after = row.reaction if row.kind == Kind.REACT else None
    if row.comment is not None:
        step = bool(after) - bool(before)
        if step:
            CommentContent.everything.filter(pk=row.comment_id).update(likes=Greatest(F("likes") + step, 0))
        return
    post = Post.everything.get(pk=row.post_id)
    counts = dict(post.reactions)
    if before:
        counts[before] = max(counts.get(before, 0) - 1, 0)
    if after:
        counts[after] = counts.get(after, 0) + 1
    Post.objects.filter(pk=post.pk).update(reactions=counts)
    visits.count_own_reaction(post.pk, bool(after) - bool(before))
