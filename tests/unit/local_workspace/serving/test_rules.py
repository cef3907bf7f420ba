"""The model of rules, on tools that it has never heard of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from local_workspace.serving.chat import ChatRequest, Reply
from local_workspace.serving.rules import RuleModel

TEXT = {"type": "string"}
OPTIONAL_ID = {"anyOf": [{"type": "integer"}, {"type": "null"}]}


def tool(name: str, description: str, /, *required: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    function = {"name": name, "description": description, "parameters": schema}
    return {"type": "function", "function": function}


GENIE = tool("query_genie", "Answer a question about sales data.", "query", query=TEXT)
START = tool(
    "start_databricks_job",
    "Start a long-running job. Do not use it to ask for the status or to query data.",
    "user_request",
    user_request=TEXT,
    notebook_params={"anyOf": [{"type": "object"}, {"type": "null"}]},
    job={
        "enum": ["transaction_anomalies", "weekly_report"],
        "type": "string",
        "description": "Which job. transaction_anomalies: Anomalies. Parameters: pace (a number); "
        "weekly_report: Report. Parameters: region (one of ASIA, MIDDLE EAST), days (how many)",
    },
)
POLL = tool("poll_databricks_job", "Say how far a run is.", run_id=OPTIONAL_ID)
STOP = tool("terminate_databricks_job", "Stop a run.", run_id=OPTIONAL_ID)
WORKING = [GENIE, START, POLL, STOP]
REPAIR = tool("repair_databricks_job", "Run the failed tasks of a run again.", run_id=OPTIONAL_ID)
RUNS = tool("list_databricks_runs", "List the person's own runs.", everyone={"type": "boolean"})
LATE = tool("fetch_genie_answer", "Bring what Genie was still working on.", question_id=TEXT)
EXPLAIN = tool(
    "explain_genie_answer", "Show where the last figures come from: the SQL, its tables."
)
RATE = tool(
    "rate_genie_answer",
    "Pass on the person's praise or complaint about the last figures, in their own words.",
    "is_good",
    is_good={"type": "boolean", "description": "Whether the person is content with them."},
    comment={"anyOf": [TEXT, {"type": "null"}]},
)
WITHDRAW = tool(
    "withdraw_genie_question",
    "Give up what Genie is still working on, when the person does not want it any more.",
    question_id={"anyOf": [TEXT, {"type": "null"}]},
)
WAREHOUSES = [
    tool("list_warehouses", "List the SQL warehouses of this workspace with their states."),
    tool("start_warehouse", "Start the SQL warehouse of this name.", "name", name=TEXT),
]
TO_WAREHOUSES = tool(
    "transfer_to_warehouses",
    "When the person asks about SQL warehouses or wants one started. Not for questions about data.",
)
TO_GENIE = tool(
    "transfer_to_genie", "Delegate questions about data. Not for starting or stopping jobs."
)
TO_JOBS = tool(
    "transfer_to_jobs",
    "Delegate when a job shall be started, followed or cancelled. Not for questions about data.",
    "come_back",
    come_back={"type": "boolean", "description": "Whether you need the turn back."},
)
HANDING_OVER = [TO_GENIE, TO_JOBS]
PLAN = tool(
    "plan_steps",
    "Delegate several steps.",
    "steps",
    steps={
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "agent": {
                    "enum": ["jobs", "genie"],
                    "description": "jobs: starts and follows jobs\ngenie: answers questions",
                },
                "task": TEXT,
            },
            "required": ["agent", "task"],
        },
    },
)


def reply(said: str | Sequence[dict[str, Any]], *tools: dict[str, Any], **more: Any) -> Reply:
    messages = [{"role": "user", "content": said}] if isinstance(said, str) else said
    return RuleModel().reply(ChatRequest({"messages": messages, "tools": list(tools), **more}))


def call(said: str | Sequence[dict[str, Any]], *tools: dict[str, Any], **more: Any) -> Any:
    [made] = reply(said, *tools, **more).tool_calls
    return made.name, json.loads(made.arguments)


def turn(text: str, *tools: dict[str, Any]) -> tuple[list[str], str]:
    """Play one turn in which each call gets "result of NAME"; return the calls and the end."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": text}]
    called: list[str] = []
    while made := (said := reply(messages, *tools)).tool_calls:
        [one] = made
        called.append(one.name)
        function = {"name": one.name, "arguments": one.arguments}
        wanted = {"id": one.call_id, "type": "function", "function": function}
        result = {"role": "tool", "tool_call_id": one.call_id, "content": f"result of {one.name}"}
        messages += [{"role": "assistant", "content": "", "tool_calls": [wanted]}, result]
    return called, said.content


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("What was our total revenue last quarter?", "query_genie", None),
        ("revenue by nation", "query_genie", None),
        ("How many orders were cancelled?", "query_genie", None),
        ("hi, which customers are the top 5?", "query_genie", None),
        ("ask Genie for last month's revenue", "query_genie", {"query": "last month's revenue"}),
        ("Investigate unusual orders", "start_databricks_job", None),
        ("What's the status?", "poll_databricks_job", {}),
        ("Is it done yet?", "poll_databricks_job", {}),
        ("How far is run 77?", "poll_databricks_job", {"run_id": 77}),
        ("Cancel job 12345", "terminate_databricks_job", {"run_id": 12345}),
        ("no, please stop it", "terminate_databricks_job", {}),
    ],
)
def test_it_picks_the_tool_by_what_is_wanted(text: str, name: str, arguments: Any) -> None:
    picked, given = call(text, *WORKING)
    assert picked == name
    assert arguments in (None, given)


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("repair it", "repair_databricks_job", {}),
        ("Please repair run 12345", "repair_databricks_job", {"run_id": 12345}),
        ("retry the failed tasks", "repair_databricks_job", {}),
        ("Rerun the failed task", "repair_databricks_job", {}),
        ("my runs", "list_databricks_runs", {}),
        ("list my runs", "list_databricks_runs", {}),
        ("Show me all my runs, please", "list_databricks_runs", {}),
        ("Which runs have I started?", "list_databricks_runs", {}),
        ("What's the status?", "poll_databricks_job", {}),
        ("How far is run 77?", "poll_databricks_job", {"run_id": 77}),
        ("Rerun the anomaly job", "start_databricks_job", None),
        ("Cancel the run", "terminate_databricks_job", {}),
        ("list our top customers", "query_genie", None),
    ],
)
def test_it_tells_a_repair_and_a_list_from_other_wishes(
    text: str, name: str, arguments: Any
) -> None:
    picked, given = call(text, *WORKING, REPAIR, RUNS)
    assert picked == name
    assert arguments in (None, given)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Is my answer there?", "fetch_genie_answer"),
        ("Please fetch my answer", "fetch_genie_answer"),
        ("Is the answer ready yet?", "fetch_genie_answer"),
        ("Show the SQL", "explain_genie_answer"),
        ("Where do these figures come from?", "explain_genie_answer"),
        ("Where does that come from?", "explain_genie_answer"),
        ("Where do our customers come from?", "query_genie"),
        ("Show me the revenue by region", "query_genie"),
    ],
)
def test_an_answer_is_fetched_or_explained_and_not_asked_for_again(text: str, name: str) -> None:
    assert call(text, *WORKING, EXPLAIN, LATE)[0] == name


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("Thumbs up", {"is_good": True}),
        ("thumbs down!", {"is_good": False}),
        ("👍", {"is_good": True}),
        ("That was wrong", {"is_good": False}),
        ("That was very helpful, thanks", {"is_good": True, "comment": None}),
        ("The answer is not right", {"is_good": False}),
        ("This isn't correct", {"is_good": False}),
        ("Great answer!", {"is_good": True}),
        ("Thanks, that was useful.", {"is_good": True}),
        ("That was wrong. ASIA is missing.", {"is_good": False, "comment": "ASIA is missing"}),
    ],
)
def test_praise_and_blame_are_passed_on(text: str, arguments: dict[str, Any]) -> None:
    picked, given = call(text, *WORKING, LATE, EXPLAIN, RATE, WITHDRAW)

    assert (picked, given["is_good"]) == ("rate_genie_answer", arguments["is_good"])
    assert (arguments.get("comment", "") or "") in given.get("comment", "")


