"""The repository as these tests see it: its packages, their sources, and what git tracks."""

import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
UPLOADED = ROOT / "packages/local-workspace/src/local_workspace/demo/files"


@dataclass(frozen=True, kw_only=True)
class Package:
    """One distribution of the workspace."""

    folder: Path
    """Where its `pyproject.toml` stands."""
    name: str
    """Its import name."""
    project: dict[str, Any]
    """The table `project` of its `pyproject.toml`."""

    @property
    def source(self) -> Path:
        """The folder of its modules."""
        return self.folder / "src" / self.name

    def files(self) -> Sequence[Path]:
        """Return its modules; not the demo's files, which are uploaded into a workspace."""
        return sorted(path for path in self.source.rglob("*.py") if UPLOADED not in path.parents)


def _packages() -> list[Package]:
    found = sorted(
        [*ROOT.glob("packages/*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")]
    )
    projects = [(path.parent, tomllib.loads(path.read_text())["project"]) for path in found]
    return [
        Package(folder=folder, name=project["name"].replace("-", "_"), project=project)
        for folder, project in projects
    ]


PACKAGES = _packages()


@pytest.fixture(params=PACKAGES, ids=lambda package: package.name)
def package(request: pytest.FixtureRequest) -> Package:
    return request.param


@pytest.fixture(scope="session")
def packages() -> Sequence[Package]:
    return PACKAGES


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked(root: Path) -> Sequence[Path]:
    """Every file that git tracks and that is still there."""
    # A checkout of another user's is still ours to read.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]
