"""Host metadata, and OAuth for machines: a service principal's secret against a token."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.identity.tokens import Tokens
from local_workspace.settings import Settings

_ACCOUNT_ID = "0d26daa6-5e44-4c97-a497-ef015f91254a"
_LIFETIME = 3600
"""Seconds that an access token counts."""


class OAuth:
    """How a client finds the token endpoint and asks it for a token."""

    def __init__(
        self, settings: Settings, tokens: Tokens, *, client_secrets: Mapping[str, str]
    ) -> None:
        self._workspace_id = settings.workspace_id
        self._issuer = f"{settings.url}/oidc"
        self._tokens = tokens
        self._client_secrets = client_secrets

    def routes(self) -> Sequence[BaseRoute]:
        """Return host metadata, discovery and the token endpoint."""
        return [
            Route("/.well-known/databricks-config", self._host_metadata),
            Route("/oidc/.well-known/oauth-authorization-server", self._discovery),
            Route("/oidc/v1/token", self._token, methods=["POST"]),
        ]

    async def _host_metadata(self, _: Request) -> Response:
        return JSONResponse(
            {
                "oidc_endpoint": self._issuer,
                "account_id": _ACCOUNT_ID,
                "workspace_id": self._workspace_id,
                "cloud": "AWS",
                "host_type": "WORKSPACE_HOST",
            }
        )

    async def _discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{self._issuer}/v1/authorize",
                "token_endpoint": f"{self._issuer}/v1/token",
                "grant_types_supported": ["client_credentials"],
            }
        )

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        if form.get("grant_type") != "client_credentials":
            return _refusal("unsupported_grant_type", "Only client_credentials is supported")
        client_id, secret = _credentials(request, form)
        known = self._client_secrets.get(client_id)
        if known is None or not hmac.compare_digest(secret.encode(), known.encode()):
            return _refusal("invalid_client", "Client authentication failed", status=401)
        claims = {"sub": client_id, "iss": self._issuer, "scope": "all-apis"}
        return JSONResponse(
            {
                "access_token": self._tokens.sign(claims, _LIFETIME),
                "token_type": "Bearer",
                "expires_in": _LIFETIME,
                "scope": "all-apis",
            }
        )


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Return client id and secret from the Basic header, else from the form (RFC 6749, 2.3.1)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, secret


def _refusal(error: str, description: str, *, status: int = 400) -> Response:
    body = {"error": error, "error_description": description}
    return JSONResponse(body, status_code=status)
