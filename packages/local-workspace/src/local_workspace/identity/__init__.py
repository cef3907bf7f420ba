"""Who calls: users, personal access tokens, OAuth for the service principal, SCIM."""

from local_workspace.identity.authentication import Authentication
from local_workspace.identity.identity import Identity
from local_workspace.identity.known_users import SERVICE_PRINCIPAL, USERS

__all__ = ["SERVICE_PRINCIPAL", "USERS", "Authentication", "Identity"]
