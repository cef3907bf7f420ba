"""What a test says that Genie shall answer, as the real SDK reads it."""

from __future__ import annotations

import threading

import pytest
from databricks.sdk.service.dashboards import MessageStatus

SALES = "01f10000000000000000000000000001"
QUESTION = "What is the total revenue by region?"


def ask(server, question="Anything?", *, until=("COMPLETED", "FAILED"), user="analyst"):
    """Ask, and return the message once its status is one of these, with all that came before."""
    genie = server.client(user).genie
    asked = genie.start_conversation(SALES, question)
    seen = []
    while not seen or seen[-1] not in until:
        message = genie.get_message(SALES, asked.conversation_id, asked.message_id)
        # The SDK reads a status that it does not know as none.
        status = message.status.value if message.status else None
        seen += [] if seen and seen[-1] == status else [status]
    return message, seen


def ids(message):
    return message.space_id, message.conversation_id, message.message_id


def result(server, message, attachment=None):
    attachment = attachment or message.attachments[0]
    genie = server.client().genie
    where = (*ids(message), attachment.attachment_id)
    return genie.get_message_attachment_query_result(*where).statement_response


def test_the_next_question_is_answered_with_the_sql_of_a_rule(server, add_rule):
    add_rule("genie", contains="ANYTHING", sql="SELECT 1 AS one, 'x' AS name", description="Why.")
    message, _ = ask(server)
    (query, text) = message.attachments
    assert query.query.description == "Why."
    assert result(server, message).result.data_array == [["1", "x"]]
    assert text.text.content == "**One 1** (name x)."


def test_a_rule_goes_for_as_many_questions_as_told(server, add_rule):
    add_rule("genie", contains="revenue", text="Ruled.", times=2)
    answers = [ask(server, QUESTION)[0] for _ in range(3)]
    assert [bool(each.attachments[0].text) for each in answers] == [True, True, False]


def test_a_rule_goes_for_its_words_and_its_space_only(server, add_rule):
    add_rule("genie", contains="weather", text="Sunny.")
    add_rule("genie", space_id="01f10000000000000000000000000002", text="Other space.")
    message, _ = ask(server, QUESTION)
    assert message.attachments[0].query


@pytest.mark.parametrize("purpose", [None, "FOLLOW_UP_QUESTION", "TEXT_ATTACHMENT_PURPOSE_ANSWER"])
def test_a_text_has_the_purpose_of_the_rule(server, add_rule, purpose):
    add_rule("genie", text="Which year?", purpose=purpose)
    message, _ = ask(server)
    (attachment,) = message.attachments
    assert attachment.text.content == "Which year?"
    assert (attachment.text.purpose.value if attachment.text.purpose else None) == purpose


def test_words_and_suggestions_stand_beside_the_sql(server, add_rule):
    add_rule("genie", sql="SELECT 1", text="It is one.", suggested_questions=["And two?"])
    message, _ = ask(server)
    query, suggested, text = message.attachments
    assert query.query
    assert suggested.suggested_questions.questions == ["And two?"]
    assert text.text.content == "It is one."


def test_parameters_of_a_rule_fill_its_sql(server, add_rule):
    given = {"keyword": "n", "sql_type": "INT", "value": "41"}
    add_rule("genie", sql="SELECT :n + 1 AS n", parameters=[given])
    message, _ = ask(server)
    assert message.attachments[0].query.parameters[0].as_dict() == given
    assert result(server, message).result.data_array == [["42"]]


def test_several_attachments_come_in_their_order_with_their_queries_run(server, add_rule):
    add_rule(
        "genie",
        attachments=[
            {"query": {"query": "SELECT 1 AS a"}},
            {"text": {"content": "and"}},
            {"query": {"query": "SELECT 2 AS a"}},
            {"suggested_questions": {"questions": ["More?"]}},
        ],
    )
    message, _ = ask(server)
    queries = [each for each in message.attachments if each.query]
    assert [result(server, message, each).result.data_array for each in queries] == [
        [["1"]],
        [["2"]],
    ]
    assert message.attachments[1].text.content == "and"
    assert message.attachments[3].suggested_questions.questions == ["More?"]


def test_no_attachments_at_all_can_be_an_answer(server, add_rule):
    add_rule("genie", attachments=[])
    message, _ = ask(server)
    assert message.status is MessageStatus.COMPLETED
    assert not message.attachments


@pytest.mark.parametrize(
    "kind",
    [
        "RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION",
        "CONTENT_FILTER_EXCEPTION",
        "WAREHOUSE_ACCESS_MISSING_EXCEPTION",
    ],
)
def test_a_message_fails_with_the_error_of_a_rule(server, add_rule, kind):
    add_rule("genie", error={"type": kind, "error": "No luck."})
    message, _ = ask(server)
    assert message.status is MessageStatus.FAILED
    assert (message.error.type.value, message.error.error) == (kind, "No luck.")
    assert not message.attachments


def test_an_error_that_the_sdk_does_not_know_is_passed_on(server, add_rule):
    add_rule("genie", error={"type": "BRAND_NEW_EXCEPTION", "error": "New."})
    message, _ = ask(server)
    assert (message.error.type, message.error.error) == (None, "New.")


def test_a_message_goes_through_the_statuses_of_a_rule(server, add_rule):
    statuses = [
        {"status": "PENDING_WAREHOUSE", "seconds": 0.2},
        {"status": "BRAND_NEW_STATUS", "seconds": 0.2},
        {"status": "ASKING_AI", "seconds": 0.2},
    ]
    add_rule("genie", statuses=statuses, sql="SELECT 1")
    message, seen = ask(server)
    assert [each for each in seen if each != "SUBMITTED"] == [
        "PENDING_WAREHOUSE",
        None,
        "ASKING_AI",
        "COMPLETED",
    ]
    assert result(server, message).result.data_array == [["1"]]


