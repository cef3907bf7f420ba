"""`lakevisor config` and `lakevisor plugins`."""

import json

import pytest


def test_secrets_are_shown_as_references_only(lakevisor):
    shown = lakevisor("config", "show", "--workspace", "prod", LAKEVISOR_CLIENT_SECRET="s3cret")
    assert 'workspace.client_secret = "env:LAKEVISOR_CLIENT_SECRET"' in shown.stdout
    assert "s3cret" not in shown.stdout


def test_each_value_has_a_line_with_its_origin(lakevisor):
    lines = lakevisor("config", "show").stdout.splitlines()
    assert all("  # " in line for line in lines)
    assert any(line.endswith("# configs/base.yaml:5") for line in lines)


def test_what_a_plugin_leaves_at_its_default_is_shown_too(lakevisor):
    shown = lakevisor("config", "show", "--set", "agents.genie.max_rows=7").stdout
    assert "agents.genie.max_rows = 7  # --set agents.genie.max_rows" in shown
    assert "agents.genie.read_rows = 1000  # default" in shown


def test_settings_of_a_plugin_that_are_wrong_are_shown_as_they_are_written(lakevisor):
    shown = lakevisor("config", "show", "--set", "agents.genie.max_rowss=7")
    assert shown.returncode == 0, shown.stderr
    assert "agents.genie.max_rowss = 7  # --set" in shown.stdout


def test_a_difference_is_shown_with_both_origins(lakevisor):
    shown = lakevisor("config", "diff", "dev", "prod").stdout
    assert 'lakebase.branch\n  dev   "development"  # configs/workspaces/dev.yaml:' in shown
    assert '  prod  "production"  # configs/workspaces/prod.yaml:' in shown
    assert "model.endpoint" not in shown.splitlines()


def test_a_workspace_does_not_differ_from_itself(lakevisor):
    assert lakevisor("config", "diff", "dev", "dev").stdout == ""


@pytest.mark.parametrize("name", ["dev", "local", "prod", "staging"])
def test_all_workspaces_that_come_with_the_repository_are_right(lakevisor, name):
    done = lakevisor("config", "check", "--workspace", name)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Workspace {name!r}: nothing is wrong. Agents: genie, jobs.\n"


def test_the_settings_of_agents_are_checked_too(lakevisor):
    done = lakevisor("config", "check", "--set", "agents.jobs.jobs.x.job_idd=1")
    assert done.returncode == 2
    assert "Did you mean" in done.stderr


def test_checking_all_workspaces_goes_on_after_a_problem(lakevisor):
    log_in = ("--set", "workspace.profile=null", "--set", "workspace.token=env:TOKEN")
    done = lakevisor("config", "check", "--all", *log_in)
    assert done.returncode == 2
    assert done.stderr.count("needs one way to log in") == 2
    assert done.stdout.count("nothing is wrong") == 2


def test_plugins_are_listed_with_what_runs_of_them(lakevisor):
    done = lakevisor("plugins", "list", "--json", "--set", "agents.jobs=null")
    enabled = {each["name"]: each["enabled"] for each in json.loads(done.stdout)}
    assert (enabled["genie"], enabled["jobs"]) == (True, False)
