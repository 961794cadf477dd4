"""The rows of Threadwell, one file per noun."""

from .comments import Comment, CommentContent, OwnReaction
from .connections import Connection, Organization, PageRole
from .desks import Desk, Invitation, User
from .events import Event
from .outgoing import Attachment, Attempt, CallCount, ListingDelay, Outgoing, Pace
from .posts import Post, PostAlias

__all__ = [
    "Attachment",
    "Attempt",
    "CallCount",
    "Comment",
    "CommentContent",
    "Connection",
    "Desk",
    "Event",
    "Invitation",
    "ListingDelay",
    "Organization",
    "Outgoing",
    "OwnReaction",
    "Pace",
    "PageRole",
    "Post",
    "PostAlias",
    "User",
]
