"""Bringing an action's picture to LinkedIn before the action itself is sent."""

from __future__ import annotations

from datetime import timedelta

from socialactions import clock
from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import BadRequest, NotFound
from socialactions.linkedin.urns import Urn
from socialactions.models import Outgoing

from . import attachments
from .outcomes import Outcome, Reason, detail_of

State = Outgoing.State
WAIT = timedelta(seconds=2)  # doubled each time
WAITS_DOUBLED = 7


def not_ready(client: LinkedIn, row: Outgoing) -> Outcome | None:
    """Bring the picture to LinkedIn; how the action goes on without it being there, None when it is."""
    if not row.image_urn:
        try:
            _upload(client, row)
        except FileNotFoundError:
            return Outcome(State.FAILED, Reason.PICTURE_LOST)
        except BadRequest as error:
            row.detail = detail_of(error)
            return Outcome(State.FAILED, Reason.PICTURE_NOT_TAKEN)
    try:
        status = client.image(Urn.parse(row.image_urn)).status
    except NotFound:
        Outgoing.objects.filter(pk=row.pk).update(image_urn="")  # uploaded anew next time
        raise
    if status == "PROCESSING_FAILED":
        return Outcome(State.FAILED, Reason.PICTURE_UNREADABLE)
    if status == "AVAILABLE":
        return None
    wait = WAIT * 2 ** min(row.fence - 1, WAITS_DOUBLED)
    return Outcome(State.WAITING, Reason.PICTURE_PROCESSING, clock.now() + wait)


def _upload(client: LinkedIn, row: Outgoing) -> None:
    """Put the picture on LinkedIn, owned by the actor. An upload may be repeated: an unused picture is invisible."""
    assert row.picture is not None
    content = attachments.path_of(row.picture).read_bytes()
    place = client.initialize_upload(Urn.parse(row.actor_urn))
    client.upload(place, content, row.picture.content_type)
    row.image_urn = str(place.image)
    Outgoing.objects.filter(pk=row.pk).update(image_urn=row.image_urn)
