"""Genie's conversations, asked by the real SDK and by Databricks' own wrappers."""

from __future__ import annotations

import json

import httpx
import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.dashboards import GenieFeedbackRating, MessageStatus
from databricks.sdk.service.sql import StatementState

SALES = "01f10000000000000000000000000001"
QUESTION = "What is the total revenue by region?"
ORDER = [
    "SUBMITTED",
    "FETCHING_METADATA",
    "FILTERING_CONTEXT",
    "ASKING_AI",
    "PENDING_WAREHOUSE",
    "EXECUTING_QUERY",
    "COMPLETED",
]
REVENUE = """
    SELECT r_name, count(DISTINCT o_orderkey),
           sum(l_extendedprice * (1 - l_discount))::DECIMAL(18, 2) AS revenue
    FROM samples.tpch.orders
    JOIN samples.tpch.lineitem ON l_orderkey = o_orderkey
    JOIN samples.tpch.customer ON c_custkey = o_custkey
    JOIN samples.tpch.nation ON n_nationkey = c_nationkey
    JOIN samples.tpch.region ON r_regionkey = n_regionkey
    WHERE {condition} GROUP BY 1 ORDER BY revenue DESC
"""
LAST_QUARTER = (
    "o_orderdate >= date_trunc('quarter', current_date) - INTERVAL 3 MONTHS "
    "AND o_orderdate < date_trunc('quarter', current_date)"
)


def ask(server, question, *, user="analyst", space=SALES):
    genie = server.client(user).genie
    asked = genie.start_conversation(space, question)
    return ended(genie, space, asked.conversation_id, asked.message_id)


def follow(server, message, question):
    genie, where = server.client().genie, (message.space_id, message.conversation_id)
    return ended(genie, *where, genie.create_message(*where, question).message_id)


def ended(genie, *where):
    """Wait for a message; the SDK's own waiter sleeps for more than a second at a time."""
    while True:
        message = genie.get_message(*where)
        if message.status in (MessageStatus.COMPLETED, MessageStatus.FAILED):
            return message


def ids(message):
    return message.space_id, message.conversation_id, message.message_id


def query_of(message):
    return next(each for each in message.attachments if each.query)


def rows_of(server, message):
    attachment_id = query_of(message).attachment_id
    genie = server.client().genie
    answer = genie.get_message_attachment_query_result(*ids(message), attachment_id)
    return answer.statement_response.result.data_array


def downloaded(genie, where, download):
    """Wait for a download and return the rows of its links."""
    ids = download.download_id, download.download_id_signature
    answer = genie.get_download_full_query_result(*where, *ids).statement_response
    while answer.status.state in (StatementState.PENDING, StatementState.RUNNING):
        answer = genie.get_download_full_query_result(*where, *ids).statement_response
    assert answer.status.state is StatementState.SUCCEEDED
    return [row for link in answer.result.external_links for row in fetched(link)]


def fetched(link):
    return httpx.get(link.external_link).raise_for_status().json()


def as_text(rows):
    return [[str(value) for value in row] for row in rows]


def raw(server, method, path, **options):
    headers = {"Authorization": f"Bearer {options.pop('user', 'analyst')}"}
    return httpx.request(method, f"{server.url}/api/2.0/genie/{path}", headers=headers, **options)


def test_the_revenue_of_last_quarter_is_what_duckdb_says(server):
    (row,) = rows_of(server, ask(server, "What was our total revenue last quarter?"))
    revenue = server.rows(
        "SELECT sum(l_extendedprice * (1 - l_discount))::DECIMAL(18, 2) FROM samples.tpch.orders "
        f"JOIN samples.tpch.lineitem ON l_orderkey = o_orderkey WHERE {LAST_QUARTER}"
    )
    assert row[-1] == str(revenue[0][0])


def test_an_answer_has_the_recorded_layout(server):
    message = ask(server, QUESTION)
    path = "spaces/{}/conversations/{}/messages/{}".format(*ids(message))
    body = raw(server, "GET", path).json()
    query, suggested, text = body["attachments"]
    assert body["id"] == body["message_id"]
    assert set(query) == {"attachment_id", "query"}
    assert suggested["suggested_questions"]["questions"]
    assert list(text) == ["text"]
    assert body["query_result"]["statement_id"] == query["query"]["statement_id"]
    assert body["query_result"]["row_count"] == 5