def test_the_usual_answer_can_come_through_other_statuses(server, add_rule):
    add_rule("genie", statuses=[])
    message, seen = ask(server, QUESTION)
    assert set(seen) <= {"SUBMITTED", "COMPLETED"}
    assert len(result(server, message).result.data_array) == 5


def test_a_delayed_answer_waits_while_the_model_is_asked(server, add_rule):
    add_rule("genie", delay=60)
    message, _ = ask(server, QUESTION, until=("ASKING_AI",))
    genie = server.client().genie
    assert cancelled(genie, message) is MessageStatus.CANCELLED


def test_a_message_that_never_ends_can_be_cancelled(server, add_rule):
    add_rule("genie", text="Never.", status="EXECUTING_QUERY")
    message, _ = ask(server, until=("EXECUTING_QUERY",))
    genie = server.client().genie
    assert cancelled(genie, message) is MessageStatus.CANCELLED
    assert genie.get_message(*ids(message)).status is MessageStatus.CANCELLED


def cancelled(genie, message):
    space_id, conversation_id, message_id = ids(message)
    return genie.genie_cancel_response(space_id, conversation_id, message_id).status


def test_what_has_ended_cannot_be_cancelled(server, add_rule):
    add_rule("genie", text="Done.")
    message, _ = ask(server)
    assert cancelled(server.client().genie, message) is MessageStatus.COMPLETED


def test_a_result_expires_at_once_and_is_run_again(server, add_rule):
    add_rule("genie", sql="SELECT 7 AS n", status="QUERY_RESULT_EXPIRED")
    message, _ = ask(server, until=("QUERY_RESULT_EXPIRED",))
    genie = server.client().genie
    where = (*ids(message), message.attachments[0].attachment_id)
    gone = genie.get_message_attachment_query_result(*where).statement_response
    assert (gone.status.state.value, gone.result) == ("CLOSED", None)
    again = genie.execute_message_attachment_query(*where).statement_response
    assert again.result.data_array == [["7"]]
    assert genie.get_message(*ids(message)).status is MessageStatus.COMPLETED


def test_results_expire_on_request(server, add_rule):
    add_rule("genie", sql="SELECT 7 AS n")
    message, _ = ask(server)
    statement_id = message.attachments[0].query.statement_id
    server.control("POST", "sql/expire", {"statement_id": statement_id})
    status = server.client().genie.get_message(*ids(message)).status
    assert status is MessageStatus.QUERY_RESULT_EXPIRED


def test_a_result_is_cut_at_the_rows_that_genie_keeps(server, add_rule):
    add_rule("genie", sql="SELECT id FROM range(7000)")
    message, _ = ask(server)
    metadata, answer = message.attachments[0].query.query_result_metadata, result(server, message)
    assert (metadata.row_count, metadata.is_truncated) == (5000, True)
    assert (answer.manifest.total_row_count, answer.manifest.truncated) == (5000, True)
    assert len(answer.result.data_array) == 1000
    assert answer.manifest.total_chunk_count == 5


def test_the_demo_has_a_question_with_more_rows_than_genie_keeps(server):
    message, _ = ask(server, "Export all orders")
    orders = server.rows("SELECT count(*) FROM samples.tpch.orders")[0][0]
    metadata = message.attachments[0].query.query_result_metadata
    assert orders > metadata.row_count == 5000
    assert metadata.is_truncated


def test_the_chunks_after_the_first_are_the_statements(server, add_rule):
    add_rule("genie", sql="SELECT id FROM range(2500)")
    message, _ = ask(server)
    answer, execution = result(server, message), server.client().statement_execution
    rows, chunk = list(answer.result.data_array), answer.result
    while chunk.next_chunk_index:
        chunk = execution.get_statement_result_chunk_n(answer.statement_id, chunk.next_chunk_index)
        rows += chunk.data_array
    assert rows == [[str(number)] for number in range(2500)]


def test_a_slow_query_keeps_its_message_executing(server, add_rule):
    add_rule("genie", sql="SELECT 'snail' AS pace")
    add_rule("sql", contains="snail", seconds=60)
    message, _ = ask(server, until=("EXECUTING_QUERY",))
    assert cancelled(server.client().genie, message) is MessageStatus.CANCELLED


def test_a_query_that_fails_gives_its_own_error(server, add_rule):
    add_rule("genie", sql="SELECT 'unlucky'")
    error = {"error_class": "DIVIDE_BY_ZERO", "message": "Division by zero.", "sql_state": "22012"}
    add_rule("sql", contains="UNLUCKY", error=error)
    message, _ = ask(server)
    assert message.status is MessageStatus.FAILED
    assert message.error.error == "[DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012"


def test_rules_are_listed_and_taken_back(server, add_rule):
    number = add_rule("genie", text="Ruled.", times=None)
    (rule,) = server.control("GET", "genie/rules")["rules"]
    assert (rule["id"], rule["text"], rule["happened"]) == (number, "Ruled.", 0)
    server.control("DELETE", f"genie/rules/{number}")
    assert ask(server, QUESTION)[0].attachments[0].query


def test_questions_at_once_take_their_own_rules(server, add_rule):
    for number in range(6):
        add_rule("genie", contains=f"number {number}?", text=f"It is {number}.")
    answers: dict[int, str] = {}

    def one(number):
        message, _ = ask(server, f"What is number {number}?")
        answers[number] = message.attachments[0].text.content

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: f"It is {number}." for number in range(6)}