@pytest.mark.parametrize("text", ["Was that right?", "Is the answer wrong?", "good orders?"])
def test_a_question_is_no_judgement(text: str) -> None:
    assert call(text, *WORKING, RATE)[0] != "rate_genie_answer"


@pytest.mark.parametrize(
    "text",
    [
        "Forget that question",
        "please withdraw my question",
        "Cancel the question",
        "I don't need the answer any more",
        "Never mind that question.",
    ],
)
def test_a_question_is_given_up_and_no_run_is_stopped(text: str) -> None:
    picked, given = call(text, *WORKING, LATE, EXPLAIN, RATE, WITHDRAW)

    assert (picked, given) == ("withdraw_genie_question", {})
    assert reply(text, *WORKING).tool_calls == ()


@pytest.mark.parametrize(
    "text",
    [
        "Draw a chart of the revenue by region",
        "Plot revenue by month",
        "Generate a bar chart of orders by priority",
        "Show it as a chart",
        "revenue by nation as a line chart",
    ],
)
def test_a_chart_is_a_question_about_data(text: str) -> None:
    assert call(text, *WORKING, LATE, EXPLAIN, RATE, WITHDRAW)[0] == "query_genie"


@pytest.mark.parametrize("text", ["Which SQL was it?", "what was the SQL", "Which SQL ran?"])
def test_the_sql_of_the_last_answer_is_explained(text: str) -> None:
    assert call(text, *WORKING, LATE, EXPLAIN, RATE, WITHDRAW)[0] == "explain_genie_answer"


