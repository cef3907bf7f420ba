"""One question for a script: one object on stdout, and an exit code."""

import json

OPERATION = {"kind", "run_id", "job", "title", "state", "url", "agent"}


def test_a_question_gets_one_object_with_all_that_a_script_needs(lakevisor):
    answer = lakevisor.ask("Analyze all customer transactions for anomalies")
    (operation,) = answer["operations"]
    assert set(operation) >= OPERATION
    assert operation["run_id"] in answer["text"]
    assert (answer["agent"], operation["job"]) == ("jobs", "transaction_anomalies")
    assert answer["model_calls"] == 1
    assert answer["usage"]["total_tokens"] > 0
    assert answer["custom_outputs"]["thread_id"] == answer["thread_id"]
    cancelled = lakevisor.ask("Cancel it", "--thread", answer["thread_id"])
    assert operation["run_id"] in cancelled["text"], "another process continues the thread"


def test_without_json_the_markdown_is_printed_as_it_is(lakevisor):
    done = lakevisor.run("ask", "-", questions=["What was our total revenue last quarter?"])
    assert done.returncode == 0, done.stderr
    assert "| ---" in done.stdout


def test_an_empty_question_is_refused_with_a_sentence(lakevisor):
    done = lakevisor.run("ask", " ")
    assert done.returncode == 6
    assert done.stdout == ""
    assert done.stderr.startswith("The question is empty.\n")


def test_with_json_an_error_is_an_object_too(lakevisor):
    done = lakevisor.run("ask", "Hello", "--thread", "not an id", "--json")
    error = json.loads(done.stdout)["error"]
    assert done.returncode == 6
    assert error["code"] == "invalid_thread_id"
    assert error["message"]
    assert error["remedy"]


def test_a_workspace_that_cannot_be_started_is_said_with_the_last_words_of_its_command(lakevisor):
    options = ("--set", "workspace.start=[local-workspace, upp]")
    done = lakevisor.run("ask", "Hello", *options)
    assert done.returncode == 4
    assert "workspace.start" in done.stderr
    assert "upp" in done.stderr
