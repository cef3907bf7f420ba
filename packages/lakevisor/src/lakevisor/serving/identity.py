"""Who asks: known from the process or from the headers of a trusted proxy, never from a body.

Databricks Apps' proxy sends `X-Forwarded-Email` (the user name in the workspace) and
`X-Forwarded-User` (the identity provider's id), and with user authorization
`X-Forwarded-Access-Token` (https://docs.databricks.com/aws/en/dev-tools/databricks-apps/http-headers).
Headers count only under `serving.identity: proxy`: whoever reaches the port can send any.
"""

from __future__ import annotations

from pydantic import SecretStr
from starlette.datastructures import Headers

from lakevisor.config import ServingSettings
from lakevisor.errors import CallerUnknown
from lakevisor.ledger import OwnerKey
from lakevisor.serving.token_owners import TokenOwners
from lakevisor.supervisor import Caller
from lakevisor.workspace import WorkspaceConnection

# X-Forwarded-Preferred-Username is left out: it is what people may choose to be called.
USER_HEADERS = ("x-forwarded-email", "x-forwarded-user")
"""Where the name of who asks is looked for; the first that is there counts."""
USERS_OWN = "x-forwarded-access-token"
"""Where the person's own token stands."""
_MAX_NAME_CHARS = 320


class Identities:
    """Finds out who asks."""

    def __init__(self, settings: ServingSettings) -> None:
        """Take the `serving` section."""
        self._behind_proxy = settings.identity == "proxy"
        self._owners = TokenOwners()

    async def caller(self, headers: Headers, workspace: WorkspaceConnection) -> Caller:
        """Return who sent a request.

        Raises:
            CallerUnknown: the proxy does not say it, or says two different things.
        """
        if not self._behind_proxy:
            return Caller.of_process(workspace)
        name = _user_name(headers)
        token = _single(headers, USERS_OWN)
        if token is None:
            if name is None:
                raise CallerUnknown
            return Caller(user_name=name)
        user_name, groups = await self._owners.of(token, workspace)
        if name is None:
            # A chat app in front passes the token on alone; the workspace says whose it is.
            if not user_name:
                raise CallerUnknown
            return Caller(user_name=user_name, groups=groups, user_token=SecretStr(token))
        if user_name != name:
            if user_name and USER_HEADERS[0] in headers:
                # The proxy says one thing, and the token is another person's.
                raise CallerUnknown
            # The workspace does not say, or the proxy's name is not one of the workspace's.
            groups = frozenset()
        return Caller(user_name=name, groups=groups, user_token=SecretStr(token))

    def absent(self, owner: OwnerKey, workspace: WorkspaceConnection) -> Caller:
        """Return who owns something, as far as that is known while they are not there."""
        if not self._behind_proxy:
            return Caller.of_process(workspace)
        return Caller(user_name=owner.owner)

    def only_owner(self, workspace: WorkspaceConnection) -> str | None:
        """Return for whom alone the process may work; None behind a proxy: for everybody."""
        return None if self._behind_proxy else workspace.user_name


def _user_name(headers: Headers) -> str | None:
    for header in USER_HEADERS:
        name = _single(headers, header)
        if name is not None:
            if len(name) > _MAX_NAME_CHARS or not name.isprintable():
                raise CallerUnknown
            # A user name in the workspace is an address, whose case says nothing; an id's may.
            return name.lower() if header == USER_HEADERS[0] else name
    return None


def _single(headers: Headers, name: str) -> str | None:
    """Return a header's value; sent twice, one of the two is not the proxy's."""
    values = headers.getlist(name)
    if len(values) > 1:
        raise CallerUnknown
    return values[0].strip() or None if values else None