@pytest.mark.parametrize("text", ["Thumbs up", "Forget that question"])
def test_who_answers_hears_what_is_thought_of_it(text: str) -> None:
    assert call(text, *HANDING_OVER)[0] == "transfer_to_genie"


@pytest.mark.parametrize("text", ["Is my answer there?", "Where do these figures come from?"])
def test_who_answers_is_asked_about_the_answer_where_nothing_else_is_offered(text: str) -> None:
    assert call(text, *HANDING_OVER)[0] == "transfer_to_genie"
    assert call(text, *WORKING)[0] == "query_genie"


@pytest.mark.parametrize(
    "text", ["the runs of everybody", "everybody's runs", "Show me the runs of everyone, please"]
)
def test_the_runs_of_all_people_are_asked_for_as_such(text: str) -> None:
    assert call(text, *WORKING, RUNS) == ("list_databricks_runs", {"everyone": True})


def test_without_a_list_of_runs_their_status_is_what_comes_near() -> None:
    assert call("list my runs", *WORKING)[0] == "poll_databricks_job"


def test_without_a_repair_nothing_else_is_started_instead() -> None:
    assert reply("repair it", *WORKING).tool_calls == ()
    assert call("repair it", *HANDING_OVER)[0] == "transfer_to_jobs"


def test_a_repair_and_its_status_are_two_steps() -> None:
    called, _ = turn("repair it and then list my runs", *WORKING, REPAIR, RUNS)
    assert called == ["repair_databricks_job", "list_databricks_runs"]


@pytest.mark.parametrize(
    ("text", "run_id"),
    [
        ("cancel run abc", "abc"),
        ("Stop job 68229322305342x, please.", "68229322305342x"),
        ("cancel run 12x4", "12x4"),
        ("cancel 12x4", "12x4"),
        ("cancel run id: 'abc' now", "abc"),
        ("cancel run 12,345", "12,345"),
        ("cancel job run #4711!", 4711),
    ],
)
def test_what_was_given_as_an_id_is_passed_whole(text: str, run_id: Any) -> None:
    assert call(text, *WORKING) == ("terminate_databricks_job", {"run_id": run_id})


def test_the_status_of_a_run_is_asked_by_the_word_that_was_given() -> None:
    assert call("status of run abc", *WORKING) == ("poll_databricks_job", {"run_id": "abc"})
    assert call("How far is run 12x4?", *WORKING)[1] == {"run_id": "12x4"}


@pytest.mark.parametrize(
    "text",
    [
        "cancel the job",
        "stop the run now, please",
        "cancel job again",
        "stop my job immediately",
        "cancel the run that you have started for me",
    ],
)
def test_an_ordinary_word_after_a_run_is_no_id(text: str) -> None:
    assert call(text, *WORKING) == ("terminate_databricks_job", {})


@pytest.mark.parametrize("text", ["How is my job doing?", "Is the run finished yet?"])
def test_a_question_about_the_run_names_none(text: str) -> None:
    assert call(text, *WORKING) == ("poll_databricks_job", {})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Which SQL warehouses are there?", "list_warehouses"),
        ("list the SQL warehouses with their states", "list_warehouses"),
        ("what is the status of my warehouses?", "list_warehouses"),
        ("start the warehouse nightly", "start_warehouse"),
        ("how many orders are open?", "query_genie"),
        ("Start the anomaly job", "start_databricks_job"),
        ("list my runs", "list_databricks_runs"),
    ],
)
def test_a_tool_for_the_thing_that_is_named_goes_first(text: str, name: str) -> None:
    assert call(text, *WORKING, RUNS, *WAREHOUSES)[0] == name


