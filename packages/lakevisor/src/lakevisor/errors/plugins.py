"""A plugin that cannot be used."""

from __future__ import annotations

from collections.abc import Sequence

from lakevisor.errors.root import LakevisorError, default_message, indented


class PluginError(LakevisorError):
    """A plugin cannot be used."""

    exit_code = 3

    def __init__(
        self,
        message: str | None = None,
        *,
        distribution: str | None = None,
        entry_point: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.distribution = distribution
        self.entry_point = entry_point
        names = [f"entry point {entry_point!r}"] if entry_point else []
        names += [f"of distribution {distribution!r}"] if distribution else []
        text = message or default_message(type(self))
        super().__init__(f"{' '.join(names)}: {text}" if names else text, remedy=remedy)


class InvalidPlugins(PluginError):
    """Some plugins cannot be used."""

    def __init__(self, problems: Sequence[LakevisorError]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = [f"{count} with the plugins:", *(f"  {indented(problem)}" for problem in problems)]
        super().__init__("\n".join(lines))
