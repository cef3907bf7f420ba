"""Gives a workspace the demo: data, notebooks, Genie spaces and jobs, where they are not there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from local_workspace.area import Caller
from local_workspace.demo.tpch import SCALE, ensure_tpch
from local_workspace.genie import Genie
from local_workspace.jobs import Jobs
from local_workspace.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """What is there from the start."""

    space_ids: tuple[str, ...]
    """The Genie spaces."""
    job_ids: tuple[int, ...]
    """The jobs."""


def seed(
    settings: Settings, *, jobs: Jobs, genie: Genie, owner: Caller, scale: float = SCALE
) -> Seeded:
    """Make what is not there yet, and move the data's dates to yesterday.

    Everything is made under fixed ids and in one move each, so that a start after a kill makes
    what is missing, and a start where all is there takes a few milliseconds.

    Args:
        settings: Where the workspace keeps its data.
        jobs: The area that gets the jobs.
        genie: The area that gets the spaces.
        owner: Whose they are.
        scale: The scale factor of TPC-H.

    Returns:
        The ids of what every workspace has from its start.
    """
    ensure_tpch(settings.warehouse, scale=scale)
    files = resources.files("local_workspace.demo") / "files"
    _copy(files / "Shared", settings.files / "Shared")
    spaces, definitions = [*_read(files / "spaces")], [*_read(files / "jobs")]
    for space in spaces:
        genie.create_space(
            json.dumps(space["serialized_space"]),
            space_id=space["space_id"],
            title=space["title"],
            description=space["description"],
            owner=owner,
        )
    for job in definitions:
        jobs.create(job["settings"], owner=owner, job_id=job["job_id"])
    return Seeded(
        space_ids=tuple(space["space_id"] for space in spaces),
        job_ids=tuple(job["job_id"] for job in definitions),
    )


def _read(folder: Traversable) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        yield json.loads(file.read_text(encoding="utf-8"))


def _copy(source: Traversable, target: Path) -> None:
    """Copy a folder; a file that is there already stays as it is."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        for each in source.iterdir():
            if each.name != "__pycache__":
                _copy(each, target / each.name)
    elif not target.exists():
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        draft.write_bytes(source.read_bytes())
        draft.replace(target)
