"""Who lives in every seed: Ada runs Acme and Birch, Bo helps at Birch, Cy has no role; then strangers. All invented."""

from __future__ import annotations

from ..oauth import issue
from ..records import Image, Member, Organization, Token
from ..switches import ALL_SCOPES
from ..world import World

ACME = "urn:li:organization:1001"
BIRCH = "urn:li:organization:1002"
KESTREL = "urn:li:organization:2001"
FERNHILL = "urn:li:organization:2002"
ADA = "urn:li:person:adA4mBerg1"
BO = "urn:li:person:boL7ndqvs2"
CY = "urn:li:person:cyM9arsh_3"
PRIVATE = "urn:li:person:pRv8_Hidden"

_PAGES = (
    ("1001", "Acme Robotics", "acme-robotics", "acme", "Robot arms that work beside people."),
    ("1002", "Birch & Co", "birch-and-co", "birch", "Furniture from one forest."),
    ("2001", "Kestrel Logistics", "kestrel-logistics", "kestrel", "Parcels, on time, quietly."),
    ("2002", "Fernhill Farms", "fernhill-farms", "fernhill", "Vegetables from the hill."),
    ("2003", "Brightwater Energy", "brightwater-energy", "brightwater", "Heat from rivers."),
)
_CAST = (
    (ADA, "Ada", "Berg", "Community lead at Acme Robotics", "ada-berg", "ada"),
    (BO, "Bo", "Lindqvist", "Marketing at Birch & Co", "bo-lindqvist", "bo"),
    (CY, "Cy", "Marsh", "Between two jobs", "cy-marsh", "cy"),
)
_STRANGERS = (
    ("amD2okeye4", "Amir", "Daneshvar", "Plant manager, Kestrel Logistics", "amir-daneshvar", "amir"),
    ("beR5omano1", "Ben", "Romano", "Automation engineer", "ben-romano", "ben"),
    ("daW1hit_42", "Dana", "Whitlock", "Works council member and robot sceptic", "dana-whitlock", "dana"),
    ("grH6offman", "Greta", "Hoffmann", "Instandhaltung, Mittelstand", "greta-hoffmann", "greta"),
    ("joE9kstrom", "Jonas", "Ekström", "Designs gripper fingers", "jonas-ekstroem", "jonas"),
    ("keW3atanab", "Kenji", "Watanabe", "生産技術エンジニア", "kenji-watanabe", "kenji"),
    ("laH8addad1", "Layla", "Haddad", "مهندسة ميكاترونكس", "layla-haddad", "layla"),
    ("luM4oretti", "Luca", "Moretti", "Integrator for small lines", "luca-moretti", "luca"),
    ("maK7owalsk", "Maria", "Kowalska", "Logistics research", "maria-kowalska", "maria"),
    ("noL2arsen8", "Nora", "Larsen", "Buyer, office interiors", "nora-larsen", "nora"),
    ("prR6amaswa", "Priya", "Ramaswamy", "Safety engineer", "priya-ramaswamy", "priya"),
    ("ruA5delman", "Ruth", "Adelman", "Journalist, Machines & People", "ruth-adelman", "ruth"),
    ("soB3ergman", "Sofie", "Bergman", "Carpenter", "sofie-bergman", "sofie"),
    ("toF1ernand", "Tomás", "Fernández", "Student of mechatronics", "tomas-fernandez", "tomas"),
    ("miT9anaka5", "Mika", "Tanaka", "Trade fair reporter", "mika-tanaka", "mika"),
    ("noH4arari2", "Noam", "Harari", "מהנדס בקרה", "noam-harari", "noam"),
    ("haS8tein_7", "Hana", "Steinová", "Runs a repair café", "hana-steinova", "hana"),
    ("anN0ymouse", "Ann-Charlotte", "van der Meer-O’Sullivan", "Long names welcome", "ann-charlotte-vdm", ""),
)
_CROWD_FIRST = (
    *("Aino", "Boris", "Carla", "Dario", "Edda", "Farid", "Gina", "Hugo", "Ines", "Jaro", "Kaja", "Leon", "Mina"),
    *("Nils", "Olena", "Paul", "Quirin", "Rosa", "Samir", "Tilda", "Ugo", "Vera", "Wim", "Xenia", "Yara", "Zoltan"),
)
_CROWD_LAST = (
    *("Abel", "Brandt", "Costa", "Dahl", "Eder", "Fischer", "Grau", "Holm", "Ivanov", "Jensen", "Keller", "Lund"),
    *("Marin", "Novak", "Okafor", "Petit", "Quist", "Rossi", "Simon", "Thorn", "Urban", "Vogel", "Weiss", "Young"),
    *("Zeller", "Aalto", "Bauer"),
)
STRANGERS = tuple(f"urn:li:person:{row[0]}" for row in _STRANGERS)
_BY_FIRST_NAME = {row[1]: f"urn:li:person:{row[0]}" for row in _STRANGERS}


