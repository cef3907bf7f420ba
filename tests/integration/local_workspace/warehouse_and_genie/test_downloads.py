"""Full results: external links in every format, and Genie's download of all rows."""

from __future__ import annotations

import csv
import io
import json
import time

import httpx
import pyarrow.ipc
import pytest
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound
from databricks.sdk.service.sql import Disposition, Format, StatementState

WAREHOUSE = "local0000warehouse"
SALES = "01f10000000000000000000000000001"
ROWS = (
    "SELECT n_nationkey, n_name, nullif(n_regionkey, 0) AS region FROM samples.tpch.nation "
    "ORDER BY 1"
)


def run(server, sql, form, **options):
    return server.client().statement_execution.execute_statement(
        sql, WAREHOUSE, disposition=Disposition.EXTERNAL_LINKS, format=form, **options
    )


def links(server, answer):
    """Yield the links of all chunks; each answer has one, with the way to the next."""
    result = answer.result
    while result is not None:
        (link,) = result.external_links
        yield link
        following = link.next_chunk_index
        execution = server.client().statement_execution
        result = following and execution.get_statement_result_chunk_n(
            answer.statement_id, following
        )


def contents(server, answer):
    return [
        httpx.get(link.external_link).raise_for_status().content for link in links(server, answer)
    ]


def expected(server):
    return [[None if v is None else str(v) for v in row] for row in server.rows(ROWS)]


def test_json_behind_links_is_what_duckdb_says(server):
    answer = run(server, ROWS, Format.JSON_ARRAY)
    (content,) = contents(server, answer)
    assert json.loads(content) == expected(server)
    assert content == json.dumps(expected(server), separators=(",", ":")).encode()
    sizes = (answer.manifest.total_byte_count, answer.manifest.chunks[0].byte_count)
    assert sizes == (len(content), len(content))


def test_csv_behind_links_has_a_header_once_and_null_as_a_word(server):
    answer = run(server, "SELECT id, nullif(id, 1) AS n FROM range(250000)", Format.CSV)
    parts = [part.decode() for part in contents(server, answer)]
    assert answer.manifest.total_chunk_count == len(parts) == 3
    rows = list(csv.reader(io.StringIO("".join(parts))))
    assert rows[:3] == [["id", "n"], ["0", "0"], ["1", "null"]]
    assert len(rows) == 250_001


def test_arrow_behind_links_has_typed_columns(server):
    answer = run(server, ROWS, Format.ARROW_STREAM)
    (content,) = contents(server, answer)
    table = pyarrow.ipc.open_stream(content).read_all()
    assert [list(row.values()) for row in table.to_pylist()] == [list(r) for r in server.rows(ROWS)]
    assert answer.manifest.format is Format.ARROW_STREAM


def test_chunks_of_arrow_keep_the_limits(server):
    answer = run(server, "SELECT id FROM range(300000)", Format.ARROW_STREAM, row_limit=200_000)
    tables = [pyarrow.ipc.open_stream(part).read_all() for part in contents(server, answer)]
    assert sum(table.num_rows for table in tables) == 200_000
    assert [chunk.row_count for chunk in answer.manifest.chunks] == [t.num_rows for t in tables]
    assert answer.manifest.truncated


def test_no_rows_have_no_links(server):
    answer = run(server, "SELECT 1 AS a WHERE 1 = 0", Format.CSV)
    assert answer.manifest.total_chunk_count == 0
    assert not answer.result.external_links


@pytest.mark.parametrize("form", [Format.CSV, Format.ARROW_STREAM])
def test_only_json_comes_inline(server, form):
    with pytest.raises(InvalidParameterValue, match="INLINE"):
        server.client().statement_execution.execute_statement("SELECT 1", WAREHOUSE, format=form)


def test_more_than_25_mib_inline_is_refused_in_the_words_of_the_platform(server):
    sql = "SELECT repeat('x', 1000000) AS x FROM range(30)"
    answer = server.client().statement_execution.execute_statement(sql, WAREHOUSE)
    assert answer.status.state is StatementState.FAILED
    assert answer.status.error.message.startswith("Inline byte limit exceeded.")
    assert run(server, sql, Format.CSV).status.state is StatementState.SUCCEEDED


def test_a_link_works_for_whoever_has_it_and_refuses_a_token(server):
    (link,) = run(server, ROWS, Format.CSV).result.external_links
    assert httpx.get(link.external_link).status_code == 200
    answer = httpx.get(link.external_link, headers={"Authorization": "Bearer analyst"})
    assert (answer.status_code, "<Code>InvalidArgument</Code>" in answer.text) == (400, True)
    assert httpx.get(link.external_link + "0").status_code == 403


