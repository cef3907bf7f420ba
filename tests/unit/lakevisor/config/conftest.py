"""A small configuration on disk that each test bends to its purpose."""

from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from lakevisor.config import Configuration, load_configuration

BASE = """
supervisor:
  system_prompt: Be brief.
lakebase:
  instance_name: conversations
model:
  endpoint: claude
"""

Load = Callable[..., Configuration]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files of a configuration and return its folder."""

    def _write(**files: str) -> Path:
        folder = tmp_path / "configs"
        (folder / "workspaces").mkdir(parents=True, exist_ok=True)
        for name, text in {"base": BASE, "local": "", **files}.items():
            where = folder if name == "base" else folder / "workspaces"
            (where / f"{name}.yaml").write_text(dedent(text), encoding="utf-8")
        return folder

    return _write


@pytest.fixture
def load(write: Write) -> Load:
    """Load the configuration made of `BASE` and what a test lays over it."""

    def _load(
        local: str = "",
        *,
        base: str = BASE,
        overrides: Sequence[str] = (),
        environment: dict[str, str] | None = None,
    ) -> Configuration:
        folder = write(base=base, local=local)
        return load_configuration(folder=folder, overrides=overrides, environment=environment or {})

    return _load