def test_a_hand_over_for_the_thing_that_is_named_goes_first() -> None:
    assert call("start the warehouse nightly", TO_WAREHOUSES, *WORKING)[0] == (
        "transfer_to_warehouses"
    )


@pytest.mark.parametrize(
    "text",
    [
        "start the warehouse Local one",
        "Please start Local one now.",
        'start the warehouse called "Local one"',
    ],
)
def test_a_name_is_taken_without_the_words_around_it(text: str) -> None:
    assert call(text, *WAREHOUSES)[1] == {"name": "Local one"}


def test_it_hands_the_words_of_the_user_over_and_leaves_out_what_was_not_said() -> None:
    text = "Analyze all customer transactions for anomalies"
    _, arguments = call(text, *WORKING)
    assert arguments == {"user_request": text, "job": "transaction_anomalies"}


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("Refresh the weekly report with region ASIA", {"region": "ASIA"}),
        ("Refresh the weekly report with region middle east.", {"region": "MIDDLE EAST"}),
        ("Refresh the weekly report, region: asia please", {"region": "ASIA"}),
        ('Run the weekly report with region "ATLANTIS"', {"region": "ATLANTIS"}),
        ("Run the weekly report with region ASIA and days 3", {"region": "ASIA", "days": "3"}),
        ("Analyze all transactions with pace=8", {"pace": "8"}),
        ("Analyze all transactions with a pace of 8!", {"pace": "8"}),
    ],
)
def test_parameters_are_taken_by_their_names(text: str, given: dict[str, str]) -> None:
    assert call(text, *WORKING)[1]["notebook_params"] == given


@pytest.mark.parametrize(
    "text", ["Refresh the report of each region", "Analyze all transactions with colour=red"]
)
def test_what_is_no_parameter_with_a_value_is_left_out(text: str) -> None:
    assert "notebook_params" not in call(text, *WORKING)[1]


def test_a_job_that_nobody_knows_is_named_as_it_was_said() -> None:
    assert call("start the churn job", *WORKING)[1]["job"] == "churn"
    assert "job" not in call("start the same job", *WORKING)[1]
    assert "job" not in call("start a job", *WORKING)[1]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What was our revenue?", "transfer_to_genie"),
        ("Start the anomaly job", "transfer_to_jobs"),
        ("What's the status?", "transfer_to_jobs"),
        ("Cancel it", "transfer_to_jobs"),
    ],
)
def test_it_delegates_by_the_descriptions_of_the_hand_offs(text: str, name: str) -> None:
    assert call(text, *HANDING_OVER)[0] == name


def test_a_tool_that_does_the_work_goes_before_one_that_hands_it_over() -> None:
    assert call("What's the status?", *HANDING_OVER, *WORKING)[0] == "poll_databricks_job"


def test_several_steps_are_taken_one_after_the_other() -> None:
    text = "ask Genie for last month's revenue, then start the anomaly job"
    called, end = turn(text, *WORKING)
    assert called == ["query_genie", "start_databricks_job"]
    assert end == "result of start_databricks_job"


def test_a_step_that_no_offered_tool_serves_is_left_to_others() -> None:
    text = "ask Genie for last month's revenue, then start the anomaly job"
    assert turn(text, GENIE) == (["query_genie"], "result of query_genie")
    assert turn(text, START, POLL, STOP)[0] == ["start_databricks_job"]


def test_several_steps_go_to_the_tool_that_takes_a_list() -> None:
    text = "ask Genie for last month's revenue, then start the anomaly job"
    name, arguments = call(text, PLAN, *HANDING_OVER)
    assert name == "plan_steps"
    assert arguments["steps"] == [
        {"agent": "genie", "task": "last month's revenue"},
        {"agent": "jobs", "task": "start the anomaly job"},
    ]
    assert call("What was our revenue?", PLAN, *HANDING_OVER)[0] == "transfer_to_genie"


def test_it_wants_the_turn_back_only_when_more_steps_follow() -> None:
    assert call("Start the job", *HANDING_OVER)[1] == {"come_back": False}


def test_several_steps_are_handed_over_in_one_message_and_in_order() -> None:
    made = reply("Start the job and then show me the revenue", *HANDING_OVER).tool_calls
    assert [each.name for each in made] == ["transfer_to_jobs", "transfer_to_genie"]