def test_statuses_come_in_the_real_order(serving, tmp_path):
    seen = []
    with serving(tmp_path, pace=1) as server:
        genie = server.client().genie
        asked = genie.start_conversation(SALES, QUESTION)
        while "COMPLETED" not in seen:
            status = genie.get_message(SALES, asked.conversation_id, asked.message_id).status.value
            seen += [] if status in seen else [status]
    # A slow machine may look too late for one of them.
    assert seen == [each for each in ORDER if each in seen]
    assert len(seen) > 3


def test_the_waiters_of_the_sdk_end(server):
    genie = server.client().genie
    first = genie.start_conversation_and_wait(SALES, QUESTION)
    second = genie.create_message_and_wait(SALES, first.conversation_id, "and by nation?")
    assert len(rows_of(server, second)) == 25


def test_a_follow_up_is_understood_from_the_question_before(server):
    first = ask(server, "What was our total revenue last quarter?")
    by_region = follow(server, first, "and by region?")
    expected = server.rows(REVENUE.format(condition=LAST_QUARTER))
    assert rows_of(server, by_region) == as_text(expected)
    europe = follow(server, by_region, "only for Europe")
    assert rows_of(server, europe) == as_text([row for row in expected if row[0] == "EUROPE"])


def test_parameters_of_an_example_are_filled_from_the_question(server):
    message = ask(server, "Who are the top 3 customers in Asia?")
    query = query_of(message).query
    values = {each.keyword: (each.sql_type, each.value) for each in query.parameters}
    assert values == {"n": ("INTEGER", "3"), "region": ("STRING", "ASIA")}
    assert len(rows_of(server, message)) == 3


@pytest.mark.parametrize("question", ["Hello", "what's the weather", "delete all orders"])
def test_what_no_example_answers_is_asked_back(server, question):
    message = ask(server, question)
    (attachment,) = message.attachments
    assert attachment.query is None
    assert attachment.text.purpose.value == "FOLLOW_UP_QUESTION"
    assert attachment.attachment_id


def test_all_forms_of_the_result_say_the_same(server):
    message, genie = ask(server, QUESTION), server.client().genie
    attachment_id = query_of(message).attachment_id
    forms = [
        genie.get_message_attachment_query_result(*ids(message), attachment_id),
        genie.get_message_query_result(*ids(message)),
        genie.get_message_query_result_by_attachment(*ids(message), attachment_id),
        genie.execute_message_attachment_query(*ids(message), attachment_id),
        genie.execute_message_query(*ids(message)),
    ]
    rows = [each.statement_response.result.data_array for each in forms]
    assert all(each == rows[0] for each in rows)


def test_all_rows_can_be_downloaded_with_the_signature_only(server):
    message, genie = ask(server, QUESTION), server.client().genie
    where = (*ids(message), query_of(message).attachment_id)
    download = genie.generate_download_full_query_result(*where)
    assert downloaded(genie, where, download) == rows_of(server, message)
    with pytest.raises(PermissionDenied):
        genie.get_download_full_query_result(*where, download.download_id, "forged")


def test_a_conversation_is_its_users_own(server):
    message = ask(server, QUESTION)
    viewer = server.client("viewer").genie
    with pytest.raises(PermissionDenied):
        viewer.get_message(*ids(message))
    with pytest.raises(PermissionDenied):
        viewer.create_message(message.space_id, message.conversation_id, "and by nation?")
    listed = viewer.list_conversations(SALES).conversations or []
    assert message.conversation_id not in [each.conversation_id for each in listed]


def test_conversations_and_messages_are_listed_in_pages(server):
    first = ask(server, QUESTION)
    second, genie = follow(server, first, "and by nation?"), server.client().genie
    where = first.space_id, first.conversation_id
    page = genie.list_conversation_messages(*where, page_size=1)
    rest = genie.list_conversation_messages(*where, page_token=page.next_page_token)
    listed = [each.message_id for each in (*page.messages, *rest.messages)]
    assert listed == [first.message_id, second.message_id]
    assert rest.next_page_token is None
    newest = genie.list_conversations(SALES, page_size=1).conversations[0]
    assert newest.conversation_id == first.conversation_id


