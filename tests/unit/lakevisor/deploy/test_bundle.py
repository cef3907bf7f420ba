"""The bundle of an app: complete, and the same bytes for the same input."""

import os
from pathlib import Path

import pytest
import yaml

from lakevisor.config import load_configuration
from lakevisor.deploy.bundle import bundle_texts, render_bundle
from lakevisor.deploy.wheel_file import WheelFile
from lakevisor.errors import DeploymentError, NotDeployable


@pytest.fixture
def render(draft, tmp_path):
    """Render a workspace's bundle, and return its files."""

    def _render(workspace="prod", *overrides, folder="bundle"):
        bundle = render_bundle(draft(workspace, *overrides), tmp_path / folder, dict(os.environ))
        return {name: (bundle.folder / name).read_bytes() for name in bundle.files}

    return _render


@pytest.fixture
def texts(draft, tmp_path):
    """Make the files of a workspace's bundle, as if one wheel had been built."""
    wheel = WheelFile(distribution="ours", version="1", path=tmp_path / "ours.whl", sha256="ff")
    return lambda *given: bundle_texts(draft(*given), [wheel])


def resources(files):
    app = yaml.safe_load(files["databricks.yml"])["resources"]["apps"]["lakevisor"]
    return {next(key for key in each if key != "name"): each for each in app["resources"]}


def leaves(configuration):
    return {leaf.key: leaf.value for leaf in configuration.leaves()}


def deployed(files, tmp_path, workspace):
    folder = tmp_path / f"read-{workspace}"
    for name, content in files.items():
        if name.startswith("app/configs/"):
            path = folder / Path(name).relative_to("app")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    return load_configuration(workspace=workspace, folder=folder / "configs", environment={})


def test_two_renderings_are_the_same_byte_for_byte(render):
    assert render(folder="one") == render(folder="other")


def test_a_rendering_replaces_the_one_before_and_leaves_the_clis_state(render, tmp_path):
    render()
    (tmp_path / "bundle" / ".databricks").mkdir()
    (tmp_path / "bundle" / "app" / "wheels" / "old.whl").touch()
    render()

    assert (tmp_path / "bundle" / ".databricks").is_dir()
    assert not (tmp_path / "bundle" / "app" / "wheels" / "old.whl").exists()


def test_a_folder_with_other_things_in_it_is_left_alone(render, tmp_path):
    (tmp_path / "bundle" / "app").mkdir(parents=True)

    with pytest.raises(DeploymentError, match="other things"):
        render()
    assert (tmp_path / "bundle" / "app").is_dir()


def test_the_app_is_granted_what_its_agents_need(texts):
    found = resources(texts("prod", "deployment.app.database=projects/p/branches/b/databases/d"))

    assert found["job"]["job"] == {"id": "300000000000001", "permission": "CAN_MANAGE_RUN"}
    assert found["genie_space"]["genie_space"]["space_id"] == "01ef0000000000000000000000000f01"
    assert found["genie_space"]["genie_space"]["permission"] == "CAN_RUN"
    assert found["postgres"]["postgres"] == {
        "branch": "projects/lakevisor/branches/production",
        "database": "projects/p/branches/b/databases/d",
        "permission": "CAN_CONNECT_AND_CREATE",
    }
    assert found["serving_endpoint"]["serving_endpoint"]["permission"] == "CAN_QUERY"


def test_a_provisioned_lakebase_is_a_database_instance(texts):
    found = resources(texts("local"))

    assert found["database"]["database"]["instance_name"] == "local-lakebase"


def test_a_job_that_is_configured_by_name_is_looked_up_by_the_cli(texts):
    job = "agents.jobs.jobs.transaction_anomalies"
    files = texts("prod", f"{job}.job_id=null", f"{job}.job_name=Anomalies")

    variables = yaml.safe_load(files["databricks.yml"])["variables"]
    assert variables["job_1"]["lookup"] == {"job": "Anomalies"}
    assert resources(files)["job"]["job"]["id"] == "${var.job_1}"


def test_the_users_scopes_are_asked_for(texts):
    app = yaml.safe_load(texts()["databricks.yml"])["resources"]["apps"]["lakevisor"]

    assert app["user_api_scopes"] == ["dashboards.genie"]


def test_secrets_come_from_the_scope_and_never_stand_in_the_bundle(texts):
    files = texts("prod", "agents.jobs.jobs.transaction_anomalies.title='env:TITLE'")
    start = yaml.safe_load(files["app/app.yaml"])

    assert {"name": "TITLE", "valueFrom": "secret-1"} in start["env"]
    assert resources(files)["secret"]["secret"] == {
        "scope": "lakevisor",
        "key": "TITLE",
        "permission": "READ",
    }


def test_every_requirement_has_one_version_and_its_hashes_and_no_index(texts):
    files = texts()
    text = files["app/requirements.txt"]
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line]

    assert all("--hash=sha256:" in line for line in lines)
    assert all("==" in line or line.startswith("./wheels/") for line in lines)
    assert lines[-1] == "./wheels/ours.whl      --hash=sha256:ff"
    assert "://" not in text


def test_a_plugin_of_somebody_else_travels(render, third_party):
    third_party.install_editable()
    files = render("prod", "agents.weather={}")

    assert any("/their_weather-1.2+" in name for name in files)


def test_what_stands_in_the_way_is_told_before_anything_is_written(render, tmp_path):
    with pytest.raises(NotDeployable, match=r"deployment\.app\.name"):
        render("prod", "deployment.app.name=null")
    assert not (tmp_path / "bundle").exists()


def test_two_workspaces_of_one_checkout_differ_in_what_config_diff_says(texts, configure, tmp_path):
    """`workspace.*` is how one logs in from this machine, and does not travel."""
    files = {name: texts(name) for name in ("staging", "prod")}
    configured = [leaves(configure(name)) for name in files]
    travelled = [leaves(deployed(files[name], tmp_path, name)) for name in files]

    expected = {key for key in _differing(*configured) if not key.startswith("workspace.")}
    assert _differing(*travelled) == expected
    same = {name for name in files["staging"] if files["staging"][name] == files["prod"].get(name)}
    assert set(files["prod"]) - same == {
        "databricks.yml",
        "app/app.yaml",
        "app/configs/workspaces/prod.yaml",
    }


def _differing(one, other):
    plain = [_plain(one), _plain(other)]
    return {
        key for key in plain[0].keys() | plain[1].keys() if plain[0].get(key) != plain[1].get(key)
    }


def _plain(values):
    """Take settings of agents apart, as they stand in a mapping as a whole."""
    return {key: value for key, value in values.items() if not key.startswith("deployment.")}
