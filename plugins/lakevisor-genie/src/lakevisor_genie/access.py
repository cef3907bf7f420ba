"""What the sub-agent needs in the workspace, and whether it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lakevisor_genie.settings import GenieSettings, SpaceSettings
from lakevisor_plugin import Finding, Resource

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

USER_SCOPE = "dashboards.genie"
"""The scope of a person's token with which Genie may be asked on their behalf."""


def resources(settings: GenieSettings) -> Sequence[Resource]:
    """Return what deployment must grant: to ask each space."""
    scope = None if settings.on_behalf_of_user == "never" else USER_SCOPE
    return [
        Resource(
            kind="genie_space",
            name=space.space_id,
            permission="CAN_RUN",
            reason=f"asks the space {space.title!r}",
            user_scope=scope,
        )
        for space in settings.spaces.values()
    ]


def check(settings: GenieSettings, workspace: WorkspaceClient) -> Sequence[Finding]:
    """Look whether each space is there and may be seen."""
    return [_check_space(name, space, workspace) for name, space in settings.spaces.items()]


def _check_space(name: str, space: SpaceSettings, workspace: WorkspaceClient) -> Finding:
    from databricks.sdk.errors import NotFound, PermissionDenied
    from databricks.sdk.errors.base import DatabricksError

    key = f"agents.genie.spaces.{name}"
    try:
        found = workspace.genie.get_space(space.space_id)
    except NotFound:
        problem = f"the workspace has no space {space.space_id!r}. Correct space_id."
    except PermissionDenied:
        problem = (
            f"the space {space.space_id!r} may not be seen. Grant CAN_RUN on it to the identity "
            "that Lakevisor uses."
        )
    except DatabricksError as error:
        problem = f"the space could not be looked up: {error}"
    else:
        return Finding(is_problem=False, text=f"{key}: space {space.space_id}, {found.title!r}.")
    return Finding(is_problem=True, text=f"{key}: {problem}")
