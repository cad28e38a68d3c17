"""Errors as people and programs read them: RFC 9457 problem+json.

Errors carry values; the sentences are made here, and say what is wrong, where, and how to mend it. One table maps the
tree of `domain.errors`, another what aiohttp itself refuses; whatever is in neither is a fault of ours and answers 500.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import Field, ValidationError

from callcenter.api.models import Shown
from callcenter.domain import errors

_log = structlog.get_logger(__name__)
_TYPE = "urn:callcenter:problem:"
_LONGEST_ECHO = 200


class FieldProblem(Shown):
    """One part of a request that cannot be met."""

    field: str
    problem: str


class Problem(Shown):
    """Why a request was not met (RFC 9457). ``type`` is made for programs, ``detail`` for people."""

    type: str = Field(examples=[f"{_TYPE}not_found"])
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    instance: str
    errors: tuple[FieldProblem, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """How one kind of error is answered."""

    status: int
    code: str
    title: str
    sentence: Callable[[Any], str]


ANSWERS: Mapping[type[errors.CallCenterError], Answer] = {
    errors.NotFound: Answer(
        404,
        "not_found",
        "Not found",
        lambda e: f"No {e.kind} is stored under {_short(e.key)!r}. Ask the list of them for the ids that exist.",
    ),
    errors.BadRequest: Answer(
        400,
        "bad_request",
        "The request cannot be met as it stands",
        lambda e: f"{e.field}: {e.problem}. An example: {e.example}",
    ),
    errors.RuleError: Answer(
        409, "against_the_rules", "The rules forbid this", lambda e: f"The rules of this site forbid it: {e}"
    ),
    errors.StoreError: Answer(409, "store_failed", "The store cannot do this", lambda e: f"The store says: {e}"),
    errors.StoreUnavailable: Answer(
        503,
        "store_unavailable",
        "The store does not answer",
        lambda e: "The database cannot be used for now; nothing is lost. See /readyz, then repeat the request.",
    ),
    errors.StoreTooSlow: Answer(
        504,
        "store_too_slow",
        "The answer takes too long",
        lambda e: (
            "The database did not finish within the time that an answer may take (database_limits.answer_seconds). "
            "Ask for a shorter period, a single queue or a smaller page."
        ),
    ),
    errors.StoreRefused: Answer(
        500,
        "store_refused",
        "The store refused",
        lambda e: (
            "The database refused the question, and would again. The log says why; `callcenter check` looks closer."
        ),
    ),
    errors.StreamUnavailable: Answer(
        503,
        "stream_unavailable",
        "The stream does not answer",
        lambda e: "Redis cannot be used for now; nothing is lost. See /readyz, then repeat the request.",
    ),
    errors.PeerError: Answer(
        502,
        "peer_failed",
        "Another system failed",
        lambda e: f"Something outside this service did not do its part: {e}. See /api/v1/feed for what is heard.",
    ),
    errors.EventError: Answer(
        500,
        "unreadable_event",
        "A stored event cannot be read",
        lambda e: (
            f"It was perhaps written by a newer version ({e}). Run the version that wrote it, or `callcenter check`."
        ),
    ),
    errors.SettingsError: Answer(
        500,
        "wrong_setting",
        "A setting is wrong",
        lambda e: f"{e.key} in {e.file}: {e.problem}. An example: {e.example}",
    ),
    errors.CallCenterError: Answer(500, "failed", "The request failed", lambda e: f"It could not be done: {e}"),
}

REFUSALS: Mapping[int, tuple[str, str, str]] = {
    403: (
        "another_page",
        "Sent by another page",
        "Changes are taken from this service's own pages and from programs, not from other pages in a browser.",
    ),
    404: (
        "no_such_address",
        "No such address",
        "Nothing is at this address. /api/v1/openapi.json lists all there are.",
    ),
    405: ("method_not_allowed", "Method not allowed", "This address does not take this method. See the Allow header."),
    413: ("too_large", "The request is too large", "The body holds more than an operation can take. Send less."),
    415: ("wrong_media_type", "Wrong media type", "Bodies must be JSON: send Content-Type: application/json."),
    421: (
        "wrong_host",
        "Addressed to another host",
        "Until log-in exists this service answers to loopback names only. Use http://127.0.0.1 with its port.",
    ),
}


class Unfit(Exception):
    """The parameters or the body of a request are not what the operation asks for."""

    def __init__(self, found: ValidationError) -> None:
        super().__init__(str(found))
        self.found = found


def answer_to(error: errors.CallCenterError) -> Answer:
    """How this error is answered: by its own row, else by that of its nearest ancestor."""
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns every error into problem+json."""
    try:
        return await handler(request)
    except errors.CallCenterError as error:
        answer = answer_to(error)
        if answer.status >= 500:
            _log.error("request failed", method=request.method, path=_short(request.path), error=str(error))
        return _render(request, answer.status, answer.code, answer.title, answer.sentence(error), _fields(error))
    except Unfit as error:
        return _invalid(request, error.found)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _refused(request, error)
    except ConnectionError:
        raise  # the client is gone, nobody to tell
    except Exception:  # noqa: BLE001 - what no table foresees is a fault of ours: said in the log, hidden from callers
        reference = secrets.token_hex(4)
        _log.exception("request failed", method=request.method, path=_short(request.path), reference=reference)
        detail = f"This is a fault of the service. Its log tells more under reference {reference}."
        return _render(request, 500, "internal_error", "Internal error", detail)


def _fields(error: errors.CallCenterError) -> tuple[FieldProblem, ...]:
    if isinstance(error, errors.BadRequest):
        return (FieldProblem(field=error.field, problem=error.problem),)
    return ()


def _invalid(request: web.Request, error: ValidationError) -> web.Response:
    found = tuple(
        FieldProblem(field=".".join(map(str, item["loc"])) or "body", problem=_mended(item["type"], item["msg"]))
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    )
    detail = "; ".join(f"{_short(item.field)}: {item.problem}" for item in found)
    return _render(request, 400, "bad_request", "The request cannot be met as it stands", detail, found)


def _mended(kind: str, message: str) -> str:
    """The validator's message, in words that fit a request."""
    if kind == "extra_forbidden":
        return "no such parameter here; see /api/v1/openapi.json"
    if kind == "missing":
        return "is required"
    return message.removeprefix("Value error, ")


def _refused(request: web.Request, error: web.HTTPException) -> web.Response:
    fallback = (f"http_{error.status}", error.reason, "The request was refused. See /api/v1/openapi.json.")
    code, title, sentence = REFUSALS.get(error.status, fallback)
    response = _render(request, error.status, code, title, sentence)
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _render(
    request: web.Request, status: int, code: str, title: str, detail: str, found: tuple[FieldProblem, ...] = ()
) -> web.Response:
    problem = Problem(
        type=_TYPE + code,
        title=title,
        status=status,
        detail=detail,
        instance=_short(request.path),
        errors=tuple(FieldProblem(field=_short(item.field), problem=item.problem) for item in found),
    )
    return web.Response(status=status, body=problem.model_dump_json().encode(), content_type="application/problem+json")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "…"
