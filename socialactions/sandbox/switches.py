"""How this LinkedIn behaves where the documents are silent or contradict each other.

Each field is one open question, explained in `docs/sandbox.md`. Leaves the behaviour itself to the modules that ask.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ALL_SCOPES = (
    "openid",
    "profile",
    "email",
    "r_basicprofile",
    "r_liteprofile",
    "r_1st_connections_size",
    "rw_organization_admin",
    "r_organization_admin",
    "r_organization_followers",
    "r_organization_social",
    "w_organization_social",
    "r_organization_social_feed",
    "w_organization_social_feed",
    "r_member_social",
    "w_member_social",
    "r_member_social_feed",
    "w_member_social_feed",
)

CHOICES: dict[str, tuple[object, ...]] = {
    "scope_separator": ("comma", "space"),
    "refresh_tokens": ("on", "off"),
    "gate_order": ("version, token", "token, version"),
    "summary": ("zeros", "omitted"),
    "empty_list": (404, 200),
    "replies_to_reply": ("attach", 422),
    "edit_answer": (200, 204),
    "order": ("oldest", "newest"),
    "index_unit": ("utf16", "codepoint"),
    "double_like": (409, 201),
    "total_likes": ("all", "likes"),
    "answer_alias": ("same", "activity", "post"),
    "list_alias": ("same", "ugcPost", "both"),
    "partner_access": ("on", "off"),
    "tier": ("standard", "development", "unlimited"),
    "count_maximum": ("serve", 504),
    "acl_field": ("organization", "organizationTarget"),
    "batch_get": ("on", "off"),
    "recruiting_poster_reads": ("refuse", "empty"),
    "missing_scopes": ("refuse", "drop"),
    "silent_pass": ("on", "off"),
    "listing_lag_varies": ("off", "on"),
}


@dataclass(frozen=True, slots=True)
class Switches:
    """One consistent choice of behaviour; change it with `changed`, which refuses what is not a choice."""

    scope_separator: str = "comma"
    refresh_tokens: str = "on"
    gate_order: str = "version, token"
    summary: str = "zeros"
    empty_list: int = 404
    replies_to_reply: str | int = "attach"
    edit_answer: int = 200
    text_limit: int | None = 1250
    order: str = "oldest"
    index_unit: str = "utf16"
    double_like: int = 409
    total_likes: str = "all"
    answer_alias: str = "same"
    list_alias: str = "same"
    partner_access: str = "on"
    tier: str = "standard"
    count_maximum: str | int = "serve"
    acl_field: str = "organization"
    batch_get: str = "on"
    recruiting_poster_reads: str = "refuse"
    missing_scopes: str = "refuse"
    silent_pass: str = "on"
    comments_per_minute: int | None = 60
    latency_ms: float = 0
    image_processing_s: float = 0
    listing_lag_s: float = 0
    listing_lag_varies: str = "off"
    traffic: float | None = None
    app_scopes: tuple[str, ...] = field(default=ALL_SCOPES)
    active_versions: tuple[str, ...] = (
        *("202601", "202602", "202603", "202604", "202605"),
        *("202606", "202607", "202608", "202609"),
    )

    def changed(self, wishes: Mapping[str, Any]) -> Switches:
        """Return a copy with the wishes applied.

        Raises: ValueError naming the first switch or value that does not exist.
        """
        return dataclasses.replace(self, **{name: _accepted(name, wish) for name, wish in wishes.items()})

    def as_json(self) -> dict[str, Any]:
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(self).items()
        }


def _accepted(name: str, wish: Any) -> Any:
    if name in CHOICES:
        for choice in CHOICES[name]:
            if str(choice) == str(wish):
                return choice
        raise ValueError(f"{name} can be {' or '.join(str(choice) for choice in CHOICES[name])}, not {wish!r}")
    if name in ("app_scopes", "active_versions"):
        return tuple(wish.replace(",", " ").split() if isinstance(wish, str) else map(str, wish))
    if name in ("text_limit", "comments_per_minute"):
        return None if _is_off(wish) else int(_number(name, wish))
    if name == "traffic":
        return None if _is_off(wish) else max(0.05, _number(name, wish))
    if name in ("latency_ms", "image_processing_s", "listing_lag_s"):
        return _number(name, wish)
    raise ValueError(f"there is no switch {name!r}")


def _is_off(wish: Any) -> bool:
    return wish is None or wish in ("", "off", "none")


def _number(name: str, wish: Any) -> float:
    try:
        number = float(wish)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is a number, not {wish!r}") from None
    if not 0 <= number < 1e9:
        raise ValueError(f"{name} can't be {wish!r}")
    return number
