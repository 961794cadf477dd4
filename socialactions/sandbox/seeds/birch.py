"""Birch & Co: a second Page with its own posts and threads, so that switching Pages shows something else."""

from __future__ import annotations

from ..world import World
from .build import DAY, HOUR, MINUTE, add_post, react, say
from .cast import ACME, ADA, BIRCH, BO, STRANGERS, add_drawing
from .cast import stranger as by


def plant(world: World) -> None:
    _chair(world)
    _forest(world)
    _job(world)


def _chair(world: World) -> None:
    picture = add_drawing(world, "P-chair", "chair.svg", BIRCH)
    alt = "A wooden chair with a slatted back"
    content = {"media": {"id": f"urn:li:image:{picture}", "title": "The chair that stays", "altText": alt}}
    text = (
        "The chair that stays. Eleven parts, no glue, one forest. If a leg breaks in thirty years, write to us; "
        "we keep the drawings. {hashtag|\\#|furniture}"
    )
    post = add_post(world, BIRCH, text, age_s=20 * HOUR, content=content, agent=BO)
    for who in STRANGERS[3:12]:
        react(post, who)
    react(post, ACME, "PRAISE", agent=ADA)
    text = "We have had six of them in the canteen since 2014. One has a scratch. It was a dog."
    nora = say(world, post, by("Nora"), text, age_s=18 * HOUR, likes=(BIRCH, by("Sofie"), by("Hana")))
    say(world, post, BIRCH, "Please give the dog our regards.", age_s=17 * HOUR, to=nora, agent=BO, likes=(by("Nora"),))
    say(world, post, by("Nora"), "He is the scratch's proud owner.", age_s=16.5 * HOUR, to=nora)
    say(world, post, by("Sofie"), "Which oil? And may I ask about the joint below the seat?", age_s=6 * HOUR)
    text = "Do they ship flat? Asking for @[Fernhill Farms](urn:li:organization:2002) 🌱"
    say(world, post, by("Luca"), text, age_s=75 * MINUTE)
    text = "Our test robot sat on it 40,000 times. The robot gave up first."
    say(world, post, ACME, text, age_s=50 * MINUTE, agent=ADA, likes=(BIRCH, by("Ben")))


def _forest(world: World) -> None:
    content = {"media": {"id": "urn:li:video:C4E05birchfilm", "title": "A walk among next year's chairs"}}
    text = "Two minutes of wind. Turn the sound on."
    post = add_post(world, BIRCH, text, age_s=2.5 * DAY, kind="ugcPost", content=content, agent=BO)
    for who in STRANGERS[:6]:
        react(post, who, "EMPATHY")
    say(world, post, by("Ruth"), "I needed this between two meetings.", age_s=2.4 * DAY, likes=(BIRCH,))
    say(world, post, by("Greta"), "Der Specht bei 1:12!", age_s=2.2 * DAY)
    text = "يا له من صوت جميل 🌲"
    say(world, post, by("Layla"), text, age_s=1.1 * DAY)


def _job(world: World) -> None:
    text = "We are looking for somebody who likes sawdust and spreadsheets, in that order."
    post = add_post(world, BIRCH, text, age_s=9 * DAY, agent=ADA)
    react(post, by("Jonas"))
    say(world, post, by("Tomás"), "Is a student allowed to apply?", age_s=8 * DAY)
