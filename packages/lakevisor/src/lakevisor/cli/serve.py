"""`lakevisor serve`: the supervisor over HTTP."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from lakevisor.cli.environment import LOG_VARIABLE
from lakevisor.cli.logs import start_logs
from lakevisor.cli.options import Options, takes_options

if TYPE_CHECKING:
    from fastapi import FastAPI

    from lakevisor.config import Configuration

PORT = 8000
APP_PORT_VARIABLE = "DATABRICKS_APP_PORT"
"""Databricks Apps says with it on which port it waits for the app, on all addresses."""


@takes_options
def serve(
    *,
    host: Annotated[
        str | None,
        typer.Option(help="Where to listen; 127.0.0.1, or on Databricks Apps 0.0.0.0."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help=f"On which port; ${APP_PORT_VARIABLE}, else {PORT}; 0: a free one.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="How many processes answer.")] = 1,
    options: Options,
) -> None:
    """Answer over HTTP: a chat page at /, and what OpenAI's, MLflow's, Databricks' clients send."""
    options = _with_logs(options)
    start_logs(options)
    configuration = options.load_configuration()
    app_port = options.environment.get(APP_PORT_VARIABLE)
    _require_identity(configuration, is_app=app_port is not None)
    from lakevisor.serving.process import Address, listen_on
    from lakevisor.serving.process import serve as serve_here
    from lakevisor.serving.workers import Workers

    address = Address(
        host=host or ("0.0.0.0" if app_port else "127.0.0.1"),  # noqa: S104 - the app's own proxy
        port=int(app_port or PORT) if port is None else port,
    )
    served = _Served(configuration=configuration, options=options)
    with listen_on(address) as listener:
        if workers == 1:
            serve_here(served, listener, run=_run)
        else:
            Workers(_work, served, listener, count=workers).run()


@dataclass(frozen=True, kw_only=True)
class _Served:
    """Makes the application in whatever process it is called."""

    configuration: Configuration
    options: Options

    def __call__(
        self, *, give_up: Callable[[BaseException], None], drain_seconds: Callable[[], float]
    ) -> FastAPI:
        from lakevisor.serving.app import build_app

        return build_app(
            self.configuration,
            self.options.environment,
            give_up=give_up,
            drain_seconds=drain_seconds,
        )


def _work(served: _Served, listener: socket.socket) -> None:
    """Answer requests in a worker process."""
    from lakevisor.cli.failures import tell_failure
    from lakevisor.errors import LakevisorError
    from lakevisor.serving.process import serve as serve_here
    from lakevisor.serving.workers import GIVEN_UP

    start_logs(served.options)
    try:
        serve_here(served, listener, run=_run)
    except LakevisorError as error:
        tell_failure(error)
        sys.exit(GIVEN_UP)


def _run(work: object) -> None:
    from lakevisor.cli.running import run

    run(work)  # type: ignore[arg-type]


def _with_logs(options: Options) -> Options:
    """Return the options with logs: a server that is silent helps nobody."""
    return replace(options, environment={LOG_VARIABLE: "info", **options.environment})


def _require_identity(configuration: Configuration, *, is_app: bool) -> None:
    """Refuse an app of many people in which everybody would be the app, or nobody is known."""
    identity = configuration.settings.serving.identity
    if is_app and identity == "self":
        reason = (
            f"must be proxy where {APP_PORT_VARIABLE} is set: on Databricks Apps everybody who "
            "opens the app would be the app's own service principal"
        )
    elif identity == "model_serving":
        reason = "is for the model that Model Serving serves; here it is self or proxy"
    else:
        return
    from lakevisor.errors import InvalidValue

    where = str(configuration.origin_of("serving.identity"))
    raise InvalidValue("serving.identity", where=where, reason=reason)
