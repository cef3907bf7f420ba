"""The parts of PostgreSQL's wire protocol that a gateway must speak itself.

Source: "Frontend/Backend Protocol" in PostgreSQL's documentation.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
TLS_HANDSHAKE = b"\x16"
"""What a connection begins with that is TLS at once (`sslnegotiation=direct`)."""
ACCEPTED, REFUSED = b"S", b"N"
ASK_FOR_PASSWORD = b"R" + struct.pack("!II", 8, 3)
LONGEST_PACKET = 65536

INVALID_PASSWORD = "28P01"  # noqa: S105 - the SQLSTATE of that name
INVALID_AUTHORIZATION = "28000"
PROTOCOL_VIOLATION = "08P01"
CANNOT_CONNECT_NOW = "57P03"


class ProtocolViolation(Exception):
    """The client does not speak PostgreSQL's protocol."""


class LoginRefused(Exception):
    """The client may not log in; it is told why in PostgreSQL's form."""

    def __init__(self, message: str, *, code: str, detail: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail

    def encode(self) -> bytes:
        """Return the ErrorResponse that psycopg turns into an OperationalError."""
        fields = {"S": "FATAL", "V": "FATAL", "C": self.code, "M": str(self), "D": self.detail}
        body = b"".join(f"{key}{text}\0".encode() for key, text in fields.items() if text) + b"\0"
        return b"E" + struct.pack("!I", len(body) + 4) + body


@dataclass(frozen=True, kw_only=True)
class FirstPacket:
    """What a client sends first: a startup message or a request, without a type byte."""

    raw: bytes
    """The packet as it came, its length included."""

    @property
    def code(self) -> int:
        """The protocol version, or one of the request codes."""
        return int.from_bytes(self.raw[4:8], "big")

    @property
    def parameters(self) -> dict[str, str]:
        """The startup message's parameters: `user`, `database`, and settings."""
        parts = self.raw[8:].rstrip(b"\0").decode(errors="replace").split("\0")
        return dict(zip(parts[::2], parts[1::2], strict=False))


def packet_length(head: bytes) -> int:
    """Return how many bytes follow the four that hold a packet's length.

    Raises:
        ProtocolViolation: no packet of a client at this point can have that length.
    """
    length = int.from_bytes(head, "big")
    if not 8 <= length <= LONGEST_PACKET:
        raise ProtocolViolation
    return length - 4
