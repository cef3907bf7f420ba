"""Environments are kept by what they are made of."""

from __future__ import annotations

import zipfile
from pathlib import Path

from local_workspace.environments import Environments

INFO = "words-1.0.dist-info"


def write_wheel(file: Path, *, says: str) -> None:
    """Write the smallest wheel there is."""
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr("words.py", says)
        wheel.writestr(f"{INFO}/METADATA", "Metadata-Version: 2.1\nName: words\nVersion: 1.0\n")
        tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{INFO}/WHEEL", tag)
        wheel.writestr(f"{INFO}/RECORD", "")


async def test_another_wheel_of_the_same_name_is_another_environment(tmp_path: Path) -> None:
    source, log = tmp_path / "source", tmp_path / "log"
    source.mkdir()
    wheel = source / "words-1.0-py3-none-any.whl"
    # A real one has hundreds of lines before its wheels.
    lines = ["typing-extensions"] * 40
    (source / "requirements.txt").write_text("\n".join([*lines, f"./{wheel.name}", ""]))
    environments = Environments(tmp_path / "environments")
    write_wheel(wheel, says="first")
    first = await environments.ensure(source, log)
    assert await environments.ensure(source, log) == first
    write_wheel(wheel, says="second")
    assert await environments.ensure(source, log) != first
