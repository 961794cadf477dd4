"""The document tells the truth: thousands of made-up calls bring no server error, and no answer it does not name.

API_CASES says how many of either sort for each operation. The run on PostgreSQL, where only the rows lie elsewhere,
makes a few.
"""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.contrib.staticfiles import finders
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from socialactions.sandbox.seeds.cast import ACME
from tests import environment
from tests.web.desks import AtDesk
from tests.web.programs import Program, program_of

CASES = int(os.environ.get("API_CASES", "5" if environment.is_scaled_out() else "80"))
CALLS_AT_LEAST = 25 * CASES  # 2,000 by default
ASIDE = [positive_data_acceptance]  # a target can be well spelled and unknown: what is accepted, rows decide
LATER_ASIDE = [*ASIDE, ignored_auth]
WITHOUT_KEY = 3  # calls of either sort are made again without a key, and with a wrong one


@cache
def product() -> Any:
    """Made once, as by a server: it takes longer than a call."""
    return get_wsgi_application()


def on_one_connection(environ: Any, start_response: Any) -> Any:
    """The product as a WSGI server meets it, but for closing the connection that the test's transaction lives on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    return product()(environ, start_response)


@pytest.fixture
def program(ada_desk: AtDesk, settings: Any) -> Program:
    settings.API_CALLS_PER_MINUTE = 0
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "localhost"]  # which schemathesis calls
    return program_of(ada_desk)


@pytest.fixture
def document(program: Program) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", on_one_connection)


@pytest.fixture
def there(ada_desk: AtDesk, program: Program) -> Callable[[Any], None]:
    """Makes every other well-made call one about things that there are."""
    post, comment = ada_desk.post().urn, ada_desk.comment("Does it stop").urn
    made = program.act(kind="comment", actor=ACME, target=post, text="Words").json()["id"]
    names = {"/actions/{uid}": made, "/posts/{name}": post, "/comments/{name}": comment}
    turns = itertools.cycle((False, True, True, False))

    def about_real_things(case: Any) -> None:
        if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or not next(turns):
            return
        name = next((found for address, found in names.items() if case.path.endswith(address)), None)
        if name is not None:
            case.path_parameters = dict.fromkeys(case.path_parameters, name)
        if isinstance(case.body, dict) and "target" in case.body:
            case.body = {**case.body, "actor": ACME, "target": post if next(turns) else comment}

    return about_real_things


def test_no_call_breaks_it(document: Any, program: Program, there: Callable[[Any], None]) -> None:
    """Calls as the document allows them, and calls that it forbids, of every operation."""
    made: Counter[Any] = Counter()
    headers = {"x-api-key": program.secret, "Accept-Encoding": "identity"}  # schemathesis unpacks nothing
    found = [one.ok() for one in document.get_all_operations()]
    for operation, mode in itertools.product(found, GenerationMode):
        if mode == GenerationMode.NEGATIVE and not (operation.query or operation.path_parameters or operation.body):
            continue  # nothing in it can be wrong

        @settings(max_examples=CASES, phases=[Phase.generate], database=None, deadline=None, derandomize=True,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def call(case: Any) -> None:
            there(case)
            name = (case.operation.label, case.meta.generation.mode)
            case.call_and_validate(headers=headers, excluded_checks=ASIDE if made[name] < WITHOUT_KEY else LATER_ASIDE)
            made[name] += 1

        call()
    assert {label for label, _ in made} == {one.label for one in found}
    assert made.total() >= CALLS_AT_LEAST, made


def test_the_document_names_everything_a_program_needs(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1") and document["servers"] == [{"url": "http://testserver"}]
    assert set(document["components"]["securitySchemes"]) == {"ApiKeyHeader", "BearerKey"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"] and operation["operationId"] and operation["security"], where
            assert {"401", "403", "422", "429", "500", "503"} <= set(operation["responses"]), where
            for status, response in operation["responses"].items():
                kinds = set(response["content"])
                assert kinds == {"application/problem+json" if status >= "400" else "application/json"}, where


def test_the_page_works_under_the_policy_and_asks_nobody_else(client: Client) -> None:
    page = client.get("/api/v1/docs")
    text = page.content.decode()
    assert page.status_code == 200 and '<html lang="en"' in text
    assert not re.search(r'<script(?![^>]*\b(src|type="application/json"))', text)
    for address in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert address.startswith("/"), address
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
    assert '"validatorUrl": null' in text and "unsafe" not in page["Content-Security-Policy"].partition("style-src")[0]
