"""The workspace's own files, `/Shared` and `/Users`: `/api/2.0/workspace/...`."""

from __future__ import annotations

import base64
import binascii
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import Caller, caller_of, json_body
from local_workspace.calls import Given, call_route, text
from local_workspace.errors import AlreadyExists, InvalidParameter, NotFound, PermissionDenied
from local_workspace.identity import SERVICE_PRINCIPALS, USERS
from local_workspace.settings import Settings

_NOTEBOOK = "# Databricks notebook source"
_LONGEST = 10 * 1024 * 1024
"""Bytes that an import may have, as on the platform; larger ones come as they are."""
_HOMES = ("Users", "Shared")


class WorkspaceFiles:
    """Imports, exports and lists what jobs and apps run from; a notebook is kept as its `.py`."""

    def __init__(self, settings: Settings) -> None:
        self._root = settings.files

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of the workspace's files."""
        prefix = "/api/2.0/workspace"
        return [
            call_route("POST", f"{prefix}/mkdirs", self._make_folder),
            call_route("POST", f"{prefix}/delete", self._delete),
            call_route("GET", f"{prefix}/get-status", self._status),
            call_route("GET", f"{prefix}/list", self._list),
            Route(f"{prefix}/import", self._import, methods=["POST"]),
            Route(f"{prefix}/export", self._export, methods=["GET"]),
            Route("/api/2.0/workspace-files/import-file/{path:path}", self._raw, methods=["POST"]),
        ]

    def prepare(self) -> None:
        """Make the folders that every workspace has."""
        for user in (*USERS, *SERVICE_PRINCIPALS.values()):
            (self._root / "Users" / user.user_name).mkdir(parents=True, exist_ok=True)
        (self._root / "Shared").mkdir(parents=True, exist_ok=True)

    def file(self, caller: Caller, path: str, *, writes: bool = False) -> Path:
        """Return the file behind a path, if the caller may use it so.

        Raises:
            InvalidParameter: the path does not begin with a slash, or is not written plainly.
            PermissionDenied: it is in another's home, or where only the workspace writes.
        """
        inside = path.removeprefix("/Workspace").strip("/")
        # a path is checked as it is written, so it must name what it reaches
        parts = inside.split("/") if inside else []
        if not path.startswith("/") or "\0" in path or not {"", ".", ".."}.isdisjoint(parts):
            raise InvalidParameter(f"Path ({path}) is not a valid workspace path.")
        file = (self._root / inside).resolve()
        top, _, rest = inside.partition("/")
        others = top == "Users" and rest.partition("/")[0] not in ("", caller.user_name)
        if not caller.is_admin and (others or (writes and (top not in _HOMES or not rest))):
            raise PermissionDenied(f"{caller.user_name} does not have access to {path}.")
        return file

    def _make_folder(self, caller: Caller, given: Given) -> dict[str, Any]:
        path = text(given, "path")
        folder = self.file(caller, path, writes=True)
        if folder.is_file():
            raise AlreadyExists(f"{path} is a file.")
        folder.mkdir(parents=True, exist_ok=True)
        return {}

    def _delete(self, caller: Caller, given: Given) -> dict[str, Any]:
        path = text(given, "path")
        file = self._existing(caller, path, writes=True)
        if file.is_dir():
            if any(file.iterdir()) and str(given.get("recursive")).lower() != "true":
                raise InvalidParameter(
                    f"Folder ({path}) is not empty.", error_code="DIRECTORY_NOT_EMPTY"
                )
            shutil.rmtree(file)
        else:
            file.unlink()
        return {}

    def _status(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._view(self._existing(caller, text(given, "path")))

    def _list(self, caller: Caller, given: Given) -> dict[str, Any]:
        file = self._existing(caller, text(given, "path"))
        found = sorted(file.iterdir()) if file.is_dir() else [file]
        return {"objects": [self._view(each) for each in found]}

    async def _import(self, request: Request) -> Response:
        given, content = await _imported(request)
        caller, path, form = caller_of(request), text(given, "path"), given.get("format", "SOURCE")
        if form not in ("SOURCE", "AUTO", "RAW"):
            raise InvalidParameter(f"The local workspace imports no {form}; use AUTO or SOURCE.")
        if len(content) > _LONGEST:
            raise InvalidParameter("content size exceeded", error_code="MAX_NOTEBOOK_SIZE_EXCEEDED")
        is_source = content.startswith(_NOTEBOOK.encode())
        as_notebook = form == "SOURCE" or (form == "AUTO" and is_source)
        file = self.file(caller, path, writes=True)
        if as_notebook:
            file = file.parent / f"{file.name.removesuffix('.py')}.py"
            content = content if is_source else f"{_NOTEBOOK}\n".encode() + content
        self._write(file, content, path, overwrites=str(given.get("overwrite")).lower() == "true")
        return JSONResponse({})

    async def _raw(self, request: Request) -> Response:
        """Take the bytes of a file as they are, as bundles send them."""
        path = "/" + str(request.path_params["path"]).lstrip("/")
        overwrites = request.query_params.get("overwrite", "false").lower() == "true"
        file = self.file(caller_of(request), path, writes=True)
        self._write(file, await request.body(), path, overwrites=overwrites)
        return JSONResponse({})

    def _write(self, file: Path, content: bytes, path: str, *, overwrites: bool) -> None:
        if not file.parent.is_dir():
            raise NotFound(f"The parent folder ({path.rpartition('/')[0]}) does not exist.")
        if file.is_dir() or (file.exists() and not overwrites):
            raise AlreadyExists(f"Path ({path}) already exists.", status=400)
        file.write_bytes(content)

    async def _export(self, request: Request) -> Response:
        given = {**request.query_params}
        file = self._existing(caller_of(request), text(given, "path"))
        if file.is_dir():
            raise InvalidParameter("The local workspace exports files, not folders.")
        if given.get("direct_download", "").lower() == "true":
            return FileResponse(file, media_type="application/octet-stream")
        return JSONResponse({"content": base64.b64encode(file.read_bytes()).decode()})

    def _existing(self, caller: Caller, path: str, *, writes: bool = False) -> Path:
        file = self.file(caller, path, writes=writes)
        notebook = file.parent / f"{file.name}.py"
        found = next((each for each in (file, notebook) if each.exists()), None)
        if found is None:
            raise NotFound(f"Path ({path}) doesn't exist.")
        return found

    def _view(self, file: Path) -> dict[str, Any]:
        path = "/" + str(file.relative_to(self._root.resolve()))
        facts = file.stat()
        common = {
            "object_id": facts.st_ino,
            "created_at": int(facts.st_ctime * 1000),
            "modified_at": int(facts.st_mtime * 1000),
        }
        if file.is_dir():
            return {"object_type": "DIRECTORY", "path": path, **common}
        if _is_notebook(file):
            path = path.removesuffix(".py")
            return {"object_type": "NOTEBOOK", "language": "PYTHON", "path": path, **common}
        return {"object_type": "FILE", "path": path, "size": facts.st_size, **common}


def _is_notebook(file: Path) -> bool:
    if file.suffix != ".py":
        return False
    with file.open("rb") as opened:
        return opened.read(len(_NOTEBOOK)) == _NOTEBOOK.encode()


async def _imported(request: Request) -> tuple[dict[str, Any], bytes]:
    """Return what an import says and its bytes, from JSON or from a form."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        form = await request.form()
        given: dict[str, Any] = {name: value for name, value in form.items() if name != "content"}
        content = form.get("content")
        if content is None or isinstance(content, str):
            return given, (content or "").encode()
        return given, await content.read()
    body = dict(await json_body(request))
    try:
        return body, base64.b64decode(body.get("content") or "", validate=True)
    except (binascii.Error, TypeError) as error:
        raise InvalidParameter("content is not base64") from error
