"""Clients log in through the gateway with a token, and then speak with PostgreSQL itself."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Any

import jwt
import psycopg
import pytest


def refusal(lakebase: Any, **changes: Any) -> str:
    with pytest.raises(psycopg.OperationalError) as refused:
        lakebase.connect(**changes)
    return str(refused.value)


def test_a_user_logs_in_with_a_token_over_tls(lakebase: Any) -> None:
    with lakebase.connect() as connection:
        assert connection.execute("select session_user").fetchone() == ("admin@local.test",)
        assert connection.pgconn.ssl_in_use


def test_a_client_may_begin_with_tls_at_once(lakebase: Any) -> None:
    with lakebase.connect(sslnegotiation="direct") as connection:
        assert connection.pgconn.ssl_in_use


def test_direct_tls_without_the_protocols_name_is_closed(lakebase: Any) -> None:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((lakebase.area.host, lakebase.port), timeout=10) as raw,
        context.wrap_socket(raw) as encrypted,
    ):
        assert encrypted.recv(1) == b""


def test_a_client_without_tls_reads_postgres_own_words(lakebase: Any) -> None:
    said = refusal(lakebase, sslmode="disable")
    assert 'no pg_hba.conf entry for host "127.0.0.1", user "admin@local.test"' in said
    assert "no encryption" in said


def test_encryption_by_kerberos_is_declined_so_that_the_client_goes_on(lakebase: Any) -> None:
    with socket.create_connection((lakebase.area.host, lakebase.port)) as client:
        client.sendall(struct.pack("!II", 8, 80877104))
        assert client.recv(1) == b"N"
        client.sendall(struct.pack("!II", 8, 80877103))
        assert client.recv(1) == b"S"


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\1", b"\xff" * 64])
def test_a_client_of_another_protocol_is_closed(lakebase: Any, garbage: bytes) -> None:
    with socket.create_connection((lakebase.area.host, lakebase.port), timeout=10) as client:
        client.sendall(garbage)
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""


def test_a_personal_access_token_is_no_password(lakebase: Any) -> None:
    said = refusal(lakebase, password=lakebase.identity.keyring.tokens["admin@local.test"])
    assert 'Failed to decode token for role "admin@local.test"' in said


def test_a_token_signed_with_another_key_is_refused(lakebase: Any) -> None:
    claims = jwt.decode(lakebase.token(), options={"verify_signature": False})
    forged = jwt.encode(claims, "another key, as long as the algorithm asks for", algorithm="HS256")
    assert "Failed to decode token" in refusal(lakebase, password=forged)


def test_an_expired_token_is_refused(lakebase: Any) -> None:
    claims = {"sub": "admin@local.test", "aud": ["local-lakebase"], "scope": "postgres"}
    assert "has expired" in refusal(lakebase, password=lakebase.identity.sign(claims, -1))


def test_a_token_for_the_rest_api_is_refused(lakebase: Any) -> None:
    token = lakebase.identity.sign({"sub": "admin@local.test", "scope": "all-apis"}, 60)
    assert "not made for this database" in refusal(lakebase, password=token)


def test_a_token_for_another_instance_is_refused(lakebase: Any) -> None:
    claims = {"sub": "admin@local.test", "aud": ["another"], "scope": "postgres"}
    assert "not made for this database" in refusal(
        lakebase, password=lakebase.identity.sign(claims, 60)
    )


def test_a_token_of_somebody_else_is_refused(lakebase: Any) -> None:
    said = refusal(lakebase, password=lakebase.token("viewer@local.test"))
    assert "belongs to another identity" in said


def test_a_revoked_token_is_refused_and_open_connections_live_on(lakebase: Any) -> None:
    token = lakebase.token()
    with lakebase.connect(password=token) as connection:
        lakebase.identity.tokens.revoke(token)
        assert "Failed to decode token" in refusal(lakebase, password=token)
        assert connection.execute("select 1").fetchone() == (1,)


def test_an_identity_without_a_role_gets_a_token_but_no_login(lakebase: Any) -> None:
    said = refusal(lakebase, user="viewer@local.test")
    assert 'role "viewer@local.test" does not exist' in said


def test_a_role_that_stands_for_no_identity_takes_no_token(lakebase: Any) -> None:
    with lakebase.connect() as admin:
        admin.execute('create role "viewer@local.test" login')
        try:
            said = refusal(lakebase, user="viewer@local.test")
        finally:
            admin.execute('drop role "viewer@local.test"')
    assert "no role security label was configured in postgres" in said


def test_the_superuser_of_postgres_is_nobody_s_role(lakebase: Any) -> None:
    said = refusal(lakebase, user="databricks_control_plane", password=lakebase.token())
    assert "belongs to another identity" in said


def test_a_database_that_is_missing_is_named(lakebase: Any) -> None:
    assert 'database "nowhere" does not exist' in refusal(lakebase, dbname="nowhere")


def test_a_running_query_can_be_cancelled(lakebase: Any) -> None:
    with lakebase.connect() as connection:
        timer = threading.Timer(0.2, connection.cancel_safe)
        timer.start()
        started = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("select pg_sleep(30)")
        timer.join()
    assert time.monotonic() - started < 10


def test_copy_carries_much_data_both_ways(lakebase: Any) -> None:
    line = "x" * 1000
    with lakebase.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create temporary table lines (text text)")
        with cursor.copy("copy lines from stdin") as copy:
            for _ in range(20_000):
                copy.write_row([line])
        with cursor.copy("copy lines to stdout") as copy:
            assert sum(len(block) for block in copy) == 20_000 * 1001


def test_a_reader_that_sleeps_does_not_fill_the_gateways_memory(lakebase: Any) -> None:
    with lakebase.connect() as connection:
        connection.pgconn.send_query(b"select repeat('x', 1000000) from generate_series(1, 60)")
        connection.pgconn.flush()
        waits = "select wait_event from pg_stat_activity where pid = %s"
        with lakebase.connect() as other:
            session = [connection.info.backend_pid]
            deadline = time.monotonic() + 20
            while other.execute(waits, session).fetchone() != ("ClientWrite",):
                assert time.monotonic() < deadline
            other.execute("select pg_sleep(1)")
            assert other.execute(waits, session).fetchone() == ("ClientWrite",)
        connection.pgconn.finish()


def test_prepared_statements_and_transactions_belong_to_their_session(lakebase: Any) -> None:
    with lakebase.connect(autocommit=False) as connection:
        for number in range(20):
            row = connection.execute("select %s + 1", [number], prepare=True).fetchone()
            assert row == (number + 1,)
        connection.rollback()


async def test_fifty_clients_work_at_once(lakebase: Any) -> None:
    options = lakebase.options()

    async def ask(number: int) -> int:
        async with await psycopg.AsyncConnection.connect(**options) as connection:
            row = await (await connection.execute("select %s, pg_sleep(0.2)", [number])).fetchone()
            assert row is not None
            return int(row[0])

    assert await asyncio.gather(*(ask(number) for number in range(50))) == list(range(50))


def test_vector_can_be_installed_by_the_owner(lakebase: Any) -> None:
    with lakebase.connect() as connection:
        connection.execute("create extension if not exists vector")
        row = connection.execute("select '[1,2]'::vector <-> '[1,3]'::vector").fetchone()
    assert row == (1.0,)


def test_killed_connections_break_and_new_ones_work(lakebase: Any) -> None:
    with lakebase.connect() as connection:
        assert lakebase.run(lakebase.area.kill_connections()) >= 1
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with lakebase.connect() as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_restart_tells_the_clients_and_keeps_what_was_committed(lakebase: Any) -> None:
    with lakebase.connect() as connection:
        connection.execute("create table kept as select 7 as number")
        lakebase.run(lakebase.area.restart())
        with pytest.raises(psycopg.errors.AdminShutdown):
            connection.execute("select 1")
    with lakebase.connect() as connection:
        assert connection.execute("select number from kept").fetchone() == (7,)
        connection.execute("drop table kept")


def test_while_postgres_is_stopped_clients_are_told(lakebase: Any) -> None:
    token = lakebase.token()
    lakebase.run(lakebase.area.stop())
    try:
        said = refusal(lakebase, password=token)
    finally:
        lakebase.run(lakebase.area.start())
    assert "the database system is starting up" in said


def test_the_relay_costs_well_under_a_millisecond(lakebase: Any) -> None:
    with lakebase.connect() as connection:
        times = []
        for _ in range(300):
            started = time.perf_counter()
            connection.execute("select 1")
            times.append(time.perf_counter() - started)
    # The fastest tenth: what the relay itself costs, on a machine that has other work too.
    assert sorted(times)[30] < 0.001
