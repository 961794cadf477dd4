"""How long sending waits for what. Source: the contract for outgoing actions (docs/architecture.md, *Sending*).

`DRILL_SPEED` makes all of them pass faster, for drills against the sandbox; it is 1 wherever LinkedIn is real.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

SPEED: float = settings.DRILL_SPEED


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds / SPEED)


REQUEST_S = 45 / SPEED  # a whole call to LinkedIn
LEASE = _s(90)  # longer than what is left of LAST_MOMENT_S and the call together
LAST_MOMENT_S = 30 / SPEED  # after the claim, the first byte may leave
RING_AGAIN = _s(8)  # a bell that was not answered by then is taken for lost
CLOCKS_DIFFER = timedelta(seconds=2)  # what one process takes for now, another may take for soon
SHORT_WAIT = _s(60)  # longer ones are left to the sweeper
BACK_OFF = _s(5)  # doubled with each try
BACK_OFF_MOST = _s(300)
LINKEDIN_RESTS = _s(60)
CREATION_PAUSE = _s(60)  # the short throttle on new comments
HOUR = _s(3600)

LOOKS = (_s(5), _s(20), _s(60), _s(150))  # after doubt began
LOOK_LEASE = _s(30)
LOOK_AGAIN = _s(60)  # when a look failed
LOOKS_NEEDED = 3  # complete ones, before absence is believed; the last of them at or after the end of LOOKS
DOUBT_AT_MOST = _s(15 * 60)
BEFORE_WIRE = timedelta(minutes=2)  # how far LinkedIn's time of a comment may lie from ours
AFTER_WIRE = timedelta(minutes=10)
LISTS_PROMPTLY = LOOKS[-1] / 2  # LinkedIn's slowest listing, if absence shall allow a repeat
# After success, until LinkedIn lists it. A listing between two of them is measured as the later one, so one of them
# lies well before LISTS_PROMPTLY.
READ_BACK = (_s(2), _s(5), _s(15), _s(45), _s(62), _s(90), _s(150))

TOO_OLD = timedelta(hours=24)
