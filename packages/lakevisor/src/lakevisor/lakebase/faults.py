"""PostgreSQL's errors in Lakevisor's words: translated once, by type and SQLSTATE."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lakevisor.errors import (
    LakebaseError,
    LakebasePermissionDenied,
    LakebaseRoleMissing,
    LakebaseUnreachable,
)


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
        return LakebasePermissionDenied(address=address, role=role)
    if isinstance(error, psycopg.OperationalError) and _was_refused(error):
        create = f"SELECT databricks_create_role('{role}', 'USER')"
        remedy = f"Create it as an administrator: {create} (or 'SERVICE_PRINCIPAL')."
        return LakebaseRoleMissing(address=address, role=role, remedy=remedy)
    if isinstance(error, PoolTimeout | psycopg.OperationalError | TimeoutError):
        return LakebaseUnreachable(address=address)
    if isinstance(error, psycopg.Error):
        return LakebaseError(address=address, role=role)
    return None


def _was_refused(error: Exception) -> bool:
    """Tell whether the server asked for the password and then did not let the role in.

    libpq gives no SQLSTATE for a login, but it knows how far it came.
    """
    connection = getattr(error, "pgconn", None)
    return connection is not None and bool(connection.used_password)
