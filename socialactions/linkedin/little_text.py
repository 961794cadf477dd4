"""Reads "little text", the markup of a post's commentary: mentions, hashtags, and backslashes before reserved marks.

Comments do not use it (see `mentions`), and Threadwell writes no posts, so there is no way back. Source: Microsoft
Learn, "Little Text Format".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from socialactions.linkedin.urns import Urn

_MARK = re.compile(
    r"""\{hashtag\|\\?\#\|(?P<tag>(?:\\.|[^{}|\\])+)\}
      | @\[(?P<name>(?:\\.|[^\[\]\\])+)\]\((?P<urn>urn:li:[A-Za-z]+:[^()\s]+)\)
      | \\(?P<literal>[|{}@\[\]()<>\#\\*_~])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\([|{}@\[\]()<>#\\*_~])")


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of a post's text: plain, a mention (`urn`), or a hashtag with its `#`."""

    text: str
    urn: Urn | None = None
    hashtag: bool = False


def parse(commentary: str) -> list[Segment]:
    """Cut a commentary into runs; what is no markup stays as it is, and nothing is an error."""
    found: list[Segment] = []
    plain: list[str] = []
    end = 0
    for match in _MARK.finditer(commentary):
        plain.append(commentary[end : match.start()])
        end = match.end()
        if match["literal"] is not None:
            plain.append(match["literal"])
            continue
        _flush(plain, found)
        found.append(_marked(match))
    plain.append(commentary[end:])
    _flush(plain, found)
    return found


def _flush(plain: list[str], found: list[Segment]) -> None:
    text = "".join(plain)
    plain.clear()
    if text:
        found.append(Segment(text))


def _marked(match: re.Match[str]) -> Segment:
    if match["tag"] is not None:
        return Segment("#" + _ESCAPE.sub(r"\1", match["tag"]), hashtag=True)
    name = _ESCAPE.sub(r"\1", match["name"])
    try:
        return Segment(name, Urn.parse(match["urn"]))
    except ValueError:
        return Segment(name)