def test_a_required_id_is_found_in_what_was_said_before() -> None:
    required = tool("poll_job", "Get the status of a run.", "run_id", run_id={"type": "integer"})
    messages = [
        {"role": "user", "content": "start it"},
        {"role": "assistant", "content": "Started. Run 4711."},
        {"role": "user", "content": "status?"},
    ]
    assert call(messages, required) == ("poll_job", {"run_id": 4711})
    assert "run_id" in reply("status?", required).content


def test_the_results_of_an_earlier_turn_do_not_count_for_this_one() -> None:
    messages = [
        {"role": "user", "content": "status?"},
        {"role": "assistant", "content": "It runs."},
        {"role": "user", "content": "Cancel it"},
    ]
    assert call(messages, *WORKING)[0] == "terminate_databricks_job"


def test_it_says_plainly_what_it_is() -> None:
    assert "no language model" in reply("Who are you?", *WORKING).content


def test_it_lists_what_the_offered_tools_are_for() -> None:
    said = reply("What can you do?", *WORKING).content
    assert "- Answer a question about sales data." in said
    assert "- Stop a run." in said


@pytest.mark.parametrize(
    ("description", "line"),
    [
        ("Stop a run, when the person asks to cancel it.", "- Stop a run."),
        ("List the person's own runs.", "- List your own runs."),
        ("Answer a question: figures. More.", "- Answer a question."),
        ("", "- Do it."),
    ],
)
def test_the_list_is_in_the_words_of_the_person(description: str, line: str) -> None:
    said = reply("help", tool("do_it", description)).content
    assert said.splitlines() == ["What I can do here:", "", line]


@pytest.mark.parametrize("text", ["That is great", "perfect", "That was fun"])
def test_who_is_glad_has_not_rated_an_answer(text: str) -> None:
    assert reply(text, *WORKING, RATE).tool_calls == ()


@pytest.mark.parametrize("text", ["hello", "Hi there!", "thanks", "Thank you very much", "ok", "?"])
def test_small_talk_needs_no_tool(text: str) -> None:
    assert reply(text, *WORKING, *HANDING_OVER).tool_calls == ()


def test_a_forced_tool_is_called_whatever_was_said() -> None:
    choice = {"type": "function", "function": {"name": "query_genie"}}
    assert call("hello", *WORKING, tool_choice=choice) == ("query_genie", {"query": "hello"})
    assert reply("What was our revenue?", *WORKING, tool_choice="none").tool_calls == ()


def test_references_in_a_schema_are_followed() -> None:
    schema = {
        "type": "object",
        "properties": {"step": {"$ref": "#/$defs/Step"}},
        "required": ["step"],
        "$defs": {"Step": {"type": "object", "properties": {"task": TEXT}, "required": ["task"]}},
    }
    offered = tool("query_data", "Answer questions.")
    offered["function"]["parameters"] = schema
    assert call("how many orders?", offered)[1] == {"step": {"task": "how many orders?"}}


def test_a_message_of_a_megabyte_is_answered() -> None:
    assert call("what is our revenue? " + "x, then " * 130_000, GENIE)[0] == "query_genie"


SPACES = tool(
    "query_genie",
    "Answer a question about data.",
    "query",
    query=TEXT,
    space={
        "enum": ["sales", "supply_chain"],
        "description": "Which. sales: Revenue by region; supply_chain: Suppliers by nation",
    },
)


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("and by region?", None),
        ("What about by nation?", None),
        ("Only for Europe", None),
        ("and by region in the supply chain?", "supply_chain"),
        ("and how many suppliers are there?", "supply_chain"),
        ("Revenue by region?", "sales"),
    ],
)
def test_a_follow_up_stays_where_the_last_answer_came_from(text: str, space: str | None) -> None:
    assert call(f"{text.rstrip('?')}?", SPACES)[1].get("space") == space


def test_a_question_is_given_up_by_its_own_words() -> None:
    told = (
        'Genie is still working on "Revenue by nation" (Sales), after 1 s. Question `c1:m1`.\n\n'
        'Genie is still working on "Orders by month" (Sales), after 1 s. Question `c1:m2`.'
    )
    said = [
        {"role": "user", "content": "Revenue by nation, orders by month"},
        {"role": "assistant", "content": told},
        {"role": "user", "content": "Forget Revenue by nation"},
    ]

    assert call(said, *WORKING, WITHDRAW) == ("withdraw_genie_question", {"question_id": "c1:m1"})
