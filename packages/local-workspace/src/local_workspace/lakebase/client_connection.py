"""A client's connection, from its first byte until it can be asked for a password."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress

from local_workspace.lakebase import wire
from local_workspace.lakebase.wire import FirstPacket, ProtocolViolation

_CLOSE_SECONDS = 1.0
_CHUNK = 65536


class ClientConnection:
    """A client that has connected: encrypted when it asks for it, then a pair of streams."""

    def __init__(self, accepted: socket.socket, *, tls: ssl.SSLContext) -> None:
        accepted.setblocking(False)
        self._socket = accepted
        self._tls = tls
        self._is_encrypted = False
        self._is_unix = accepted.family == socket.AF_UNIX
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        if not self._is_unix:
            # asyncio does it only for sockets that were made with an explicit protocol; without
            # it, Nagle's algorithm costs each login 40 ms.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer = "[local]" if self._is_unix else str(accepted.getpeername()[0])

    @property
    def reader(self) -> asyncio.StreamReader:
        """What the client sends; there is none before `open`."""
        assert self._streams is not None
        return self._streams[0]

    @property
    def writer(self) -> asyncio.StreamWriter:
        """What the client is sent; there is none before `open`."""
        assert self._streams is not None
        return self._streams[1]

    @property
    def is_private(self) -> bool:
        """Whether nobody else can read along, so that a token may be asked for."""
        return self._is_encrypted or self._is_unix

    async def open(self) -> FirstPacket:
        """Do what comes before the startup message, and return that or a request to cancel.

        Raises:
            ProtocolViolation: the client speaks something else.
            EOFError: the client left.
        """
        while not self._is_encrypted:
            if await self._begins_with_tls():
                await self._encrypt(is_direct=True)
                break
            packet = await self._packet_in_clear()
            if packet.code == wire.SSL_REQUEST and not self._is_unix:
                await self._send_in_clear(wire.ACCEPTED)
                await self._encrypt()
            elif packet.code in (wire.SSL_REQUEST, wire.GSS_REQUEST):
                await self._send_in_clear(wire.REFUSED)
            else:
                await self._open_streams(None)
                return packet
        head = await self.reader.readexactly(4)
        return FirstPacket(raw=head + await self.reader.readexactly(wire.packet_length(head)))

    async def ask_for_password(self) -> str:
        """Ask for the password in clear text, which TLS hides, and return it."""
        self.writer.write(wire.ASK_FOR_PASSWORD)
        head = await self.reader.readexactly(5)
        if head[:1] != b"p":
            raise ProtocolViolation
        length = int.from_bytes(head[1:], "big") - 4
        if not 0 < length <= wire.LONGEST_PACKET:
            raise ProtocolViolation
        return (await self.reader.readexactly(length)).rstrip(b"\0").decode(errors="replace")

    def abort(self) -> None:
        """Break the connection; what was not sent is lost."""
        self.writer.transport.abort()

    async def close(self) -> None:
        """Send what is left and close."""
        if self._streams is None:
            self._socket.close()
            return
        self.writer.close()
        with suppress(OSError, TimeoutError):
            await self.writer.wait_closed()

    async def _begins_with_tls(self) -> bool:
        """Look at the first byte without taking it."""
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(self._socket, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(self._socket)
        return self._socket.recv(1, socket.MSG_PEEK) == wire.TLS_HANDSHAKE

    async def _encrypt(self, *, is_direct: bool = False) -> None:
        await self._open_streams(self._tls)
        self._is_encrypted = True
        tls = self.writer.get_extra_info("ssl_object")
        if is_direct and tls.selected_alpn_protocol() != "postgresql":
            raise ProtocolViolation

    async def _open_streams(self, tls: ssl.SSLContext | None) -> None:
        """Hand the socket over to asyncio; from here on it is read through the streams."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_CHUNK)
        closing = None if tls is None else _CLOSE_SECONDS
        transport, protocol = await loop.connect_accepted_socket(
            lambda: asyncio.StreamReaderProtocol(reader),
            self._socket,
            ssl=tls,
            # A client that sleeps does not say good-bye; by default that would take 30 s.
            ssl_shutdown_timeout=closing,
        )
        self._streams = (reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def _packet_in_clear(self) -> FirstPacket:
        head = await self._receive_in_clear(4)
        return FirstPacket(raw=head + await self._receive_in_clear(wire.packet_length(head)))

    async def _receive_in_clear(self, size: int) -> bytes:
        """Receive exactly so much: what follows may be TLS's."""
        loop, received = asyncio.get_running_loop(), b""
        while len(received) < size:
            part = await loop.sock_recv(self._socket, size - len(received))
            if not part:
                raise EOFError
            received += part
        return received

    async def _send_in_clear(self, answer: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, answer)
