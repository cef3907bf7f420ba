"""The people and the service principals that every local workspace has."""

from __future__ import annotations

from collections.abc import Mapping

from local_workspace.area import Caller

_USERS = frozenset({"users"})

ANALYST = Caller(
    user_name="analyst@local.test",
    user_id=6120843759018422,
    display_name="Local Analyst",
    groups=_USERS,
)
"""The second person: no admin, with a role in Lakebase that works with what the first has made."""

USERS: tuple[Caller, ...] = (
    Caller(
        user_name="admin@local.test",
        user_id=5511969577895513,
        display_name="Local Admin",
        groups=_USERS | {"admins"},
    ),
    ANALYST,
    Caller(
        user_name="viewer@local.test",
        user_id=7390254418860137,
        display_name="Local Viewer",
        groups=_USERS,
    ),
)

SERVICE_PRINCIPAL = Caller(
    user_name="11111111-2222-3333-4444-555555555555",
    user_id=4404197230955021,
    display_name="Local Service Principal",
    is_service_principal=True,
    groups=_USERS,
)
"""The one that deploys: it manages Lakebase and owns what is in it, together with the admin."""

APP_PRINCIPAL = Caller(
    user_name="22222222-3333-4444-5555-666666666666",
    user_id=4404197230955022,
    display_name="Local App",
    is_service_principal=True,
    groups=_USERS,
)
"""An application's own, whose role in Lakebase and grants are for whoever deploys it to make."""

LIMITED_PRINCIPAL = Caller(
    user_name="33333333-4444-5555-6666-777777777777",
    user_id=4404197230955023,
    display_name="Local Limited Service Principal",
    is_service_principal=True,
    groups=_USERS,
)
"""It has a role in Lakebase, and nothing there is its own or may be granted by it."""

PRINCIPAL_WITHOUT_ROLE = Caller(
    user_name="44444444-5555-6666-7777-888888888888",
    user_id=4404197230955024,
    display_name="Local Service Principal without a Role",
    is_service_principal=True,
    groups=_USERS,
)
"""It may call the API, and Lakebase does not know it."""

SERVICE_PRINCIPALS: Mapping[str, Caller] = {
    "service-principal": SERVICE_PRINCIPAL,
    "service-principal-app": APP_PRINCIPAL,
    "service-principal-limited": LIMITED_PRINCIPAL,
    "service-principal-without-role": PRINCIPAL_WITHOUT_ROLE,
}
"""All of them, by the name of their profile."""