def stranger(first: str) -> str:
    """A stranger's URN by first name."""
    return _BY_FIRST_NAME[first]


def plant(world: World) -> None:
    """Put the Pages, the cast and the strangers into a world, with roles and pictures."""
    for number, name, vanity, logo, description in _PAGES:
        picture = add_drawing(world, f"L-{logo}", f"{logo}.svg", f"urn:li:organization:{number}")
        website = f"https://{vanity}.example"
        world.add_organization(Organization(number, name, vanity, picture, description, website))
    for urn, first, last, headline, vanity, face in _CAST:
        _add_member(world, urn.rpartition(":")[2], first, last, headline, vanity, face, can_sign_in=True)
    for row in _STRANGERS:
        _add_member(world, *row, can_sign_in=False)
    world.add_member(Member(PRIVATE.rpartition(":")[2], "Hidden", "Person", is_private=True))
    ada, bo = ADA.rpartition(":")[2], BO.rpartition(":")[2]
    world.set_role(ada, "1001", "ADMINISTRATOR")
    world.set_role(ada, "1002", "ADMINISTRATOR")
    world.set_role(bo, "1002", "DIRECT_SPONSORED_CONTENT_POSTER")


def add_crowd(world: World, many: int) -> tuple[str, ...]:
    """So many more strangers; every fourth has a picture. Returns their URNs."""
    found = []
    for n in range(many):
        first, last = _CROWD_FIRST[n % len(_CROWD_FIRST)], _CROWD_LAST[n // len(_CROWD_FIRST) % len(_CROWD_LAST)]
        number, face = f"crW{n:07}", "" if n % 4 else _STRANGERS[n // 4 % (len(_STRANGERS) - 1)][5]
        picture = add_drawing(world, f"F-{number}", f"{face}.svg", f"urn:li:person:{number}") if face else ""
        vanity = f"{first}-{last}-{n}".casefold()
        world.add_member(Member(number, first, last, "Saw the film", vanity, picture))
        found.append(f"urn:li:person:{number}")
    return tuple(found)


def _add_member(
    world: World, number: str, first: str, last: str, headline: str, vanity: str, face: str, *, can_sign_in: bool
) -> None:
    picture = add_drawing(world, f"F-{face}", f"{face}.svg", f"urn:li:person:{number}") if face else ""
    locale = "ja_JP" if first == "Kenji" else "en_US"
    world.add_member(Member(number, first, last, headline, vanity, picture, can_sign_in=can_sign_in, locale=locale))


def add_drawing(world: World, name: str, file: str, owner: str) -> str:
    """An image that is drawn by us and there from the start; returns its id."""
    number = f"C4D0{name}"
    world.images[number] = Image(number, owner, 0, file=file, content_type="image/svg+xml")
    return number


def token_for(world: World, member: str, scopes: tuple[str, ...] = ALL_SCOPES) -> Token:
    """An access token as if this member (URN) had just allowed everything, or these scopes."""
    return issue(world, member.rpartition(":")[2], sorted(scopes))
