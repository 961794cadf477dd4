"""What a role on a Page and a granted scope allow, as LinkedIn's tables say (docs/linkedin.md, roles and scopes).

Pure: it decides from names, asks nobody. Whoever shows or refuses something uses the words given here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

ADMIN = ("rw_organization_admin", "r_organization_admin")
READ_POSTS = ("r_organization_social",)
READ_COMMENTS = ("r_organization_social_feed", "r_organization_social")
WRITE_AS_PAGE = ("w_organization_social_feed", "w_organization_social")
WRITE_AS_MEMBER = ("w_member_social_feed", "w_member_social")
UPLOAD_AS_PAGE = ("w_organization_social",)
UPLOAD_AS_MEMBER = ("w_member_social",)
FOLLOWERS = ("r_organization_followers",)

ROLE_WORDS = {
    "ADMINISTRATOR": "Administrator",
    "DIRECT_SPONSORED_CONTENT_POSTER": "Sponsored content poster",
    "RECRUITING_POSTER": "Recruiting poster",
    "CONTENT_ADMINISTRATOR": "Content admin",
    "CONTENT_ADMIN": "Content admin",
    "LEAD_CAPTURE_ADMINISTRATOR": "Lead capture administrator",
    "LEAD_GEN_FORMS_MANAGER": "Lead forms manager",
    "ANALYST": "Analyst",
    "CURATOR": "Curator",
}
COMMENT_READERS = frozenset({"ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"})
POST_READERS = COMMENT_READERS | {"CONTENT_ADMINISTRATOR", "CONTENT_ADMIN"}
WRITERS = frozenset({"ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER", "RECRUITING_POSTER"})
UPLOADERS = frozenset({"ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"})
ADMINISTRATORS = frozenset({"ADMINISTRATOR"})

# Asked for at sign-in, with what each is for and what is missing without it.
SCOPES = {
    "r_basicprofile": (
        "See your name, headline and picture",
        "Threadwell cannot tell who signed in.",
    ),
    "rw_organization_admin": (
        "See which Pages you manage, and with which role",
        "Threadwell cannot list your Pages.",
    ),
    "r_organization_social": (
        "Read your Pages' posts",
        "Posts are not shown.",
    ),
    "w_organization_social": (
        "Upload pictures as your Pages",
        "Comments as a Page go without pictures.",
    ),
    "r_organization_social_feed": (
        "Read comments and likes on your Pages' posts",
        "Threads are not shown.",
    ),
    "w_organization_social_feed": (
        "Comment, reply, like and delete as your Pages",
        "You can read, but not answer as a Page.",
    ),
    "w_member_social_feed": (
        "Comment and like as yourself",
        "You can answer as a Page only.",
    ),
    "r_organization_followers": (
        "Find followers by name for mentions",
        "Mentions offer only people of the thread.",
    ),
    "w_member_social": (
        "The older name for writing as yourself; also uploads your pictures",
        "Comments as yourself go without pictures.",
    ),
    "r_member_social": (
        "The older name for reading your own activity; LinkedIn gives it to few",
        "Nothing is lost.",
    ),
}
ASKED = (
    "r_basicprofile",
    "rw_organization_admin",
    "r_organization_social",
    "w_organization_social",
    "r_organization_social_feed",
    "w_organization_social_feed",
    "w_member_social_feed",
    "r_organization_followers",
)
OLDER = ("w_member_social", "r_member_social")


@dataclass(frozen=True, slots=True)
class Rights:
    """What one member may do with one Page; ``why_not_…`` is empty where it is allowed."""

    role: str  # in words
    read_posts: bool
    read_comments: bool
    write: bool
    find_followers: bool
    why_not_read: str
    why_not_write: str
    why_not_upload: str

    @property
    def upload(self) -> bool:
        return not self.why_not_upload


def has(scopes: Collection[str], wanted: Collection[str]) -> bool:
    """Any one of the names is enough: LinkedIn renamed scopes and honours both."""
    return any(name in scopes for name in wanted)


def on_page(roles: Collection[str], scopes: Collection[str], page_name: str) -> Rights:
    """Weigh all approved roles on one Page together with the granted scopes."""
    role = next((words for name, words in ROLE_WORDS.items() if name in roles), "No role")
    reads_posts = any(r in POST_READERS for r in roles)
    reads = any(r in COMMENT_READERS for r in roles)
    writes = any(r in WRITERS for r in roles)
    why_not_read = why_not_write = ""
    if not reads:
        why_not_read = (
            f"Your role {role} on {page_name} does not let us read comments. "
            "An administrator of the Page can change it."
        )
    elif not has(scopes, READ_COMMENTS):
        why_not_read = (
            "LinkedIn did not grant reading comments (r_organization_social_feed). Connect again to allow it."
        )
    if not writes:
        why_not_write = (
            f"Answering as {page_name} needs the role Administrator, Sponsored content poster or Recruiting poster; "
            f"yours is {role}."
        )
    elif not has(scopes, WRITE_AS_PAGE):
        why_not_write = (
            "LinkedIn did not grant writing as a Page (w_organization_social_feed). Connect again to allow it."
        )
    why_not_upload = ""
    if not any(r in UPLOADERS for r in roles):
        why_not_upload = (
            f"Uploading pictures as {page_name} needs the role Administrator or Sponsored content poster; "
            f"yours is {role}."
        )
    elif not has(scopes, UPLOAD_AS_PAGE):
        why_not_upload = f"LinkedIn did not grant uploading pictures as {page_name} (w_organization_social)."
    return Rights(
        role=role,
        read_posts=reads_posts and has(scopes, READ_POSTS),
        read_comments=not why_not_read,
        write=not why_not_write,
        find_followers=any(r in ADMINISTRATORS for r in roles) and has(scopes, FOLLOWERS),
        why_not_read=why_not_read,
        why_not_write=why_not_write,
        why_not_upload=why_not_upload,
    )


def why_no_pages(scopes: Collection[str]) -> str:
    """Empty when LinkedIn may tell us which Pages the member manages."""
    if has(scopes, ADMIN):
        return ""
    return "LinkedIn did not grant seeing your Pages (rw_organization_admin). Connect again to allow it."


def why_no_followers(scopes: Collection[str]) -> str:
    """Empty when followers may be looked up as far as the role on the Page allows."""
    if has(scopes, FOLLOWERS):
        return ""
    return "LinkedIn did not grant finding followers (r_organization_followers); people of the thread are offered."


def why_not_as_member(scopes: Collection[str]) -> str:
    """Empty when the member may comment and like in their own name."""
    if has(scopes, WRITE_AS_MEMBER):
        return ""
    return "LinkedIn did not grant writing as yourself (w_member_social_feed). Connect again to allow it."


def lost(role: str, scopes: Collection[str], page_name: str) -> str:
    """What to say when LinkedIn lists a role no longer, by its name of the role."""
    return why_no_pages(scopes) or (
        f"You no longer have the role {ROLE_WORDS.get(role, role)} on {page_name}. "
        "An administrator of the Page can give it back on LinkedIn."
    )


def why_no_upload_as_member(scopes: Collection[str]) -> str:
    """Empty when a comment in the member's own name may show a picture: whoever speaks has to own it."""
    if has(scopes, UPLOAD_AS_MEMBER):
        return ""
    return "LinkedIn did not grant uploading pictures as yourself (w_member_social)."
