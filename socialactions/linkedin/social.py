"""socialActions and socialMetadata: totals, comments and replies. Source: Microsoft Learn, "Network update social
actions", "Comments" and "Social metadata". Likes and reactions are in `reactions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from socialactions.linkedin import payloads, restli
from socialactions.linkedin.calls import BATCH_SIZE, Caller
from socialactions.linkedin.errors import LinkedInError, UnexpectedAnswer
from socialactions.linkedin.payloads import Attribute, Comment, SocialMetadata, SocialSummary
from socialactions.linkedin.urns import Urn
from socialactions.linkedin.values import Batch, Page


class Social(Caller):
    """Read and write what people say below a post."""

    def summary(self, urn: Urn) -> SocialSummary:
        """Totals of one post or comment."""
        return payloads.summary(self._get(f"/socialActions/{urn.in_path()}"), urn)

    def summaries(self, urns: Iterable[Urn], *, size: int = BATCH_SIZE) -> Batch[Urn, SocialSummary]:
        """Totals of many, `size` to a call."""
        return self._many("/socialActions", urns, _itself, payloads.summary, self.summary, size=size)

    def social_metadata(self, urn: Urn) -> SocialMetadata:
        """Reactions by kind, and whether comments are open."""
        return payloads.social_metadata(self._get(f"/socialMetadata/{urn.in_path()}"), urn)

    def social_metadata_batch(self, urns: Iterable[Urn], *, size: int = BATCH_SIZE) -> Batch[Urn, SocialMetadata]:
        """The same of many, `size` to a call."""
        path, one = "/socialMetadata", self.social_metadata
        return self._many(path, urns, _itself, payloads.social_metadata, one, size=size)

    def comment_page(self, target: Urn, *, start: int = 0, count: int = 100) -> Page[Comment]:
        """One slice of the comments of a post or the replies to a comment; LinkedIn's order is not documented.

        Keep `count` below 200 ("to prevent timeouts"). A 404 is an empty page with `not_found` set.
        """
        return self._page(_comments(target), "", payloads.comment, start=start, count=count)

    def comments(self, target: Urn, *, count: int = 100) -> Iterator[Comment]:
        """Yield the comments on a post, or the replies to a comment, fetching pages as needed."""
        return self._pages(_comments(target), "", payloads.comment, key=lambda one: one.urn, count=count)

    def comment(self, post: Urn, comment_id: str) -> Comment:
        """One comment or reply by the post it stands below. Raises: NotFound."""
        return payloads.comment(self._get(_comment(post, comment_id)))

    def comments_by_id(self, post: Urn, ids: Iterable[str]) -> Batch[str, Comment]:
        """Several comments of one post."""

        def read(raw: Any, _: str) -> Comment:
            return payloads.comment(raw)

        return self._many(_comments(post), ids, str, read, lambda comment_id: self.comment(post, comment_id))

    def create_comment(
        self,
        *,
        target: Urn,
        actor: Urn,
        object: Urn,
        text: str,
        attributes: Sequence[Attribute] = (),
        image: Urn | None = None,
        parent: Urn | None = None,
    ) -> Comment:
        """Write a comment, or a reply when `parent` is given; `target` is the post, or for a reply the parent.

        `object` is the post in both cases. There is no idempotency key: never repeat before looking. Compare the
        returned `actor` with the one asked for.

        Raises: NotPermitted with `field_refused` "/content" for a picture in a reply; RateLimited with
        `creation_throttle`; UnexpectedAnswer when LinkedIn said yes without an id.
        """
        body: dict[str, Any] = {"actor": str(actor), "object": str(object), "message": _message(text, attributes)}
        if image is not None:  # never null: LinkedIn refuses `"content": null` as an unpermitted field
            body["content"] = [{"entity": {"image": str(image)}}]
        if parent is not None:
            body["parentComment"] = str(parent)
        answer = self._write("POST", _comments(target), body=body)
        return payloads.comment(answer.json())

    def edit_comment(
        self, *, post: Urn, comment_id: str, actor: Urn, text: str, attributes: Sequence[Attribute] = ()
    ) -> Comment:
        """Replace text and mentions of an own comment (both, or stale spans would stay) and return it as it is now.

        LinkedIn answers 200 with the comment or 204 without; after 204 it is read again. UnexpectedAnswer when it was
        edited and could not be read.
        """
        message = {"text": text, "attributes": [_attribute(one) for one in attributes]}
        answer = self._write(
            "POST",
            _comment(post, comment_id),
            query=restli.query(actor=actor),
            body={"patch": {"message": {"$set": message}}},
            method="PARTIAL_UPDATE",
        )
        if answer.body:
            return payloads.comment(answer.json())
        try:
            return self.comment(post, comment_id)
        except LinkedInError as error:
            raise UnexpectedAnswer.of("Edited, but the comment could not be read again", status=204) from error

    def delete_comment(self, *, post: Urn, comment_id: str, actor: Urn | None) -> None:
        """Delete a comment; `actor` is the organization when one acts as it, None as the member.

        Raises: NotFound when it is not there (any more).
        """
        self._write("DELETE", _comment(post, comment_id), query=restli.query(actor=actor))

    def set_comments_state(self, *, post: Urn, actor: Urn, state: Literal["OPEN", "CLOSED"]) -> None:
        """Close or open the comments of a post. Closing deletes every comment there is, for good."""
        self._write(
            "POST",
            f"/socialMetadata/{post.in_path()}",
            query=restli.query(actor=actor),
            body={"patch": {"$set": {"commentsState": state}}},
            method="PARTIAL_UPDATE",
        )


def _comments(target: Urn) -> str:
    return f"/socialActions/{target.in_path()}/comments"


def _comment(post: Urn, comment_id: str) -> str:
    return f"{_comments(post)}/{restli.encode(comment_id)}"


def _itself(urn: Urn) -> Urn:
    return urn


def _message(text: str, attributes: Sequence[Attribute]) -> dict[str, Any]:
    message: dict[str, Any] = {"text": text}
    if attributes:
        message["attributes"] = [_attribute(one) for one in attributes]
    return message


def _attribute(attribute: Attribute) -> dict[str, Any]:
    if attribute.urn is None:
        raise ValueError("a mention without the URN of whom it means")
    member = "person" if attribute.urn.kind == "person" else "organization"
    value = {member: {member: str(attribute.urn)}}
    return {"start": attribute.start, "length": attribute.length, "value": value}
