"""The plugin of `docs/writing-a-plugin.md` is written to a folder, installed and run."""

import os
import re
import subprocess
import sys
import tomllib

import pytest

from lakevisor.config import load_configuration
from lakevisor.registry import build_registry
from lakevisor_plugin import SubAgent

FILE = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
BASE = """
supervisor: {system_prompt: Be brief.}
lakebase: {instance_name: conversations}
model: {endpoint: claude}
"""


@pytest.fixture(scope="module")
def text(root):
    return (root / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")


@pytest.fixture
def project(text, tmp_path):
    """The project of the document, with the metadata that installing it would write."""
    for name, content in FILE.findall(text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    metadata = tmp_path / "src" / f"{project['name'].replace('-', '_')}-0.1.0.dist-info"
    metadata.mkdir()
    header = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (metadata / "METADATA").write_text(header)
    points = "\n".join(f"{k} = {v}" for k, v in project["entry-points"]["lakevisor"].items())
    (metadata / "entry_points.txt").write_text(f"[lakevisor]\n{points}\n")
    return tmp_path


def test_its_tests_pass(project):
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout


def test_its_configuration_enables_it(project, monkeypatch):
    monkeypatch.syspath_prepend(project / "src")
    (project / "configs" / "base.yaml").write_text(BASE)
    configuration = load_configuration(folder=project / "configs", overrides=(), environment={})

    (agent,) = build_registry(configuration).agents

    assert [tool.name for tool in agent.tools] == ["list_warehouses", "start_warehouse"]
    assert "(Local warehouse)" in agent.delegate_when
    for module in [name for name in sys.modules if name.startswith("lakevisor_warehouses")]:
        del sys.modules[module]


def test_its_version_of_the_contract_is_the_present_one(text, root):
    contract = tomllib.loads((root / "packages/lakevisor-plugin/pyproject.toml").read_text())

    assert f"lakevisor-plugin=={contract['project']['version']}" in text


def test_every_field_of_a_sub_agent_is_explained(text):
    explained = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)

    assert set(SubAgent.__dataclass_fields__) <= set(explained)
