"""The ways in which a job is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos.model import VARIES
from chaos.replicas import ReplicaSettings
from chaos.world import World

REVIEWER = str(Path(__file__).parent / "reviewer")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What a person says, and what the processes are like that work on it."""

    name: str
    """For the table."""
    says: Sequence[str] = ("Analyze all transactions {marker}",)
    """The requests, one after another on one thread; the last one starts the job."""
    overrides: Sequence[str] = ()
    """Changes to the configuration."""
    plugins: Sequence[str] = ()
    """Folders with further plugins."""
    database_delay: float = 0.0
    """Seconds that each exchange with PostgreSQL takes longer."""

    def replicas(self, world: World, job_id: int, *, protected: bool = True) -> ReplicaSettings:
        """Return what its processes are like."""
        return ReplicaSettings(
            overrides=world.overrides(job_id, *self.overrides),
            log=world.logs / f"{self.name.replace(' ', '-')}.log",
            plugins=self.plugins,
            database_delay=self.database_delay,
            protected=protected,
        )


FLAT = Scenario(name="flat")
SUB_AGENT = Scenario(name="sub-agent", overrides=("supervisor.shortcuts=false",))
VARYING = Scenario(name="other words", says=(f"Analyze all transactions {{marker}} {VARIES}",))
SLOW_DATABASE = Scenario(name="40 ms database", database_delay=0.04)
CONFIRMED = Scenario(
    name="confirmed",
    says=("Analyze all transactions {marker}", "yes"),
    plugins=(REVIEWER,),
)
SCENARIOS = (FLAT, SUB_AGENT, VARYING, SLOW_DATABASE, CONFIRMED)
