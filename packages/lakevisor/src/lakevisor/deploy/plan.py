"""The plan of a deployment: what would be made, changed and granted, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lakevisor.deploy.deployed_configuration import Target
from lakevisor.deploy.draft import Draft, endpoint_name
from lakevisor.deploy.inspection import Found, Inspection
from lakevisor.deploy.needs import Kind, Need, user_scopes
from lakevisor.deploy.platform_limits import Limit, limits_of
from lakevisor.supervisor import ledger_schema

MODEL_GRANTS = (
    Kind.GENIE_SPACE,
    Kind.SQL_WAREHOUSE,
    Kind.TABLE,
    Kind.FUNCTION,
    Kind.SERVING_ENDPOINT,
    Kind.LAKEBASE_INSTANCE,
)
"""What Model Serving grants to a model by itself, from the resources that it was logged with."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that would be done."""

    action: str
    """`make`, `change`, or `make or change` where the workspace was not asked."""
    what: str
    """To what."""
    reason: str
    """Why, or what is there already."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One right that the deployed supervisor needs."""

    permission: str
    """The right."""
    kind: str
    """On what kind of thing."""
    name: str
    """On which."""
    agent: str
    """Who needs it."""
    reason: str
    """What for."""
    by_deployment: bool
    """Whether the deployment grants it; else somebody must."""


@dataclass(frozen=True, kw_only=True)
class TargetPlan:
    """The plan for a model or an app."""

    target: str
    """`model` or `app`."""
    acts_as: str
    """The identity that needs the grants."""
    steps: Sequence[Step]
    """In their order."""
    grants: Sequence[Grant]
    """All that it needs."""
    user_scopes: Sequence[str]
    """What people grant with their own token."""
    secrets: Sequence[str]
    """Environment variables that come from the secret scope."""
    problems: Sequence[str]
    """What stands in the way."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The whole plan."""

    workspace: str
    """The workspace's name."""
    host: str | None
    """Its address, where it is known."""
    is_connected: bool
    """Whether it was asked what it has."""
    reason: str
    """Who asked, or why nobody did."""
    targets: Sequence[TargetPlan]
    """What the configuration names."""
    plugins: Sequence[str]
    """The plugins that are active there."""
    wheels: Sequence[str]
    """What travels as wheels, and from where."""
    requirements: int
    """How many third-party packages are pinned."""
    notes: Sequence[str]
    """What is worth knowing about the packages."""
    by_hand: Sequence[str]
    """What somebody must do once, with the command."""
    limits: Sequence[Limit]
    """What the platform cannot do."""

    @property
    def has_problems(self) -> bool:
        """Whether something stands in the way."""
        return not self.targets or any(each.problems for each in self.targets)


def make_plan(draft: Draft, inspection: Inspection) -> Plan:
    """Put together what is known into the plan."""
    requirements = draft.requirements
    return Plan(
        workspace=draft.configuration.workspace_name,
        host=inspection.host,
        is_connected=inspection.is_connected,
        reason=inspection.reason,
        targets=[_of_target(draft, inspection, target) for target in draft.targets],
        plugins=draft.plugins,
        wheels=[
            f"{each.name} {each.version} ({each.origin.value})"
            for each in draft.distributions
            if each.is_wheel
        ],
        requirements=len(requirements.pins),
        notes=list(_notes(draft)),
        by_hand=list(_by_hand(draft)),
        limits=limits_of(draft.needs, draft.targets, identity=draft.model_identity),
    )


def _of_target(draft: Draft, inspection: Inspection, target: Target) -> TargetPlan:
    is_model = target is Target.MODEL
    steps = _model_steps(draft, inspection) if is_model else _app_steps(draft, inspection)
    return TargetPlan(
        target=target.value,
        acts_as=draft.model_identity if is_model else "the app's own service principal",
        steps=list(steps),
        grants=[_grant(need, target) for need in draft.needs],
        user_scopes=user_scopes(draft.needs),
        secrets=draft.secrets(target),
        problems=draft.problems(target),
    )


def _grant(need: Need, target: Target) -> Grant:
    return Grant(
        permission=need.permission,
        kind=need.kind.value,
        name=need.name,
        agent=need.agent,
        reason=need.reason,
        by_deployment=target is Target.APP or need.kind in MODEL_GRANTS,
    )


def _model_steps(draft: Draft, inspection: Inspection) -> Iterator[Step]:
    name = str(draft.configuration.settings.deployment.model.name)
    yield _step(inspection.model, f"registered model {name}", unchanged="gets a new version")
    yield Step(action="make", what=f"a new version of {name}", reason="each deployment is one")
    yield _step(
        inspection.endpoint,
        f"serving endpoint {endpoint_name(draft.configuration)}",
        unchanged="the new version gets all traffic once it is ready; if it then does not answer "
        "the smoke question, the version before gets it back",
    )


def _app_steps(draft: Draft, inspection: Inspection) -> Iterator[Step]:
    name = str(draft.configuration.settings.deployment.app.name)
    yield Step(
        action="make",
        what="a bundle on this machine",
        reason="the Databricks CLI brings it into the workspace",
    )
    yield _step(inspection.app, f"app {name}", unchanged="gets the bundle's code and resources")


def _step(found: Found, what: str, *, unchanged: str) -> Step:
    if found.exists:
        return Step(action="change", what=what, reason=f"{found.detail}; {unchanged}")
    if found.exists is None:
        return Step(action="make or change", what=what, reason=f"not known: {found.detail}")
    return Step(action="make", what=what, reason="it is not there yet")


def _notes(draft: Draft) -> Iterator[str]:
    requirements = draft.requirements
    if requirements.unlocked:
        yield (
            f"No lock file has {', '.join(requirements.unlocked)}: the installed versions are "
            "taken, and no hashes are checked."
        )
    yield from (f"{each}: the locked one travels." for each in requirements.differing)


def _by_hand(draft: Draft) -> Iterator[str]:
    scope = draft.configuration.settings.deployment.secret_scope
    names = {name for target in draft.targets for name in draft.secrets(target)}
    for name in sorted(names):
        yield f"databricks secrets put-secret {scope or 'SCOPE'} {name}"
    lakebase = draft.configuration.settings.lakebase
    if not lakebase.migrate_at_start:
        schemas = f"{lakebase.schema_name} and {ledger_schema(lakebase)}"
        yield (
            f"lakevisor --workspace {draft.configuration.workspace_name} db migrate, as an "
            f"identity that may make the schemas {schemas}; the tables belong to it, so grant the "
            "deployed identity USAGE on both schemas and SELECT, INSERT, UPDATE, DELETE on their "
            "tables"
        )
