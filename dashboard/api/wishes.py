"""From what a program wrote to what a service accepts: everything that is wrong named at once, rights before deeds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile

from socialactions import clock
from socialactions.linkedin import mentions
from socialactions.linkedin.payloads import Attribute
from socialactions.linkedin.urns import ACTORS, Urn
from socialactions.models import ApiKey, Attachment, Comment, Outgoing, Post
from socialactions.queries import finding
from socialactions.queries.programs import action_of, attachment_of
from socialactions.services import attachments, programs, writing
from socialactions.services.allowance import DayUsedUp
from socialactions.services.refusals import Refused, why_not

from .keys import eyes_of
from .problems import Problem, Wrong, invalid
from .shapes import Wish, address_of

SAYS = frozenset({"comment", "reply", "edit"})
ON_POSTS = frozenset({"comment"})
ON_COMMENTS = frozenset({"reply", "edit", "delete"})
FIELDS = {"": "target", "picture": "image", "kind": "reaction"}  # the services' names of what was refused
SEEN_BEFORE = timedelta(minutes=5)  # a program has no form that was drawn: what is older, it is taken to know
NO_TARGET = "This is no URN of a post or comment, no address of one on LinkedIn, and no id of ours."


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture that came with the wish itself."""

    file: UploadedFile
    alt: str

    def said(self) -> dict[str, str]:
        """By its bytes as they came: the same picture sent again is the same wish."""
        digest = hashlib.sha256()
        for chunk in self.file.chunks():
            digest.update(chunk)
        self.file.seek(0)
        return {"sha256": digest.hexdigest(), "alt": self.alt}


def once(key: ApiKey, idempotency_key: str, wish: Wish, sent: Sent | None = None) -> Outgoing:
    """The one action of this Idempotency-Key, accepted now or before. Raises Problem."""
    return _once(key, programs.digest_of(idempotency_key), wish, sent)


def unnamed(key: ApiKey, wish: Wish) -> Outgoing:
    """The one action of a wish without an Idempotency-Key, accepted now or before: who asks the same again heard no
    answer, unless what they asked for before surely was not published. Raises Problem.
    """
    meant = _as_meant(key, wish)
    before, digest = programs.unnamed_before(key, meant.asked())
    return before or _once(key, digest, meant)


def _as_meant(key: ApiKey, wish: Wish) -> Wish:
    """The wish under one name of its post and actor, whichever of theirs it was spelt with: a client that repeats what
    its task tells asks for the same.
    """
    try:
        target = finding.meant(key.desk, wish.target)
    except ValueError:  # told when it is accepted
        target = None
    actor = key.user.member_urn if wish.actor == "member" else wish.actor
    text = wish.text and wish.text.replace("\r\n", "\n")
    urn = target.urn if target is not None else wish.target
    return wish.model_copy(update={"actor": actor, "text": text, "target": urn})


def _once(key: ApiKey, digest: str, wish: Wish, sent: Sent | None = None) -> Outgoing:
    asked = wish.asked(sent.said() if sent else None)
    picture = row = None
    try:
        row = programs.accepted_before(key, digest, asked)
        if row is None:
            accept = _accepting(key, wish, sent)
            picture = _kept(key, sent)
            row = programs.accept_once(key, digest, asked, lambda: accept(picture))
    except programs.KeyReused as error:
        raise Problem("idempotency_key_reused", "This Idempotency-Key stands for another request.") from error
    finally:
        if sent and picture and (row is None or row.picture_id != picture.pk):
            attachments.discard(picture)  # refused, or somebody was quicker
    return row


def _accepting(key: ApiKey, wish: Wish, sent: Sent | None) -> Callable[[Attachment | None], Outgoing]:
    """What accepts this wish, once everything that can be judged before was judged. Raises Problem."""
    wrong = _wrong_parts(wish, sent)
    text = _text_of(wish, wrong)
    if wrong:
        raise invalid(*wrong)
    actor = _actor_of(key, wish)
    target = _target_of(key, wish)
    post = target.post if isinstance(target, Comment) else target
    if why := why_not(key.user, post.organization, actor):
        raise Problem("not_permitted", why, [Wrong("actor", why)])
    uploaded = _picture_of(key, wish)
    speaker = writing.Speaker(user=key.user, actor_urn=actor, way=key.name, api_key=key)

    def accept(picture: Attachment | None) -> Outgoing:
        try:
            return _accept(wish, target, speaker, text, picture or uploaded)
        except writing.ColleagueFirst as error:
            raise _second(key, error.first) from error
        except DayUsedUp as error:
            left_s = max(int((error.until - clock.now()).total_seconds()), 0) + 1
            raise Problem("day_used_up", error.words, headers={"Retry-After": str(left_s)}) from error
        except Refused as error:
            field = FIELDS.get(error.field, error.field)
            code = "refused" if field == "target" else "invalid"
            raise Problem(code, error.words, [Wrong(field, error.words)]) from error

    return accept


