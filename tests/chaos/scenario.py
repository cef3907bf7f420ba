"""The ways in which a job is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chaos.model import VARIES
from chaos.replicas import ReplicaSettings
from chaos.world import World

REVIEWER = str(Path(__file__).parent / "reviewer")
ASKED = "Analyze all transactions {marker}"
ASKED_VARYING = f"{ASKED} {VARIES}"
SUB_AGENT_ONLY = ("supervisor.shortcuts=false",)
"""So that the sub-agent's own model is called."""
CONFIRM = ("agents.jobs.jobs.transaction_anomalies.confirm=always",)
SLOW = 0.04


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What a person says, and what the processes are like that work on it."""

    name: str
    """For the table."""
    says: Sequence[str] = (ASKED,)
    """The requests, one after another on one thread; the last one starts the job."""
    overrides: Sequence[str] = ()
    """Changes to the configuration."""
    plugins: Sequence[str] = ()
    """Folders with further plugins."""
    database_delay: float = 0.0
    """Seconds that each exchange with PostgreSQL takes longer."""

    def replicas(
        self, world: World, job_id: int, *, without: Sequence[str] = ()
    ) -> ReplicaSettings:
        """Return what its processes are like, without some of the protections."""
        return ReplicaSettings(
            overrides=world.overrides(job_id, *self.overrides),
            log=world.logs / f"{self.name.replace(' ', '-')}.log",
            plugins=self.plugins,
            database_delay=self.database_delay,
            without=without,
        )


FLAT = Scenario(name="flat")
SUB_AGENT = Scenario(name="sub-agent", overrides=SUB_AGENT_ONLY)
VARYING = Scenario(name="other words", says=(ASKED_VARYING,))
VARYING_SLOW = replace(VARYING, name="other words, 40 ms database", database_delay=SLOW)
SUB_AGENT_VARYING = Scenario(
    name="sub-agent, other words", says=(ASKED_VARYING,), overrides=SUB_AGENT_ONLY
)
SLOW_DATABASE = Scenario(name="40 ms database", database_delay=SLOW)
CONFIRMED = Scenario(name="confirmed", says=(ASKED, "yes"), overrides=CONFIRM)
REVIEWED = Scenario(name="asked by a reviewer", says=(ASKED, "yes"), plugins=(REVIEWER,))
CONFIRMED_VARYING = Scenario(
    name="confirmed, sub-agent, other words",
    says=(ASKED_VARYING, "yes"),
    overrides=(*CONFIRM, *SUB_AGENT_ONLY),
)
CONFIRMED_SLOW = Scenario(
    name="confirmed, 40 ms database",
    says=(ASKED, "yes"),
    overrides=CONFIRM,
    database_delay=SLOW,
)
SCENARIOS = (
    FLAT,
    SUB_AGENT,
    VARYING,
    SUB_AGENT_VARYING,
    SLOW_DATABASE,
    CONFIRMED,
    REVIEWED,
    CONFIRMED_VARYING,
    CONFIRMED_SLOW,
)
