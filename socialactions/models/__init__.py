"""The rows of Threadwell, one file per noun."""

from .comments import Comment, CommentContent, OwnReaction
from .connections import Connection, Organization, PageRole
from .desks import Desk, Invitation, User
from .events import Event
from .outgoing import Attachment, Attempt, Outgoing
from .posts import Post, PostAlias

__all__ = [
    "Attachment",
    "Attempt",
    "Comment",
    "CommentContent",
    "Connection",
    "Desk",
    "Event",
    "Invitation",
    "Organization",
    "Outgoing",
    "OwnReaction",
    "PageRole",
    "Post",
    "PostAlias",
    "User",
]
