"""What the chat page needs of a server: its files, and answers that are complete."""

from __future__ import annotations

import csv
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from lakevisor.config import load_configuration
from lakevisor.serving.app import build_app

CONFIGS = Path(__file__).parents[4] / "configs"


def test_the_page_is_there_before_anybody_is_known(shared_server: Any) -> None:
    page = shared_server.call("GET", "/")

    assert page.status_code == httpx.codes.OK
    assert "content-security-policy" in page.headers
    assert "<title>Lakevisor</title>" in page.text


def test_the_library_of_charts_is_made_while_others_are_answered(server: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        library = pool.submit(server.call, "GET", "/page/vega.js")
        answered = 0
        while not library.done():
            assert server.call("GET", "/health").is_success
            answered += 1
    made = library.result()

    assert answered > 1
    assert "vegaEmbed" in made.text
    assert made.headers["cache-control"] == "private, max-age=86400"
    assert "'self'" in made.headers["content-security-policy"]


# MLflow says while it is imported that its own types are loose.
@pytest.mark.filterwarnings("ignore:.*AnyType:UserWarning")
@pytest.mark.parametrize("change", ["serving.page=false", "serving.chat_proxy=true"])
async def test_the_page_can_be_switched_off(change: str) -> None:
    configuration = load_configuration(folder=CONFIGS, overrides=[change], environment={})
    app = build_app(configuration, os.environ, give_up=lambda _: None, drain_seconds=lambda: 0.0)

    assert "/page/{name}" not in {getattr(route, "path", None) for route in app.routes}


def test_a_page_of_another_site_starts_nothing(server: Any) -> None:
    refused = server.call(
        "POST", "/responses", body={"input": "Hello."}, sec_fetch_site="cross-site"
    )

    assert refused.status_code == httpx.codes.FORBIDDEN
    assert refused.json()["error"]["code"] == "from_another_site"


def test_the_messages_of_a_thread_name_their_responses(server: Any) -> None:
    response = server.ask("Hello.", conversation=uuid4().hex)
    thread_id = response["custom_outputs"]["thread_id"]

    messages = server.call("GET", f"/threads/{thread_id}").json()["messages"]

    assert {each["response_id"] for each in messages} == {response["id"]}


def test_all_rows_behind_an_answer_can_be_had_as_csv(server: Any) -> None:
    response = server.ask("Revenue by region?")

    file = server.call("GET", f"/responses/{response['id']}/download")

    rows = list(csv.DictReader(file.text.splitlines()))
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"] == 'attachment; filename="Revenue-by-region.csv"'
    assert {row["region"] for row in rows} == {"AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"}


def test_the_rows_behind_somebody_elses_answer_do_not_exist(shared_server: Any) -> None:
    ann = f"ann-{uuid4().hex}@example.com"
    path = f"/responses/{shared_server.ask('Revenue by region?', user=ann)['id']}/download"

    his = shared_server.call("GET", path, user="bob@example.com")
    nobodys = shared_server.call("GET", "/responses/resp_none/download", user="bob@example.com")

    assert (his.status_code, nobodys.status_code) == (404, 404)
    assert shared_server.call("GET", path, user=ann).is_success


def test_an_answer_without_rows_has_no_file(server: Any) -> None:
    response = server.ask("Hello.")

    answer = server.call("GET", f"/responses/{response['id']}/download")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "nothing_to_download")
