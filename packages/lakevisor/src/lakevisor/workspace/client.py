"""The client of the configured workspace, and who we are there."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakevisor.config import SECRETS, WorkspaceSettings
from lakevisor.errors import NotAuthenticated, ResourceNotFound, WorkspaceUnreachable
from lakevisor.workspace.faults import translated

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.config import Config
    from databricks.sdk.credentials_provider import CredentialsStrategy


AS_THE_USER = "on-behalf-of-user"
"""How a client is called that acts with the token of the person who asks."""


@dataclass(frozen=True, kw_only=True)
class WorkspaceConnection:
    """A workspace that has answered."""

    client: WorkspaceClient
    host: str
    """Its address."""
    workspace_id: int
    """Its number; together with `user_name` it tells whose threads are read and written."""
    user_name: str
    """Who the credentials belong to: an address, or a service principal's application id."""
    groups: frozenset[str]
    """The names of the workspace's groups that this identity is in."""

    def client_of_user(self, token: str) -> WorkspaceClient:
        """Return a client of the same workspace that acts with a person's token, and nothing else.

        Whatever credentials the environment or a profile has, they are not used. It asks the
        workspace for its metadata, so it blocks; the token is not looked at.
        """
        from databricks.sdk import WorkspaceClient
        from databricks.sdk.config import Config

        SECRETS.learn_passing(token)
        ours = self.client.config
        config = Config(
            host=self.host,
            credentials_strategy=_user_token(token),
            # Else the SDK refuses when the environment has several ways to log in.
            auth_type=AS_THE_USER,
            http_timeout_seconds=ours.http_timeout_seconds,
            retry_timeout_seconds=ours.retry_timeout_seconds,
        )
        return WorkspaceClient(config=config)


def _user_token(token: str) -> CredentialsStrategy:
    from databricks.sdk.credentials_provider import CredentialsStrategy

    class UserToken(CredentialsStrategy):
        def auth_type(self) -> str:
            return AS_THE_USER

        def __call__(self, _: Config) -> Callable[[], dict[str, str]]:
            return lambda: {"Authorization": f"Bearer {token}"}

    return UserToken()


async def connect(
    settings: WorkspaceSettings, environment: Mapping[str, str]
) -> WorkspaceConnection:
    """Return a client of the workspace after it has answered once.

    Args:
        settings: the `workspace` section.
        environment: where secrets of the form `env:NAME` are read from.

    Raises:
        WorkspaceUnreachable: no answer within `connect_timeout_seconds`.
        NotAuthenticated: the credentials are missing or not accepted.
        SecretNotFound: a secret that the settings refer to is not there.
    """
    options = _options(settings, environment)
    # The import takes seconds on a slow machine; it is not the workspace that lets us wait.
    await asyncio.to_thread(import_module, "databricks.sdk")
    seconds = settings.connect_timeout_seconds
    try:
        async with asyncio.timeout(seconds + 1):
            return await asyncio.to_thread(_connect, settings, options)
    except TimeoutError as error:
        raise WorkspaceUnreachable(
            f"The Databricks workspace has not answered within {seconds:g} s "
            f"(workspace {_address(settings, environment)!r}).",
            remedy="Check workspace.host and the network; where it is only slow, raise "
            "workspace.connect_timeout_seconds.",
        ) from error


def _address(settings: WorkspaceSettings, environment: Mapping[str, str]) -> str:
    """Return the address that was tried, as the SDK finds it, or what is known of it.

    The SDK cannot be asked: already to make its configuration it asks the workspace.
    """
    host = settings.host or (environment.get("DATABRICKS_HOST") if not settings.profile else None)
    if host:
        return host
    file = settings.config_file or environment.get("DATABRICKS_CONFIG_FILE", "~/.databrickscfg")
    profiles = ConfigParser(interpolation=None)
    with suppress(OSError, UnicodeError, ConfigParserError):
        profiles.read(Path(file).expanduser(), encoding="utf-8")
    profile = settings.profile or "DEFAULT"
    return profiles.get(profile, "host", fallback=settings.profile or "of the environment")


def _connect(settings: WorkspaceSettings, options: Mapping[str, Any]) -> WorkspaceConnection:
    patience = settings.connect_timeout_seconds
    probe = _client(options, answer_seconds=patience, retry_seconds=patience)
    try:
        with translated(host=probe.config.host):
            me = probe.current_user.me()
            workspace_id = probe.get_workspace_id()
    except ResourceNotFound as error:
        text = f"What answers at {probe.config.host!r} is not a Databricks workspace."
        raise WorkspaceUnreachable(text) from error
    except ValueError as error:
        # So the SDK says that the workspace gives no token for a client secret.
        raise NotAuthenticated(host=probe.config.host) from error
    client = _client(
        options,
        answer_seconds=settings.http_timeout_seconds,
        retry_seconds=settings.http_timeout_seconds,
    )
    return WorkspaceConnection(
        client=client,
        host=str(probe.config.host),
        workspace_id=workspace_id,
        user_name=str(me.user_name),
        groups=frozenset(each.display for each in me.groups or () if each.display),
    )


def _client(
    options: Mapping[str, Any], *, answer_seconds: float, retry_seconds: float
) -> WorkspaceClient:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.config import Config

    try:
        config = Config(
            **options,
            http_timeout_seconds=answer_seconds,
            retry_timeout_seconds=math.ceil(retry_seconds),
        )
        _learn_credentials(config)
        return WorkspaceClient(config=config)
    except ValueError as error:
        # The SDK says with a ValueError that it found no credentials or no such profile.
        reason = str(error).split("Config:")[0].split("See https")[0].strip().rstrip(".")
        raise NotAuthenticated(f"No way to log in: {SECRETS.text(reason)}.") from error


def _learn_credentials(config: Config) -> None:
    """Let nothing show what the SDK has found in a profile or in the environment."""
    values = (getattr(config, each.name, None) for each in config.attributes() if each.sensitive)
    SECRETS.learn(*(each for each in values if isinstance(each, str)))


def _options(settings: WorkspaceSettings, environment: Mapping[str, str]) -> dict[str, Any]:
    secrets = {"token": settings.token, "client_secret": settings.client_secret}
    given = {
        "host": settings.host,
        "profile": settings.profile,
        "config_file": settings.config_file and str(settings.config_file),
        "client_id": settings.client_id,
        **{name: ref and ref.read(environment) for name, ref in secrets.items()},
    }
    return {name: value for name, value in given.items() if value is not None}
