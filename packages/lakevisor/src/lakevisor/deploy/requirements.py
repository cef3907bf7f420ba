"""The third-party packages of a deployment, each with one version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lakevisor.deploy.distributions import Origin, Travelling

LOCK = "requirements.lock"
"""Beside the folder of the configuration; see `docs/decisions/0006`."""
_HASH = re.compile(r"--hash=(\S+)")


@dataclass(frozen=True, kw_only=True)
class Pin:
    """A package with its version."""

    requirement: str
    """`name[extra]==1.2`, and where it holds a marker after a semicolon."""
    hashes: tuple[str, ...] = ()
    """`sha256:...` of its files, as the lock file has them."""

    def lines(self) -> str:
        """Return it as it stands in a requirements file that checks hashes."""
        return " \\\n".join([self.requirement, *(f"    --hash={each}" for each in self.hashes)])


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """All third-party packages of a deployment."""

    pins: tuple[Pin, ...]
    """Sorted by name."""
    unlocked: tuple[str, ...]
    """Names that no lock file has: their installed version was taken."""
    differing: tuple[str, ...]
    """What is locked in another version than it is installed in here, one sentence each."""
    missing: tuple[str, ...]
    """Names that are neither locked nor installed."""

    @property
    def has_all_hashes(self) -> bool:
        """Whether pip can check each of them; it checks all or none."""
        return all(pin.hashes for pin in self.pins)


def pin_requirements(distributions: Iterable[Travelling], root: Path) -> Requirements:
    """Return a version for everything that an index has, the lock file's before the installed.

    Args:
        distributions: those that travel as wheels are left out.
        root: the folder that may hold the lock file.
    """
    locked = read_lock(root / LOCK)
    wanted = [each for each in distributions if not each.is_wheel]
    pins: list[Pin] = []
    for each in wanted:
        if each.name in locked:
            pins += locked[each.name]
        elif each.version is not None:
            pins.append(Pin(requirement=f"{each.name}=={each.version}"))
    unlocked = [each for each in wanted if each.name not in locked]
    return Requirements(
        pins=tuple(pins),
        unlocked=tuple(each.name for each in unlocked if each.version is not None),
        differing=tuple(
            f"{each.name} {each.version} is installed here, {pinned} is locked"
            for each in wanted
            if each.origin is Origin.INDEX
            and (pinned := _other_version(each, locked.get(each.name, ())))
        ),
        missing=tuple(each.name for each in unlocked if each.version is None),
    )


def read_lock(path: Path) -> Mapping[str, Sequence[Pin]]:
    """Return what a lock file pins, by normalised names; nothing where there is no such file."""
    if not path.is_file():
        return {}
    found: dict[str, list[Pin]] = {}
    for entry in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        text = entry.partition(" --hash")[0].strip()
        if not text or text.startswith(("#", "-")):
            continue
        name = canonicalize_name(Requirement(text).name)
        pin = Pin(requirement=text, hashes=tuple(_HASH.findall(entry)))
        found.setdefault(name, []).append(pin)
    return found


def _other_version(installed: Travelling, pins: Sequence[Pin]) -> str | None:
    holding = [
        requirement
        for pin in pins
        if (requirement := Requirement(pin.requirement)).marker is None
        or requirement.marker.evaluate()
    ]
    if not holding or any(each.specifier.contains(installed.version or "") for each in holding):
        return None
    return str(holding[0].specifier).removeprefix("==")
