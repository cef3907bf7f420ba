"""A statement as the Statement Execution API answers it: status, manifest, chunks."""

from __future__ import annotations

from typing import Any

from local_workspace.sql.result import Result
from local_workspace.sql.warehouse import Statement


def statement_response(statement: Statement, *, rows_per_chunk: int) -> dict[str, Any]:
    """Return the whole answer for a statement, with its first chunk."""
    body: dict[str, Any] = {"statement_id": statement.statement_id, "status": _status(statement)}
    if statement.state == "SUCCEEDED" and statement.result is not None:
        body["manifest"] = _manifest(statement.result, rows_per_chunk)
        body["result"] = (
            chunk(statement, 0, rows_per_chunk=rows_per_chunk) if statement.result.rows else {}
        )
    return body


def chunk(statement: Statement, index: int, *, rows_per_chunk: int) -> dict[str, Any]:
    """Return one chunk of a result; the caller has checked that it exists."""
    assert statement.result is not None
    offset = index * rows_per_chunk
    rows = statement.result.rows[offset : offset + rows_per_chunk]
    body: dict[str, Any] = {"chunk_index": index, "row_offset": offset, "row_count": len(rows)}
    following = offset + rows_per_chunk
    if following < len(statement.result.rows):
        path = f"/api/2.0/sql/statements/{statement.statement_id}/result/chunks/{index + 1}"
        body["next_chunk_index"] = index + 1
        body["next_chunk_internal_link"] = f"{path}?row_offset={following}"
    body["data_array"] = [list(row) for row in rows]
    return body


def chunk_count(result: Result, rows_per_chunk: int) -> int:
    """Return how many chunks a result has."""
    return -(-len(result.rows) // rows_per_chunk)


def _status(statement: Statement) -> dict[str, Any]:
    status: dict[str, Any] = {"state": statement.state}
    if statement.failure is not None:
        status["error"] = {"error_code": "BAD_REQUEST", "message": statement.failure.message}
        status["sql_state"] = statement.failure.sql_state
    return status


def _manifest(result: Result, rows_per_chunk: int) -> dict[str, Any]:
    count, total = chunk_count(result, rows_per_chunk), len(result.rows)
    manifest: dict[str, Any] = {
        "format": "JSON_ARRAY",
        "schema": {
            "column_count": len(result.columns),
            "columns": [column.body() for column in result.columns],
        },
        "total_chunk_count": count,
    }
    if count:
        offsets = range(0, total, rows_per_chunk)
        manifest["chunks"] = [
            {
                "chunk_index": index,
                "row_offset": offset,
                "row_count": min(rows_per_chunk, total - offset),
            }
            for index, offset in enumerate(offsets)
        ]
    return manifest | {"total_row_count": total, "truncated": result.is_truncated}
