"""What the desk did on LinkedIn, newest first, narrowed by filters that are an address, and the same as a file."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from dashboard import exports
from dashboard.access import HtmxRequest, desk_required
from dashboard.templatetags.threadwell import DEEDS
from socialactions.queries import history
from socialactions.queries.cursors import Place
from socialactions.queries.history import Filters
from socialactions.queries.rows import OutgoingRow
from socialactions.services import exporting

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
NO_DAY = "this is not a day such as 2026-11-22, between the years 2000 and 2100"


class FilterForm(forms.Form):
    """What of History is wanted. A value that cannot be is named and left out; the others count."""

    person = forms.ChoiceField(required=False, label="Person")
    page = forms.ChoiceField(required=False, label="Page")
    actor = forms.ChoiceField(required=False, label="Speaking as")
    kind = forms.ChoiceField(required=False, label="Action")
    outcome = forms.ChoiceField(required=False, label="Outcome")
    since = forms.DateField(required=False, label="From", input_formats=["%Y-%m-%d"])
    until = forms.DateField(required=False, label="To", input_formats=["%Y-%m-%d"])
    way = forms.CharField(required=False, label="Through", max_length=60)

    def __init__(self, given: Any, choices: history.Choices) -> None:
        super().__init__(given)
        self._offer("person", "Everybody", choices.people, "nobody of your desk has this id")
        self._offer("page", "All Pages", choices.pages, "your desk has no such Page")
        self._offer("actor", "Anybody", choices.actors, "nobody of your desk speaks as this")
        self._offer("kind", "All actions", list(DEEDS.items()), "there is no such action")
        outcomes = [(name, words) for name, (words, _) in history.OUTCOMES.items()]
        self._offer("outcome", "Any outcome", outcomes, "there is no such outcome")
        for name in ("since", "until"):
            field = self.fields[name]
            field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            field.error_messages["invalid"] = f"{field.label}: {NO_DAY}. Choose another, or empty the field."
        way = self.fields["way"]
        way.widget.attrs["list"] = "ways"
        self.fields["way"].validators = [_short_and_printable]
        for name, bound in self.fields.items():
            bound.widget.attrs["class"] = "input"
            if name in self.errors:
                bound.widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{name}-error"}

    def clean_since(self) -> date | None:
        return self._day("since")

    def clean_until(self) -> date | None:
        return self._day("until")

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "To: this day lies before “From”. Choose a later one, or empty one of the two.")
        return self.cleaned_data

    @property
    def filters(self) -> Filters:
        """What was asked for as far as it can be."""
        found = self.cleaned_data
        since, until = found.get("since"), found.get("until")
        return Filters(
            person=UUID(found["person"]) if found.get("person") else None,
            page=UUID(found["page"]) if found.get("page") else None,
            actor=found.get("actor", ""),
            kind=found.get("kind", ""),
            outcome=found.get("outcome", ""),
            since=_midnight(since) if since else None,
            until=_midnight(until + timedelta(days=1)) if until else None,
            way=found.get("way", ""),
        )

    @property
    def query(self) -> str:
        """The filters as they stand in an address; empty without any."""
        return urlencode({name: value for name in self.fields if (value := self.cleaned_data.get(name))})

    def _offer(self, name: str, all_of_them: str, choices: list[tuple[str, str]], wrong: str) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", all_of_them), *choices]
        field.error_messages["invalid_choice"] = f"{field.label}: {wrong}. Choose one from the list."

    def _day(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise forms.ValidationError(self.fields[name].error_messages["invalid"])
        return day


@require_GET
@desk_required
@vary_on_headers("HX-Request")
def index(request: HtmxRequest) -> HttpResponse:
    """One slice; what a filter cannot be is said at its field, and the others are used."""
    form = FilterForm(request.GET, history.choices(request.desk))
    rows, cursor = history.page(request.desk, form.filters, viewer=request.viewer, after=_place(request))
    days = [(label, list(group)) for label, group in itertools.groupby(rows, key=_day)]
    name = "history/_rows.html" if request.htmx and request.GET.get("before") else "history/index.html"
    return render(request, name, _context(form, days, cursor), status=422 if form.errors else 200)


@require_GET
@desk_required
def csv(request: HtmxRequest) -> HttpResponseBase:
    return _export(request, "csv", exports.csv_answer)


@require_GET
@desk_required
def xlsx(request: HtmxRequest) -> HttpResponseBase:
    return _export(request, "xlsx", exports.xlsx_answer)


def _export(
    request: HtmxRequest, kind: str, answer: Callable[[HtmxRequest, exporting.Export], HttpResponseBase]
) -> HttpResponseBase:
    """Nothing is exported under a filter that cannot be: the file would hold more than was asked for."""
    form = FilterForm(request.GET, history.choices(request.desk))
    if form.errors:
        return render(request, "history/index.html", {**_context(form, [], ""), "no_file": True}, status=422)
    try:
        return answer(request, exporting.begin(by=request.user, desk=request.desk, filters=form.filters, kind=kind))
    except exporting.TooMany as error:
        return render(request, "history/index.html", {**_context(form, [], ""), "too_many": error}, status=422)


def _context(form: FilterForm, days: list[tuple[str, list[OutgoingRow]]], cursor: str) -> dict[str, Any]:
    query = form.query
    return {
        "form": form,
        "days": days,
        "query": query,
        "next_query": urlencode({"before": cursor}) + (f"&{query}" if query else "") if cursor else "",
        "ways": sorted({"browser"} | {row.way for _, rows in days for row in rows}),
    }


def _place(request: HtmxRequest) -> Place | None:
    text = request.GET.get("before", "")
    try:
        return Place.parse(text) if text else None
    except ValueError:
        raise Http404("This list does not go on there.") from None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _short_and_printable(text: str) -> None:
    if len(text) > 60 or not text.isprintable():
        raise forms.ValidationError(
            "Through: this is no name of a way. Type browser, or the name of an API key as Settings show it."
        )


def _day(row: OutgoingRow) -> str:
    at = timezone.localtime(row.created_at)
    days = (timezone.localtime().date() - at.date()).days
    return {0: "Today", 1: "Yesterday"}.get(days, f"{at:%A}, {at.day} {at:%B %Y}")
