"""Long-running operations: what the autoscaling API answers to every change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local_workspace.lakebase.resource_names import not_found

_TYPE = "type.googleapis.com/databricks.postgres.v1"
_EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}
_KEPT = 1000


class Operations:
    """Operations that were done at once, kept for clients that ask how they went."""

    def __init__(self) -> None:
        self._done: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def done(self, kind: str, *, name: str, response: Mapping[str, Any] | None = None) -> Response:
        """Return the answer to a change that is done.

        Args:
            kind: `Role` or `Database`.
            name: The resource's name.
            response: The resource, or None where it was deleted.
        """
        operation = {
            "name": f"{name}/operations/{uuid4()}",
            "done": True,
            "metadata": {"@type": f"{_TYPE}.{kind}OperationMetadata"},
            "response": _EMPTY if response is None else dict(response),
        }
        self._done[str(operation["name"])] = operation
        if len(self._done) > _KEPT:
            self._done.popitem(last=False)
        return JSONResponse(operation)

    async def get(self, request: Request) -> Response:
        """Answer how an operation went."""
        parts = request.path_params
        operation = self._done.get(f"{parts['resource']}/operations/{parts['operation']}")
        if operation is None:
            raise not_found("operation")
        return JSONResponse(operation)
