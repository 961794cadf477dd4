"""How single values cross the edge: URNs, times, counts, and the models' common base. Shapes are in payloads.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, Strict
from pydantic.alias_generators import to_camel

from socialactions.linkedin.errors import LinkedInError, UnexpectedAnswer
from socialactions.linkedin.urns import ACTORS, Urn

T = TypeVar("T")
K = TypeVar("K")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _urn(value: object) -> Urn:
    if isinstance(value, Urn):
        return value
    if not isinstance(value, str):
        raise ValueError("a URN is text")
    return Urn.parse(value)


def _actor(value: object) -> Urn:
    urn = _urn(value)
    if urn.kind not in ACTORS:
        raise ValueError("only members, organizations and brands act")
    return urn


def from_milliseconds(value: object) -> datetime:
    """LinkedIn's times: milliseconds since 1970, whole and never text."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("a time is a whole number of milliseconds")
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except OverflowError as error:
        raise ValueError("a time beyond the calendar") from error


AnyUrn = Annotated[Urn, PlainValidator(_urn)]
ActorUrn = Annotated[Urn, PlainValidator(_actor)]
Moment = Annotated[datetime, BeforeValidator(from_milliseconds)]
Count = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]


class Payload(BaseModel):
    """Something LinkedIn told us: frozen, camel case on the wire, unknown fields ignored, absent is None."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,  # validation errors quote the input, and the input is members' words
    )


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One slice of a list. An element that could not be read stands in `odd` and does not lose the others."""

    elements: list[T]
    odd: list[UnexpectedAnswer]
    start: int
    total: int | None  # may be an estimate
    next_start: int | None  # None at the end
    not_found: bool = False  # LinkedIn answered 404, which it does for an empty list

    def __iter__(self) -> Iterator[T]:
        return iter(self.elements)

    def __len__(self) -> int:
        return len(self.elements)


@dataclass(frozen=True, slots=True)
class Batch(Generic[K, T]):
    """Answers by the key they were asked for; each key is in `results` or in `errors`, or in `unasked`: where LinkedIn
    refuses batches, only some are asked for one by one.
    """

    results: dict[K, T] = field(default_factory=dict)
    errors: dict[K, LinkedInError] = field(default_factory=dict)
    unasked: list[K] = field(default_factory=list)

    def get(self, key: K) -> T | None:
        return self.results.get(key)

    def __getitem__(self, key: K) -> T:
        return self.results[key]

    def __contains__(self, key: object) -> bool:
        return key in self.results

    def merge(self, other: Batch[K, T]) -> None:
        self.results.update(other.results)
        self.errors.update(other.errors)
        self.unasked.extend(other.unasked)


def localized(value: object) -> str | None:
    """The text of `{"localized": {"en_US": "Ana"}, "preferredLocale": {…}}` in the preferred language, else any."""
    texts = value.get("localized") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(texts, Mapping):
        return None
    locale: Mapping[str, Any] = value.get("preferredLocale") or {}
    preferred = texts.get(f"{locale.get('language')}_{locale.get('country')}")
    text = preferred if isinstance(preferred, str) else next(iter(texts.values()), None)
    return text if isinstance(text, str) and text else None
