"""The page's files: what a browser gets, and what it is allowed to do with them."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lakevisor.serving.page import Page
from lakevisor.serving.page.files import page_files

SCRIPTS = sorted(name for name in page_files() if name.endswith(".js"))
LOADED = re.compile(
    r"""(?:href|src)="(page/[^"]+)"|from "\./([^"]+)"|import "\./([^"]+)"|url\("(\w[^"]*)"\)"""
)


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(Page(starters=["Revenue?"]).router())
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
        yield client


async def test_everything_that_the_page_loads_is_there(browser: Any) -> None:
    waiting, loaded = ["/"], {}
    while waiting:
        path = waiting.pop()
        answer = await browser.get(path)
        assert answer.status_code == httpx.codes.OK, path
        loaded[path] = answer.headers["content-type"].partition(";")[0]
        waiting += set(_loads(answer.text)) - loaded.keys() - set(waiting)

    assert loaded.keys() - {"/"} == {f"/page/{name}" for name in page_files()} - {
        "/page/index.html"
    }
    assert set(loaded.values()) == {"text/html", "text/css", "text/javascript", "image/svg+xml"}


def _loads(text: str) -> Iterator[str]:
    for found in LOADED.findall(text):
        name = next(filter(None, found)).removeprefix("page/")
        yield f"/page/{name}"


async def test_a_browser_may_run_and_load_nothing_but_the_page_itself(browser: Any) -> None:
    policy = (await browser.get("/")).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    assert rules["default-src"] == "'none'"
    assert {rules[f"{kind}-src"] for kind in ("script", "style", "connect", "img")} == {"'self'"}
    assert rules["frame-ancestors"] == rules["form-action"] == rules["base-uri"] == "'none'"
    assert (rules["require-trusted-types-for"], rules["trusted-types"]) == ("'script'", "default")


async def test_the_page_has_nothing_that_its_policy_forbids(browser: Any) -> None:
    page = (await browser.get("/")).text

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://", page) == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_makes_no_html_and_runs_no_text(name: str) -> None:
    text = gzip.decompress(page_files()[name].compressed).decode()

    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser", text) == []
    )
    assert re.findall(r"\beval\(|new Function|setTimeout\(\s*[\"']|localStorage", text) == []


async def test_what_a_browser_has_already_is_not_sent_again(browser: Any) -> None:
    first = await browser.get("/page/main.js")
    again = await browser.get("/page/main.js", headers={"if-none-match": first.headers["etag"]})

    assert (first.headers["content-encoding"], first.headers["cache-control"]) == (
        "gzip",
        "no-cache",
    )
    assert (again.status_code, again.content) == (httpx.codes.NOT_MODIFIED, b"")


async def test_who_reads_no_gzip_gets_plain_text(browser: Any) -> None:
    answer = await browser.get("/page/main.js", headers={"accept-encoding": "identity"})

    assert "content-encoding" not in answer.headers
    assert answer.content.startswith(b"// The page")


@pytest.mark.parametrize(
    "path", ["/page/routes.py", "/page/..%2froutes.py", "/page/static/main.js", "/page/"]
)
async def test_nothing_else_in_the_package_is_given_out(browser: Any, path: str) -> None:
    answer = await browser.get(path)

    assert answer.status_code == httpx.codes.NOT_FOUND


async def test_the_page_offers_what_the_configuration_names(browser: Any) -> None:
    assert (await browser.get("/page/starters.json")).json() == ["Revenue?"]
