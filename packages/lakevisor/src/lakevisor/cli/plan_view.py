"""The plan of a deployment as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakevisor.deploy.plan import Plan, TargetPlan

NOT_NAMED = (
    "Nothing is to be deployed: the configuration names neither deployment.model.name nor "
    "deployment.app.name."
)


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines of a plan."""
    where = f" ({plan.host})" if plan.host else ""
    asked = f"asked {plan.reason}" if plan.is_connected else f"not asked: {plan.reason}"
    yield f"Deployment of workspace {plan.workspace!r}{where}, {asked}"
    yield "This is a plan; nothing was touched."
    if not plan.targets:
        yield from ("", NOT_NAMED)
    for target in plan.targets:
        yield from _target_lines(target)
    yield from _packages(plan)
    yield from _listed("To be done by somebody once:", plan.by_hand)
    if plan.limits:
        yield from ("", "What the platform cannot do:")
        for limit in plan.limits:
            yield from (f"  {limit.cannot}", f"    Instead: {limit.instead}")


def _target_lines(target: TargetPlan) -> Iterator[str]:
    yield from ("", f"{target.target}, acting as {target.acts_as}")
    yield from (f"  {step.action} {step.what}: {step.reason}" for step in target.steps)
    if target.grants:
        yield "  needs"
    for grant in target.grants:
        by = "" if grant.by_deployment else "  <- to be granted by somebody"
        why = f"{grant.agent} {grant.reason}"
        yield f"    {grant.permission} on {grant.kind} {grant.name}: {why}{by}"
    if target.user_scopes:
        scopes = ", ".join(target.user_scopes)
        yield f"  with a person's own token: {scopes}"
    if target.secrets:
        yield f"  secrets: {', '.join(target.secrets)}"
    yield from (f"  IN THE WAY: {problem}" for problem in target.problems)


def _packages(plan: Plan) -> Iterator[str]:
    yield from ("", f"Active plugins: {', '.join(plan.plugins) or 'none'}")
    yield f"Wheels: {', '.join(plan.wheels)}"
    yield f"Pinned third-party packages: {plan.requirements}"
    yield from plan.notes


def _listed(heading: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from ("", heading)
        yield from (f"  {line}" for line in lines)
