"""Where a local workspace keeps its data and how it presents itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_GENIE_SECONDS = "LOCAL_WORKSPACE_GENIE_SECONDS"
_GENIE_QUESTIONS = "LOCAL_WORKSPACE_GENIE_QUESTIONS_PER_MINUTE"


class WrongSetting(ValueError):
    """An environment variable has a value that cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one local workspace needs to know about itself."""

    data: Path
    """The folder that holds everything; deleting it deletes the workspace."""
    host: str = "127.0.0.1"
    """The loopback address on which it listens."""
    port: int = 8787
    """The port of its REST API."""
    workspace_id: str = "7474651880045550"
    """The number that a real workspace sends in `x-databricks-org-id`."""
    genie_seconds: float = 1.8
    """How long Genie takes for an answer; the real one takes from a few seconds to a minute."""

    genie_questions_per_minute: int | None = None
    """How many questions Genie takes a minute from all users; the real one takes about 5."""

    @staticmethod
    def genie_questions_in(environment: Mapping[str, str]) -> int | None:
        """Return what `LOCAL_WORKSPACE_GENIE_QUESTIONS_PER_MINUTE` says; without it, no limit.

        Raises:
            WrongSetting: it is no positive whole number.
        """
        given = environment.get(_GENIE_QUESTIONS)
        if not given:
            return None
        if not given.isdecimal() or int(given) == 0:
            raise WrongSetting(f"{_GENIE_QUESTIONS} must be a positive number, not {given!r}.")
        return int(given)

    @staticmethod
    def genie_seconds_in(environment: Mapping[str, str]) -> float:
        """Return what `LOCAL_WORKSPACE_GENIE_SECONDS` says, or the default without it.

        Raises:
            WrongSetting: it is no number of seconds.
        """
        given = environment.get(_GENIE_SECONDS) or str(Settings.genie_seconds)
        try:
            seconds = float(given)
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds < math.inf:
            raise WrongSetting(f"{_GENIE_SECONDS} must be a number of seconds, not {given!r}.")
        return seconds

    @property
    def url(self) -> str:
        """The address that clients use as `host`."""
        return f"http://{self.host}:{self.port}"

    @property
    def databases(self) -> Path:
        """The folder of the SQLite file that keeps jobs, runs and conversations."""
        return self.data / "state"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file behind the SQL warehouse."""
        return self.data / "warehouse" / "warehouse.duckdb"

    @property
    def results(self) -> Path:
        """One folder for each statement whose result is still kept."""
        return self.data / "warehouse" / "results"

    @property
    def files(self) -> Path:
        """The root of the workspace's files; `/Shared/x` is `files / "Shared/x"`."""
        return self.data / "files"

    @property
    def runs(self) -> Path:
        """One folder a task run: what it printed, its exit value, its process."""
        return self.data / "runs"

    @property
    def artifacts(self) -> Path:
        """What MLflow's clients upload: artifacts of runs and traces, and the files of models."""
        return self.data / "artifacts"

    @property
    def endpoints(self) -> Path:
        """One folder for each version that an endpoint serves: its model, its logs, its home."""
        return self.data / "endpoints"

    @property
    def environments(self) -> Path:
        """The virtual environments of served models, by the hash of their requirements."""
        return self.data / "environments"

    @property
    def postgres(self) -> Path:
        """The data folder of the PostgreSQL behind Lakebase."""
        return self.data / "postgres"
