"""What is needed, as MLflow's resources and auth policy say it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from lakevisor.deploy.needs import Kind, Need, user_scopes

if TYPE_CHECKING:
    from mlflow.models.auth_policy import AuthPolicy
    from mlflow.models.resources import Resource


def auth_policy(needs: Iterable[Need]) -> AuthPolicy:
    """Return what the endpoint is granted, and what people grant it with their own token."""
    from mlflow.models.auth_policy import AuthPolicy, SystemAuthPolicy, UserAuthPolicy

    needs = list(needs)
    scopes = list(user_scopes(needs))
    return AuthPolicy(
        system_auth_policy=SystemAuthPolicy(resources=list(_resources(needs))),
        user_auth_policy=UserAuthPolicy(api_scopes=scopes) if scopes else None,
    )


def _resources(needs: Iterable[Need]) -> Iterable[Resource]:
    known = _classes()
    return [known[need.kind](need.name) for need in needs if need.kind in known]


def _classes() -> dict[Kind, Callable[[str], Any]]:
    from mlflow.models import resources

    return {
        Kind.GENIE_SPACE: resources.DatabricksGenieSpace,
        Kind.SQL_WAREHOUSE: resources.DatabricksSQLWarehouse,
        Kind.TABLE: resources.DatabricksTable,
        Kind.FUNCTION: resources.DatabricksFunction,
        Kind.SERVING_ENDPOINT: resources.DatabricksServingEndpoint,
        Kind.LAKEBASE_INSTANCE: resources.DatabricksLakebase,
    }