def test_a_link_expires(server, add_rule):
    add_rule("sql", contains="n_nationkey", link_seconds=0)
    (link,) = run(server, ROWS, Format.CSV).result.external_links
    answer = httpx.get(link.external_link)
    assert (answer.status_code, "Request has expired" in answer.text) == (403, True)
    assert link.expiration


def test_a_part_of_a_link_can_be_asked_for(server):
    (link,) = run(server, ROWS, Format.CSV).result.external_links
    whole = httpx.get(link.external_link).content
    rest = httpx.get(link.external_link, headers={"Range": "bytes=100-"})
    assert (rest.status_code, rest.content) == (206, whole[100:])


def test_what_has_expired_is_gone_from_the_disk(server):
    answer = run(server, ROWS, Format.CSV)
    (link,) = answer.result.external_links
    server.control("POST", "sql/expire", {"statement_id": answer.statement_id})
    assert httpx.get(link.external_link).status_code == 404
    assert not (server.settings.results / answer.statement_id).exists()
    with pytest.raises(NotFound):
        server.client().statement_execution.get_statement(answer.statement_id)


def test_results_of_an_earlier_server_are_removed(serving, tmp_path):
    with serving(tmp_path) as first:
        run(first, ROWS, Format.CSV)
        assert list(first.settings.results.iterdir())
    with serving(tmp_path) as second:
        assert second.control("GET", "sql/rules") == {"rules": []}  # it answers, so it has started
        assert not second.settings.results.exists()


def ask(server, question="Anything?"):
    """Return where the query attachment of the answer is."""
    genie = server.client().genie
    asked = genie.start_conversation(SALES, question)
    where = SALES, asked.conversation_id, asked.message_id
    while not (message := genie.get_message(*where)).attachments:
        assert message.error is None
    return (*where, message.attachments[0].attachment_id)


def test_a_download_goes_from_running_to_all_rows(server, add_rule):
    add_rule("genie", sql="SELECT id FROM range(250000) ORDER BY id")
    where, genie = ask(server), server.client().genie
    add_rule("sql", contains="range(250000)", seconds=0.3)
    download = genie.generate_download_full_query_result(*where)
    states, answer = poll(genie, where, download)
    assert states == ["RUNNING", "SUCCEEDED"]
    assert (answer.manifest.total_row_count, answer.manifest.truncated) == (250_000, False)
    rows = [row for part in contents(server, answer) for row in json.loads(part)]
    assert rows == [[str(number)] for number in range(250_000)]


def poll(genie, where, download):
    """Return the states that a download went through after PENDING, and its last answer."""
    states: list[str] = []
    ids = download.download_id, download.download_id_signature
    while not states or states[-1] in ("PENDING", "RUNNING"):
        answer = genie.get_download_full_query_result(*where, *ids).statement_response
        state = answer.status.state.value
        states += [] if states and states[-1] == state else [state]
    return [state for state in states if state != "PENDING"], answer


def test_a_download_may_come_in_another_format(server, add_rule):
    add_rule("genie", sql="SELECT 'other' AS form")
    where, genie = ask(server), server.client().genie
    add_rule("sql", contains="'other'", format="CSV")
    _, answer = poll(genie, where, genie.generate_download_full_query_result(*where))
    assert answer.manifest.format is Format.CSV
    assert contents(server, answer) == [b"form\r\nother\r\n"]


def test_a_download_can_fail(server, add_rule):
    add_rule("genie", sql="SELECT 'doomed' AS n")
    where, genie = ask(server), server.client().genie
    add_rule("sql", contains="doomed", error={"message": "Out of luck."})
    states, answer = poll(genie, where, genie.generate_download_full_query_result(*where))
    assert states[-1] == "FAILED"
    assert "Out of luck." in answer.status.error.message


def test_a_chunk_that_is_not_there_is_refused(server):
    answer = run(server, ROWS, Format.CSV)
    with pytest.raises(BadRequest, match="chunk 7"):
        server.client().statement_execution.get_statement_result_chunk_n(answer.statement_id, 7)


def test_a_slow_statement_runs_until_its_time_and_can_be_cancelled(server, add_rule):
    add_rule("sql", contains="sleepy", seconds=0.3)
    add_rule("sql", contains="asleep", seconds=60)
    execution = server.client().statement_execution
    started = time.monotonic()
    assert run(server, "SELECT 'sleepy'", Format.CSV).status.state is StatementState.SUCCEEDED
    assert time.monotonic() - started >= 0.3
    answer = execution.execute_statement("SELECT 'asleep'", WAREHOUSE, wait_timeout="0s")
    execution.cancel_execution(answer.statement_id)
    while execution.get_statement(answer.statement_id).status.state is StatementState.RUNNING:
        pass
    assert execution.get_statement(answer.statement_id).status.state is StatementState.CANCELED
