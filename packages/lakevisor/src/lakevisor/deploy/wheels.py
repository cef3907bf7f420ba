"""Wheels of what travels and no index has."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from lakevisor.deploy.distributions import Origin, Travelling
from lakevisor.deploy.wheel_file import WheelFile, read_wheel, write_wheel
from lakevisor.errors import DeployExtraMissing, WheelNotBuilt

SOURCE_DATE_EPOCH = "315532800"
"""The first day of 1980, the earliest that a zip file knows: build back ends take it for now."""
_OF_THIS_INSTALLATION = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}
"""What an installer writes beside a wheel's own metadata."""


def make_wheels(
    distributions: Iterable[Travelling], folder: Path, environment: Mapping[str, str]
) -> list[WheelFile]:
    """Write a wheel of each distribution that travels as one, and return them in that order.

    Args:
        distributions: those that an index has are left out.
        folder: where the wheels are written.
        environment: of the processes that build.

    Raises:
        DeployExtraMissing: `build` is not installed.
        WheelNotBuilt: with the distribution and what is in the way.
    """
    return [
        write_wheel(_files_of(each, environment), folder) for each in distributions if each.is_wheel
    ]


def _files_of(travelling: Travelling, environment: Mapping[str, str]) -> Mapping[str, bytes]:
    if travelling.origin is Origin.SOURCE:
        return _built(travelling, environment)
    return _installed(distribution(travelling.name))


def _built(travelling: Travelling, environment: Mapping[str, str]) -> Mapping[str, bytes]:
    try:
        from build import BuildBackendException, BuildException, ProjectBuilder, check_dependency
    except ImportError as error:
        raise DeployExtraMissing(["build"]) from error

    source = travelling.source
    if source is None or not source.is_dir():
        raise WheelNotBuilt(
            travelling.name,
            reason=f"its source {str(source)!r} is not there.",
            remedy=f"Install {travelling.name} again.",
        )
    try:
        builder = ProjectBuilder(source, runner=_quiet_runner(travelling.name, environment))
        # Before the back end is asked what else it needs, it has to be here itself.
        for wanted in sorted(builder.build_system_requires):
            _require_back_end(travelling.name, check_dependency(wanted))
        _require_back_end(travelling.name, builder.check_dependencies("wheel"))
        with TemporaryDirectory() as folder:
            return read_wheel(Path(builder.build("wheel", folder)))
    except (BuildException, BuildBackendException) as error:
        raise WheelNotBuilt(travelling.name, reason=f"{error}") from error


def _require_back_end(name: str, missing: Iterable[Sequence[str]]) -> None:
    wanted = sorted({chain[-1] for chain in missing})
    if wanted:
        raise WheelNotBuilt(
            name,
            reason=f"its build back end needs {', '.join(wanted)}.",
            remedy=f"Install it: pip install {' '.join(repr(each) for each in wanted)}",
        )


def _quiet_runner(name: str, environment: Mapping[str, str]) -> Callable[..., None]:
    def run(
        command: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**environment, "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH, **(extra_environ or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()
            raise WheelNotBuilt(name, reason="its build failed and said:\n" + "\n".join(said[-15:]))

    return run


def _installed(found: Distribution) -> Mapping[str, bytes]:
    """Return the files of an installed distribution as they stood in its wheel."""
    name = found.name
    if "Root-Is-Purelib: true" not in (found.read_text("WHEEL") or ""):
        raise WheelNotBuilt(
            name,
            reason="it has compiled parts, which are of this machine.",
            remedy="Publish it to an index and install it from there.",
        )
    files = {str(each): each for each in found.files or () if _is_packed(each)}
    outside = sorted(each for each in files if each.startswith(".."))
    scripts = {each.name for each in found.entry_points if each.group.endswith("_scripts")}
    strange = [each for each in outside if PurePosixPath(each).stem not in scripts]
    if strange:
        raise WheelNotBuilt(
            name,
            reason=f"it has files outside of its packages: {', '.join(strange)}.",
            remedy="Install it from its source: pip install --editable FOLDER",
        )
    return {
        each: Path(str(found.locate_file(path))).read_bytes()
        for each, path in files.items()
        if each not in outside
    }


def _is_packed(path: Any) -> bool:
    in_metadata = path.parent.name.endswith(".dist-info")
    return path.suffix != ".pyc" and not (in_metadata and path.name in _OF_THIS_INSTALLATION)
