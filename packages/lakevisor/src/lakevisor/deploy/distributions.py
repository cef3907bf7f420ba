"""Which installed distributions travel with a deployment, and how.

What is being worked on (an editable installation) is built from its source; what an index has is
a pinned requirement; anything else is packed again from what is installed, because what runs here
is what was tested.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lakevisor.registry import Discovery, Plugin
from lakevisor_plugin.rules import implemented_hooks

OURS = "lakevisor"
_REGISTER = "lakevisor_register_agent"
TARGET = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
"""What Model Serving and Apps run on, whatever the machine is that deploys."""


class Origin(Enum):
    """Where a distribution comes from."""

    INDEX = "index"
    """An index: it is a pinned requirement."""
    SOURCE = "source"
    """An editable installation: a wheel is built from its source."""
    INSTALLED = "installed"
    """A file, a folder or a repository: a wheel is packed from what is installed."""
    ABSENT = "absent"
    """Not installed on this machine, but wanted on the target."""


@dataclass(frozen=True, kw_only=True)
class Travelling:
    """A distribution that the deployed supervisor needs."""

    name: str
    """Its normalised name."""
    version: str | None
    """The installed version."""
    origin: Origin
    """Where it comes from."""
    source: Path | None = None
    """The folder of an editable installation."""

    @property
    def is_wheel(self) -> bool:
        """Whether it travels as a wheel of its own."""
        return self.origin in (Origin.SOURCE, Origin.INSTALLED)


def active_plugins(discovery: Discovery, enabled: Iterable[str]) -> list[Plugin]:
    """Return the plugins that do something in a workspace.

    An agent does if it is enabled; a reviewer, an observer or a chat model as soon as it is
    installed.
    """
    names = set(enabled)
    return [
        plugin
        for plugin in discovery.plugins
        if plugin.name in names or set(implemented_hooks(plugin.object)) - {_REGISTER}
    ]


def travelling(plugins: Iterable[Plugin]) -> list[Travelling]:
    """Return Lakevisor, the plugins' distributions and all that they require, sorted by name."""
    waiting = [Requirement(OURS)]
    waiting += [Requirement(plugin.distribution) for plugin in plugins if plugin.distribution]
    found: dict[str, Travelling] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found[name] = _look_up(name)
        waiting += _required_by(name, extras)
    return [found[name] for name in sorted(found)]


def _look_up(name: str) -> Travelling:
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        return Travelling(name=name, version=None, origin=Origin.ABSENT)
    origin, source = _origin(installed)
    return Travelling(name=name, version=installed.version, origin=origin, source=source)


def _origin(installed: Distribution) -> tuple[Origin, Path | None]:
    """Read what pip wrote about where it found the distribution (PEP 610)."""
    text = installed.read_text("direct_url.json")
    if text is None:
        return Origin.INDEX, None
    direct: Mapping[str, Any] = json.loads(text)
    address = urlsplit(str(direct["url"]))
    if address.scheme == "file" and direct.get("dir_info", {}).get("editable"):
        return Origin.SOURCE, Path(unquote(address.path))
    return Origin.INSTALLED, None


def _required_by(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        return
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or any(
            requirement.marker.evaluate({**TARGET, "extra": extra}) for extra in extras or {""}
        ):
            yield requirement
