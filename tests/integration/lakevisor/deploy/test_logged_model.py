"""What is logged can be restored where nothing of this repository is."""

import json
import subprocess

import pytest
import yaml

LOAD = """
import json, sys
import mlflow
from importlib.metadata import version
from lakevisor.serving.logged_model import INPUT_EXAMPLE

model = mlflow.pyfunc.load_model(sys.argv[1])
answer = model.predict(dict(INPUT_EXAMPLE))
modules = ("lakevisor", "lakevisor_genie", "lakevisor_jobs", "their_weather")
print(json.dumps({
    "agents": [each["name"] for each in answer["custom_outputs"]["answers"][0]["data"]["agents"]],
    "files": [sys.modules[name].__file__ for name in modules],
    "version": version("lakevisor"),
}))
"""


def load(python, model, folder):
    return subprocess.run(
        [str(python), "-I", "-c", LOAD, str(model)],
        cwd=folder,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_all_plugins_are_found_in_a_fresh_environment(logged_model, fresh_python, tmp_path):
    done = load(fresh_python, logged_model, tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])

    assert found["agents"] == ["genie", "jobs", "weather"]
    assert all(file.startswith(str(fresh_python.parents[1])) for file in found["files"])
    assert found["version"].startswith("0.1.0+")


def test_every_requirement_is_pinned_or_a_wheel_inside(logged_model):
    lines = (logged_model / "requirements.txt").read_text().splitlines()
    wheels = [line for line in lines if "==" not in line]

    assert all((logged_model / wheel).is_file() for wheel in wheels)
    assert [wheel.partition("-")[0] for wheel in wheels] == [
        f"code/wheels/{name}"
        for name in (
            "lakevisor",
            "lakevisor_genie",
            "lakevisor_jobs",
            "lakevisor_plugin",
            "their_weather",
        )
    ]


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml"])
def test_the_working_directorys_uv_project_stays_out(logged_model, name):
    assert not list(logged_model.rglob(name))


def test_the_model_says_what_it_needs_and_what_people_grant(logged_model):
    policy = yaml.safe_load((logged_model / "MLmodel").read_text())["auth_policy"]
    resources = policy["system_auth_policy"]["resources"]["databricks"]

    assert resources["genie_space"] == [{"name": "01ef0000000000000000000000000f01"}]
    assert resources["serving_endpoint"] == [{"name": "databricks-claude-sonnet-4-6"}]
    assert resources["sql_warehouse"] == [{"name": "w7"}]
    assert policy["user_auth_policy"]["api_scopes"] == ["dashboards.genie"]
