"""Why LinkedIn's count of a post's comments and what stands here differ, in numbers that add up.

LinkedIn counts in one place and lists in another, at different moments. Which comments it counts and does not list, its
documentation does not say; neither do we.
"""

from __future__ import annotations

from socialactions.models import Post
from socialactions.services.reading import broke_off

from .rows import Gap


def of(post: Post) -> tuple[Gap, ...]:
    """What stands here and these together are LinkedIn's count; empty when the two are the same."""
    parts = (_not_reached(post),) if broke_off(post) else (_unlisted(post), _since(post))
    return tuple(gap for gap in parts if gap.many)


def _not_reached(post: Post) -> Gap:
    """Between the newest count and what a first reading that died had brought."""
    many = post.total_comments - post.read_so_far
    if many < 0:
        return Gap(many, f"LinkedIn lists {-many} more than it counts.")
    return Gap(many, f"{many} {_are(many)} missing here.")


def _unlisted(post: Post) -> Gap:
    """Between the count at the reading and what the reading brought."""
    many = post.read_counted - post.read_found
    if many < 0:
        return Gap(many, f"LinkedIn lists {-many} more than it {_counted(post)}.")
    if post.reading == Post.Reading.INCOMPLETE:
        return Gap(many, f"{many} {_are(many)} missing here.")  # why, `read_problem` says
    return Gap(many, f"{many} {_are(many)} counted and not listed: LinkedIn does not say why.")


def _since(post: Post) -> Gap:
    """Between that count and the newest one."""
    many = post.total_comments - post.read_counted
    when = "since they were last read"
    return Gap(many, f"{many} more {when}." if many > 0 else f"{-many} fewer {when}.")


def _counted(post: Post) -> str:
    return "counts" if post.total_comments == post.read_counted else "counted then"


def _are(many: int) -> str:
    return "is" if many == 1 else "are"
