"""What people say below Acme's posts: replies, mentions, pictures, several scripts, and odd ends of real threads."""

from __future__ import annotations

from ..records import Post
from ..world import World
from .build import DAY, HOUR, MINUTE, react, say
from .cast import ACME, ADA, FERNHILL, KESTREL, PRIVATE, add_drawing
from .cast import stranger as by

LONG = (
    "I have run packaging lines for twenty-two years, so allow me a longer note. First, the good part: an arm that "
    "stops when it meets a hand changes how people stand. They lean in instead of leaning away, and leaning away is "
    "what hurts backs. Second, the part nobody puts on a poster: somebody has to teach the thing every new box, and "
    "that somebody is usually the person who was fast enough to finish early. Teaching is work. If it isn't in the "
    "plan it comes out of breaks. Third, noise. Ours is quieter than the old palletiser, but it is a different noise, "
    "it starts and stops, and after six hours you notice that you are waiting for it. We hung two felt panels and it "
    "went away. Fourth, spare parts: ask for the belt tensioner before you need it. Fifth, and that is why I write at "
    "all: put the emergency stop where the shortest colleague can reach it with either hand. We did it the other way "
    "round and moved it after a week. All in all I would buy it again, and I would again spend the first month with "
    "half the speed and twice the people. Whoever promises you less is selling something."
)


def third_arm(world: World, post: Post) -> None:
    """The busiest thread that is not huge."""
    dana = say(
        world,
        post,
        by("Dana"),
        "It stops within 80 ms, fine. But what does the hand feel in those 80 ms?",
        age_s=25 * HOUR,
        likes=(by("Priya"), by("Ben"), by("Layla"), ACME),
    )
    text = (
        "Fair question, @[Dana Whitlock](urn:li:person:daW1hit_42). About the push of a closing drawer: we measured "
        "38 N at the fingertip. The report is on our site."
    )
    say(world, post, ACME, text, age_s=24.5 * HOUR, to=dana, agent=ADA, likes=(by("Dana"), by("Priya")))
    say(world, post, by("Dana"), "Thank you. That is an answer I can work with.", age_s=24 * HOUR, to=dana)
    say(world, post, by("Priya"), "38 N with or without the sleeve?", age_s=3 * HOUR, to=dana)
    emoji = (
        "👏👏🏽 Congratulations @[Acme Robotics](urn:li:organization:1001), "
        "and you too, @[Ada Berg](urn:li:person:adA4mBerg1)! 👩\u200d🔧"
    )
    say(world, post, by("Luca"), emoji, age_s=22 * HOUR, likes=(by("Nora"),))
    text = "It arrived this morning and has already moved more boxes than I did in 2019. Our people named it Gerda."
    picture = add_drawing(world, "C-gerda", "gripper.svg", KESTREL)
    gerda = say(world, post, KESTREL, text, age_s=5 * HOUR, image=picture, likes=(by("Maria"), by("Amir"), ACME))
    say(world, post, by("Amir"), "Gerda says hello. She is early every day.", age_s=4 * HOUR, to=gerda)
    _more_voices(world, post)
    react(dana, by("Kenji"), "INTEREST")


def _more_voices(world: World, post: Post) -> None:
    """Other scripts, markup as text, somebody who hides."""
    layla = say(
        world,
        post,
        by("Layla"),
        "هل يعمل الذراع الثالث (12 كغ) مع البيئات المتربة؟ لدينا خط تعبئة إسمنت.",
        age_s=9 * HOUR,
    )
    text = "سؤال جيد! مع الغطاء الواقي نعم، حتى IP65. نرسل لك التفاصيل."
    say(world, post, ACME, text, age_s=8 * HOUR, to=layla, agent=ADA, likes=(by("Layla"),))
    say(world, post, by("Noam"), "האם אפשר לתכנת אותו בלי מחשב? שמעתי שיש מצב “הדרכה ידנית”.", age_s=7 * HOUR)
    say(world, post, by("Greta"), "Wie lange dauert ein Werkzeugwechsel, wenn man ehrlich misst?", age_s=2 * HOUR)
    script = (
        "<script>alert('hi')</script> <b>Does your page show this as text?</b> & so on; https://example.com/?a=1&b=2"
    )
    say(world, post, by("Tomás"), script, age_s=100 * MINUTE)
    say(world, post, PRIVATE, "We would need two of these before spring. Whom do I write to?", age_s=40 * MINUTE)


