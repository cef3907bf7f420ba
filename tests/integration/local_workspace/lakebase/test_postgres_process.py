"""PostgreSQL's process: started once, found again, stopped; and where clients find it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from local_workspace.lakebase.postgres import Postgres, Postmaster, connection_options
from local_workspace.lakebase.postgres_user import PostgresUser


def pid_of(folder: Path) -> int:
    postmaster = Postmaster.read(folder / "data")
    assert postmaster is not None
    return postmaster.pid


def answer(postgres: Postgres, statement: str) -> Any:
    with psycopg.connect(**connection_options(postgres, "postgres")) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


async def test_a_postgres_that_outlived_its_server_is_taken_over(tmp_path: Path) -> None:
    first, second = Postgres(tmp_path), Postgres(tmp_path)
    await first.start()
    pid = pid_of(tmp_path)
    await second.start()
    assert pid_of(tmp_path) == pid
    assert answer(second, "select 1") == (1,)
    await second.stop()
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    await first.stop()


async def test_a_killed_postgres_recovers_what_was_committed(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path)
    await postgres.start()
    answer(postgres, "create table kept as select 5 as number")
    killed = psutil.Process(pid_of(tmp_path))
    killed.kill()
    killed.wait(10)
    await postgres.start()
    assert answer(postgres, "select number from kept") == (5,)
    await postgres.stop()


async def test_lock_files_whose_process_id_is_used_again_are_no_obstacle(tmp_path: Path) -> None:
    postgres, data = Postgres(tmp_path), tmp_path / "data"
    await postgres.start()
    lines = (data / "postmaster.pid").read_text().splitlines()[1:]
    await postgres.stop()
    command = PostgresUser.here().command(["/bin/sleep", "60"], folders=[])
    other = await asyncio.create_subprocess_exec(*command, cwd="/")
    for lock in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (data / lock).write_text("\n".join([str(other.pid), *lines, ""]))
    await postgres.start()
    assert answer(postgres, "select 1") == (1,)
    await postgres.stop()
    other.kill()
    await other.wait()


async def test_a_folder_with_a_long_path_works(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / ("long" * 30))
    await postgres.start()
    sockets = postgres.sockets
    assert answer(postgres, "show server_encoding") == ("UTF8",)
    await postgres.stop()
    assert not sockets.exists()


async def test_a_folder_that_others_may_not_enter_works(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    postgres = Postgres(closed / "postgres")
    await postgres.start()
    uid = psutil.Process(pid_of(closed / "postgres")).uids().real
    assert uid != 0
    assert answer(postgres, "select 1") == (1,)
    await postgres.stop()


async def test_nothing_listens_on_the_network(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path)
    await postgres.start()
    assert psutil.Process(pid_of(tmp_path)).net_connections("inet") == []
    await postgres.stop()


def test_where_5432_is_taken_everywhere_clients_come_over_a_socket(
    run_lakebase: Any, tmp_path: Path
) -> None:
    with (
        socket.create_server(("0.0.0.0", 0)) as taken,  # noqa: S104 - as another server does
        run_lakebase(tmp_path, port=taken.getsockname()[1]) as lakebase,
    ):
        assert Path(lakebase.area.host).is_dir()
        with lakebase.connect() as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="Failed to decode token"):
            lakebase.connect(password="wrong")


def test_two_workspaces_on_one_machine_have_two_addresses(
    lakebase: Any, run_lakebase: Any, tmp_path: Path
) -> None:
    with run_lakebase(tmp_path, port=lakebase.port) as other:
        assert other.area.host != lakebase.area.host
        with other.connect() as there, lakebase.connect() as here:
            there.execute("create table only_there (number int)")
            assert here.execute("select to_regclass('only_there')").fetchone() == (None,)


def test_the_address_and_the_data_stay_over_a_restart(run_lakebase: Any, tmp_path: Path) -> None:
    with run_lakebase(tmp_path) as first, first.connect() as connection:
        host, port = first.area.host, first.port
        connection.execute("create table kept as select 9 as number")
    with run_lakebase(tmp_path, port=port) as second, second.connect() as connection:
        assert second.area.host == host
        assert connection.execute("select number from kept").fetchone() == (9,)