def _accept(
    wish: Wish, target: Post | Comment, speaker: writing.Speaker, text: str, picture: Attachment | None
) -> Outgoing:
    post, comment = (target.post, target) if isinstance(target, Comment) else (target, None)
    match wish.kind, comment:
        case "comment", None:
            return writing.comment_on(post, speaker=speaker, text=text, picture=picture, form_key=uuid4())
        case "reply", Comment():
            seen = None if wish.allow_parallel else clock.now() - SEEN_BEFORE
            return writing.reply_to(comment, speaker=speaker, text=text, form_key=uuid4(), seen=seen)
        case "edit", Comment():
            return writing.edit(comment, speaker=speaker, text=text, form_key=uuid4())
        case "delete", Comment():
            return writing.delete(comment, speaker=speaker, form_key=uuid4())
        case "like" | "react", _:
            return writing.react(post, comment, speaker=speaker, kind=wish.reaction or "LIKE")
        case _:
            return writing.unreact(post, comment, speaker=speaker)


def _second(key: ApiKey, first: Outgoing) -> Problem:
    """Who was faster and as whom; not with which words, as those may name members."""
    seconds = max(int((clock.now() - first.created_at).total_seconds()), 0)
    words = f"{first.user.name} answered in this thread {seconds} s ago as {first.actor_name}."
    is_seen = action_of(key, str(first.uid)) is not None
    headers = {"Link": f'<{address_of(first)}>; rel="related"'} if is_seen else {}
    return Problem("colleague_first", f"{words} With allow_parallel yours is sent as well.", headers=headers)


def _wrong_parts(wish: Wish, sent: Sent | None) -> list[tuple[str, str]]:
    """Fields that are missing, and those that this kind of action has no use for."""
    wrong = []
    says = wish.kind in SAYS
    has_image = sent is not None or wish.image is not None
    if says and not wish.text and not has_image:
        wrong.append(("text", f"A {wish.kind} needs a text."))
    if wish.kind == "react" and wish.reaction is None:
        wrong.append(("reaction", "Say which reaction. For a like there is the kind like."))
    useless = {
        "text": not says and wish.text is not None,
        "mentions": not says and wish.mentions is not None,
        "image": wish.kind != "comment" and has_image,
        "reaction": wish.kind != "react" and wish.reaction is not None,
    }
    if wish.allow_parallel and wish.kind != "reply":
        wrong.append(("allow_parallel", f"The kind {wish.kind} takes no allow_parallel."))
    for name, is_useless in useless.items():
        if is_useless:
            wrong.append((name, f"The kind {wish.kind} takes no {name}."))
    if sent and wish.image is not None:
        wrong.append(("image", "Send a picture, or name one that was uploaded before: not both."))
    return wrong


def _text_of(wish: Wish, wrong: list[tuple[str, str]]) -> str:
    """The words as the composer writes them, mentions as tokens; what cannot be is added to ``wrong``."""
    text = (wish.text or "").replace("\r\n", "\n")
    if wish.mentions is None:
        return text
    attributes = []
    for number, one in enumerate(wish.mentions):
        try:
            urn = Urn.parse(one.urn, *ACTORS)
        except ValueError:
            wrong.append((f"mentions.{number}.urn", "This is no URN of a person or organization."))
            continue
        kind = "person" if urn.kind == "person" else "organization"
        attributes.append(Attribute(start=one.start, length=one.length, kind=kind, urn=urn))
    unit = wish.mention_unit
    written = mentions.to_tokens(wish.text or "", attributes, unit=unit)
    if len(mentions.to_message(written, unit=unit).attributes) != len(wish.mentions) and not wrong:
        words = f"A span lies outside the text, overlaps another, or splits a character (counted in {unit})."
        wrong.append(("mentions", words))
    return written.replace("\r\n", "\n")


def _actor_of(key: ApiKey, wish: Wish) -> str:
    actor = key.user.member_urn if wish.actor == "member" else wish.actor
    if actor not in key.actors:
        words = "This key may not speak as this actor. Actors are chosen when a key is made."
        raise Problem("actor_not_allowed", words, [Wrong("actor", words)])
    return actor


def _target_of(key: ApiKey, wish: Wish) -> Post | Comment:
    """A post or comment that the key's person may read; what they may not is as unknown as what is not there."""
    pages = eyes_of(key).pages
    try:
        target = finding.meant(key.desk, wish.target)
    except ValueError as error:
        raise invalid(("target", NO_TARGET)) from error
    post = target.post if isinstance(target, Comment) else target
    page = pages.get(post.organization_id) if post else None
    if target is None or post is None or post.is_expired or page is None or not page.rights.read_comments:
        raise Problem("not_found", "There is no such post or comment here.", [Wrong("target", "unknown")])
    if isinstance(target, Comment) and wish.kind in ON_POSTS:
        raise invalid(("target", "This is a comment. To answer it, use the kind reply."))
    if isinstance(target, Post) and wish.kind in ON_COMMENTS:
        raise invalid(("target", f"This is a post; a {wish.kind} is about a comment."))
    return target


def _picture_of(key: ApiKey, wish: Wish) -> Attachment | None:
    if wish.image is None:
        return None
    found = attachment_of(key, UUID(str(wish.image)))
    if found is None:
        raise invalid(("image", "There is no such picture any more; those that nobody sent are kept for a day."))
    return found


def _kept(key: ApiKey, sent: Sent | None) -> Attachment | None:
    if sent is None:
        return None
    try:
        return attachments.keep(user=key.user, file=sent.file, size=sent.file.size or 0, alt=sent.alt)  # type: ignore[arg-type]  # reads like one
    except attachments.PictureRefused as error:
        raise invalid(("image", str(error))) from error
