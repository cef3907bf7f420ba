"""What an app says of its start: `app.yaml`, or what a deployment gives in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_NAMES = ("app.yaml", "app.yml")
_DEFAULT = ("python", "app.py")


class WrongStartFile(Exception):
    """The start file cannot be used; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """How an app is started."""

    command: Sequence[str]
    """The program and its arguments; no shell is between."""
    variables: Sequence[Mapping[str, str]]
    """Each with `name`, and `value` or `value_from`, which names a resource."""


def read_start(source: Path, deployment: Mapping[str, Any]) -> Start:
    """Return how the app in a folder is started.

    Raises:
        WrongStartFile: it is no YAML, or not of the form that app.yaml has.
    """
    file = next((source / name for name in _NAMES if (source / name).is_file()), None)
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8")) if file else {}
    except yaml.YAMLError as error:
        raise WrongStartFile(f"app.yaml is no YAML: {error}") from error
    if not isinstance(said, dict | None):
        raise WrongStartFile("app.yaml must be a mapping with command and env.")
    said = said or {}
    command = deployment.get("command") or said.get("command") or _DEFAULT
    if isinstance(command, str) or not all(isinstance(each, str) for each in command):
        raise WrongStartFile("command must be a list of texts.")
    given = [*(said.get("env") or ()), *(deployment.get("env_vars") or ())]
    return Start(command=tuple(command), variables=[_variable(each) for each in given])


def _variable(given: Any) -> dict[str, str]:
    known = given if isinstance(given, dict) else {}
    source = known.get("valueFrom") or known.get("value_from")
    if not known.get("name") or ("value" in known) == bool(source):
        raise WrongStartFile("Each entry of env needs a name, and a value or valueFrom.")
    if source:
        return {"name": str(known["name"]), "value_from": str(source)}
    return {"name": str(known["name"]), "value": str(known["value"])}
