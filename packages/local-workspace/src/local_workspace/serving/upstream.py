"""Any OpenAI-compatible endpoint as the model behind the serving endpoints."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import httpx
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from local_workspace.errors import ApiError, InvalidParameter, RateLimited, Unavailable

_TIMEOUT = httpx.Timeout(300, connect=10)
_ENDPOINT = "/chat/completions"


@dataclass(frozen=True, kw_only=True)
class UpstreamSettings:
    """Where the model is."""

    url: str
    """The base address, such as `http://127.0.0.1:11434/v1`."""
    model: str | None = None
    """The model's name there; None: the name of the serving endpoint is passed on."""
    api_key: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self | None:
        """Return what `LOCAL_WORKSPACE_MODEL_URL` and its siblings say, or None without it.

        The siblings are `LOCAL_WORKSPACE_MODEL` and `LOCAL_WORKSPACE_API_KEY`; both may also be
        written with the whole prefix, as `LOCAL_WORKSPACE_MODEL_API_KEY`.
        """

        def named(name: str) -> str | None:
            short, long = f"LOCAL_WORKSPACE_{name}", f"LOCAL_WORKSPACE_MODEL_{name}"
            return environment.get(long) or environment.get(short)

        url = environment.get("LOCAL_WORKSPACE_MODEL_URL")
        return cls(url=url, model=named("MODEL"), api_key=named("API_KEY")) if url else None


class Upstream:
    """Passes requests on and answers back, word for word."""

    def __init__(self, settings: UpstreamSettings) -> None:
        self._settings = settings
        self._client: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the connections to the endpoint."""
        key = self._settings.api_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with httpx.AsyncClient(headers=headers, timeout=_TIMEOUT) as self._client:
            yield

    async def answer(self, body: Mapping[str, Any]) -> Response:
        """Return the endpoint's answer; a stream is passed on as it comes.

        Raises:
            ApiError: the endpoint refused, or cannot be reached.
        """
        response = await self._post(body)
        media_type = response.headers.get("content-type", "application/json")
        if body.get("stream"):
            closing = BackgroundTask(response.aclose)
            return StreamingResponse(
                response.aiter_raw(), media_type=media_type, background=closing
            )
        content = await response.aread()
        return Response(content, media_type=media_type)

    async def complete(self, messages: list[dict[str, Any]]) -> str:
        """Return the text with which the model answers these messages."""
        response = await self._post({"messages": messages})
        await response.aread()
        try:
            return str(response.json()["choices"][0]["message"]["content"] or "")
        except (ValueError, LookupError, TypeError) as error:
            raise Unavailable("The configured model did not answer in OpenAI's form") from error

    async def _post(self, body: Mapping[str, Any]) -> httpx.Response:
        assert self._client is not None, "the server does not run"
        named = {**body, "model": self._settings.model or body.get("model", "default")}
        url = self._settings.url.rstrip("/")
        url = url if url.endswith(_ENDPOINT) else url + _ENDPOINT
        # Without this a compressed stream would be passed on without its encoding's name.
        headers = {"Accept-Encoding": "identity"}
        request = self._client.build_request("POST", url, json=named, headers=headers)
        try:
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise Unavailable(f"The configured model at {url} does not answer") from error
        if response.is_error:
            content = await response.aread()
            await response.aclose()
            raise _translated(response, content.decode(errors="replace"))
        return response


def _translated(response: httpx.Response, said: str) -> ApiError:
    """Return the workspace's error for the endpoint's; its key is ours, not the caller's fault."""
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = response.headers.get("retry-after", "1")
        return RateLimited(said, headers={"Retry-After": wait})
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) or response.is_server_error:
        return Unavailable(f"The configured model answered {status}: {said}")
    return InvalidParameter(said, error_code="BAD_REQUEST")
