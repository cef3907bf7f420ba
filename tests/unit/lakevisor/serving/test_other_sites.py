"""Which requests come from a page of another site."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from lakevisor.errors import FromAnotherSite
from lakevisor.serving.other_sites import refuse_other_sites


def _request(method: str = "POST", **headers: str) -> Request:
    sent = {"host": "lake.example:8000"} | {
        key.replace("_", "-"): each for key, each in headers.items()
    }
    raw = [(key.encode(), value.encode()) for key, value in sent.items()]
    return Request({"type": "http", "method": method, "headers": raw})


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site", "origin": "http://lake.example:8000"},
        {"origin": "https://other.example"},
        {"origin": "http://lake.example:9000"},
        {"origin": "null"},
    ],
)
async def test_another_sites_page_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(FromAnotherSite):
        await refuse_other_sites(_request(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "same-origin", "origin": "https://name-of-the-proxy.example"},
        {"sec_fetch_site": "none"},
        {"origin": "http://lake.example:8000"},
    ],
)
async def test_programs_and_the_own_page_are_let_through(headers: dict[str, str]) -> None:
    await refuse_other_sites(_request(**headers))


async def test_who_only_reads_may_come_from_anywhere() -> None:
    await refuse_other_sites(_request("GET", sec_fetch_site="cross-site"))
