"""The Genie spaces of the configuration: which one is meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lakevisor_genie.settings import GenieSettings, SpaceSettings
from lakevisor_plugin import GiveUp, TryAgain


@dataclass(frozen=True, kw_only=True)
class ConfiguredSpace:
    """A space of the configuration."""

    name: str
    """The name in the configuration, by which the model calls it."""
    settings: SpaceSettings
    """What the configuration says of it."""

    @contextmanager
    def reachable(self) -> Iterator[None]:
        """Raise `GiveUp` where the workspace does not have the space or does not let us ask it.

        A token that is not accepted is a 403 as well, with the number 403 as its code; it says
        nothing about one space and is left to the host.
        """
        from databricks.sdk.errors import NotFound, PermissionDenied

        try:
            yield
        except NotFound as error:
            raise GiveUp(
                f"Genie cannot be asked: the workspace has no space {self.settings.space_id!r}. "
                f"An operator must correct agents.genie.spaces.{self.name}.space_id in the "
                "configuration."
            ) from error
        except PermissionDenied as error:
            if error.error_code != "PERMISSION_DENIED":
                raise
            raise GiveUp(
                f"Genie cannot be asked: there is no permission for the space "
                f"{self.settings.title!r}. An administrator must grant CAN_RUN on it "
                f"(agents.genie.spaces.{self.name} in the configuration), and access to its "
                "tables and warehouse."
            ) from error


def choose_space(settings: GenieSettings, name: str | None) -> ConfiguredSpace:
    """Return the space of this name, or the only one there is.

    Raises:
        TryAgain: there is no such space, or several and none was named.
    """
    only = next(iter(settings.spaces)) if len(settings.spaces) == 1 else None
    wanted = name or only
    if wanted is None:
        raise TryAgain(f"Say which space, one of: {listing(settings)}")
    if wanted not in settings.spaces:
        raise TryAgain(f"There is no space {wanted!r}. The spaces are: {listing(settings)}")
    return ConfiguredSpace(name=wanted, settings=settings.spaces[wanted])


def listing(settings: GenieSettings) -> str:
    """Return the spaces on one line, for a model: each name, title and what its data is about."""
    return "; ".join(
        f"{name}: {space.title} — {_on_one_line(space.description)}"
        for name, space in settings.spaces.items()
    )


def _on_one_line(text: str) -> str:
    return " ".join(text.replace(";", ",").split()).rstrip(".")
