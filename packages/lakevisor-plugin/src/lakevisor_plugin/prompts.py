"""Prompts are files of a plugin's package, reviewed like code."""

from __future__ import annotations

from importlib.resources import files


def read_prompt(package: str, name: str = "prompt.md") -> str:
    """Return the text of a prompt file that lies in a package.

    Args:
        package: the package's import name, usually `__package__`.
        name: the file's name in it.

    Raises:
        FileNotFoundError: the package has no such file (is it listed in the wheel?).
    """
    return files(package).joinpath(name).read_text(encoding="utf-8").strip()
