"""The world of the demo: Acme's and Birch's posts of all kinds, with threads as real life writes them. All invented."""

from __future__ import annotations

from ..records import Json, Post
from ..world import World
from . import big, birch, talks
from .build import DAY, HOUR, MINUTE, add_post, react
from .cast import ACME, ADA, KESTREL, STRANGERS, add_drawing

KINDS = ("LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT")


def plant(world: World) -> None:
    """Fill a world that has the cast already; everything is as old as it says, counted from now."""
    world.switches = world.switches.changed({"image_processing_s": 0.5, "silent_pass": "off"})
    pictures = _pictures(world)
    _kestrel_post(world)
    big.add_big_post(world)
    talks.third_arm(world, _third_arm(world, pictures))
    talks.handbook(world, _handbook(world))
    talks.night_shift(world, _night_shift(world))
    talks.fair(world, _fair(world, pictures))
    talks.interview(world, _interview(world, pictures))
    talks.poll(world, _poll(world))
    talks.reshare(world, _reshare(world))
    _closed(world)
    _untouched(world)
    _draft(world)
    birch.plant(world)


def _pictures(world: World) -> dict[str, str]:
    names = ("arm3", "fair", "floor", "gripper", "harvest", "quiet", "team")
    return {name: f"urn:li:image:{add_drawing(world, f'P-{name}', f'{name}.svg', ACME)}" for name in names}


def _acme(world: World, text: str, age_s: float, *, kind: str = "share", content: Json | None = None) -> Post:
    return add_post(world, ACME, text, age_s=age_s, kind=kind, content=content, agent=ADA)


def cheer(post: Post, how_many: int) -> None:
    """Reactions of all kinds by strangers, most of them likes."""
    for n, who in enumerate(STRANGERS[:how_many]):
        react(post, who, KINDS[(n * 5 // 3) % len(KINDS)] if n % 3 == 2 else "LIKE", at_ms=post.created + n * 240_000)


def _third_arm(world: World, pictures: dict[str, str]) -> Post:
    text = (
        "Eleven months ago a colleague asked why our arm has two elbows. We had no good answer, so we built one "
        "that needs none.\n\nThe third arm lifts 12 kg, weighs 19, and stops within 80 ms when it meets a hand. "
        "It starts work at @[Kestrel Logistics](urn:li:organization:2001) on Monday.\n\n"
        "{hashtag|\\#|robotics} {hashtag|\\#|cobots}"
    )
    alt = "A green robot arm lifts a brown box from a belt"
    content = {"media": {"id": pictures["arm3"], "title": "The third arm", "altText": alt}}
    post = _acme(world, text, 26 * HOUR, content=content)
    cheer(post, 17)
    return post


def _handbook(world: World) -> Post:
    text = (
        "We wrote down what we know about working next to a robot: 24 pages, no marketing, free to copy. "
        "Chapter 3 is the one people argue about."
    )
    content = {"media": {"id": "urn:li:document:C4D1Fhandbook", "title": "Next to a robot.pdf"}}
    post = _acme(world, text, 5 * HOUR, kind="ugcPost", content=content)
    cheer(post, 8)
    return post


def _night_shift(world: World) -> Post:
    text = (
        "A question for everybody who has worked nights: what do you wish the day shift knew? "
        "We read every answer, and the best ones go on the wall of hall 2."
    )
    post = _acme(world, text, 50 * MINUTE)
    cheer(post, 4)
    return post


def _fair(world: World, pictures: dict[str, str]) -> Post:
    text = (
        "Three days, four hundred conversations, one broken coffee machine. Thank you, Hannover! "
        "{hashtag|\\#|HannoverMesse}"
    )
    images = [
        {"id": pictures["fair"], "altText": "Two visitors in front of two stands"},
        {"id": pictures["team"], "altText": "Three colleagues in a row"},
        {"id": pictures["gripper"], "altText": ""},
    ]
    post = _acme(world, text, 3 * DAY, kind="ugcPost", content={"multiImage": {"images": images}})
    cheer(post, 14)
    return post


def _interview(world: World, pictures: dict[str, str]) -> Post:
    article = {
        "source": "https://machines-and-people.example/interviews/acme",
        "title": "“The robot is the boring part”",
        "description": "Ruth Adelman talks with the people who teach machines to wait.",
        "thumbnail": pictures["quiet"],
        "thumbnailAltText": "A sound wave that becomes quiet",
    }
    text = "Ruth Adelman asked us better questions than we usually ask ourselves. Ten minutes, worth your coffee."
    post = _acme(world, text, 4 * DAY + 3 * HOUR, content={"article": article})
    cheer(post, 9)
    return post


def _poll(world: World) -> Post:
    options = [("Softer stops", 41), ("Longer reach", 77), ("Less noise", 23), ("A handle", 12)]
    question = {
        "question": "What should the fourth arm learn first?",
        "options": [{"text": text, "voteCount": votes, "isVotedByViewer": False} for text, votes in options],
        "settings": {"duration": "SEVEN_DAYS", "voteSelectionType": "SINGLE_VOTE"},
        "uniqueVotersCount": sum(votes for _, votes in options),
    }
    post = _acme(world, "You decide, within reason.", 2 * DAY, kind="ugcPost", content={"poll": question})
    cheer(post, 6)
    return post


def _reshare(world: World) -> Post:
    kestrel = next(post for post in world.posts.values() if post.author == KESTREL)
    post = add_post(
        world,
        ACME,
        "Our neighbours know how to write a delivery note. Read this.",
        age_s=30 * HOUR,
        reshare_of=kestrel.urn,
        agent=ADA,
    )
    cheer(post, 3)
    return post


def _kestrel_post(world: World) -> None:
    text = "Parcel 1,000,000 of this year went to a kindergarten in Bremen. It was glue."
    cheer(add_post(world, KESTREL, text, age_s=40 * HOUR), 5)


def _closed(world: World) -> None:
    """A post on which nobody can comment any more."""
    text = "Applications for our apprenticeship 2026 are closed. Thank you for 214 letters; all of them get an answer."
    post = _acme(world, text, 12 * DAY)
    post.comments_state = "CLOSED"
    cheer(post, 7)


def _untouched(world: World) -> None:
    """A post that nobody has liked or commented on."""
    _acme(world, "Spare part lists for series A are on our site again. That is all, and it took two weeks.", 8 * MINUTE)


def _draft(world: World) -> None:
    """Makes a page of the posts finder shorter than asked for."""
    add_post(world, ACME, "Not ready yet.", age_s=6 * HOUR, lifecycle="DRAFT", agent=ADA)
