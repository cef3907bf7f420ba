"""The door: every request shows a token, except to get one, to the front page, to signed links."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from local_workspace.area import Caller
from local_workspace.errors import ApiError, PermissionDenied
from local_workspace.identity.identity import Identity

_OPEN = ("/.well-known/", "/oidc/", "/external-links/", "/signed-files/", "/local/health")
_FRONT_PAGE = "/"
_ADMINS_ONLY = "/local/"


class Authentication:
    """ASGI middleware that puts the caller where `caller_of` finds it, or refuses."""

    def __init__(self, app: ASGIApp, *, identity: Identity) -> None:
        self._app = app
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass, or answer it with the refusal."""
        if scope["type"] == "http" and not _is_open(scope):
            try:
                scope.setdefault("state", {})["caller"] = self._caller(scope)
            except ApiError as refusal:
                await refusal.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _caller(self, scope: Scope) -> Caller:
        caller = self._identity.authenticate(Headers(scope=scope).get("authorization"))
        if scope["path"].startswith(_ADMINS_ONLY) and not caller.is_admin:
            raise PermissionDenied(f"{caller.user_name} is not an admin of this workspace.")
        return caller


def _is_open(scope: Scope) -> bool:
    if scope["path"] == _FRONT_PAGE:
        return scope["method"] in ("GET", "HEAD")
    return bool(scope["path"].startswith(_OPEN))
