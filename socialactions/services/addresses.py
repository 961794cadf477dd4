"""Where LinkedIn's pictures can be fetched. Whoever shows one does without, too: no answer is no trouble here."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from socialactions.linkedin.client import LinkedIn
from socialactions.linkedin.errors import LinkedInError
from socialactions.linkedin.urns import Urn

log = logging.getLogger(__name__)


def of(client: LinkedIn, images: Iterable[Urn]) -> dict[Urn, str]:
    """The addresses that LinkedIn gives, "" where it has none; a picture it said nothing of is left out."""
    try:
        found = client.images(images).results
    except LinkedInError as error:
        log.info("pictures were not readable: %s", type(error).__name__)
        return {}
    return {urn: image.download_url or "" for urn, image in found.items()}
