"""What Databricks cannot do for a supervisor, and what is done instead.

No class of `mlflow.models.resources` (mlflow 3.17) stands for a job, an experiment or a branch of
an autoscaling Lakebase (mlflow#22452).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lakevisor.deploy.deployed_configuration import Target
from lakevisor.deploy.needs import Kind, Need


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Something that the platform cannot do."""

    cannot: str
    """What, as a sentence."""
    instead: str
    """What is done, or is to be done, in its place."""


def limits_of(needs: Sequence[Need], targets: Iterable[Target], *, identity: str) -> list[Limit]:
    """Return the limits that matter for what is needed.

    Args:
        needs: of the supervisor.
        targets: where it is deployed to.
        identity: who the served model acts as, in words.
    """
    kinds, chosen = {need.kind for need in needs}, set(targets)
    limits: list[Limit] = []
    if Kind.JOB in kinds:
        limits.append(_JOBS_AS_THE_USER)
    if Target.MODEL in chosen:
        limits += _of_model(kinds, identity)
    if Target.APP in chosen:
        limits += _of_app(needs)
    return limits


_JOBS_AS_THE_USER = Limit(
    cannot="Jobs cannot be started on behalf of a person: no API scope lets their token do it.",
    instead="Lakevisor's own identity starts them, and Lakevisor itself decides who may start, see "
    "and stop which (agents.jobs.jobs.NAME.allowed, operations.administrators).",
)


def _of_model(kinds: set[Kind], identity: str) -> Iterator[Limit]:
    if Kind.JOB in kinds:
        yield Limit(
            cannot="A model has no resource for jobs, so Model Serving grants nothing on them.",
            instead=f"Grant CAN_MANAGE_RUN on each job to {identity}.",
        )
    if Kind.LAKEBASE_BRANCH in kinds:
        yield Limit(
            cannot="A model's Lakebase resource knows provisioned instances only, not a branch of "
            "an autoscaling project.",
            instead=f"Make a role in the branch for {identity}; it logs in with its own token.",
        )
    if Kind.EXPERIMENT in kinds:
        yield Limit(
            cannot="A model has no resource for experiments.",
            instead=f"Grant CAN_EDIT on the experiment to {identity}.",
        )
    yield Limit(
        cannot="Model Serving cuts a request after 297 s and bodies at 4 MB, and has only "
        "/invocations: no background requests, no threads, no operations.",
        instead="Deploy the app where these are wanted; both may share one Lakebase.",
    )


def _of_app(needs: Sequence[Need]) -> Iterator[Limit]:
    yield Limit(
        cannot="Databricks Apps cut a request after about 120 s.",
        instead="turn.deadline_seconds stays below it; longer work goes on after its turn.",
    )
    if any(each.kind is Kind.EXPERIMENT and not each.name.isdecimal() for each in needs):
        yield Limit(
            cannot="An app's experiment is granted by its id, and the configuration has its name.",
            instead="Give the id to bundle deploy (--var), or configure it in tracing.experiment.",
        )
