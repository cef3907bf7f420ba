"""The Genie spaces of the configuration: which one is meant."""

from __future__ import annotations

from dataclasses import dataclass

from lakevisor_genie.settings import GenieSettings, SpaceSettings
from lakevisor_genie.values import escaped
from lakevisor_plugin import TryAgain


@dataclass(frozen=True, kw_only=True)
class ConfiguredSpace:
    """A space of the configuration."""

    name: str
    """The name in the configuration, by which the model calls it."""
    settings: SpaceSettings
    """What the configuration says of it."""


def choose_space(settings: GenieSettings, name: str | None) -> ConfiguredSpace:
    """Return the space of this name, or the only one there is.

    Raises:
        TryAgain: there is no such space, or several and none was named.
    """
    only = next(iter(settings.spaces)) if len(settings.spaces) == 1 else None
    wanted = name or only
    if wanted is None:
        raise TryAgain(f"Which space?\n\n{_choices(settings)}")
    if wanted not in settings.spaces:
        raise TryAgain(f"There is no space {wanted!r}. Which space?\n\n{_choices(settings)}")
    return ConfiguredSpace(name=wanted, settings=settings.spaces[wanted])


def listing(settings: GenieSettings) -> str:
    """Return the spaces on one line, for a model: each name, title and what its data is about."""
    return "; ".join(
        f"{name}: {space.title} — {_on_one_line(space.description)}"
        for name, space in settings.spaces.items()
    )


def _choices(settings: GenieSettings) -> str:
    """Return the spaces as a list, for a person."""
    return "\n".join(
        f"- `{name}`: {escaped(_on_one_line(space.description) or space.title)}"
        for name, space in settings.spaces.items()
    )


def _on_one_line(text: str) -> str:
    return " ".join(text.replace(";", ",").split()).rstrip(".")
