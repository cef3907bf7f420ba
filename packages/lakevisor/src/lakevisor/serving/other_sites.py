"""What pages of other sites send with a person's own browser is refused.

A browser lets any page send a request to any address, with the person's login; it does not let it
read the answer, but a job would run. The rule is that of Go's `http.CrossOriginProtection`:
https://pkg.go.dev/net/http#CrossOriginProtection
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from lakevisor.errors import FromAnotherSite

_CHANGES_NOTHING = ("GET", "HEAD", "OPTIONS")
_OWN = ("same-origin", "none")
"""What `Sec-Fetch-Site` says of our own page, and of what the person does beside any page."""


async def refuse_other_sites(request: Request) -> None:
    """Let programs and our own page through.

    Raises:
        FromAnotherSite: a browser says that another site's page sends the request.
    """
    if request.method in _CHANGES_NOTHING:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        is_own = site in _OWN
    else:
        # A program; or a browser from before 2023, which has sent the page's address at least.
        is_own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not is_own:
        raise FromAnotherSite
