"""LinkedIn's Community Management API as one object. How calls travel is in `calls` and `transport`.

    linkedin = LinkedIn(token, base_url="https://api.linkedin.com", version="202609")
    for comment in linkedin.comments(Urn.parse("urn:li:share:9")):
        print(comment.created_at, comment.text)

Safe to use from several threads. Reads and writes are never repeated: that is the caller's decision.
"""

from __future__ import annotations

from socialactions.linkedin.pages import Images, Organizations, People, Posts
from socialactions.linkedin.reactions import Reactions
from socialactions.linkedin.social import Social


class LinkedIn(Social, Reactions, Posts, Organizations, People, Images):
    """Everything Threadwell asks of LinkedIn, in the name of one member's token."""
