"""What a plugin says about itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict

from lakevisor_plugin.downloads import Downloaded
from lakevisor_plugin.operations import Intended, Operation, Seen, Started
from lakevisor_plugin.results import Answer, Launched
from lakevisor_plugin.review import ToolCall
from lakevisor_plugin.settled import Settled
from lakevisor_plugin.turn import Turn

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

SettingsT = TypeVar("SettingsT", bound=BaseModel)
Find: TypeAlias = "Callable[[SettingsT, Intended, WorkspaceClient], Awaitable[Sequence[Started]]]"


class Resource(BaseModel):
    """Something in the workspace that a deployment must grant to the agent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["genie_space", "job", "sql_warehouse", "table", "function", "serving_endpoint"]
    name: str
    """Its id or full name."""
    permission: str
    """The least right that is enough: `CAN_RUN`, `CAN_MANAGE_RUN`, `SELECT`."""
    reason: str = ""
    """What it is needed for, for people who read the plan of a deployment."""
    user_scope: str | None = None
    """The API scope with which a person's own token reaches it, where the agent uses that token."""


class Finding(BaseModel):
    """One thing that a check saw."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    is_problem: bool
    text: str
    """What was seen; for a problem also what to do."""


def _nothing(_: Any) -> Sequence[Any]:
    return ()


def _no_findings(_: Any, __: Any) -> Sequence[Finding]:
    return ()


@dataclass(frozen=True, kw_only=True)
class SubAgent(Generic[SettingsT]):
    """A sub-agent: a prompt and tools, or a graph of its own."""

    name: str
    """The entry point's name: lower case, digits and `_`."""
    delegate_when: str | Callable[[SettingsT], str]
    """For the router: when to hand over to this agent, and when not. One or two sentences."""
    settings: type[SettingsT]
    """A pydantic model; validates `agents.<name>` of the configuration."""
    prompt: str = ""
    """The system prompt of the agent's own model; see `read_prompt`."""
    build_tools: Callable[[SettingsT], Sequence[BaseTool]] | None = None
    """Makes the tools; connects to nothing. Not with `build_graph`."""
    build_graph: Callable[[SettingsT], Runnable[Any, Any]] | None = None
    """Makes a compiled LangGraph graph over `messages`, instead of prompt and tools."""
    shortcuts: Sequence[str] = ()
    """Names of tools that the supervisor may call itself in its routing call."""
    effects: Sequence[str] = ()
    """Names of tools that start, stop or change something; the host may ask the person first.

    Only these can use `launch`, `request_cancel` and `repaired` of `Turn.operations`.
    """
    actions: Sequence[str] = ()
    """Names of tools that a person's program may call by itself, where they press a button instead
    of writing: `custom_inputs.action`. No model is asked before such a call, nor after it.

    All else is as ever: it is the person's turn, with what they may do, and it is reviewed. What
    the tool returns or raises is what the person reads.
    """
    settle: Callable[[SettingsT, ToolCall, Turn], Awaitable[Settled | Answer | Launched]] | None = (
        None
    )
    """Says what exactly a call of one of the `effects` would do, before the person is asked.

    It looks and changes nothing. What the tool itself would refuse, or answer without an effect,
    it raises or returns: then nobody is asked. Without it a call is asked about as the model
    wrote it.
    """
    follow: Callable[[SettingsT, Operation, Turn], Awaitable[Seen]] | None = None
    """Looks at an operation that this agent launched; the host tells its owner of its end.

    Also asked before a limit refuses a launch, then about other people's operations too: it tells
    the host alone, and changes nothing. What waits to be begun it may go on with; see
    `Turn.afterwards`.
    """
    find: Callable[[SettingsT, Intended, WorkspaceClient], Awaitable[Sequence[Started]]] | None = (
        None
    )
    """Looks for a launch whose answer was lost, and returns every run that it can be.

    None of them means that it was certainly not started; where that cannot be told, it raises
    `GiveUp`. The client acts for Lakevisor and blocks."""
    download: Callable[[SettingsT, str, Turn], AsyncIterator[bytes | Downloaded]] | None = None
    """Yields the file behind an answer, piece by piece, and last of all what it was.

    It takes the text that the answer has in `data["download"]`, and a turn that only looks. The
    host calls it for the owner of the thread alone.
    """
    resources: Callable[[SettingsT], Sequence[Resource]] = _nothing
    """What deployment must grant."""
    check: Callable[[SettingsT, WorkspaceClient], Sequence[Finding]] = _no_findings
    """Looks in the workspace whether everything named in the settings is there; blocks."""
