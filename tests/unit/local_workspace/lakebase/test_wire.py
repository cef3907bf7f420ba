"""PostgreSQL's wire protocol, as far as the gateway speaks it."""

from __future__ import annotations

import struct

import pytest

from local_workspace.lakebase import wire
from local_workspace.lakebase.wire import FirstPacket, LoginRefused, ProtocolViolation


def test_a_startup_message_names_user_and_database() -> None:
    body = struct.pack("!I", 196608) + b"user\0anna\0database\0books\0\0"
    packet = FirstPacket(raw=struct.pack("!I", len(body) + 4) + body)
    assert packet.code == 196608
    assert packet.parameters == {"user": "anna", "database": "books"}


def test_a_refusal_is_a_fatal_error_response_with_its_fields() -> None:
    sent = LoginRefused("no", code="28P01", detail="because").encode()
    assert sent[:1] == b"E"
    assert struct.unpack("!I", sent[1:5]) == (len(sent) - 1,)
    assert sent[5:] == b"SFATAL\0VFATAL\0C28P01\0Mno\0Dbecause\0\0"


@pytest.mark.parametrize("length", [0, 4, 7, wire.LONGEST_PACKET + 1, 0x47455420])
def test_a_length_that_no_first_packet_has_is_refused(length: int) -> None:
    with pytest.raises(ProtocolViolation):
        wire.packet_length(struct.pack("!I", length))
