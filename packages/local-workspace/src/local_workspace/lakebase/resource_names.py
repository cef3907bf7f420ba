"""The names of the one database, and what is said of one that does not exist."""

from __future__ import annotations

from uuid import uuid4

from starlette.requests import Request

from local_workspace.errors import ApiError, NotFound

ROOT = "/api/2.0/postgres"
INSTANCE = "local-lakebase"
"""The one provisioned instance."""
PROJECT_ID = "local"
PROJECT = f"projects/{PROJECT_ID}"
BRANCH = f"{PROJECT}/branches/production"
ENDPOINT = f"{BRANCH}/endpoints/primary"
BRANCH_PATH = f"{ROOT}/projects/{{project}}/branches/{{branch}}"
"""The route of a branch, to which those of its roles and databases are added."""


def not_found(kind: str) -> NotFound:
    """Return the error for a missing `project`, `branch`, `endpoint`, ..."""
    return NotFound(f"{kind} id not found [TraceId: {uuid4()}]", error_code="NOT_FOUND")


def require_project(request: Request) -> None:
    """Raise NotFound unless the path names the project that is there."""
    if f"projects/{request.path_params['project']}" != PROJECT:
        raise not_found("project")


def require_branch(request: Request) -> None:
    """Raise NotFound unless the path names the project and the branch that are there."""
    require_project(request)
    if f"{PROJECT}/branches/{request.path_params['branch']}" != BRANCH:
        raise not_found("branch")


def require_no_replacement(request: Request) -> None:
    """Raise ApiError where a request to make something shall change what exists."""
    if request.query_params.get("replace_existing") == "true":
        raise ApiError(
            "A local workspace does not replace what exists: delete it first.",
            error_code="FEATURE_DISABLED",
            status=400,
        )
