"""The files of the page, as they lie in the package."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

INDEX = "index.html"
_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "default",
}
"""The Content-Security-Policy. Answers have words of others in them: whatever gets past the page's
own escaping still runs nothing, loads nothing and tells nobody. Text becomes HTML nowhere: the page
has no policy of trusted types but one that refuses (`static/trusted_types.js`).
"""
_HEADERS = {
    "content-security-policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, kw_only=True)
class PageFile:
    """A file as it is sent."""

    compressed: bytes
    """With gzip."""
    media_type: str
    """What it is."""
    etag: str
    """Changes with its content."""

    @classmethod
    def of(cls, content: bytes, *, suffix: str) -> PageFile:
        """Return a file with this content; it takes a while where that is long."""
        digest = hashlib.sha256(content).hexdigest()[:32]
        return cls(
            compressed=gzip.compress(content, mtime=0),
            media_type=_MEDIA_TYPES[suffix],
            etag=f'"{digest}"',
        )

    def answer(self, request: Request, *, cache_control: str = "no-cache") -> Response:
        """Return the file; a browser that has it already is told so."""
        headers = {**_HEADERS, "etag": self.etag, "cache-control": cache_control}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        headers["vary"] = "accept-encoding"
        content = self.compressed
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
        else:
            content = gzip.decompress(content)
        return Response(content, headers=headers, media_type=self.media_type)


@cache
def page_files() -> Mapping[str, PageFile]:
    """Return the files by their names; nothing else can be asked for."""
    found = (each for each in files(__package__).joinpath("static").iterdir() if each.is_file())
    return {
        each.name: PageFile.of(each.read_bytes(), suffix=each.name.rpartition(".")[2])
        for each in found
    }
