"""What stands in front of every request until there is a log-in, and the headers of every answer.

Without log-in whoever reaches the port sees the floor. So the service listens on loopback only, and answers only to
loopback names: a page on the web that points its own name at 127.0.0.1 (DNS rebinding) is refused. Any page may make a
browser send a request, though: what changes something is refused if a browser says that it comes from another page.
"""

import re
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from callcenter.domain.errors import SettingsError

CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")
"""Files that Docker and Podman put into every container."""

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.\-]+)(?::\d{1,5})?")

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src-elem 'self'; "
    "style-src-attr 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def is_loopback(host: str) -> bool:
    """Whether a name or address can only mean this machine."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_bind(host: str, *, file: str, key: str, published: bool = False) -> None:
    """Raises SettingsError if the service would be reachable from other machines.

    ``published``: the settings say that a container platform publishes the port, and on its machine's loopback only.
    Inside of a container loopback itself is out of reach for it. Elsewhere the saying is not believed.
    """
    if published and not in_container():
        problem = (
            "is for containers, and this is none: here other machines would reach the API, and there is no log-in yet"
        )
        raise SettingsError(file, "api_published_on_loopback", problem, "api_published_on_loopback = false")
    if not published and not is_loopback(host):
        problem = (
            f"{host!r} can be reached from other machines, and there is no log-in yet: "
            "anybody there would see callers and agents"
        )
        raise SettingsError(file, key, problem, f'{key} = "127.0.0.1"  (from elsewhere: ssh -L 8080:127.0.0.1:8080 …)')


def in_container() -> bool:
    """Whether Docker or Podman says that it runs this process."""
    return any(Path(mark).exists() for mark in CONTAINER_MARKS)


@web.middleware
async def loopback_names_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses requests that are addressed to any other host."""
    if not _names_loopback(request.headers.get("Host", "")):
        raise web.HTTPMisdirectedRequest
    return await handler(request)


@web.middleware
async def own_pages_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses what would change something if it comes from a page that is not ours. Programs name no origin."""
    if request.method not in _HARMLESS:
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site not in (None, "same-origin", "none") or origin not in (None, _own_origin(request)):
            raise web.HTTPForbidden
    return await handler(request)


def _own_origin(request: web.Request) -> str:
    return f"{request.scheme}://{request.headers.get('Host', '')}"


@lru_cache(maxsize=64)
def _names_loopback(host: str) -> bool:
    match = _HOST.fullmatch(host)
    return match is not None and is_loopback(match[1].strip("[]"))


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler: the headers that every answer bears; nothing of the API is kept by caches."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.popall("Server", None)
