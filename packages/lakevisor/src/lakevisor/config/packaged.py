"""A configuration as one file, to travel with what is deployed: all layers over one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from lakevisor.config.configuration import Configuration
from lakevisor.config.masking import shown
from lakevisor.config.models import Settings
from lakevisor.config.origins import Node, layered
from lakevisor.config.overrides import from_environment
from lakevisor.config.validation import validate
from lakevisor.config.yaml_reader import UnreadableYaml, YamlReader
from lakevisor.errors import ConfigurationError, InvalidConfiguration, InvalidValue


def packaged(configuration: Configuration) -> str:
    """Return what the layers of a configuration say together, as YAML; the same text every time.

    Secrets are references in it, and relative paths have become absolute. The file is to be named
    after the workspace: `prod.yaml`.

    Raises:
        InvalidConfiguration: a value under the name of a secret is one, and no reference.
    """
    values = configuration.settings.model_dump(mode="json", exclude_unset=True)
    problems: list[ConfigurationError] = [
        InvalidValue(
            key,
            where=str(configuration.origin_of(key)),
            reason="has the name of a secret, and none is written down; refer to it: env:NAME",
        )
        for key in _secrets("", values)
    ]
    if problems:
        name = configuration.workspace_name
        raise InvalidConfiguration(problems, about=f"the configuration of workspace {name!r}")
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)


def read_packaged(path: Path, *, environment: Mapping[str, str]) -> Configuration:
    """Return the configuration in one file; `LAKEVISOR__A__B=...` is laid over it.

    Args:
        path: the file, named after its workspace.
        environment: the process's environment.

    Raises:
        InvalidConfiguration: with every problem found.
    """
    about = f"the configuration of workspace {path.stem!r} ({path})"
    problems: list[ConfigurationError] = []
    try:
        layers: list[Node] = [YamlReader(problems).read_file(path, source=path.name)]
    except UnreadableYaml:
        raise InvalidConfiguration(problems, about=about) from None
    layers += from_environment(environment, problems)
    tree = layered(layers)
    settings, found = validate(Settings, tree, at="", root=path.parent)
    if problems or found or settings is None:
        raise InvalidConfiguration([*problems, *found], about=about)
    return Configuration(settings=settings, workspace_name=path.stem, folder=path.parent, tree=tree)


def _secrets(key: str, value: Any) -> Iterator[str]:
    """Yield the keys of what is not to be shown."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _secrets(f"{key}.{name}" if key else str(name), below)
    elif shown(key, value) != value:
        yield key
