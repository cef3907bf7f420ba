"""The conversation: piped in as in the issue, and typed on a terminal."""

import re

import pexpect
import pytest

QUESTIONS = [
    "What was our total revenue last quarter?",
    "Analyze all customer transactions for anomalies",
    "What is the status?",
    "Cancel it",
]


@pytest.fixture(scope="module")
def conversation(lakevisor):
    """Give the conversation of the issue, held once, with a command and a blank line in it."""
    return lakevisor.run("chat", questions=[*QUESTIONS, "", "/thread"])


def test_a_piped_conversation_ends_well(conversation):
    assert conversation.returncode == 0, conversation.stderr
    assert conversation.stderr == ""


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_piped_question_is_shown_as_if_it_had_been_typed(conversation, question):
    assert f"you   › {question}\n" in conversation.stdout


def test_genie_answers_with_a_table_of_aligned_columns(conversation):
    answer = conversation.stdout.partition("genie › ")[2].partition("you   ›")[0]
    rule = next(line for line in answer.splitlines() if "──" in line)
    row = answer.splitlines()[answer.splitlines().index(rule) + 1]
    assert "|" not in answer
    assert re.search(r"[\d,]+\.\d\d$", row)
    assert len(row) == len(rule)


def test_a_tool_call_is_shown_before_its_answer(conversation):
    call = conversation.stdout.index('query_genie("What was our total revenue')
    assert call < conversation.stdout.index("genie › ")


def test_the_sql_is_not_shown_unasked(conversation):
    assert "SELECT" not in conversation.stdout


def test_the_turn_that_starts_the_job_ends_with_its_run(conversation):
    run = re.search(r'jobs  › Started "Transaction anomalies"\. Run (\d+)\.', conversation.stdout)
    assert run
    later = conversation.stdout[run.end() :]
    assert f"jobs  › Run {run[1]} is " in later
    assert f"jobs  › Stop requested for run {run[1]}" in later


def test_at_the_end_stands_how_to_continue(conversation):
    (thread_id,) = set(re.findall(r"\b[0-9a-f]{32}\b", conversation.stdout))
    last = conversation.stdout.splitlines()[-1]
    assert last.strip().endswith(f"lakevisor chat --thread {thread_id}")


def test_a_turn_that_fails_does_not_end_the_conversation(lakevisor, faults):
    long_question = "x" * 100_001
    done = lakevisor.run("chat", questions=[long_question, "/new", "Hello"])
    assert "at most 100,000 are taken" in done.stdout
    assert "lakevisor › " in done.stdout
    assert done.returncode == 6


@pytest.fixture
def terminal(lakevisor):
    """Give a chat on a terminal, at its first prompt."""
    chat = lakevisor.on_terminal("chat")
    chat.expect("you   ›", timeout=10)
    yield chat
    chat.close(force=True)


def test_ctrl_d_leaves_at_once(terminal):
    terminal.sendeof()
    terminal.expect(pexpect.EOF, timeout=10)
    terminal.close()
    assert terminal.exitstatus == 0


def test_who_leaves_a_terminal_has_seen_what_failed(terminal):
    terminal.sendline("/csv nothing.csv")
    terminal.expect("has no result")
    terminal.sendline("/exit")
    terminal.expect(pexpect.EOF, timeout=10)
    terminal.close()
    assert terminal.exitstatus == 0


def test_ctrl_c_ends_the_answer_and_not_the_program(terminal, faults):
    faults(kind="hang", path="*/genie/*", seconds=60)
    terminal.sendline("What was our total revenue last quarter?")
    terminal.expect("query_genie")
    terminal.sendintr()
    terminal.expect("Stopped", timeout=20)
    terminal.expect("you   ›")
    terminal.sendline("/thread")
    terminal.expect("[0-9a-f]{32}", timeout=20)


def test_ctrl_c_at_the_prompt_clears_the_line(terminal):
    terminal.send("something else")
    terminal.expect("something else")
    terminal.sendintr()
    terminal.expect("you   ›")
    terminal.sendline("/thread")
    terminal.expect("[0-9a-f]{32}", timeout=20)
    assert "something else/thread" not in terminal.before


def test_a_workspace_that_cannot_be_started_ends_the_chat_at_its_prompt(lakevisor):
    chat = lakevisor.on_terminal("chat", "--set", "workspace.start=[local-workspace, upp]")
    chat.expect("you   ›", timeout=10)
    chat.expect("No such command 'upp'")
    chat.expect(pexpect.EOF)
    chat.close()
    assert chat.exitstatus == 4