def handbook(world: World, post: Post) -> None:
    say(world, post, by("Sofie"), LONG, age_s=4.5 * HOUR, likes=(by("Dana"), by("Hana"), by("Greta")))
    text = (
        "Kapitel 3 hängt bei uns schon am Schwarzen Brett. "
        "Danke, dass ihr „weiß ich nicht“ schreibt, wo ihr es nicht wisst."
    )
    greta = say(world, post, by("Greta"), text, age_s=4 * HOUR, likes=(ACME,))
    say(world, post, ACME, "Das war der schwerste Satz im ganzen Heft.", age_s=3.8 * HOUR, to=greta, agent=ADA)
    say(world, post, by("Kenji"), "とても分かりやすい資料です。日本語版の予定はありますか？", age_s=3 * HOUR)
    text = "Page 11, second figure: the arrow points the wrong way. Otherwise the best thing I have read this year."
    ben = say(world, post, by("Ben"), text, age_s=55 * MINUTE)
    say(world, post, by("Jonas"), "It does! I drew it. Sorry.", age_s=30 * MINUTE, to=ben, likes=(by("Ben"),))
    say(world, post, by("Ann-Charlotte"), "Printed, hole-punched, filed.", age_s=12 * MINUTE)


def night_shift(world: World, post: Post) -> None:
    text = "That the coffee machine needs cleaning at 5 a.m., not at 8."
    hana = say(world, post, by("Hana"), text, age_s=46 * MINUTE, likes=(by("Sofie"), by("Luca"), ACME))
    say(world, post, by("Luca"), "This goes on OUR wall.", age_s=41 * MINUTE, to=hana)
    say(world, post, by("Sofie"), "And that the filter is in the left drawer.", age_s=37 * MINUTE, to=hana)
    text = "Right, @[Hana Steinová](urn:li:person:haS8tein_7), we have put up a sign. 😅"
    say(world, post, ACME, text, age_s=33 * MINUTE, to=hana, agent=ADA)
    say(world, post, by("Hana"), "A sign! We will frame it.", age_s=29 * MINUTE, to=hana)
    say(world, post, by("Priya"), "Handover notes. Three lines are enough, but write them.", age_s=25 * MINUTE)
    say(world, post, by("Noam"), "🌙", age_s=18 * MINUTE)
    say(world, post, by("Amir"), "Dass Stille nachts anders klingt. Bitte ölt das Tor.", age_s=6 * MINUTE)


def fair(world: World, post: Post) -> None:
    mika = say(
        world,
        post,
        by("Mika"),
        "I was the one asking about the drawer for twenty minutes. Thank you for the patience!",
        age_s=2.9 * DAY,
        likes=(ACME, by("Jonas")),
    )
    say(world, post, ACME, "Best twenty minutes of the fair.", age_s=2.8 * DAY, to=mika, agent=ADA)
    text = "Who builds these stands? I would like to shake their hand. {not a hashtag} #real_hashtag"
    say(world, post, by("Nora"), text, age_s=2.5 * DAY)
    say(world, post, by("Kenji"), "来年もぜひ伺います。お疲れさまでした！", age_s=2.2 * DAY)
    text = "We took a picture of your picture."
    picture = add_drawing(world, "C-fair", "team.svg", by("Mika"))
    say(world, post, by("Mika"), text, age_s=2.1 * DAY, image=picture)
    text = "Same hall next year? We have vegetables and, apparently, a coffee machine that works."
    say(world, post, FERNHILL, text, age_s=1.5 * DAY, likes=(ACME, by("Hana"), by("Ruth")))


def interview(world: World, post: Post) -> None:
    ruth = say(
        world,
        post,
        by("Ruth"),
        "Thank you for not having a press officer in the room.",
        age_s=4 * DAY,
        likes=(by("Dana"), ACME),
    )
    say(world, post, ACME, "She was on holiday.", age_s=3.9 * DAY, to=ruth, agent=ADA, likes=(by("Ruth"), by("Mika")))
    text = "I disagree with nearly everything in it and will read it again."
    say(world, post, by("Maria"), text, age_s=3.5 * DAY)
    text = (
        "@[Ruth Adelman](urn:li:person:ruA5delman) will there be a part two "
        "with @[Kestrel Logistics](urn:li:organization:2001)?"
    )
    maria = say(world, post, by("Tomás"), text, age_s=3.2 * DAY)
    text = "@[Tomás Fernández](urn:li:person:toF1ernand) we said yes before she asked."
    say(world, post, KESTREL, text, age_s=3.1 * DAY, to=maria)


def poll(world: World, post: Post) -> None:
    text = "A handle. You would not believe how often people want to carry it."
    say(world, post, by("Jonas"), text, age_s=1.9 * DAY, likes=(by("Luca"), by("Sofie")))
    say(world, post, by("Greta"), "Weniger Lärm. Bitte. Danke.", age_s=1.7 * DAY)
    say(world, post, by("Ben"), "Can I vote for documentation?", age_s=1.2 * DAY, likes=(by("Priya"),))
    decomposed = "Señal más clara cuando se detiene, por favor. ¡Y café! ☕️"
    say(world, post, by("Tomás"), decomposed, age_s=20 * HOUR)


def reshare(world: World, post: Post) -> None:
    say(world, post, by("Maria"), "It was very good glue, I hear.", age_s=28 * HOUR, likes=(KESTREL,))
    say(world, post, KESTREL, "We can neither confirm nor deny.", age_s=27 * HOUR)
