"""What the deployed supervisor must be granted in its workspace, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lakevisor.config import LakebaseSettings, Settings
from lakevisor.errors import PluginError
from lakevisor.registry import EnabledAgent

SUPERVISOR = "supervisor"


class Kind(StrEnum):
    """What kind of thing is needed: those that plugins may name, and the supervisor's own."""

    GENIE_SPACE = "genie_space"
    JOB = "job"
    SQL_WAREHOUSE = "sql_warehouse"
    TABLE = "table"
    FUNCTION = "function"
    SERVING_ENDPOINT = "serving_endpoint"
    LAKEBASE_INSTANCE = "lakebase_instance"
    LAKEBASE_BRANCH = "lakebase_branch"
    EXPERIMENT = "experiment"


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing in the workspace that the supervisor uses."""

    kind: Kind
    """What it is."""
    name: str
    """Its id, full name or path."""
    permission: str
    """The least right that is enough."""
    agent: str
    """Who needs it."""
    reason: str
    """What for."""
    user_scope: str | None = None
    """The scope with which a person's own token reaches it, where it is used on their behalf."""


def find_needs(settings: Settings, agents: Iterable[EnabledAgent]) -> list[Need]:
    """Return everything that the supervisor and its agents need, each thing once.

    Raises:
        PluginError: a plugin could not say what it needs.
    """
    needs = [*_of_supervisor(settings), *(need for agent in agents for need in _of_agent(agent))]
    first: dict[tuple[Kind, str, str], Need] = {}
    for need in needs:
        first.setdefault((need.kind, need.name, need.permission), need)
    return list(first.values())


def user_scopes(needs: Iterable[Need]) -> Sequence[str]:
    """Return the scopes that people must grant with their own token, sorted."""
    return sorted({need.user_scope for need in needs if need.user_scope})


def branch_path(settings: LakebaseSettings) -> str | None:
    """Return the path of the configured autoscaling branch."""
    if settings.project:
        return f"projects/{settings.project}/branches/{settings.branch}"
    if settings.endpoint:
        return settings.endpoint.partition("/endpoints/")[0]
    return None


def _of_supervisor(settings: Settings) -> Iterator[Need]:
    yield Need(
        kind=Kind.SERVING_ENDPOINT,
        name=settings.model.endpoint,
        permission="CAN_QUERY",
        agent=SUPERVISOR,
        reason="asks the language model",
    )
    branch = branch_path(settings.lakebase)
    yield Need(
        kind=Kind.LAKEBASE_BRANCH if branch else Kind.LAKEBASE_INSTANCE,
        name=branch or str(settings.lakebase.instance_name),
        permission="CAN_CONNECT_AND_CREATE",
        agent=SUPERVISOR,
        reason="keeps conversations and what was started",
    )
    if settings.tracing.enabled and settings.tracing.experiment:
        yield Need(
            kind=Kind.EXPERIMENT,
            name=settings.tracing.experiment,
            permission="CAN_EDIT",
            agent=SUPERVISOR,
            reason="records what happened in each turn",
        )


def _of_agent(agent: EnabledAgent) -> Iterator[Need]:
    try:
        resources = list(agent.sub_agent.resources(agent.settings))
    # Foreign code; whatever it raises, the operator is told whose it is.
    except Exception as error:
        raise PluginError(
            f"it cannot say which resources it needs: {error}", entry_point=agent.name
        ) from error
    for resource in resources:
        yield Need(
            kind=Kind(resource.kind),
            name=resource.name,
            permission=resource.permission,
            agent=agent.name,
            reason=resource.reason or "used by its tools",
            user_scope=resource.user_scope,
        )
