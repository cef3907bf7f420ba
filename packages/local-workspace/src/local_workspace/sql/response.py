"""A statement as the Statement Execution API answers it: status, manifest, chunks."""

from __future__ import annotations

import json
from typing import Any

from local_workspace.sql.external_links import ExternalLinks
from local_workspace.sql.result import Chunk
from local_workspace.sql.statement import Statement


class Responses:
    """Makes the answers for one request."""

    def __init__(self, links: ExternalLinks, *, base_url: str) -> None:
        self._links = links
        self._base_url = base_url

    def whole(self, statement: Statement) -> dict[str, Any]:
        """Return the whole answer for a statement, with its first chunk."""
        body: dict[str, Any] = {
            "statement_id": statement.statement_id,
            "status": _status(statement),
        }
        if statement.state == "SUCCEEDED" and statement.result is not None:
            body["manifest"] = _manifest(statement)
            body["result"] = self.chunk(statement, 0) if statement.result.chunks else {}
        return body

    def chunk(self, statement: Statement, index: int) -> dict[str, Any]:
        """Return one chunk of a result; the caller has checked that it exists."""
        assert statement.result is not None
        chunk = statement.result.chunks[index]
        body = _place(chunk)
        if index + 1 < len(statement.result.chunks):
            path = f"/api/2.0/sql/statements/{statement.statement_id}/result/chunks/{index + 1}"
            body["next_chunk_index"] = index + 1
            following = chunk.row_offset + chunk.row_count
            body["next_chunk_internal_link"] = f"{path}?row_offset={following}"
        if statement.disposition == "INLINE":
            return body | {"data_array": json.loads(chunk.path.read_bytes())}
        link = self._links.link(statement, chunk, base_url=self._base_url)
        # The platform gives one link at a time, with the way to the next one in it.
        return {"external_links": [body | {"byte_count": chunk.byte_count} | link]}


def _status(statement: Statement) -> dict[str, Any]:
    status: dict[str, Any] = {"state": statement.state}
    if statement.failure is not None:
        status["error"] = {"error_code": "BAD_REQUEST", "message": statement.failure.message}
        status["sql_state"] = statement.failure.sql_state
    return status


def _manifest(statement: Statement) -> dict[str, Any]:
    result, is_external = statement.result, statement.disposition == "EXTERNAL_LINKS"
    assert result is not None
    manifest: dict[str, Any] = {
        "format": statement.format,
        "schema": {
            "column_count": len(result.columns),
            "columns": [column.body() for column in result.columns],
        },
        "total_chunk_count": len(result.chunks),
    }
    if result.chunks:
        manifest["chunks"] = [
            _place(chunk) | ({"byte_count": chunk.byte_count} if is_external else {})
            for chunk in result.chunks
        ]
    if is_external:
        manifest["total_byte_count"] = sum(chunk.byte_count for chunk in result.chunks)
    return manifest | {"total_row_count": result.row_count, "truncated": result.is_truncated}


def _place(chunk: Chunk) -> dict[str, Any]:
    return {
        "chunk_index": chunk.index,
        "row_offset": chunk.row_offset,
        "row_count": chunk.row_count,
    }