def test_feedback_and_comments_are_kept(server):
    message, genie = ask(server, QUESTION), server.client().genie
    genie.send_message_feedback(*ids(message), GenieFeedbackRating.POSITIVE, comment="right")
    genie.create_message_comment(*ids(message), "checked")
    feedback = genie.get_message(*ids(message)).feedback
    assert (feedback.rating, feedback.comment) == (GenieFeedbackRating.POSITIVE, "right")
    assert genie.list_message_comments(*ids(message)).comments[0].content == "checked"


def test_what_is_deleted_is_gone(server):
    message, genie = ask(server, QUESTION), server.client().genie
    genie.delete_conversation_message(*ids(message))
    with pytest.raises(NotFound):
        genie.get_message(*ids(message))
    genie.delete_conversation(message.space_id, message.conversation_id)
    with pytest.raises(NotFound):
        genie.list_conversation_messages(message.space_id, message.conversation_id)


def test_an_empty_or_endless_question_is_refused(server):
    for content in ("", "  ", "x" * 1_000_000):
        with pytest.raises(BadRequest):
            server.client().genie.start_conversation(SALES, content)


def test_a_broken_query_fails_the_message_with_the_reason(server):
    message = ask(server, "How many ghosts are there?", user="admin", space=broken_space(server))
    assert message.status is MessageStatus.FAILED
    assert message.error.type.value == "SQL_EXECUTION_EXCEPTION"
    assert "TABLE_OR_VIEW_NOT_FOUND" in message.error.error
    assert not message.attachments


def broken_space(server):
    example = {
        "id": "0" * 32,
        "question": ["How many ghosts are there?"],
        "sql": ["SELECT count(*) FROM samples.tpch.ghosts"],
    }
    content = {"version": 2, "instructions": {"example_question_sqls": [example]}}
    genie = server.client("admin").genie
    return genie.create_space("local0000warehouse", json.dumps(content), title="Ghosts").space_id


def test_an_unfinished_message_is_answered_after_a_restart(serving, tmp_path):
    with serving(tmp_path, pace=60) as first:
        waiter = first.client().genie.start_conversation(SALES, QUESTION)
        where = SALES, waiter.conversation_id, waiter.message_id
    with serving(tmp_path) as second:
        genie = second.client().genie
        message = ended(genie, *where)
        assert rows_of(second, message) == as_text(second.rows(REVENUE.format(condition="true")))


def test_a_result_that_is_no_longer_kept_is_expired_and_can_be_run_again(serving, tmp_path):
    with serving(tmp_path) as first:
        message = ask(first, QUESTION)
    with serving(tmp_path) as second:
        genie, attachment_id = second.client().genie, query_of(message).attachment_id
        assert genie.get_message(*ids(message)).status is MessageStatus.QUERY_RESULT_EXPIRED
        genie.execute_message_attachment_query(*ids(message), attachment_id)
        assert genie.get_message(*ids(message)).status is MessageStatus.COMPLETED
        assert len(rows_of(second, message)) == 5


def test_a_model_writes_the_query_where_no_example_fits(serving, tmp_path):
    asked = []

    async def model(messages):
        asked.append(messages)
        return (
            '```json\n{"sql": "SELECT max(o_totalprice) AS dearest FROM samples.tpch.orders"}\n```'
        )

    with serving(tmp_path, model=model) as server:
        message = ask(server, "Which single purchase was the dearest of all?")
        highest = server.rows("SELECT max(o_totalprice) FROM samples.tpch.orders")
        assert rows_of(server, message) == as_text(highest)
    assert "samples.tpch.orders" in asked[0][0]["content"]


def test_a_model_may_not_read_what_the_space_does_not_have(serving, tmp_path):
    async def model(_):
        return '{"sql": "SELECT count(*) FROM samples.tpch.supplier"}'

    with serving(tmp_path, model=model) as server:
        (attachment,) = ask(server, "How many suppliers?").attachments
    assert "samples.tpch.supplier" in attachment.text.content
