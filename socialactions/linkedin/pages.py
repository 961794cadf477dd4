"""What belongs to a Page: organizations and roles, posts, pictures, notifications; and the members around it.

Source: Microsoft Learn, "Organization access control", "Organization lookup", "Posts", "Images", "Profile API",
"People typeahead", "Organization social action notifications".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from socialactions.linkedin import payloads, restli
from socialactions.linkedin.calls import Caller, elements_of
from socialactions.linkedin.entities import (
    Candidate,
    Image,
    Notification,
    Organization,
    OrganizationAcl,
    Person,
    Post,
    Upload,
)
from socialactions.linkedin.errors import NotFound, UnexpectedAnswer
from socialactions.linkedin.loopback import is_loopback
from socialactions.linkedin.urns import Urn
from socialactions.linkedin.values import Batch


class People(Caller):
    """Members, as far as LinkedIn lets us see them: 403 is usual without partner access and says nothing more."""

    def me(self) -> Person:
        """The member whose token this is."""
        return payloads.parse(Person, self._get("/me"))

    def person(self, person_id: str) -> Person:
        """One member by id; a member hidden from us has `is_private`. Raises: NotPermitted, NotFound."""
        return payloads.parse(Person, self._get(f"/people/{restli.encode({'id': person_id})}"))

    def people(self, ids: Iterable[str]) -> Batch[str, Person]:
        """Several members by id. Raises: NotPermitted."""
        return self._many("/people", ids, _person_key, _person, self.person)

    def people_typeahead(self, organization: Urn, keywords: str) -> list[Candidate]:
        """At most ten followers of a Page whose names begin so; LinkedIn wants at least three letters."""
        query = restli.query(q="organizationFollowers", organization=organization, keywords=keywords)
        found, _ = payloads.collect(
            elements_of(self._get("/peopleTypeahead", query)), lambda raw: payloads.parse(Candidate, raw)
        )
        return found

    def person_by_vanity_url(self, url: str, organization: Urn) -> Urn | None:
        """The member behind the address of a public profile; None when LinkedIn knows nobody there."""
        query = restli.query(q="vanityUrlAsOrganization", vanityUrl=url, organization=organization)
        try:
            elements = elements_of(self._get("/vanityUrl", query))
        except NotFound:
            return None
        return payloads.parse(Candidate, elements[0]).urn if elements else None


class Organizations(Caller):
    """Pages, who may do what on them, and what happened to them."""

    def organization_acls(self, *, state: str = "APPROVED") -> Iterator[OrganizationAcl]:
        """Yield the signed-in member's roles on organizations."""
        return self._pages(
            "/organizationAcls",
            restli.query(q="roleAssignee", state=state),
            lambda raw: payloads.parse(OrganizationAcl, raw),
            key=lambda one: (one.organization, one.role, one.state),
            count=100,
        )

    def organization(self, organization_id: str) -> Organization:
        """One Page by number. Raises: NotPermitted for Pages whose admin one is not."""
        return payloads.parse(Organization, self._get(f"/organizations/{restli.encode(organization_id)}"))

    def organizations(self, ids: Iterable[str]) -> Batch[str, Organization]:
        """Several Pages by number, with what is public of them."""
        return self._many("/organizationsLookup", ids, str, _organization, self.organization)

    def organization_by_vanity_name(self, name: str) -> Organization | None:
        """The Page behind the last part of its address; None when there is none."""
        try:
            elements = elements_of(self._get("/organizations", restli.query(q="vanityName", vanityName=name)))
        except NotFound:
            return None
        return payloads.parse(Organization, elements[0]) if elements else None

    def notifications(
        self,
        organization: Urn,
        actions: Iterable[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Notification]:
        """Yield what happened on a Page's posts, up to 60 days back: for first fill and repair, not for polling."""
        span = {name: _milliseconds(moment) for name, moment in (("start", since), ("end", until)) if moment}
        query = restli.query(
            q="criteria", actions=list(actions), organizationalEntity=organization, timeRange=span or None
        )
        return self._pages(
            "/organizationalEntityNotifications",
            query,
            lambda raw: payloads.parse(Notification, raw),
            key=lambda one: one.id,
            count=50,
        )


class Posts(Caller):
    """The posts of a Page."""

    def posts(self, author: Urn, *, count: int = 50) -> Iterator[Post]:
        """Yield an author's published posts, newest first; `count` is at most 100, and pages may come short."""
        query = restli.query(q="author", author=author, sortBy="CREATED", viewContext="READER")
        return self._pages("/posts", query, _post, key=lambda one: one.urn, count=count, method="FINDER")

    def post(self, urn: Urn) -> Post:
        """One post by its share or ugcPost URN (an activity is no post id). Raises: NotFound."""
        return _post(self._get(f"/posts/{urn.in_path()}"))

    def posts_by_id(self, urns: Iterable[Urn]) -> Batch[Urn, Post]:
        """Several posts by share or ugcPost URN."""

        def read(raw: Any, _: Urn) -> Post:
            return _post(raw)

        return self._many("/posts", urns, lambda urn: urn, read, self.post)


class Images(Caller):
    """Pictures: ask for a place, put the bytes there, wait until AVAILABLE."""

    def initialize_upload(self, owner: Urn) -> Upload:
        """Ask for a place for a picture that `owner` (who will use it) owns."""
        body = {"initializeUploadRequest": {"owner": str(owner)}}
        raw = self._write("POST", "/images", query="action=initializeUpload", body=body).json()
        return payloads.parse(Upload, raw.get("value") if isinstance(raw, dict) else raw)

    def upload(self, upload: Upload, content: bytes, content_type: str) -> None:
        """Put a picture's bytes where LinkedIn said; the token goes along, so only to LinkedIn itself."""
        if not self._may_receive_token(urlsplit(upload.url)):
            raise UnexpectedAnswer.of("LinkedIn's upload address is not LinkedIn's", field="uploadUrl")
        headers = {
            "Authorization": self._headers["Authorization"],
            "Content-Type": content_type,
            "Content-Length": str(len(content)),
        }
        self._transport.send(restli.Request("PUT", upload.url, headers, content, True, "images.upload"))

    def image(self, urn: Urn) -> Image:
        """The state of a picture, and where it can be fetched."""
        return payloads.parse(Image, self._get(f"/images/{urn.in_path()}"))

    def images(self, urns: Iterable[Urn]) -> Batch[Urn, Image]:
        """The state of several pictures."""

        def read(raw: Any, _: Urn) -> Image:
            return payloads.parse(Image, raw)

        return self._many("/images", urns, lambda urn: urn, read, self.image)

    def _may_receive_token(self, url: SplitResult) -> bool:
        """The API's own host, or over TLS a host below the same domain (api.linkedin.com, www.linkedin.com)."""
        home = urlsplit(self.base_url)
        if is_loopback(home.hostname):
            return is_loopback(url.hostname) and url.scheme in ("http", "https")
        domain = ".".join((home.hostname or "").split(".")[-2:])
        return url.scheme == "https" and f".{url.hostname}".endswith(f".{domain}")


def _post(raw: Any) -> Post:
    return payloads.parse(Post, raw)


def _person_key(person_id: str) -> restli.Value:
    return {"id": person_id}


def _person(raw: Any, _: str) -> Person:
    return payloads.parse(Person, raw)


def _organization(raw: Any, _: str) -> Organization:
    return payloads.parse(Organization, raw)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
