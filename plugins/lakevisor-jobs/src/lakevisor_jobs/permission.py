"""A permission that is missing in the workspace, told from credentials that are not accepted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lakevisor_plugin import GiveUp


@contextmanager
def permission_needed(fault: GiveUp) -> Iterator[None]:
    """Raise this fault where the workspace says that a permission is missing.

    A token that is not accepted is a 403 as well, with the number 403 as its code; it says nothing
    about one job and is left to the host.
    """
    from databricks.sdk.errors import PermissionDenied

    try:
        yield
    except PermissionDenied as error:
        if error.error_code != "PERMISSION_DENIED":
            raise
        raise fault from error


def no_permission_for_run(run_id: str) -> GiveUp:
    """Return the fault that Lakevisor has no permission for a run."""
    return GiveUp(
        f"Lakevisor has no permission for run {run_id}. An administrator of the workspace must "
        "grant CAN_MANAGE_RUN on the job."
    )
