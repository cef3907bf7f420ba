"""The Files API: `/api/2.0/fs/files`, `/api/2.0/fs/directories`, and links instead of bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import caller_of, json_body
from local_workspace.calls import text
from local_workspace.errors import AlreadyExists, InvalidParameter, NotFound, PermissionDenied
from local_workspace.storage.mounts import Mount, Mounts
from local_workspace.storage.signed_links import SignedLinks, receive
from local_workspace.storage.workspace_files import WorkspaceFiles

_FILES = "/api/2.0/fs/files/{path:path}"
_FOLDERS = "/api/2.0/fs/directories/{path:path}"
_PAGE = 1000


class Storage:
    """What MLflow's artifacts and the SDK's `files` go through."""

    def __init__(
        self, mounts: Sequence[Mount], *, links: SignedLinks, workspace_files: WorkspaceFiles
    ) -> None:
        self._mounts = Mounts(mounts)
        self._links = links
        self._workspace_files = workspace_files

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of the Files API, of the links, and of the workspace's files."""
        return [
            *self._links.routes(),
            *self._workspace_files.routes(),
            Route("/api/2.0/fs/create-upload-url", self._upload_link, methods=["POST"]),
            Route("/api/2.0/fs/create-download-url", self._download_link, methods=["POST"]),
            Route("/api/2.0/fs/create-upload-part-urls", self._no_parts, methods=["POST"]),
            Route("/api/2.0/fs/create-abort-upload-url", self._no_parts, methods=["POST"]),
            Route(_FILES, self._download, methods=["GET", "HEAD"]),
            Route(_FILES, self._upload, methods=["PUT"]),
            Route(_FILES, self._begin_upload, methods=["POST"]),
            Route(_FILES, self._delete, methods=["DELETE"]),
            Route(_FOLDERS, self._list, methods=["GET"]),
            Route(_FOLDERS, self._folder_exists, methods=["HEAD"]),
            Route(_FOLDERS, self._make_folder, methods=["PUT"]),
            Route(_FOLDERS, self._delete_folder, methods=["DELETE"]),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold nothing: files are on the disk."""
        yield

    async def _download(self, request: Request) -> Response:
        return FileResponse(self._existing(request), media_type="application/octet-stream")

    async def _upload(self, request: Request) -> Response:
        file = self._file(request, writes=True)
        overwrites = request.query_params.get("overwrite", "true").lower() != "false"
        if file.exists() and not overwrites:
            raise AlreadyExists(f"The file {_path(request)} already exists.")
        if file.is_dir():
            raise InvalidParameter(f"{_path(request)} is a directory.")
        await receive(request, file)
        return Response(status_code=204)

    async def _begin_upload(self, request: Request) -> Response:
        """Begin an upload in parts; the SDK then hears that parts are not to be had here."""
        self._file(request, writes=True)
        return JSONResponse({"multipart_upload": {"session_token": "whole"}})

    async def _no_parts(self, _: Request) -> Response:
        """Refuse as a workspace does whose storage has no links for parts: send the file whole."""
        body = PermissionDenied("Presigned URLs API is not enabled").response()
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "FILES_API_API_IS_NOT_ENABLED",
            "domain": "filesystem.databricks.com",
        }
        content = {
            "error_code": "PERMISSION_DENIED",
            "message": "Presigned URLs API is not enabled",
            "details": [info],
        }
        return JSONResponse(content, status_code=body.status_code)

    async def _delete(self, request: Request) -> Response:
        file = self._file(request, writes=True)
        if not file.is_file():
            raise _missing(request)
        file.unlink()
        return Response(status_code=204)

    async def _upload_link(self, request: Request) -> Response:
        return await self._link(request, writes=True)

    async def _download_link(self, request: Request) -> Response:
        return await self._link(request, writes=False)

    async def _link(self, request: Request, *, writes: bool) -> Response:
        path = text({**request.query_params, **await json_body(request)}, "path")
        caller = caller_of(request)
        file = self._mounts.file(caller, path, writes=writes)
        if not writes and not file.is_file():
            raise NotFound(f"The file {path} does not exist.", error_code="NOT_FOUND")
        url = self._links.link(caller.user_name, file, writes=writes)
        return JSONResponse({"url": url, "headers": []})

    async def _list(self, request: Request) -> Response:
        folder = self._folder(request)
        start = int(request.query_params.get("page_token") or 0)
        entries = sorted(each for each in folder.iterdir() if not each.name.startswith(".upload-"))
        page = [_entry(_path(request), each) for each in entries[start : start + _PAGE]]
        body: dict[str, Any] = {"contents": page}
        if len(entries) > start + _PAGE:
            body["next_page_token"] = str(start + _PAGE)
        return JSONResponse(body)

    async def _folder_exists(self, request: Request) -> Response:
        self._folder(request)
        return Response(status_code=204)

    async def _make_folder(self, request: Request) -> Response:
        self._file(request, writes=True).mkdir(parents=True, exist_ok=True)
        return Response(status_code=204)

    async def _delete_folder(self, request: Request) -> Response:
        folder = self._file(request, writes=True)
        if not folder.is_dir():
            raise _missing(request)
        if any(folder.iterdir()):
            raise InvalidParameter(f"The directory {_path(request)} is not empty.")
        folder.rmdir()
        return Response(status_code=204)

    def _file(self, request: Request, *, writes: bool = False) -> Path:
        return self._mounts.file(caller_of(request), _path(request), writes=writes)

    def _existing(self, request: Request) -> Path:
        file = self._file(request)
        if not file.is_file():
            raise _missing(request)
        return file

    def _folder(self, request: Request) -> Path:
        folder = self._file(request)
        if not folder.is_dir():
            raise _missing(request)
        return folder


def _path(request: Request) -> str:
    return "/" + str(request.path_params["path"]).strip("/")


def _missing(request: Request) -> NotFound:
    return NotFound(f"{_path(request)} does not exist.", error_code="NOT_FOUND")


def _entry(folder: str, file: Path) -> dict[str, Any]:
    facts = file.stat()
    entry: dict[str, Any] = {
        "path": f"{folder}/{file.name}",
        "name": file.name,
        "is_directory": file.is_dir(),
        "last_modified": int(facts.st_mtime * 1000),
    }
    return entry if file.is_dir() else {**entry, "file_size": facts.st_size}
