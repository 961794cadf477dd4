"""The rows of Threadwell, one file per noun."""

from .comments import Comment, CommentContent, OwnReaction
from .connections import Connection, Organization, PageRole
from .desks import Desk, Invitation, User
from .events import Event
from .keeping import Forgotten, Receipt
from .outgoing import Attachment, Attempt, CallCount, ListingDelay, Outgoing, Pace
from .posts import LastLook, Post, PostAlias, Snapshot
from .programs import ApiCall, ApiKey
from .syncs import SyncRun
from .webhooks import Webhook, WebhookDelivery

__all__ = [
    "ApiCall",
    "ApiKey",
    "Attachment",
    "Attempt",
    "CallCount",
    "Comment",
    "CommentContent",
    "Connection",
    "Desk",
    "Event",
    "Forgotten",
    "Invitation",
    "LastLook",
    "ListingDelay",
    "Organization",
    "Outgoing",
    "OwnReaction",
    "Pace",
    "PageRole",
    "Post",
    "PostAlias",
    "Receipt",
    "Snapshot",
    "SyncRun",
    "User",
    "Webhook",
    "WebhookDelivery",
]
