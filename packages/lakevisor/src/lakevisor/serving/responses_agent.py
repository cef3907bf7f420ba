"""The supervisor as MLflow's `ResponsesAgent`: the same requests and answers as over HTTP.

MLflow calls it in threads, one for each request. All work is done in the process's one event loop
(`background_loop.py`); the supervisor is opened there by the first request.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from uuid import uuid4
from weakref import ref

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import ErrorCode
from mlflow.pyfunc.context import get_prediction_context
from mlflow.pyfunc.model import ResponsesAgent as MlflowAgent
from mlflow.types.responses import (
    ResponsesAgentRequest,
    ResponsesAgentResponse,
    ResponsesAgentStreamEvent,
)
from pydantic import SecretStr

from lakevisor.config import Configuration, read_packaged
from lakevisor.errors import (
    ConfigurationError,
    DeadlineExceeded,
    InvalidRequest,
    InvalidValue,
)
from lakevisor.registry import Registry, build_registry
from lakevisor.serving.background_loop import process_loop
from lakevisor.serving.description import description, is_description
from lakevisor.serving.failures import Failure, failure_of
from lakevisor.serving.logged_model import CONFIGURATION
from lakevisor.serving.model_serving import ModelServingIdentities
from lakevisor.serving.opened_on_demand import OPENING_SECONDS, OpenedOnDemand
from lakevisor.serving.request_body import MODEL, RequestBody
from lakevisor.serving.response_stream import JsonObject, ResponseStream
from lakevisor.serving.turn_response import TurnResponse, log_failure
from lakevisor.supervisor import Caller, preload

EXIT_SECONDS = 5.0
"""How long a process that ends waits for the connections to be closed."""
SLACK_SECONDS = 15.0
"""What a request may take beside its turn's own time, before it is given up."""


class _Requests:
    """What the agent does.

    MLflow records each call of a method of its own subclasses as a trace, request and answer in
    clear. It does not find these; a turn is one trace, as the configuration wants it.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Say what is to be served; connects to nothing.

        Args:
            configuration: of the workspace; without it, the one that is logged with the model.
            environment: for secrets; the process's, if none is given.
        """
        self._environment = os.environ if environment is None else environment
        self._opened: OpenedOnDemand
        if configuration is not None:
            self._configure(configuration)

    def load_context(self, context: Any) -> None:
        """Read the configuration that was logged with the model, and load its plugins.

        Args:
            context: MLflow's, with the artifacts.

        Raises:
            ConfigurationError: it is missing, or something is wrong with it.
            InvalidPlugins: with every problem, as that a configured plugin is not installed.
        """
        path = (context.artifacts or {}).get(CONFIGURATION)
        if path is None:
            raise ConfigurationError(
                f"The model was logged without the artifact {CONFIGURATION!r}.",
                remedy="Log it with the configuration of a workspace; see lakevisor.serving.model.",
            )
        self._configure(read_packaged(Path(path), environment=self._environment))

    def predict(self, request: ResponsesAgentRequest) -> ResponsesAgentResponse:
        """Answer a request.

        Raises:
            MlflowException: it was not answered, with code and correlation id.
        """
        correlation_id = _correlation_id()
        try:
            response = self._response(_body(request), correlation_id)
        # Whatever it is, the client is told of it in one form; a bug is logged as one.
        except Exception as error:  # noqa: BLE001 - an isolation point
            raise _as_mlflow_error(error, correlation_id) from None
        return ResponsesAgentResponse(**response)

    def predict_stream(
        self, request: ResponsesAgentRequest
    ) -> Generator[ResponsesAgentStreamEvent, None, None]:
        """Yield the events of an answer as they come; the turn goes on when nobody reads on.

        What goes wrong is an `error` event and `response.failed`.
        """
        correlation_id = _correlation_id()
        try:
            events = self._events(_body(request), correlation_id)
        # As in `predict`; the stream is open, so it is told in it.
        except Exception as error:  # noqa: BLE001 - an isolation point
            events = _failed(error, correlation_id)
        for event in events:
            yield ResponsesAgentStreamEvent(**event)

    def close(self, *, drain_seconds: float = 0.0, seconds: float | None = None) -> None:
        """Let the turns that run end, and close the connections; the next request opens them.

        A process that ends does it by itself. Its turns are left to whoever sends them again.

        Args:
            drain_seconds: how long they may take.
            seconds: how long to wait for all of it.
        """
        opened = self._opened
        self._opened = OpenedOnDemand(self._configuration, self._environment)
        if opened.is_begun:
            process_loop().run(opened.close(drain_seconds=drain_seconds), seconds=seconds)

    def _configure(self, configuration: Configuration) -> None:
        identity = configuration.settings.serving.identity
        if identity == "proxy":
            where = str(configuration.origin_of("serving.identity"))
            reason = "must be self or model_serving in a model: it sees no headers of a proxy"
            raise InvalidValue("serving.identity", where=where, reason=reason)
        self._identities = ModelServingIdentities() if identity == "model_serving" else None
        # Here and not in the first request: an endpoint that is ready has imported what it needs.
        preload()
        atexit.register(_close_at_exit, ref(self))
        self._configuration = configuration
        self._registry: Registry = build_registry(configuration)
        self._opened = OpenedOnDemand(configuration, self._environment)
        turn = configuration.settings.turn
        self._seconds = OPENING_SECONDS + turn.wait_seconds + turn.deadline_seconds + SLACK_SECONDS

    def _response(self, body: RequestBody, correlation_id: str) -> JsonObject:
        if is_description(body):
            *_, completed = description(body, self._registry)
            response: JsonObject = completed["response"]
            return response
        work = self._whole(body, self._token(), correlation_id)
        try:
            return process_loop().run(work, seconds=self._seconds)
        except TimeoutError:
            raise DeadlineExceeded(seconds=self._seconds) from None

    def _events(self, body: RequestBody, correlation_id: str) -> Iterator[JsonObject]:
        if is_description(body):
            return description(body, self._registry)
        work = self._begun(body, self._token(), correlation_id)
        events = process_loop().run(work, seconds=self._seconds)
        return process_loop().iterate(events, seconds=self._seconds)

    def _token(self) -> SecretStr | None:
        """Return the token of who asks. Model Serving keeps it for the thread that it calls in."""
        return None if self._identities is None else self._identities.token()

    async def _whole(
        self, body: RequestBody, token: SecretStr | None, correlation_id: str
    ) -> JsonObject:
        return await (await self._turn(body, token, correlation_id)).whole()

    async def _begun(
        self, body: RequestBody, token: SecretStr | None, correlation_id: str
    ) -> AsyncGenerator[JsonObject]:
        begun = await (await self._turn(body, token, correlation_id)).begun()
        return cast("AsyncGenerator[JsonObject]", begun)

    async def _turn(
        self, body: RequestBody, token: SecretStr | None, correlation_id: str
    ) -> TurnResponse:
        if body.background:
            raise InvalidRequest("Requests in the background are taken by lakevisor serve alone.")
        supervisor = await self._opened.supervisor()
        if self._identities is None or token is None:
            caller = Caller.of_process(supervisor.workspace)
        else:
            caller = await self._identities.caller(token, supervisor.workspace)
        return TurnResponse(
            supervisor=supervisor,
            request=body.request(),
            caller=caller,
            model=body.model,
            correlation_id=correlation_id,
            only_messages=False,
        )


