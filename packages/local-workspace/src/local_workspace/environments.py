"""Virtual environments of models and apps, from their requirements alone; kept by their hash."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import sys
from collections import defaultdict
from pathlib import Path

from local_workspace.commands import run_logged

_REQUIREMENTS = "requirements.txt"
_COMPLETE = ".complete"
_VERSION = re.compile(r"^python:\s*['\"]?(\d+)\.(\d+)", re.MULTILINE)
_LOCAL_FILE = re.compile(r"^[^#\s-][^#;\n]*?\.(?:whl|tar\.gz|zip)\b", re.MULTILINE)


class BuildFailed(Exception):
    """The environment could not be made; the build log says why."""


class Environments:
    """Makes environments and keeps them: the same requirements are installed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ensure(self, source: Path, log: Path) -> Path:
        """Return the Python of an environment that has what a model, or an app, requires.

        Args:
            source: Its folder; the `requirements.txt` there may name files in it.
            log: What is done is written here.

        Raises:
            BuildFailed: no such Python, or something could not be installed.
        """
        python = _interpreter(source)
        key = _hash(source, python)
        environment = self._folder / key
        async with self._locks[key]:
            if (environment / _COMPLETE).exists():
                _say(log, f"Environment {key} is there: the same requirements were built before.")
                return environment / "bin" / "python"
            _say(log, f"Building environment {key} with {python}")
            shutil.rmtree(environment, ignore_errors=True)
            environment.parent.mkdir(parents=True, exist_ok=True)
            try:
                await _build(environment, python=python, source=source, log=log)
            except BaseException:
                shutil.rmtree(environment, ignore_errors=True)
                raise
            (environment / _COMPLETE).touch()
            _say(log, "The environment is complete.")
        return environment / "bin" / "python"


async def _build(environment: Path, *, python: str, source: Path, log: Path) -> None:
    """Make the environment and install into it.

    With uv where it is there, which is faster; with pip where uv fails, since an index that was
    set up for pip need not be known to uv.
    """
    target = str(environment / "bin" / "python")
    status = await _run([python, "-m", "venv", str(environment)], source=source, log=log)
    if status != 0:
        raise BuildFailed(f"venv ended with status {status}.")
    if uv := _uv():
        install = [uv, "pip", "install", "--python", target, "-r", _REQUIREMENTS]
        if await _run(install, source=source, log=log) == 0:
            return
    install = [target, "-m", "pip", "install", "--no-input", "-r", _REQUIREMENTS]
    status = await _run(install, source=source, log=log)
    if status != 0:
        raise BuildFailed(f"pip ended with status {status}.")


async def _run(command: list[str], *, source: Path, log: Path) -> int:
    _say(log, f"$ {' '.join(command)}")
    return await run_logged(command, folder=source, log=log, variables=_variables())


def _variables() -> dict[str, str]:
    """Return the environment of the installer: this one, without what would lead it elsewhere."""
    misleading = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "UV_PROJECT", "CONDA_PREFIX")
    return {name: value for name, value in os.environ.items() if name not in misleading}


def _uv() -> str | None:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


def _interpreter(source: Path) -> str:
    """Return a Python of the version that a model was logged with; else this one."""
    facts = source / "python_env.yaml"
    match = _VERSION.search(facts.read_text(encoding="utf-8")) if facts.exists() else None
    if match is None or (int(match[1]), int(match[2])) == sys.version_info[:2]:
        return sys.executable
    name = f"python{match[1]}.{match[2]}"
    found = shutil.which(name)
    if found is None:
        raise BuildFailed(f"This needs {name}, which is not on this machine's PATH.")
    return found


def _hash(source: Path, python: str) -> str:
    """Return what tells environments apart: requirements, the files they name, the Python."""
    requirements = source / _REQUIREMENTS
    if not requirements.exists():
        raise BuildFailed("There is no requirements.txt.")
    digest = hashlib.sha256(f"{python}\n".encode() + requirements.read_bytes())
    for named in _LOCAL_FILE.findall(requirements.read_text(encoding="utf-8")):
        file = source / named
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _say(log: Path, line: str) -> None:
    with log.open("a", encoding="utf-8") as opened:
        opened.write(f"{line}\n")
