"""Writes a result into files, one for each chunk, so that it is never whole in memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from local_workspace.sql.failure import SqlCanceled, SqlFailed
from local_workspace.sql.result import Chunk, Column, Result, Row
from local_workspace.sql.statement import INLINE_BYTES, Statement

_BATCH = 500


def spool_rows(
    rows: Iterable[Row],
    statement: Statement,
    *,
    columns: tuple[Column, ...],
    folder: Path,
    rows_per_chunk: int,
) -> Result:
    """Write rows as JSON or CSV, up to the statement's limits.

    Raises:
        SqlFailed: the result is too large for the statement's disposition.
        SqlCanceled: the statement was cancelled meanwhile.
    """
    limits = _Limits(statement)
    within = limits.of_rows(rows)
    first = next(within, None)
    all_rows = iter(()) if first is None else chain([first], within)
    write = partial(_FORMATS[statement.format], columns=columns)
    chunks = tuple(_chunks(all_rows, folder, write, rows_per_chunk=rows_per_chunk))
    return Result(
        columns=columns,
        row_count=limits.rows,
        is_truncated=limits.are_passed,
        first_row=first,
        chunks=chunks,
    )


def spool_arrow(
    batches: Iterable[Any], statement: Statement, *, columns: tuple[Column, ...], folder: Path
) -> Result:
    """Write each of Arrow's record batches as a stream of its own, up to the limits.

    Raises:
        SqlCanceled: the statement was cancelled meanwhile.
    """
    # It is large, and few ask for this format.
    import pyarrow.ipc

    limits, chunks = _Limits(statement), []
    for index, batch in enumerate(limits.of_batches(batches)):
        path = _path(folder, index)
        with pyarrow.ipc.new_stream(str(path), batch.schema) as stream:
            stream.write_batch(batch)
        offset = limits.rows - batch.num_rows
        chunks.append(_chunk(path, index, row_offset=offset, row_count=batch.num_rows))
    return Result(
        columns=columns,
        row_count=limits.rows,
        is_truncated=limits.are_passed,
        chunks=tuple(chunks),
    )


class _Limits:
    """Lets a result pass up to its statement's limits."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._is_inline = statement.disposition == "INLINE"
        self._most_bytes = statement.byte_limit or (INLINE_BYTES if self._is_inline else None)
        self._bytes = 0
        self.rows = 0
        """How many rows have passed."""
        self.are_passed = False
        """Whether there was more than may pass."""

    def of_rows(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            size = sum(len(value) for value in row if value is not None)
            if self._is_enough(size):
                return
            self.rows += 1
            yield row

    def of_batches(self, batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            if self._is_enough(batch.nbytes):
                return
            limit = self._statement.row_limit
            room = batch.num_rows if limit is None else min(batch.num_rows, limit - self.rows)
            self.rows += room
            self.are_passed = room < batch.num_rows
            yield batch.slice(0, room)

    def _is_enough(self, size: int) -> bool:
        """Return whether nothing more may pass, now that there is something of this size.

        Sizes are estimates, as the platform's own are: of text, its characters.
        """
        if self._statement.state == "CANCELED":
            raise SqlCanceled
        self._bytes += size
        is_large = self._most_bytes is not None and self._bytes > self._most_bytes
        if is_large and self._is_inline and self._statement.byte_limit is None:
            raise _too_large_inline()
        self.are_passed |= is_large or self.rows == self._statement.row_limit
        return self.are_passed


def _too_large_inline() -> SqlFailed:
    return SqlFailed(
        "",
        "Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result "
        f"size of at most {INLINE_BYTES} bytes. Please execute the statement with "
        "disposition=EXTERNAL_LINKS if you want to download the full result.",
        sql_state="54000",
    )


def _chunks(
    rows: Iterator[Row],
    folder: Path,
    write: Callable[[IO[str], Iterator[Row], int], int],
    *,
    rows_per_chunk: int,
) -> Iterator[Chunk]:
    index = offset = 0
    while (row := next(rows, None)) is not None:
        path = _path(folder, index)
        with path.open("w", encoding="utf-8", newline="") as file:
            count = write(file, chain([row], islice(rows, rows_per_chunk - 1)), index)
        yield _chunk(path, index, row_offset=offset, row_count=count)
        index, offset = index + 1, offset + count


def _write_json(
    file: IO[str], rows: Iterator[Row], index: int, *, columns: Sequence[Column]
) -> int:
    """Write an array of arrays without any white space."""
    del index, columns
    count = 0
    # One call for many rows: making an encoder takes longer than a row.
    while batch := list(islice(rows, _BATCH)):
        file.write("," if count else "[")
        file.write(json.dumps(batch, ensure_ascii=False, separators=(",", ":"))[1:-1])
        count += len(batch)
    file.write("]")
    return count


def _write_csv(file: IO[str], rows: Iterator[Row], index: int, *, columns: Sequence[Column]) -> int:
    """Write comma-separated values after RFC 4180; only the first chunk names the columns."""
    writer, count = csv.writer(file), 0
    if index == 0:
        writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow(["null" if value is None else value for value in row])
        count += 1
    return count


_FORMATS = {"JSON_ARRAY": _write_json, "CSV": _write_csv}


def _path(folder: Path, index: int) -> Path:
    return folder / f"{index:06}"


def _chunk(path: Path, index: int, *, row_offset: int, row_count: int) -> Chunk:
    return Chunk(
        index=index,
        row_offset=row_offset,
        row_count=row_count,
        byte_count=path.stat().st_size,
        path=path,
    )