class ResponsesAgent(_Requests, MlflowAgent):  # type: ignore[misc]  # as MLflow's own narrows it
    """The supervisor as MLflow serves it."""


def _close_at_exit(agent: ref[_Requests]) -> None:
    found = agent()
    if found is not None:
        with suppress(TimeoutError):
            found.close(seconds=EXIT_SECONDS)


def _body(request: ResponsesAgentRequest | Mapping[str, Any]) -> RequestBody:
    if not isinstance(request, ResponsesAgentRequest):
        request = ResponsesAgentRequest(**request)
    return RequestBody.read(request.model_dump(mode="json", exclude_none=True))


def _correlation_id() -> str:
    """Return under which id the log tells of a request: Model Serving's, where it gives one."""
    context = get_prediction_context()
    return (context.request_id if context is not None else None) or uuid4().hex


def _logged(error: Exception, correlation_id: str) -> Failure:
    failure = failure_of(error)
    log_failure(error, failure, correlation_id=correlation_id)
    return failure


def _as_mlflow_error(error: Exception, correlation_id: str) -> MlflowException:
    """Return an error as clients of MLflow and of Model Serving can read it."""
    failure = _logged(error, correlation_id)
    body = failure.body(correlation_id)
    # Model Serving hands on the message alone, so that has everything.
    return MlflowException(
        f"{failure.message} (code {failure.code}, correlation id {correlation_id})",
        error_code=ErrorCode.Value(body["error_code"]),
        error=body["error"],
    )


def _failed(error: Exception, correlation_id: str) -> Iterator[JsonObject]:
    failure = _logged(error, correlation_id)
    stream = ResponseStream(f"resp_{correlation_id}", model=MODEL)
    yield from stream.begin()
    yield from stream.fail(
        code=failure.code, message=failure.message, correlation_id=correlation_id
    )
