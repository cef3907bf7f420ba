"""Whose a token is: the workspace says it, and is asked once in a while."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict

from lakevisor.errors import LakevisorError
from lakevisor.workspace import WorkspaceConnection, translated

logger = logging.getLogger(__name__)

KEPT_SECONDS = 300.0
"""How long the owner of a token and their groups are taken for known."""
SECONDS = 5.0
"""How long the workspace is waited for when it is asked."""
_KEPT_AT_MOST = 10_000


class TokenOwners:
    """Finds out whose tokens are; a token itself is not kept."""

    def __init__(self) -> None:
        """Know none."""
        self._known: OrderedDict[str, tuple[float, str, frozenset[str]]] = OrderedDict()

    async def of(self, token: str, workspace: WorkspaceConnection) -> tuple[str, frozenset[str]]:
        """Return whose token it is, in small letters, and their groups; nothing if unknown."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        known = self._known.get(digest)
        if known is not None and known[0] > time.monotonic():
            return known[1:]
        try:
            async with asyncio.timeout(SECONDS):
                user_name, groups = await asyncio.to_thread(_me, token, workspace)
        except (LakevisorError, TimeoutError) as error:
            logger.warning(
                "The workspace does not say whose a token is, so no groups are known: %s",
                type(error).__name__,
                extra={"action": "groups_unknown"},
            )
            return "", frozenset()
        self._known[digest] = (time.monotonic() + KEPT_SECONDS, user_name, groups)
        while len(self._known) > _KEPT_AT_MOST:
            self._known.popitem(last=False)
        return user_name, groups


def _me(token: str, workspace: WorkspaceConnection) -> tuple[str, frozenset[str]]:
    with translated(host=workspace.host):
        me = workspace.client_of_user(token).current_user.me()
    groups = frozenset(each.display for each in me.groups or () if each.display)
    return str(me.user_name).lower(), groups
