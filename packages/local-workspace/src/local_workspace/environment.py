"""The environment variables with which programs find a running workspace."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from local_workspace.state_file import State

_OTHER_LOGINS = (
    "DATABRICKS_AUTH_TYPE",
    "DATABRICKS_CLIENT_ID",
    "DATABRICKS_CLIENT_SECRET",
    "DATABRICKS_CONFIG_PROFILE",
    "DATABRICKS_TOKEN",
)
"""What a shell may still hold of another workspace; the SDKs refuse two ways to log in."""


def environment(state: State, *, profile: str) -> dict[str, str]:
    """Return what clients need to act as a profile, and the names of what there is to use.

    Raises:
        KeyError: there is no profile of that name.
    """
    login = {f"DATABRICKS_{key.upper()}": value for key, value in state.profiles()[profile].items()}
    _, project, _, branch = state.lakebase["branch"].split("/")
    return login | {
        "GENIE_SPACE_ID": state.genie_spaces[0],
        "LAKEBASE_INSTANCE_NAME": state.lakebase["instance_name"],
        "LAKEBASE_PROJECT": project,
        "LAKEBASE_BRANCH": branch,
        "LAKEBASE_AUTOSCALING_ENDPOINT": state.lakebase["endpoint"],
    }


def published_tests(state: State) -> dict[str, str]:
    """Return what Databricks' published tests of Genie and Lakebase ask for besides."""
    profiles = state.profiles()
    limited = profiles["service-principal-limited"]
    without_role = profiles["service-principal-without-role"]
    return {
        "RUN_GENIE_INTEGRATION_TESTS": "1",
        "LAKEBASE_INTEGRATION_TESTS": "1",
        "TEST_SERVICE_PRINCIPAL": profiles["service-principal-app"]["client_id"],
        "LAKEBASE_LIMITED_SP_CLIENT_ID": limited["client_id"],
        "LAKEBASE_LIMITED_SP_CLIENT_SECRET": limited["client_secret"],
        "LAKEBASE_NO_ROLE_SP_CLIENT_ID": without_role["client_id"],
        "LAKEBASE_NO_ROLE_SP_CLIENT_SECRET": without_role["client_secret"],
    }


def shell_script(variables: Mapping[str, str]) -> str:
    """Return the lines that set the variables in a shell, and unset every other login."""
    unset = [name for name in _OTHER_LOGINS if name not in variables]
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join([f"unset {' '.join(unset)}", *exports])
