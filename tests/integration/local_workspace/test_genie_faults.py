"""Genie over a network that fails, and results that are larger than a server's memory."""

from __future__ import annotations

from typing import Any

import httpx
import psutil
import pytest
from databricks.sdk.service.sql import Disposition, Format

SPACE = "01f10000000000000000000000000001"
START = "*/start-conversation"
CREATE = "*/messages"
MIB = 2**20


def test_a_lost_start_has_made_one_conversation_that_can_be_found(
    workspace: Any, add_fault: Any
) -> None:
    add_fault(kind="lost_answer", method="POST", path=START)
    path = f"/api/2.0/genie/spaces/{SPACE}/start-conversation"
    with pytest.raises(httpx.RemoteProtocolError):
        workspace.call("POST", path, body={"content": "Lost start?"}, user="analyst")
    genie = workspace.client("analyst").genie
    found = genie.list_conversations(SPACE).conversations
    assert [each.title for each in found].count("Lost start?") == 1
    messages = genie.list_conversation_messages(SPACE, found[0].conversation_id).messages
    assert [each.content for each in messages] == ["Lost start?"]


def test_the_sdk_itself_asks_twice_when_an_answer_is_lost(workspace: Any, add_fault: Any) -> None:
    add_fault(kind="lost_answer", method="POST", path=START)
    genie = workspace.client("analyst").genie
    genie.start_conversation(SPACE, "Asked twice?")
    titles = [each.title for each in genie.list_conversations(SPACE).conversations]
    assert titles.count("Asked twice?") == 2


def test_a_lost_follow_up_is_found_in_its_conversation(workspace: Any, add_fault: Any) -> None:
    genie = workspace.client("analyst").genie
    conversation_id = genie.start_conversation(SPACE, "First?").conversation_id
    add_fault(kind="lost_answer", method="POST", path=CREATE)
    path = f"/api/2.0/genie/spaces/{SPACE}/conversations/{conversation_id}/messages"
    with pytest.raises(httpx.RemoteProtocolError):
        workspace.call("POST", path, body={"content": "Second?"}, user="analyst")
    messages = genie.list_conversation_messages(SPACE, conversation_id).messages
    assert [each.content for each in messages] == ["First?", "Second?"]


def test_a_million_rows_do_not_stand_in_the_memory_of_the_server(workspace: Any) -> None:
    server = psutil.Process(workspace.state["pid"])
    execution = workspace.client("analyst").statement_execution
    execution.execute_statement("SELECT 1", "local0000warehouse")
    before = server.memory_info().rss
    answer = execution.execute_statement(
        "SELECT id, concat('row ', id) AS name FROM range(1000000)",
        "local0000warehouse",
        disposition=Disposition.EXTERNAL_LINKS,
        format=Format.JSON_ARRAY,
        wait_timeout="50s",
    )
    assert answer.manifest.total_row_count == 1_000_000
    assert server.memory_info().rss - before < 100 * MIB


def test_a_download_that_breaks_off_can_go_on_where_it_was(workspace: Any, add_fault: Any) -> None:
    answer = workspace.client("analyst").statement_execution.execute_statement(
        "SELECT id FROM range(50000)",
        "local0000warehouse",
        disposition=Disposition.EXTERNAL_LINKS,
    )
    (link,) = answer.result.external_links
    add_fault(kind="cut", path="/external-links/*", after_bytes=100_000)
    part = broken_off(link.external_link)
    assert len(part) == 100_000
    headers = {"Range": f"bytes={len(part)}-"}
    rest = httpx.get(link.external_link, headers=headers, trust_env=False)
    assert len(part) + len(rest.content) == link.byte_count
    assert (part + rest.content).endswith(b'["49999"]]')


def broken_off(url: str) -> bytes:
    """Return what comes of a download before its connection breaks."""
    read = bytearray()
    with httpx.stream("GET", url, trust_env=False) as answer:
        try:
            for piece in answer.iter_raw():
                read += piece
        except httpx.RemoteProtocolError:
            return bytes(read)
    pytest.fail("The connection did not break.")
