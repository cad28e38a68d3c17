"""Operations as a table: one `Op` gives routing, validation, the answer and its place in the OpenAPI document.

Whatever concerns all operations hangs here and nowhere else; that is why this layer is ours and small.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from callcenter.api.models import Asked, Nothing
from callcenter.api.problems import Unfit
from callcenter.domain.errors import BadRequest

S = TypeVar("S")
Q = TypeVar("Q", bound=Asked)
B = TypeVar("B", bound=Asked)

Streamed = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""An answer that goes on: it writes itself to the request."""

Result = BaseModel | bytes | Streamed | web.Response
"""What an operation gives back: a model, its JSON as bytes when that is at hand, or a response made by hand."""

LARGEST_BODY = 64 * 1024
EVENT_STREAM = "text/event-stream"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Permission(StrEnum):
    """What one must be allowed to do. Documented with every operation; enforced once there is a log-in."""

    OPEN = "open"
    LIVE = "live.read"
    METRICS = "metrics.read"
    VISITS = "visits.read"
    RECORDINGS = "recordings.read"
    QUALITY = "quality.read"
    OPERATIONS = "operations.read"
    DIRECTORY = "directory.read"
    CORRECT_DIRECTORY = "directory.write"


@dataclass(frozen=True, slots=True)
class Order(Generic[Q, B]):
    """What an operation with a body is given: its parameters and the body."""

    asked: Q
    body: B


@dataclass(frozen=True, slots=True, kw_only=True)
class Op(Generic[S]):
    """One operation.

    Fields of ``query`` named in ``path`` are path parameters, those marked with ``in: header`` headers. ``run`` gets
    the site and the query model, or an `Order` where there is a ``body``. ``also`` names models that travel inside a
    stream, so that the document has them; ``otherwise`` the models of answers other than 200.
    """

    path: str
    name: str
    summary: str
    tag: str
    permission: Permission
    run: Callable[[S, Any], Awaitable[Result]]
    returns: type[BaseModel] | None
    query: type[Asked] = Nothing
    body: type[Asked] | None = None
    method: str = "GET"
    description: str = ""
    media: str = "application/json"
    also: tuple[type[BaseModel], ...] = ()
    example: Mapping[str, Any] | None = None
    otherwise: Mapping[int, type[BaseModel]] = field(default_factory=dict)

    @property
    def path_parameters(self) -> tuple[str, ...]:
        return tuple(_PLACEHOLDER.findall(self.path))


def routes(ops: Iterable[Op[S]], site: S) -> list[web.RouteDef]:
    """The table as aiohttp's routes. Ids may hold everything but a bare slash, which is written %2F."""
    return [_route(op, _PLACEHOLDER.sub(r"{\1:[^/]+}", op.path), _handler(op, site)) for op in ops]


def _route(op: Op[Any], path: str, handler: Handler) -> web.RouteDef:
    if op.method == "GET":
        # A stream has no end that HEAD could wait for.
        return web.get(path, handler, allow_head=op.media != EVENT_STREAM)
    return web.route(op.method, path, handler)


def header_names(model: type[BaseModel]) -> list[str]:
    """The names of the headers that a query model reads."""
    return [
        field.alias or name
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("in") == "header"
    ]


def _handler(op: Op[S], site: S) -> Handler:
    headers = header_names(op.query)

    async def handle(request: web.Request) -> web.StreamResponse:
        asked: Any = _asked(op, request, headers)
        if op.body is not None:
            asked = Order(asked, await _body(op.body, request))
        return await _respond(op, request, await op.run(site, asked))

    return handle


def _asked(op: Op[Any], request: web.Request, headers: Iterable[str]) -> Asked:
    given = dict(request.match_info)
    for name, value in request.query.items():
        if name in given:
            raise BadRequest(name, "is given more than once", f"?{name}=…, once")
        given[name] = value
    given |= {name: request.headers[name] for name in headers if name in request.headers}
    try:
        return op.query.model_validate_strings(given)
    except ValidationError as error:
        raise Unfit(error) from error


async def _body(model: type[B], request: web.Request) -> B:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        raise Unfit(error) from error


async def _respond(op: Op[Any], request: web.Request, result: Result) -> web.StreamResponse:
    if isinstance(result, web.Response):
        return result
    if isinstance(result, BaseModel):
        result = result.model_dump_json(by_alias=True).encode()
    if isinstance(result, bytes):
        return web.Response(body=result, content_type=op.media)
    return await result(request)
