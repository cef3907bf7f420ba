"""The application of one server process: MLflow's AgentServer, with routes of our own.

See `docs/decisions/0012-what-agent-server-is-for.md`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from lakevisor.config import Configuration
from lakevisor.errors import InvalidRequest, LakevisorError
from lakevisor.serving.answers import as_json
from lakevisor.serving.correlation import Correlated
from lakevisor.serving.failures import Failure, failure_of
from lakevisor.serving.identity import Identities
from lakevisor.serving.opening import GiveUp, OpenedInBackground, SecondsLeft
from lakevisor.serving.page import Page
from lakevisor.serving.request_reading import CORRELATION_HEADER, correlation_id
from lakevisor.serving.routes import Routes
from lakevisor.serving.turn_response import log_failure

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.types import StatelessLifespan

THEIRS = ("/openapi.json", "/agent/info")
"""What stays of AgentServer's own routes."""


def build_app(
    configuration: Configuration,
    environment: Mapping[str, str],
    *,
    give_up: GiveUp,
    drain_seconds: SecondsLeft,
) -> FastAPI:
    """Return the application; it connects to nothing before it is started.

    Args:
        configuration: of the workspace.
        environment: for secrets and for `workspace.start`.
        give_up: see `OpenedInBackground`.
        drain_seconds: see `OpenedInBackground`.
    """
    from mlflow.genai.agent_server import AgentServer

    settings = configuration.settings.serving
    app: FastAPI = AgentServer("ResponsesAgent", enable_chat_proxy=settings.chat_proxy).app
    app.title, app.version = "Lakevisor", version("lakevisor")

    opening = OpenedInBackground(
        configuration, environment, give_up=give_up, drain_seconds=drain_seconds
    )
    routes = Routes(opened=opening, identities=Identities(settings), settings=settings)
    app.router.routes[:] = [each for each in app.router.routes if _is_kept(each)]
    app.include_router(routes.router())
    if settings.page and not settings.chat_proxy:
        app.include_router(Page(starters=settings.starters).router())
    app.router.lifespan_context = _open_while_served(opening)
    _answer_errors(app)
    app.add_middleware(Correlated)
    return app


def _is_kept(route: BaseRoute) -> bool:
    return getattr(route, "path", None) in THEIRS


def _open_while_served(opening: OpenedInBackground) -> StatelessLifespan[Any]:
    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        async with opening:
            yield

    return lifespan


def _answer_errors(app: FastAPI) -> None:
    async def tell(request: Request, error: Exception) -> Response:
        failure = failure_of(error)
        log_failure(error, failure, correlation_id=correlation_id(request))
        return _answer(request, failure)

    async def tell_status(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "it is registered for these"
        words = {404: "There is no such path.", 405: "The path does not take this method."}
        message = words.get(error.status_code, "The request cannot be taken.")
        return _answer(request, Failure(status=error.status_code, code="http", message=message))

    async def tell_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError), "it is registered for these"
        where = ", ".join(sorted({str(each["loc"][-1]) for each in error.errors()}))
        return await tell(request, InvalidRequest(f"Not as it must be: {where}."))

    app.add_exception_handler(LakevisorError, tell)
    app.add_exception_handler(RequestValidationError, tell_invalid)
    app.add_exception_handler(Exception, tell)
    app.add_exception_handler(HTTPException, tell_status)


def _answer(request: Request, failure: Failure) -> Response:
    identifier = correlation_id(request)
    headers = {**failure.headers(), CORRELATION_HEADER: identifier}
    return as_json(failure.body(identifier), status=failure.status, headers=headers)
