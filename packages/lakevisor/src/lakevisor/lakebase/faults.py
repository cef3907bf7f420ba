"""PostgreSQL's errors in Lakevisor's words: translated once, by type and SQLSTATE."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from lakevisor.errors import (
    LakebaseError,
    LakebasePermissionDenied,
    LakebaseRoleMissing,
    LakebaseUnreachable,
)

_APPLICATION_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@contextmanager
def translated_database_errors(*, address: str, role: str) -> Iterator[None]:
    """Raise a `LakebaseError` for what psycopg and its pool raise inside this block.

    Args:
        address: the configured Lakebase, for the message.
        role: the identity that logs in, for the message.
    """
    try:
        yield
    # psycopg is imported late; an exception that is not its own flies on.
    except Exception as error:
        found = _translation(error, address, role)
        if found is None:
            raise
        raise found from error


def _translation(error: Exception, address: str, role: str) -> LakebaseError | None:
    import psycopg
    from psycopg_pool import PoolTimeout

    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return LakebasePermissionDenied(address=address, role=role, remedy=_grant(role))
    if isinstance(error, psycopg.OperationalError) and _was_refused(error):
        return LakebaseRoleMissing(address=address, role=role, remedy=_create_role(role))
    if isinstance(error, PoolTimeout | psycopg.OperationalError | TimeoutError):
        return LakebaseUnreachable(address=address)
    if isinstance(error, psycopg.Error):
        return LakebaseError(address=address, role=role)
    return None


def _grant(role: str) -> str:
    """Return what the tables' owner runs; the schemas are those of the default configuration."""
    return (
        "The tables belong to whoever made them. As their owner, for each of the schemas lakevisor "
        f'and lakevisor_ledger: GRANT USAGE, CREATE ON SCHEMA lakevisor TO "{role}"; GRANT ALL ON '
        f'ALL TABLES IN SCHEMA lakevisor TO "{role}"; GRANT ALL ON ALL SEQUENCES IN SCHEMA '
        f'lakevisor TO "{role}";'
    )


def _create_role(role: str) -> str:
    """Return what an administrator runs; a service principal's name is its application id."""
    kind = "SERVICE_PRINCIPAL" if _APPLICATION_ID.fullmatch(role) else "USER"
    return (
        "Create it as an administrator of the database: CREATE EXTENSION IF NOT EXISTS "
        f"databricks_auth; SELECT databricks_create_role('{role}', '{kind}');"
    )


def _was_refused(error: Exception) -> bool:
    """Tell whether the server asked for the password and then did not let the role in.

    libpq gives no SQLSTATE for a login, but it knows how far it came. A server that is starting
    up, shutting down or recovering says so behind the password too.
    """
    connection = getattr(error, "pgconn", None)
    asked = connection is not None and bool(connection.used_password)
    return asked and "the database system is" not in str(error)
