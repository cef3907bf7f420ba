"""The door to PostgreSQL: TLS, a token as password, then bytes both ways."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from local_workspace.lakebase import wire
from local_workspace.lakebase.address import Listener
from local_workspace.lakebase.client_connection import ClientConnection
from local_workspace.lakebase.wire import LoginRefused, ProtocolViolation

_LOGIN_SECONDS = 60
_CHUNK = 65536

Check = Callable[[str, str], Awaitable[None]]
"""Given a role and a password; raises LoginRefused."""


class Gateway:
    """Takes clients' connections and joins those that may log in with PostgreSQL's socket."""

    def __init__(
        self,
        listener: Listener,
        *,
        tls: ssl.SSLContext,
        check: Check,
        upstream: Callable[[], Path],
    ) -> None:
        self._listener = listener
        self._tls = tls
        self._check = check
        self._upstream = upstream
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[ClientConnection] = set()

    async def run(self) -> None:
        """Take connections until cancelled; then none is left."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                connection, _ = await loop.sock_accept(self._listener.socket)
                task = loop.create_task(self._serve(connection))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def kill_connections(self) -> int:
        """Break every open connection without a word, as a failover does; return how many."""
        killed = len(self._open)
        for connection in self._open:
            connection.abort()
        return killed

    async def _serve(self, accepted: socket.socket) -> None:
        client = ClientConnection(accepted, tls=self._tls)
        try:
            async with asyncio.timeout(_LOGIN_SECONDS):
                first = await client.open()
                if first.code == wire.CANCEL_REQUEST:
                    await self._cancel_query(first)
                    return
                upstream = await self._admit(client, first)
            self._open.add(client)
            await _relay(client, *upstream)
        except (OSError, EOFError, TimeoutError, ProtocolViolation):
            # The client left, or speaks something else: there is nobody to tell.
            pass
        except LoginRefused as refusal:
            client.writer.write(refusal.encode())
        finally:
            self._open.discard(client)
            await client.close()

    async def _admit(
        self, client: ClientConnection, first: wire.FirstPacket
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Ask for the token, check it, and return a session of PostgreSQL that is logging in."""
        role = first.parameters.get("user", "")
        if not client.is_private:
            raise _unencrypted(client, first)
        await self._check(role, await client.ask_for_password())
        try:
            upstream = await asyncio.open_unix_connection(self._upstream(), limit=_CHUNK)
        except OSError as error:
            raise LoginRefused(
                "the database system is starting up", code=wire.CANNOT_CONNECT_NOW
            ) from error
        # PostgreSQL trusts this socket, and answers itself where the role or database is missing.
        upstream[1].write(first.raw)
        return upstream

    async def _cancel_query(self, request: wire.FirstPacket) -> None:
        """Hand a request to cancel on; the key in it is PostgreSQL's, and it never answers."""
        reader, writer = await asyncio.open_unix_connection(self._upstream())
        writer.write(request.raw)
        await reader.read()
        writer.close()


async def _relay(
    client: ClientConnection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Carry bytes both ways until one side ends; what PostgreSQL said last still arrives."""
    ways = [
        asyncio.create_task(_carry(client.reader, writer)),
        asyncio.create_task(_carry(reader, client.writer)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Carry one way, no faster than the slower side; delays on request belong here."""
    while data := await source.read(_CHUNK):
        sink.write(data)
        await sink.drain()


def _unencrypted(client: ClientConnection, first: wire.FirstPacket) -> LoginRefused:
    """Return PostgreSQL's own words where only encrypted connections are let in."""
    named = first.parameters
    user = named.get("user", "")
    return LoginRefused(
        f'no pg_hba.conf entry for host "{client.peer}", user "{user}", '
        f'database "{named.get("database", user)}", no encryption',
        code=wire.INVALID_AUTHORIZATION,
    )
