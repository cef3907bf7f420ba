"""The part of `dbutils` that a task's code may use."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_UNSET = object()


class NotebookExit(BaseException):
    """A notebook ended itself; not an Exception, so that its own handlers let it pass."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class InputWidgetNotDefined(Exception):
    """The notebook has no widget and the run no parameter of this name."""


class Widgets:
    """`dbutils.widgets`: the task's parameters, with the notebook's own defaults."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self._defaults: dict[str, str] = {}

    def text(self, name: str, defaultValue: str = "", label: str | None = None) -> None:  # noqa: ARG002, N803 - the platform's names
        """Define a parameter and its default."""
        self._defaults[name] = str(defaultValue)

    def dropdown(
        self,
        name: str,
        defaultValue: str,  # noqa: N803 - the platform's name
        choices: Sequence[str],
        label: str | None = None,  # noqa: ARG002 - shown nowhere here
    ) -> None:
        """Define a parameter whose default is one of the choices."""
        if defaultValue not in choices:
            raise ValueError(f"{defaultValue!r} is not one of the choices of {name!r}")
        self.text(name, defaultValue)

    combobox = dropdown
    multiselect = dropdown

    def get(self, name: str) -> str:
        """Return a parameter of the run, else the notebook's default.

        Raises:
            InputWidgetNotDefined: there is neither.
        """
        values = self.getAll()
        if name not in values:
            raise InputWidgetNotDefined(f"No input widget named {name} is defined")
        return values[name]

    def getAll(self) -> dict[str, str]:  # noqa: N802 - the platform's name
        """Return all parameters."""
        return self._defaults | self._values

    def remove(self, name: str) -> None:
        """Forget one parameter."""
        self._defaults.pop(name, None)
        self._values.pop(name, None)

    def removeAll(self) -> None:  # noqa: N802 - the platform's name
        """Forget all parameters."""
        self._defaults.clear()
        self._values.clear()


class Notebook:
    """`dbutils.notebook`."""

    def exit(self, value: Any = "") -> None:
        """End the notebook; the value is what `get-output` gives."""
        raise NotebookExit(str(value))


class TaskValues:
    """`dbutils.jobs.taskValues`: small values from task to task of one run."""

    def __init__(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        self._values = values
        self.kept: dict[str, Any] = {}

    def set(self, key: str, value: Any) -> None:
        """Leave a value, at most 48 KiB as JSON, for tasks that come later."""
        if len(json.dumps(value)) > 48 * 1024:
            raise ValueError(f"The value of {key!r} is larger than 48 KiB")
        self.kept[key] = value

    def get(
        self,
        taskKey: str,  # noqa: N803 - the platform's name
        key: str,
        default: Any = _UNSET,
        debugValue: Any = None,  # noqa: ARG002, N803 - the platform's names
    ) -> Any:
        """Return what an earlier task left under this key.

        Raises:
            ValueError: it left nothing and no default was given.
        """
        value = self._values.get(taskKey, {}).get(key, default)
        if value is _UNSET:
            raise ValueError(f"No task value {key!r} was set by task {taskKey!r}")
        return value


class TaskJobs:
    """`dbutils.jobs`."""

    def __init__(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        self.taskValues = TaskValues(values)


class Dbutils:
    """`dbutils`."""

    def __init__(
        self, *, widgets: Mapping[str, str], task_values: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.widgets = Widgets(widgets)
        self.notebook = Notebook()
        self.jobs = TaskJobs(task_values)
