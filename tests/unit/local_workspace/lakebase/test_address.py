"""Where the gateway listens: an address of its own, the same at each start, or a Unix socket."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from local_workspace.lakebase.address import listen


@pytest.fixture
def port() -> int:
    """Give a port that is free on all loopback addresses."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        number: int = found.getsockname()[1]
    return number


def test_the_first_loopback_address_is_taken_where_it_is_free(tmp_path: Path, port: int) -> None:
    listener = listen(tmp_path, port=port)
    assert listener.host == "127.0.0.1"
    listener.close()


@pytest.mark.skipif("sys.platform != 'linux'", reason="only Linux answers on all of 127.0.0.0/8")
def test_a_taken_address_leads_to_the_next(tmp_path: Path, port: int) -> None:
    first, second = listen(tmp_path / "a", port=port), listen(tmp_path / "b", port=port)
    assert (first.host, second.host) == ("127.0.0.1", "127.0.0.2")
    first.close()
    second.close()


@pytest.mark.skipif("sys.platform != 'linux'", reason="only Linux answers on all of 127.0.0.0/8")
def test_the_address_of_last_time_comes_first(tmp_path: Path, port: int) -> None:
    first = listen(tmp_path / "a", port=port)
    listen(tmp_path / "b", port=port).close()
    first.close()
    again = listen(tmp_path / "b", port=port)
    assert again.host == "127.0.0.2"
    again.close()


def test_a_port_taken_on_all_addresses_leads_to_a_unix_socket(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:  # noqa: S104 - as another server does
        port = taken.getsockname()[1]
        listener = listen(tmp_path, port=port)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{listener.host}/.s.PGSQL.{port}")
        listener.close()
    assert list(Path(listener.host).iterdir()) == []


def test_a_socket_left_by_a_killed_server_is_replaced(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:  # noqa: S104 - as another server does
        port = taken.getsockname()[1]
        left_over = listen(tmp_path, port=port)
        left_over.socket.close()
        listener = listen(tmp_path, port=port)
        assert listener.host == left_over.host
        listener.close()


def test_a_socket_below_a_long_path_goes_to_a_short_one_and_stays_there(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    with socket.create_server(("0.0.0.0", 0)) as taken:  # noqa: S104 - as another server does
        port = taken.getsockname()[1]
        first = listen(folder, port=port)
        first.close()
        second = listen(folder, port=port)
        second.close()
    assert first.host == second.host
    assert len(first.host) < 80
    Path(first.host).rmdir()
