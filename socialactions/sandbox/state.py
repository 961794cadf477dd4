"""A world as a file: a JSON document written in one stroke, uploaded pictures beside it. Faults are not kept."""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from .records import Code, Comment, Entry, Image, Json, Member, Notification, Organization, Post, Reaction, Token
from .world import World

FORMAT = 1


class StateFileBroken(Exception):
    """The file exists but is not a world; the message says what to do."""


def save(world: World, path: Path) -> None:
    """Write the world; a reader of the file sees the old state or the new one, never a part.

    Raises: OSError when the disk does not take it.
    """
    with world.lock:
        text = json.dumps(_dump(world), ensure_ascii=False, separators=(",", ":"))
        uploads = dict(world.uploads)
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = folder_of(path)
    for name, content in uploads.items():
        folder.mkdir(exist_ok=True)
        if not (folder / name).exists():
            _write(folder / name, content)
    _write(path, text.encode("utf-8", "surrogatepass"))


def folder_of(path: Path) -> Path:
    """Where the uploaded pictures of a state file lie."""
    return path.with_name(f"{path.name}.media")


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _dump(world: World) -> Json:
    return {
        "format": FORMAT,
        "serial": world.serial,
        "clock_offset_s": world.clock_offset_s,
        "switches": world.switches.as_json(),
        "members": [dataclasses.asdict(one) for one in world.members.values()],
        "organizations": [dataclasses.asdict(one) for one in world.organizations.values()],
        "roles": [[*key, role] for key, role in world.roles.items()],
        "posts": [_row(one) for one in world.posts.values()],
        "comments": [_row(one) for one in world.comments.values()],
        "images": [dataclasses.asdict(one) for one in world.images.values()],
        "tokens": [dataclasses.asdict(one) for one in world.tokens.values()],
        "codes": [dataclasses.asdict(one) for one in world.codes.values()],
        "consents": world.consents,
        "sessions": world.sessions,
        "notifications": [dataclasses.asdict(one) for one in world.notifications],
        "ledger": [dataclasses.asdict(one) for one in world.ledger],
        "spent": dict(world.spent),
    }


def _row(one: Post | Comment) -> Json:
    found = {field.name: getattr(one, field.name) for field in dataclasses.fields(one) if field.name != "cache"}
    found["reactions"] = [
        [reaction.actor, reaction.kind, reaction.agent, reaction.created, reaction.modified]
        for reaction in one.reactions.values()
    ]
    return found


def load(world: World, path: Path) -> None:
    """Fill an empty world from a file.

    Raises: StateFileBroken with a sentence for people; FileNotFoundError.
    """
    try:
        found = json.loads(path.read_bytes())
        if found["format"] != FORMAT:
            raise ValueError(f"format {found['format']}")
        _fill(world, found)
        folder = folder_of(path)
        for image in world.images.values():
            if image.uploaded:
                world.uploads[image.id] = (folder / image.id).read_bytes()
    except FileNotFoundError:
        if path.exists():
            raise StateFileBroken(f"Pictures that belong to {path} are missing; start with --fresh.") from None
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateFileBroken(f"{path} is not a saved sandbox ({error}); start with --fresh.") from None


def _fill(world: World, found: Json) -> None:
    world.members = {one["id"]: Member(**one) for one in found["members"]}
    world.organizations = {one["id"]: Organization(**one) for one in found["organizations"]}
    world.roles = {(member, organization): role for member, organization, role in found["roles"]}
    for one in found["posts"]:
        world.add_post(Post(**_with_reactions(one)))
    world.comments = {one["id"]: Comment(**_with_reactions(one)) for one in found["comments"]}
    world.images = {one["id"]: Image(**one) for one in found["images"]}
    world.tokens = {one["value"]: Token(**one) for one in found["tokens"]}
    world.codes = {one["value"]: Code(**one) for one in found["codes"]}
    world.consents, world.sessions = found["consents"], found["sessions"]
    world.notifications = [Notification(**one) for one in found["notifications"]]
    world.ledger = [Entry(**one) for one in found["ledger"]]
    world.spent = Counter(found["spent"])
    world.serial, world.clock_offset_s = found["serial"], found["clock_offset_s"]
    world.switches = world.switches.changed(found["switches"])


def _with_reactions(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "reactions": {one[0]: Reaction(*one) for one in row["reactions"]}}
