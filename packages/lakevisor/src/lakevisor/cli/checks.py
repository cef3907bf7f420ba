"""What `lakevisor doctor` looks at, from the ground up; what rests on a failure is left out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from rich.console import Console
from rich.text import Text

from lakevisor.cli.failures import failure_text
from lakevisor.cli.options import Options
from lakevisor.cli.waiting import shown_while_waiting
from lakevisor.errors import LakevisorError, PermissionDenied, WorkspaceError
from lakevisor.workspace import start_workspace

if TYPE_CHECKING:
    from lakevisor.config import Configuration
    from lakevisor.registry import EnabledAgent, Registry
    from lakevisor.workspace import WorkspaceConnection
    from lakevisor_plugin import Finding

T = TypeVar("T")
_SUBJECT_WIDTH = 14
_READINESS = {
    "READY": "is ready",
    "NOT_READY": "is not ready",
    None: "is there; whether it is ready was not said",
}


@dataclass(frozen=True, kw_only=True)
class Seen(Generic[T]):
    """What a check found in order."""

    value: T
    """What later checks need of it."""
    words: str
    """What to say about it."""


async def examine(options: Options) -> int:
    """Make all checks, print a line for each, and return the exit code of the first that failed."""
    report = Report(Console(highlight=False))
    configuration = await report.on("configuration", _configuration(options))
    if configuration is None:
        return report.exit_code
    registry = await report.on("plugins", _registry(configuration))
    workspace = await report.on("workspace", _workspace(configuration, options))
    if workspace is not None:
        await report.on("model", _model(configuration, workspace))
        await report.on("lakebase", _lakebase(configuration, workspace))
        for agent in registry.agents if registry else ():
            findings = await report.on(agent.name, _findings(agent, workspace))
            report.tell_findings(agent.name, findings or ())
    return report.exit_code


class Report:
    """Prints what each check came to, and keeps the first failure's exit code."""

    def __init__(self, console: Console) -> None:
        """Write to a console."""
        self.exit_code = 0
        self._console = console

    async def on(self, subject: str, check: Awaitable[Seen[T]]) -> T | None:
        """Make a check and return what it found; None if it failed."""
        try:
            with shown_while_waiting(self._console, lambda: subject):
                seen = await check
        except LakevisorError as error:
            self._fail(subject, failure_text(error), exit_code=error.exit_code)
            return None
        if seen.words:
            self._print("✓", subject, Text(seen.words))
        return seen.value

    def tell_findings(self, agent: str, findings: Sequence[Finding]) -> None:
        """Print what an agent's own check has seen."""
        for finding in findings:
            if finding.is_problem:
                text = Text(finding.text, style="red")
                self._fail(agent, text, exit_code=WorkspaceError.exit_code)
            else:
                self._print("✓", agent, Text(finding.text))

    def _fail(self, subject: str, text: Text, *, exit_code: int) -> None:
        self.exit_code = self.exit_code or exit_code
        self._print("✗", subject, text)

    def _print(self, mark: str, subject: str, text: Text) -> None:
        head = f"{mark} {subject:{_SUBJECT_WIDTH}}"
        for line in text.split("\n"):
            self._console.print(Text(head).append_text(line), soft_wrap=True)
            head = " " * len(head)


async def _configuration(options: Options) -> Seen[Configuration]:
    found = options.load_configuration()
    return Seen(value=found, words=f"workspace {found.workspace_name!r} of {found.folder}")


async def _registry(configuration: Configuration) -> Seen[Registry]:
    from lakevisor.registry import build_registry

    found = await asyncio.to_thread(build_registry, configuration)
    names = ", ".join(agent.name for agent in found.agents) or "none"
    return Seen(value=found, words=f"agents that run: {names}")


async def _workspace(configuration: Configuration, options: Options) -> Seen[WorkspaceConnection]:
    from lakevisor.workspace import connect

    await start_workspace(configuration, options.environment, tell=lambda _: None)
    found = await connect(configuration.settings.workspace, options.environment)
    return Seen(value=found, words=f"{found.host}, as {found.user_name}")


async def _model(configuration: Configuration, workspace: WorkspaceConnection) -> Seen[None]:
    from lakevisor.workspace import translated

    endpoint = configuration.settings.model.endpoint

    def look() -> str:
        with translated(host=workspace.host):
            state = workspace.client.serving_endpoints.get(endpoint).state
        ready = state.ready.value if state and state.ready else None
        return f"endpoint {endpoint!r} {_READINESS[ready]}"

    try:
        return Seen(value=None, words=await asyncio.to_thread(look))
    except PermissionDenied:
        # To ask an endpoint one need not be allowed to look at it.
        return Seen(value=None, words=f"endpoint {endpoint!r}, which may not be looked at")


async def _lakebase(configuration: Configuration, workspace: WorkspaceConnection) -> Seen[None]:
    # LangGraph must be told at its import to read only known types; `preload` does that.
    from lakevisor.supervisor import preload

    await asyncio.to_thread(preload)
    from lakevisor.checkpoints import open_checkpoints

    async with open_checkpoints(configuration.settings.lakebase, workspace) as opened:
        return Seen(value=None, words=f"{opened.address}, as {opened.role}")


async def _findings(agent: EnabledAgent, workspace: WorkspaceConnection) -> Seen[Sequence[Finding]]:
    from lakevisor.workspace import translated

    def look() -> Sequence[Finding]:
        with translated(host=workspace.host):
            return agent.sub_agent.check(agent.settings, workspace.client)

    return Seen(value=await asyncio.to_thread(look), words="")
