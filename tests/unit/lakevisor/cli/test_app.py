"""The command as a whole: what it imports, where its options stand, how it ends."""

import subprocess
import sys

import pytest

HEAVY = {"mlflow", "langgraph", "databricks_langchain", "langchain_core", "databricks"}
LIST_MODULES = (
    "import sys, atexit; atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr)); "
    "from lakevisor.cli import main; main()"
)


def _imported_by(*arguments):
    command = [sys.executable, "-c", LIST_MODULES, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("chat", "--help")])
def test_what_answers_at_once_imports_nothing_heavy(arguments):
    assert _imported_by(*arguments) & HEAVY == set()


def test_help_does_not_even_read_the_configuration():
    assert _imported_by("--help") & {"pydantic", "yaml", "rich", "asyncio"} == set()


@pytest.mark.parametrize("arguments", [("plugins", "list"), ("config", "show")])
def test_plugins_are_read_without_the_graph_and_its_clients(arguments):
    heavy = {"mlflow", "langgraph", "databricks_langchain"}
    assert _imported_by(*arguments) & heavy == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--workspace", "dev", "--set", "turn.deadline_seconds=7", "config", "show"),
        ("config", "show", "--workspace", "dev", "--set", "turn.deadline_seconds=7"),
        ("--workspace", "dev", "config", "show", "--set", "turn.deadline_seconds=7"),
    ],
)
def test_options_may_stand_before_and_after_the_command(lakevisor, arguments):
    shown = lakevisor(*arguments).stdout
    assert 'workspace.profile = "lakevisor-dev"' in shown
    assert "turn.deadline_seconds = 7.0  # --set turn.deadline_seconds\n" in shown


def test_an_error_is_two_lines_on_stderr_and_its_exit_code(lakevisor):
    done = lakevisor("config", "show", "--workspace", "stagin")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Unknown workspace 'stagin'. Did you mean 'staging'?\nKnown ")


def test_wrong_usage_ends_with_2(lakevisor):
    done = lakevisor("ask", "--jsn", "Hello")
    assert done.returncode == 2
    assert "--json" in done.stderr


def test_a_bug_flies_and_says_that_it_is_one():
    broken = (
        "import lakevisor.config as config; del config.load_configuration; "
        "import sys; sys.argv[1:] = ['config', 'show']; "
        "from lakevisor.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", broken], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert "This is a bug in Lakevisor." in done.stderr.splitlines()[-1]


def test_charts_cost_nothing_before_one_is_made():
    code = "import sys, lakevisor.cli.conversation, lakevisor_genie.plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"altair", "vl_convert"} & set(done.stdout.split())
