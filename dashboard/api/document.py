"""The API as one object: its operations, how it answers what goes wrong, and the OpenAPI document about it."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Swagger
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from . import actions, bodies, desk, images, keys, problems, questions, reading
from .problems import Problem

log = logging.getLogger(__name__)

ABOUT = """\
Read what your Pages' posts got, and comment, reply, like and delete as a Page or as the person who made the key.

Every write is accepted with 202 and has an address where its true end can be followed. It leaves for LinkedIn at most
once, keeps LinkedIn's pace, and stays in History under the key's name. Errors are `application/problem+json` with a
stable `code`. What members wrote may be kept until `expires_at` and not a moment longer: that is LinkedIn's rule.
"""


class Api(NinjaAPI):
    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        """ninja gives every answer one media type; problems have their own."""
        made = super().get_openapi_schema(**kwargs)
        for operations in made["paths"].values():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400:
                        response["content"] = {problems.MEDIA_TYPE: response["content"]["application/json"]}
        return made


def _answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problems.answer(problem)


def _no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problems.answer(Problem("key_missing", keys.MISSING))


def _not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problems.answer(problems.of_validation(error.errors))


def _not_readable(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, Problem):  # ours, out of ninja's reading of the body
        return problems.answer(error.__cause__)
    return problems.answer(Problem(problems.OF_STATUS.get(error.status_code, "malformed"), error.message))


def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problems.answer(Problem("too_large"))


def _malformed(request: HttpRequest, error: Exception) -> HttpResponse:
    """A form without its boundary, or with more fields or files than Django reads. Its words may repeat the call's."""
    return problems.answer(Problem("malformed"))


def _not_saved(request: HttpRequest, error: Exception) -> HttpResponse:
    """The disk is full or the database is away; with its Idempotency-Key the same request can be sent again."""
    log.exception("a program could not be answered")
    return problems.answer(Problem("not_saved", headers={"Retry-After": "5"}))


def _ours(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("a program was answered with 500")
    return problems.answer(Problem("internal"))


def make() -> Api:
    made = Api(
        title="Threadwell",
        version="1",
        description=ABOUT,
        servers=[{"url": settings.BASE_URL}],
        urls_namespace="api",
        parser=bodies.JsonOnly(),
        docs=Swagger(settings={"validatorUrl": None}),  # it would ask a stranger
    )
    handlers: dict[type[Exception], Any] = {
        Exception: _ours,
        Problem: _answer,
        AuthenticationError: _no_key,
        ValidationError: _not_valid,
        HttpError: _not_readable,
        RequestDataTooBig: _too_large,
        SuspiciousOperation: _malformed,
        MultiPartParserError: _malformed,
        DatabaseError: _not_saved,
        InterfaceError: _not_saved,  # the connection ended meanwhile
        OSError: _not_saved,
    }
    for error, handler in handlers.items():
        made.add_exception_handler(error, handler)
    made.add_decorator(questions.only_known)
    for router in (actions.router, images.router, reading.router, desk.router):
        made.add_router("", router)
    return made


api = make()
