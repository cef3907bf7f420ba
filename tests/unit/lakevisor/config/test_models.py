"""The rules that hold between values."""

import pytest
from pydantic import ValidationError

from lakevisor.errors import InvalidConfiguration


def test_settings_cannot_be_changed(load):
    settings = load().settings
    with pytest.raises(ValidationError, match="frozen"):
        settings.model.max_tokens = 1


@pytest.mark.parametrize(
    "lakebase",
    [
        "{instance_name: a}",
        "{instance_name: null, project: a, branch: b}",
        "{instance_name: null, endpoint: projects/a/branches/b/endpoints/c}",
    ],
)
def test_lakebase_has_three_kinds_of_address(load, lakebase):
    assert load(f"lakebase: {lakebase}").settings.lakebase.schema_name == "lakevisor"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lakebase: {instance_name: null}", "exactly one of instance_name; project and branch;"),
        ("lakebase: {endpoint: b}", "and has instance_name, endpoint"),
        ("lakebase: {branch: b}", "'lakebase' needs project and branch together"),
        ("lakebase: {schema_name: 'a; drop'}", "'lakebase.schema_name'"),
        ("lakebase: {pool: {min_size: 5, max_size: 4}}", "has min_size 5 above max_size 4"),
        ("workspace: {host: my-workspace.com}", "must be a web address"),
        ("workspace: {host: ftp://my-workspace.com}", "must be a web address"),
        ("workspace: {host: 'https://[x'}", "must be a web address"),
        ("workspace: {host: 'https://c.com:99999'}", "must be a web address"),
        ("workspace: {host: 'https://a:b@c.com'}", "must not contain a user name"),
        ("workspace: {host: 'https://c.com/?o=1'}", "without a path"),
        ("workspace: {client_id: a}", "needs client_id and client_secret together"),
        ("workspace: {profile: a, token: env:T}", "and has 2: profile, token"),
        ("tracing: {enabled: true}", "'tracing' needs experiment when enabled is true"),
    ],
)
def test_values_that_do_not_go_together_are_refused(load, text, said):
    with pytest.raises(InvalidConfiguration) as caught:
        load(text)
    (problem,) = caught.value.problems
    assert said in problem.message


def test_a_host_is_the_address_without_a_slash_at_its_end(load):
    host = load("workspace: {host: 'https://c.com/'}").settings.workspace.host
    assert host == "https://c.com"


def test_a_path_starts_from_the_folder_that_holds_the_configuration(load, tmp_path):
    relative = load("workspace: {config_file: .x/cfg}").settings.workspace.config_file
    absolute = load("workspace: {config_file: /x/cfg}").settings.workspace.config_file
    assert (relative, str(absolute)) == (tmp_path.resolve() / ".x" / "cfg", "/x/cfg")
