"""From files, environment and command line to one configuration, or to all its problems at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lakevisor.config.configuration import Configuration
from lakevisor.config.models import Settings
from lakevisor.config.nearest import nearest_name
from lakevisor.config.origins import Node, layered
from lakevisor.config.overrides import from_command_line, from_environment
from lakevisor.config.validation import validate
from lakevisor.config.yaml_reader import UnreadableYaml, YamlReader
from lakevisor.errors import (
    ConfigurationError,
    ConfigurationNotFound,
    InvalidConfiguration,
    UnknownWorkspace,
)

DEFAULT_WORKSPACE = "local"
WORKSPACE_VARIABLE = "LAKEVISOR_WORKSPACE"
FOLDER_VARIABLE = "LAKEVISOR_CONFIGS"


def load_configuration(
    *,
    workspace: str | None = None,
    folder: Path | None = None,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str],
) -> Configuration:
    """Return the configuration of a workspace.

    Args:
        workspace: its name; without it ``LAKEVISOR_WORKSPACE``, else ``local``.
        folder: where ``base.yaml`` stands; without it ``LAKEVISOR_CONFIGS``, else the nearest
            ``configs`` folder with a ``base.yaml``, from the current directory upwards.
        overrides: ``a.b=value``, the last layer.
        environment: the process's environment; nothing here reads ``os.environ``.

    Raises:
        ConfigurationNotFound: there is no such folder.
        UnknownWorkspace: the folder has no file for the workspace.
        InvalidConfiguration: with every problem found.
    """
    folder = _configs_folder(folder, environment)
    name = workspace or environment.get(WORKSPACE_VARIABLE) or DEFAULT_WORKSPACE
    files = [folder / "base.yaml", _workspace_file(folder, name)]
    about = f"the configuration of workspace {name!r} ({folder})"

    problems: list[ConfigurationError] = []
    try:
        layers = _file_layers(files, folder.parent, problems)
    except UnreadableYaml:
        # What would be found from here on would mostly be missing because of the unread file.
        raise InvalidConfiguration(problems, about=about) from None
    layers += from_environment(environment, problems)
    layers += from_command_line(overrides, problems)
    tree = layered(layers)
    settings, found = validate(Settings, tree, at="", root=folder.parent)
    if problems or found or settings is None:
        raise InvalidConfiguration([*problems, *found], about=about)
    return Configuration(settings=settings, workspace_name=name, folder=folder, tree=tree)


def workspace_names(*, folder: Path | None = None, environment: Mapping[str, str]) -> list[str]:
    """Return the names of all workspaces that have a file, sorted.

    Args:
        folder: as for `load_configuration`.
        environment: the process's environment.

    Raises:
        ConfigurationNotFound: there is no such folder.
    """
    return _names_in(_configs_folder(folder, environment))


def _file_layers(
    files: Sequence[Path], root: Path, problems: list[ConfigurationError]
) -> list[Node]:
    reader = YamlReader(problems)
    return [reader.read_file(path, source=path.relative_to(root).as_posix()) for path in files]


def _configs_folder(folder: Path | None, environment: Mapping[str, str]) -> Path:
    named = folder or environment.get(FOLDER_VARIABLE)
    if named:
        return _with_base(Path(named).expanduser().resolve())
    here = Path.cwd()
    for parent in (here, *here.parents):
        if (parent / "configs" / "base.yaml").is_file():
            return parent / "configs"
    raise ConfigurationNotFound(
        f"No folder configs with a base.yaml was found in {here} or above it.",
        remedy=f"Change to the project's directory, or name the folder in {FOLDER_VARIABLE}.",
    )


def _with_base(folder: Path) -> Path:
    if (folder / "base.yaml").is_file():
        return folder
    raise ConfigurationNotFound(
        f"The folder {folder} has no base.yaml.",
        remedy=f"Name the folder that holds base.yaml and workspaces/ ({FOLDER_VARIABLE}).",
    )


def _workspace_file(folder: Path, name: str) -> Path:
    known = _names_in(folder)
    if name not in known:
        raise UnknownWorkspace(name, known=known, nearest=nearest_name(name, known))
    return folder / "workspaces" / f"{name}.yaml"


def _names_in(folder: Path) -> list[str]:
    return sorted(path.stem for path in (folder / "workspaces").glob("*.yaml"))
