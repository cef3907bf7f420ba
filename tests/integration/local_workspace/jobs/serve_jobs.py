"""Serves the jobs area alone: `python serve_jobs.py <data folder> <port>`.

A token is a name: `admin` is an admin, all others are ordinary users.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from local_workspace.app import build_app
from local_workspace.area import Caller
from local_workspace.database import Database
from local_workspace.jobs import Jobs
from local_workspace.settings import Settings


class TokenIsName:
    """Takes the bearer token for the caller's name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its caller."""
        if scope["type"] == "http":
            header = dict(scope["headers"]).get(b"authorization", b"").decode()
            name = header.removeprefix("Bearer ")
            groups = {"users", "admins"} if name == "admin" else {"users"}
            scope.setdefault("state", {})["caller"] = Caller(
                user_name=f"{name}@local.test",
                user_id=1,
                display_name=name,
                groups=frozenset(groups),
            )
        await self._app(scope, receive, send)


def main() -> None:
    """Serve until a signal comes."""
    settings = Settings(data=Path(sys.argv[1]), port=int(sys.argv[2]))
    database = Database(settings.databases / "workspace.sqlite")
    app = build_app([Jobs(settings, database)], [Middleware(TokenIsName)])
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning")
    database.close()


if __name__ == "__main__":
    main()
