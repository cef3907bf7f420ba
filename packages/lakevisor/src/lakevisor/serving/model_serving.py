"""Who asks a served model: known from the token that Model Serving has for the request.

That is what there is: the request itself is given to `predict` without headers, and its body
says what its sender likes. The token is there where the endpoint has a user policy
(https://docs.databricks.com/aws/en/generative-ai/agent-framework/authenticate-on-behalf-of-user).
"""

from __future__ import annotations

import logging
from importlib.util import find_spec

from pydantic import SecretStr

from lakevisor.errors import CallerUnknown
from lakevisor.serving.token_owners import TokenOwners
from lakevisor.supervisor import Caller
from lakevisor.workspace import WorkspaceConnection

logger = logging.getLogger(__name__)

PLATFORM = "mlflowserving"
"""Model Serving's own package, which keeps a token for each request.

Where it is missing, `ModelServingUserCredentials` reads one variable of the whole process, which
may be the token of another request.
"""


class ModelServingIdentities:
    """Finds out who asks a served model."""

    def __init__(self) -> None:
        """Know nobody."""
        self._owners = TokenOwners()

    @staticmethod
    def token() -> SecretStr:
        """Return the token of the person whose request this thread works on; for `predict` alone.

        Raises:
            CallerUnknown: there is none.
        """
        # What `ModelServingUserCredentials` asks, without the client around it, for which the
        # SDK would send a request of its own.
        from databricks_ai_bridge.model_serving_obo_credential_strategy import (
            get_databricks_host_token,
        )

        try:
            found = get_databricks_host_token() if find_spec(PLATFORM) is not None else None
        except RuntimeError:
            found = None
        if found is None or not found[1]:
            logger.warning(
                "Model Serving has no token of the person who asks: the endpoint needs a user "
                "policy, and this must be Model Serving.",
                extra={"action": "caller_unknown"},
            )
            raise CallerUnknown
        return SecretStr(found[1])

    async def caller(self, token: SecretStr, workspace: WorkspaceConnection) -> Caller:
        """Return whose token it is, as the workspace says.

        Raises:
            CallerUnknown: it does not say.
        """
        user_name, groups = await self._owners.of(token.get_secret_value(), workspace)
        if not user_name:
            raise CallerUnknown
        return Caller(user_name=user_name, groups=groups, user_token=token)
