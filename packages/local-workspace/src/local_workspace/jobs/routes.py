"""The paths of the Jobs API, in the three versions that clients use."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local_workspace.area import Caller, caller_of, json_body
from local_workspace.jobs.arguments import Arguments

Answer = Callable[[Caller, Arguments], Mapping[str, Any]]
"""What answers one call."""

VERSIONS = ("2.2", "2.1", "2.0")
"""The calls this workspace has mean the same in all of them."""


def job_routes(answers: Mapping[tuple[str, str], Answer]) -> list[Route]:
    """Return the routes of calls under `/api/<version>/jobs`, by method and path."""
    return [
        _route(method, f"/api/{version}/jobs/{path}", answer)
        for version in VERSIONS
        for (method, path), answer in answers.items()
    ]


def permission_routes(answers: Mapping[str, Answer]) -> list[Route]:
    """Return the routes of a job's permissions, by method."""
    path = "/api/2.0/permissions/jobs/{job_id}"
    return [_route(method, path, answer) for method, answer in answers.items()]


def runtime_routes() -> list[Route]:
    """Return the route that clients use to see whether a connection works."""
    return [
        _route("GET", f"/api/{version}/clusters/spark-versions", _runtimes) for version in VERSIONS
    ]


def _runtimes(_: Caller, __: Arguments) -> dict[str, Any]:
    """Answer with what tasks run on: this machine's Python, without Spark."""
    version = platform.python_version()
    return {"versions": [{"key": f"python-{version}", "name": f"Python {version}, local"}]}


def _route(method: str, path: str, answer: Answer) -> Route:
    async def endpoint(request: Request) -> JSONResponse:
        # some clients send a GET's arguments as a body
        given = {**request.query_params, **await json_body(request), **request.path_params}
        return JSONResponse(answer(caller_of(request), Arguments(given)))

    return Route(path, endpoint, methods=[method])
