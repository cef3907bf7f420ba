"""The configuration as the rest of Lakevisor sees it: typed values that know their origin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from lakevisor.config.masking import shown
from lakevisor.config.models import Settings
from lakevisor.config.origins import DEFAULT, Node, Origin
from lakevisor.config.validation import validate
from lakevisor.errors import InvalidConfiguration

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One value of the configuration, as it may be printed."""

    key: str
    """The dotted key, for example ``lakebase.pool.max_size``."""
    value: Any
    """The value; secrets appear as their reference, or masked."""
    origin: Origin
    """Where the value was written, or ``default``."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The configuration of one workspace, valid and frozen."""

    settings: Settings
    """The typed values."""
    workspace_name: str
    """The workspace it is for: the name of its file in ``workspaces/``."""
    folder: Path
    """The folder of ``base.yaml``."""
    tree: Node
    """All layers over one another, with origins."""

    @property
    def root(self) -> Path:
        """The folder that holds the configuration's folder; relative paths start from it."""
        return self.folder.parent

    def origin_of(self, key: str) -> Origin:
        """Return where a dotted key was last spoken of; ``DEFAULT`` where no layer does."""
        path = key.split(".")
        node, followed = self.tree.descend(path)
        return node.origin if len(followed) == len(path) else DEFAULT

    def agent_settings(self, name: str, model: type[M]) -> M:
        """Return ``agents.<name>`` as the settings of the plugin that it configures.

        Raises:
            KeyError: the configuration does not enable this agent.
            InvalidConfiguration: with all problems of this agent's settings.
        """
        if name not in self.settings.agents:
            raise KeyError(name)
        key = f"agents.{name}"
        node, _ = self.tree.descend(("agents", name))
        settings, problems = validate(model, node, at=key, root=self.root)
        if settings is None:
            raise InvalidConfiguration(
                problems, about=f"{key} of workspace {self.workspace_name!r}"
            )
        return settings

    def leaves(self, agents: Mapping[str, BaseModel] | None = None) -> Iterator[Leaf]:
        """Yield every value in the order of the settings, without revealing a secret.

        Args:
            agents: settings of plugins, by name; the defaults of these are yielded too. Of other
                plugins it is only what is written.
        """
        written = self.settings.agents
        known = agents or {}
        completed = {name: _completed(written[name], known.get(name)) for name in written}
        for key, value in _leaves({**dict(self.settings), "agents": completed}, ""):
            yield Leaf(key=key, value=shown(key, value), origin=self.origin_of(key))


def _completed(written: Any, settings: Any) -> Any:
    """Return what is written, as it is written, and beside it the defaults of what is not."""
    if not (isinstance(written, dict) and isinstance(settings, BaseModel | dict)):
        return written
    known = dict(settings)
    return known | {name: _completed(value, known.get(name)) for name, value in written.items()}


def _leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    below = dict(value) if isinstance(value, BaseModel | dict) else {}
    for name, item in below.items():
        yield from _leaves(item, f"{key}.{name}" if key else name)
    if not below:
        yield key, value
