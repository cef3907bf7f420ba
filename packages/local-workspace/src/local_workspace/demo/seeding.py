"""Gives a workspace the demo: data, notebooks, Genie spaces and jobs, where they are not there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from local_workspace.area import Caller
from local_workspace.demo.tpch import SCALE, ensure_tpch
from local_workspace.genie import Genie
from local_workspace.jobs import Jobs
from local_workspace.settings import Settings


def seed(
    settings: Settings, *, jobs: Jobs, genie: Genie, owner: Caller, scale: float = SCALE
) -> None:
    """Make what is not there yet, and move the data's dates to yesterday.

    Everything is made under fixed ids and in one move each, so that a start after a kill makes
    what is missing, and a start where all is there takes a few milliseconds.

    Args:
        settings: Where the workspace keeps its data.
        jobs: The area that gets the jobs.
        genie: The area that gets the spaces.
        owner: Whose they are.
        scale: The scale factor of TPC-H.
    """
    ensure_tpch(settings.warehouse, scale=scale)
    files = resources.files("local_workspace.demo") / "files"
    _copy(files / "Shared", settings.files / "Shared")
    for space in _read(files / "spaces"):
        genie.create_space(
            json.dumps(space["serialized_space"]),
            space_id=space["space_id"],
            title=space["title"],
            description=space["description"],
            owner=owner,
        )
    for job in _read(files / "jobs"):
        jobs.create(job["settings"], owner=owner, job_id=job["job_id"])


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
