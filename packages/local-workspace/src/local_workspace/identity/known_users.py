"""The people and the service principal that every local workspace has."""

from __future__ import annotations

from local_workspace.area import Caller

_USERS = frozenset({"users"})

SERVICE_PRINCIPAL = Caller(
    user_name="11111111-2222-3333-4444-555555555555",
    user_id=4404197230955021,
    display_name="Local Service Principal",
    is_service_principal=True,
    groups=_USERS,
)

USERS: tuple[Caller, ...] = (
    Caller(
        user_name="admin@local.test",
        user_id=5511969577895513,
        display_name="Local Admin",
        groups=_USERS | {"admins"},
    ),
    Caller(
        user_name="analyst@local.test",
        user_id=6120843759018422,
        display_name="Local Analyst",
        groups=_USERS,
    ),
    Caller(
        user_name="viewer@local.test",
        user_id=7390254418860137,
        display_name="Local Viewer",
        groups=_USERS,
    ),
)
