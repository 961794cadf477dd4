"""The shapes of the unversioned v2 API, turned into those of the versioned one before anything else reads them.

LinkedIn has announced the end of v2 without a date; both shapes are in "Network update social actions". Differences:
`$URN` in place of `commentUrn` and `id`, `digitalmediaAsset` in place of `image`, long names of union members, and
the decorated commenter under `actor~`. What fits neither API is left as it is for the payload to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_UNION = "com.linkedin.adsexternalapi.social."
# Long union member → (short member, the name of its URN in v2); the short member's URN has the member's own name.
_MEMBERS = {
    f"{_UNION}OrganizationAttributedEntity": ("organization", "company"),
    f"{_UNION}PersonAttributedEntity": ("person", "member"),
}
_ASSET = "urn:li:digitalmediaAsset:"


def comment(raw: Any) -> Any:
    """A v2 comment in the versioned shape; anything else unchanged."""
    if not isinstance(raw, dict) or ("$URN" not in raw and "actor~" not in raw):
        return raw
    out = dict(raw)
    out.setdefault("commentUrn", raw.get("$URN"))
    if isinstance(raw.get("content"), list):
        out["content"] = [_content(one) for one in raw["content"]]
    message = raw.get("message")
    if isinstance(message, dict) and isinstance(message.get("attributes"), list):
        out["message"] = {**message, "attributes": [_attribute(one) for one in message["attributes"]]}
    if isinstance(raw.get("actor~"), dict) and str(raw.get("actor")).startswith("urn:li:person:"):
        out["author"] = raw["actor~"]
    return out


def with_id(raw: Any) -> Any:
    """A v2 like or reaction, whose name stands under `$URN`, with the name where the versioned API has it."""
    return {**raw, "id": raw["$URN"]} if isinstance(raw, dict) and "$URN" in raw else raw


def image_urn(text: str) -> str:
    """The versioned name of a v2 picture: the same id under another prefix."""
    return f"urn:li:image:{text.removeprefix(_ASSET)}" if text.startswith(_ASSET) else text


def _content(raw: Any) -> Any:
    entity = raw.get("entity") if isinstance(raw, dict) else None
    asset = entity.get("digitalmediaAsset") if isinstance(entity, dict) else None
    return {**raw, "entity": {"image": image_urn(asset)}} if isinstance(asset, str) else raw


def _attribute(raw: Any) -> Any:
    value = raw.get("value") if isinstance(raw, dict) else None
    if not isinstance(value, Mapping):
        return raw
    for long_name, (short_name, urn_name) in _MEMBERS.items():
        if isinstance(value.get(long_name), Mapping):
            return {**raw, "value": {short_name: {short_name: value[long_name].get(urn_name)}}}
    return raw
