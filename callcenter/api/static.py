"""The built page. All files are read once at the start and served by name: what is not in the table does not exist."""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

INDEX = "index.html"
PACKAGED = Path(__file__).parent.parent / "web" / "static"


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of the page as it is sent."""

    body: bytes
    media: str
    etag: str


def read_page(folder: Path) -> Mapping[str, PageFile]:
    """The files of a built page by their path below its folder; empty if there is none."""
    return {
        path.relative_to(folder).as_posix(): _read(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def page_routes(page: Mapping[str, PageFile]) -> list[web.RouteDef]:
    """One route per file; the index answers at the root too."""
    found = [web.get(f"/{name}", _serve(file)) for name, file in page.items()]
    if INDEX in page:
        found.append(web.get("/", _serve(page[INDEX])))
    return found


def _read(path: Path) -> PageFile:
    body = path.read_bytes()
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return PageFile(body, media, hashlib.sha256(body).hexdigest()[:32])


def _serve(file: PageFile) -> Handler:
    # Names are fixed, so browsers ask every time and are told "unchanged" by the tag.
    headers = {"ETag": f'"{file.etag}"', "Cache-Control": "no-cache"}
    charset = "utf-8" if file.media.startswith("text/") or file.media.endswith(("javascript", "json")) else None

    async def serve(request: web.Request) -> web.Response:
        if any(tag.value in (file.etag, "*") for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.body, content_type=file.media, charset=charset, headers=headers)

    return serve
