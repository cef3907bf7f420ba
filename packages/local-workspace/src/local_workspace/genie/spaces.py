"""The routes of spaces: list, get, create, update, trash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import caller_of, json_body
from local_workspace.errors import ApiError, InvalidParameter
from local_workspace.genie.door import Door, may
from local_workspace.genie.records import Space
from local_workspace.genie.serialized_space import parse_space
from local_workspace.genie.store import GenieStore
from local_workspace.genie.views import page, space_view
from local_workspace.sql import WAREHOUSE_ID

SPACES = "/api/2.0/genie/spaces"
_TEXTS = ("title", "description", "warehouse_id", "parent_path")


class SpaceRoutes:
    """`/api/2.0/genie/spaces` and one space of them."""

    def __init__(self, store: GenieStore, door: Door) -> None:
        self._store = store
        self._door = door

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of spaces."""
        one = f"{SPACES}/{{space_id}}"
        return [
            Route(SPACES, self._list, methods=["GET"]),
            Route(SPACES, self._create, methods=["POST"]),
            Route(one, self._get, methods=["GET"]),
            Route(one, self._update, methods=["PATCH"]),
            Route(one, self._trash, methods=["DELETE"]),
        ]

    async def _list(self, request: Request) -> Response:
        caller, query = caller_of(request), request.query_params
        seen = [space for space in self._store.spaces() if may(caller, space, "CAN_VIEW")]
        spaces, following = page(seen, query.get("page_size"), query.get("page_token"))
        return JSONResponse({"spaces": [space_view(each) for each in spaces]} | following)

    async def _get(self, request: Request) -> Response:
        with_content = request.query_params.get("include_serialized_space", "").lower() == "true"
        space = self._door.space(request, "CAN_EDIT" if with_content else "CAN_VIEW")
        return JSONResponse(space_view(space, with_content=with_content))

    async def _create(self, request: Request) -> Response:
        body = await json_body(request)
        texts = _texts(body)
        if "warehouse_id" not in texts or "serialized_space" not in body:
            raise InvalidParameter("warehouse_id and serialized_space are required.")
        space = Space(
            title=texts.get("title") or "New Space",
            description=texts.get("description", ""),
            warehouse_id=texts["warehouse_id"],
            parent_path=texts.get("parent_path"),
            serialized_space=canonical(body["serialized_space"]),
            owner=caller_of(request).user_name,
        )
        self._store.save_space(space)
        return JSONResponse(space_view(space, with_content=True))

    async def _update(self, request: Request) -> Response:
        body = await json_body(request)
        space = self._door.space(request, "CAN_EDIT")
        if body.get("etag") not in (None, str(space.etag)):
            raise ApiError(
                f"Space {space.space_id} has been changed since etag {body['etag']} was read.",
                error_code="ABORTED",
                status=409,
            )
        changes: dict[str, Any] = dict(_texts(body))
        if body.get("serialized_space") is not None:
            content = canonical(body["serialized_space"])
            changes["serialized_space"] = content
            changes["etag"] = space.etag + (content != space.serialized_space)
        changed = replace(space, **changes)
        self._store.save_space(changed)
        return JSONResponse(space_view(changed, with_content=True))

    async def _trash(self, request: Request) -> Response:
        space = self._door.space(request, "CAN_MANAGE")
        self._store.save_space(replace(space, trashed=True))
        return JSONResponse({})


def canonical(serialized_space: Any) -> str:
    """Return a checked space as it is kept: version 2, without what is empty."""
    space = parse_space(serialized_space)
    return space.model_dump_json(exclude_defaults=True)


def _texts(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the plain fields of a space that a request gives."""
    texts = {name: body[name] for name in _TEXTS if body.get(name) is not None}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise InvalidParameter(f"{name} must be a string.")
    if texts.get("warehouse_id", WAREHOUSE_ID) != WAREHOUSE_ID:
        raise InvalidParameter(f"SQL warehouse {texts['warehouse_id']} does not exist.")
    return texts
