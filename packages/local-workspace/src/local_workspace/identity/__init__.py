"""Who calls: users, personal access tokens, OAuth for service principals, SCIM."""

from local_workspace.identity.authentication import Authentication
from local_workspace.identity.identity import Identity
from local_workspace.identity.known_users import (
    ANALYST,
    APP_PRINCIPAL,
    LIMITED_PRINCIPAL,
    SERVICE_PRINCIPAL,
    SERVICE_PRINCIPALS,
    USERS,
)

__all__ = [
    "ANALYST",
    "APP_PRINCIPAL",
    "LIMITED_PRINCIPAL",
    "SERVICE_PRINCIPAL",
    "SERVICE_PRINCIPALS",
    "USERS",
    "Authentication",
    "Identity",
]
