"""docs/configuration.md says what is: its tables, its files and its error messages."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from lakevisor.config import Settings, load_configuration
from lakevisor.errors import ConfigurationError

REPOSITORY = Path(__file__).parents[4]
TEXT = (REPOSITORY / "docs" / "configuration.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n# (configs/workspaces/\S+\.yaml)\n(.*?)```", TEXT, re.DOTALL))
SESSIONS = re.findall(r"```console\n\$ (.*?)\n(.*?)```", TEXT, re.DOTALL)
ORIGINAL = [
    "mlflow_experiment_id",
    "llm_endpoint_name",
    "system_prompt",
    "lakebase_instance_name",
    "databricks_job_id",
    "genie.space_id",
    "genie.agent_name",
    "genie.description",
]


def _rows(model: type[BaseModel], above: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _rows(field.annotation, f"{above}{name}.")
            continue
        default = field.get_default(call_default_factory=True)
        shown = f"`{str(default).lower() if isinstance(default, bool) else default}`"
        if default is PydanticUndefined:
            shown = "required"
        elif default in (None, (), {}):
            shown = "none"
        yield f"| `{above}{name}` | {shown} | {field.description} |"


@pytest.fixture
def configs(tmp_path):
    return shutil.copytree(REPOSITORY / "configs", tmp_path / "configs")


def _write_example(root: Path, file: str) -> None:
    (root / file).write_text(f"# {file}\n{FILES[file]}", encoding="utf-8")


@pytest.mark.parametrize("row", list(_rows(Settings)))
def test_each_value_has_its_row(row):
    assert f"\n{row}\n" in TEXT


@pytest.mark.parametrize("parameter", ORIGINAL)
def test_each_parameter_of_the_original_example_has_its_place(parameter):
    assert re.search(rf"^\| `{re.escape(parameter)}` \| `\w", TEXT, re.MULTILINE)


def test_each_yaml_example_is_a_file_with_a_name():
    assert len(FILES) == TEXT.count("```yaml") > 0


@pytest.mark.parametrize("file", [file for file in FILES if "typo" not in file])
def test_each_example_file_is_valid(configs, file):
    _write_example(configs.parent, file)
    name = Path(file).stem
    configuration = load_configuration(workspace=name, folder=configs, environment={})
    assert configuration.workspace_name == name


@pytest.mark.parametrize(("command", "output"), SESSIONS)
def test_each_session_shows_what_is_really_said(configs, command, output):
    words = shlex.split(command)
    start = words.index("lakevisor")
    assert words[start : start + 4] == ["lakevisor", "config", "check", "--workspace"]
    workspace, options = words[start + 4], words[start + 5 :]
    if (file := f"configs/workspaces/{workspace}.yaml") in FILES:
        _write_example(configs.parent, file)
    said = ""
    try:
        load_configuration(
            workspace=workspace,
            folder=configs,
            overrides=[option for option in options if option != "--set"],
            environment=dict(word.split("=", 1) for word in words[:start]),
        )
    except ConfigurationError as error:
        said = error.report().replace(str(configs), "configs") + "\n"
    assert said == output
