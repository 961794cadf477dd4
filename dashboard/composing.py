"""The composer: as whom, about what, and whatever was typed, kept through every refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from socialactions.models import Attachment, Comment, Desk, Outgoing, Post
from socialactions.queries.rows import Actor
from socialactions.queries.viewing import Viewer
from socialactions.services import attachments, second_thoughts
from socialactions.services.overwriting import told

from . import signing
from .answers import at_thread
from .typed import NUL

COUNTER_FROM = 150  # characters before the limit
ALT_CHARS = 500
ALT_LONG = f"The picture's description is too long: at most {ALT_CHARS} characters. Shorten it."
ACTOR_WRONG = "The choice of whom you write as is not valid. Choose again."
DIGEST = re.compile("[0-9a-f]{64}")
PICTURE_WRONG = "The picture did not come with the form. Choose it again."
UNREADABLE = "The {} holds a character that cannot be kept (NUL). Type it again."


@dataclass(frozen=True, slots=True)
class Composer:
    """Everything `composer/_composer.html` places."""

    action: str
    mode: Literal["comment", "reply", "edit"]
    dom_id: str
    target_name: str
    post_id: UUID
    actors: list[Actor]
    chosen: str
    draft_key: str
    text: str = ""
    errors: list[str] = field(default_factory=list)
    alt: str = ""
    no_picture: str = ""  # why none can be here, whoever speaks
    max_chars: int = 1250
    limit_from: int = 1100
    attachment_id: str = ""
    attachment_url: str = ""
    why_not: str = ""
    cancel_url: str = ""
    again: str = ""  # the action that this one is written in place of
    seen: str = ""  # replies: when its writer last saw the thread, in seconds since 1970; protects only its own sender
    was: str = ""  # edits: stands for the words that it was drawn with; protects only its own sender
    main: str = ""  # the words of the main button where they are not the usual ones
    leave: str = "Cancel"
    first: UUID | None = None  # the action that was there before, for the way to it

    @property
    def takes_picture(self) -> bool:
        """Whether somebody of the chooser may attach one here; one that was kept stays in any case."""
        can = any(not actor.why_not and not actor.why_no_picture for actor in self.actors)
        return not self.no_picture and (can or bool(self.attachment_id))

    @property
    def picture_why_not(self) -> str:
        """Why there can be none as things are chosen; what `services.refusals.check_upload` would say."""
        chosen = (actor.why_no_picture for actor in self.actors if actor.key == self.chosen)
        return self.no_picture or next(chosen, "")

    def instead_of(self, first: Outgoing | None) -> Composer:
        """The same composer with the words of an action that did not go as wished; what it told is seen now. What
        stands on LinkedIn is only changed there.
        """
        if first is None or (first.state == Outgoing.State.SENT and self.mode != "edit"):
            return self
        return replace(self, text=first.text, again=str(first.uid), was=told(first) or self.was)

    def with_typed(self, form: ComposerForm, errors: list[str], kept: Attachment | None) -> Composer:
        """The same composer with what was typed and what was wrong; its one-time number is a fresh one. It opens even
        where nobody may write any more: the words in it are somebody's.
        """
        return replace(
            self,
            text=form.data.get("text", ""),
            why_not="",
            seen=form.data.get("seen", "") or self.seen,
            was=form.was or self.was,
            alt=form.data.get("alt", ""),
            errors=errors,
            chosen=self._chosen_before(form.data.get("as", "")),
            attachment_id=str(kept.pk) if kept else "",
            attachment_url=reverse("attachment-show", args=[kept.pk]) if kept else "",
        )

    def _chosen_before(self, token: str) -> str:
        urn = signing.actor_of(token)
        return next((actor.key for actor in self.actors if actor.urn == urn and not actor.why_not), self.chosen)


class ComposerForm(forms.Form):
    """What a composer posts. Judging text and picture is the services' work, which say by how much and what to do;
    DATA_UPLOAD_MAX_MEMORY_SIZE bounds what comes in.
    """

    as_ = forms.CharField(
        max_length=2000, required=False, error_messages=dict.fromkeys(("max_length", NUL), ACTOR_WRONG)
    )
    text = forms.CharField(required=False, strip=False, error_messages={NUL: UNREADABLE.format("text")})
    picture = forms.FileField(
        required=False, allow_empty_file=True, error_messages=dict.fromkeys(("invalid", "missing"), PICTURE_WRONG)
    )
    attachment = forms.UUIDField(required=False, error_messages={"invalid": PICTURE_WRONG})
    alt = forms.CharField(
        max_length=ALT_CHARS,
        required=False,
        error_messages={"max_length": ALT_LONG, NUL: UNREADABLE.format("description")},
    )

    @property
    def seen(self) -> UUID | None:
        """The newest answer in the thread when it was drawn; None when the form does not say so: then nothing is
        asked.
        """
        try:
            return UUID(self.data.get("seen", ""))
        except ValueError:
            return None

    @property
    def was(self) -> str:
        """What stands for the words that it was drawn with; empty when the form does not say so."""
        said = self.data.get("was", "")
        return said if DIGEST.fullmatch(said) else ""

    def clean_text(self) -> str:
        """The words with the line ends that LinkedIn counts: browsers send two characters for each."""
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n")

    def add_prefix(self, field_name: str) -> str:
        return "as" if field_name == "as_" else field_name


def for_post(viewer: Viewer, post: Post, *, chosen: str = "") -> Composer:
    return _composer(
        viewer,
        post,
        mode="comment",
        action=reverse("comment-create", args=[post.pk]),
        target="post",
        target_name=post.organization.name,
        dom_id=f"composer-post-{post.pk}",
        chosen=chosen,
    )


def for_reply(
    viewer: Viewer, comment: Comment, *, name: str, text: str = "", chosen: str = "", seen: str = ""
) -> Composer:
    """``seen`` is the newest answer of the thread, as far as it can be told."""
    thread = comment.thread or comment
    made = _composer(
        viewer,
        comment.post,
        mode="reply",
        action=reverse("reply-create", args=[comment.pk]),
        target=f"reply {thread.pk}",
        target_name=name,
        dom_id=f"composer-reply-{thread.pk}",
        chosen=chosen,
    )
    words = "LinkedIn does not take pictures in replies. Write a new comment on the post to show one."
    return replace(
        made,
        text=text,
        no_picture=words,
        cancel_url=at_thread(thread),
        seen=seen,
    )


def for_edit(viewer: Viewer, comment: Comment, *, text: str, was: str) -> Composer:
    made = _composer(
        viewer,
        comment.post,
        mode="edit",
        action=reverse("comment-edit", args=[comment.pk]),
        target=f"edit {comment.pk}",
        target_name="your comment",
        dom_id=f"composer-edit-{comment.pk}",
        chosen="",
        only=comment.actor_urn,
    )
    words = "A picture cannot be changed once a comment is on LinkedIn."
    return replace(made, text=text, no_picture=words, cancel_url=at_thread(comment.thread or comment), was=was)


def _composer(
    viewer: Viewer,
    post: Post,
    *,
    mode: Literal["comment", "reply", "edit"],
    action: str,
    target: str,
    target_name: str,
    dom_id: str,
    chosen: str,
    only: str = "",
) -> Composer:
    nonce = uuid4()
    able = [actor for actor in viewer.actors_on(post.organization) if not only or actor.urn == only]
    actors = [_signed(actor, viewer, post, target, nonce) for actor in able]
    usable = [actor for actor in actors if not actor.why_not]
    first = next((a.key for a in usable if a.key == chosen), usable[0].key if usable else "")
    why_not = "" if usable else (actors[0].why_not if actors else viewer.why_no_comments(post.organization))
    if post.comments_state == "CLOSED" and mode != "edit":
        why_not = "Comments on this post are closed."
    if post.gone_at is not None:
        why_not = "This post is no longer on LinkedIn."
    return Composer(
        action=action,
        mode=mode,
        dom_id=dom_id,
        target_name=target_name,
        post_id=post.pk,
        actors=actors,
        chosen=first,
        draft_key=f"{viewer.user.pk}:{target}:{post.pk}",
        max_chars=settings.COMMENT_MAX_CHARS,
        limit_from=max(settings.COMMENT_MAX_CHARS - COUNTER_FROM, 0),
        why_not=why_not,
    )


def _signed(actor: Actor, viewer: Viewer, post: Post, target: str, nonce: UUID) -> Actor:
    if actor.why_not:
        return actor
    token = signing.sign(user=viewer.user, post_id=post.pk, actor_urn=actor.urn, target=target, nonce=nonce)
    return replace(actor, token=token)


def picture_of(form: ComposerForm, viewer: Viewer) -> Attachment | None:
    """The picture of a posted form: a new file, or one kept from a refused form. Raises PictureRefused."""
    alt = form.cleaned_data.get("alt", "")
    file = form.cleaned_data.get("picture")
    if file:
        return attachments.keep(user=viewer.user, file=file, size=file.size, alt=alt)
    if form.cleaned_data.get("attachment"):
        kept = Attachment.objects.filter(pk=form.cleaned_data["attachment"], user=viewer.user).first()
        if kept is None:
            raise attachments.PictureRefused("The picture was kept for a day and is gone. Choose it again.")
        if kept.alt != alt:
            kept.alt = alt
            kept.save(update_fields=["alt"])
        return kept
    return None


def written_before(request: HttpRequest, desk: Desk) -> Outgoing | None:
    """The action whose words are written anew, as long as they still wait for a person: what was sent, given up or put
    away meanwhile fills no composer.
    """
    first = named_before(request, desk)
    return first if first is not None and second_thoughts.can_be_replaced(first) else None


def named_before(request: HttpRequest, desk: Desk) -> Outgoing | None:
    """The action of this desk that ?again= names, or the form that it led to, whatever became of it."""
    try:
        uid = UUID(request.POST.get("again") or request.GET.get("again", ""))
    except ValueError:
        return None
    return Outgoing.objects.filter(uid=uid, desk=desk).first()
