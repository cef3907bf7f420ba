"""Who calls: tokens, OAuth, SCIM, as the SDK and plain HTTP see them."""

from __future__ import annotations

import base64
import os
import stat
from typing import Any

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import PermissionDenied

ME = "/api/2.0/preview/scim/v2/Me"


@pytest.fixture(autouse=True)
def no_other_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out the logins that other tests' clients have put into the environment."""
    for name in [each for each in os.environ if each.startswith("DATABRICKS_")]:
        monkeypatch.delenv(name)


def client(workspace: Any, profile: str) -> WorkspaceClient:
    return WorkspaceClient(profile=profile, config_file=str(workspace.config_file))


@pytest.mark.parametrize(
    ("profile", "auth_type", "user_name"),
    [
        ("local", "pat", "admin@local.test"),
        ("analyst", "pat", "analyst@local.test"),
        ("viewer", "pat", "viewer@local.test"),
        ("service-principal", "oauth-m2m", "11111111-2222-3333-4444-555555555555"),
        ("service-principal-app", "oauth-m2m", "22222222-3333-4444-5555-666666666666"),
        ("service-principal-limited", "oauth-m2m", "33333333-4444-5555-6666-777777777777"),
        ("service-principal-without-role", "oauth-m2m", "44444444-5555-6666-7777-888888888888"),
    ],
)
def test_the_sdk_knows_who_it_is_by_each_profile(
    workspace: Any, profile: str, auth_type: str, user_name: str
) -> None:
    databricks = client(workspace, profile)
    assert databricks.current_user.me().user_name == user_name
    assert databricks.config.auth_type == auth_type
    assert databricks.get_workspace_id() == 7474651880045550


def test_only_the_admin_is_in_the_group_of_admins(workspace: Any) -> None:
    def groups(profile: str) -> list[str | None]:
        return [group.display for group in client(workspace, profile).current_user.me().groups]

    assert groups("admin") == ["users", "admins"]
    assert groups("analyst") == ["users"]


def test_users_can_be_looked_up_by_name_and_by_id(workspace: Any) -> None:
    users = client(workspace, "analyst").users
    [viewer] = users.list(filter='userName eq "viewer@local.test"')
    assert users.get(viewer.id).display_name == "Local Viewer"
    assert len(list(users.list())) == 3


def test_a_request_without_a_token_is_refused_with_401(workspace: Any) -> None:
    answer = httpx.get(workspace.url + ME, trust_env=False)
    assert (answer.status_code, answer.json()["error_code"]) == (401, 401)
    assert answer.headers["www-authenticate"] == 'Bearer realm="DatabricksRealm"'


def test_a_browser_without_a_token_reads_what_this_is(workspace: Any) -> None:
    answer = httpx.get(f"{workspace.url}/?o=7474651880045550", trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "stand-in for a Databricks workspace" in answer.text
    assert httpx.post(f"{workspace.url}/", trust_env=False).status_code == 401


@pytest.mark.parametrize("token", ["dapi0123", "a.b.c", "é"])
def test_a_wrong_token_is_refused_with_403_and_the_number_as_code(
    workspace: Any, token: str
) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()}
    answer = httpx.get(workspace.url + ME, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["error_code"]) == (403, 403)
    assert answer.json()["message"].startswith("Invalid access token.")


def test_the_sdk_reads_a_wrong_token_as_permission_denied(workspace: Any) -> None:
    databricks = WorkspaceClient(host=workspace.url, token="dapi0123")
    with pytest.raises(PermissionDenied, match="Invalid access token"):
        databricks.current_user.me()


def test_host_metadata_needs_no_token(workspace: Any) -> None:
    answer = httpx.get(f"{workspace.url}/.well-known/databricks-config", trust_env=False).json()
    assert answer["oidc_endpoint"] == f"{workspace.url}/oidc"
    assert answer["host_type"] == "WORKSPACE_HOST"


def ask_for_token(workspace: Any, *, basic: tuple[str, str] | None, **form: str) -> httpx.Response:
    headers = {}
    if basic:
        encoded = base64.b64encode(":".join(basic).encode()).decode()
        headers["Authorization"] = f"Basic {encoded}"
    url = f"{workspace.url}/oidc/v1/token"
    return httpx.post(url, data=form, headers=headers, trust_env=False)


def test_a_secret_in_the_form_gives_a_token_as_well(workspace: Any) -> None:
    secret = dict(workspace.state["service_principal"])
    answer = ask_for_token(
        workspace, basic=None, grant_type="client_credentials", scope="all-apis", **secret
    ).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    me = httpx.get(workspace.url + ME, headers=headers, trust_env=False).json()
    assert me["userName"] == secret["client_id"]


def test_a_wrong_secret_gives_invalid_client(workspace: Any) -> None:
    client_id = workspace.state["service_principal"]["client_id"]
    answer = ask_for_token(workspace, basic=(client_id, "no"), grant_type="client_credentials")
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "invalid_client",
        "error_description": "Client authentication failed",
    }


def test_the_secret_of_another_does_not_count(workspace: Any) -> None:
    client_id = workspace.state["service_principal"]["client_id"]
    other = workspace.state["further_service_principals"]["service-principal-limited"]
    basic = (client_id, other["client_secret"])
    answer = ask_for_token(workspace, basic=basic, grant_type="client_credentials")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_another_grant_than_client_credentials_is_not_supported(workspace: Any) -> None:
    answer = ask_for_token(workspace, basic=None, grant_type="password")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_an_unknown_path_answers_as_a_workspace_does(workspace: Any) -> None:
    answer = workspace.call("PUT", "/api/2.0/no/such/thing")
    assert answer.status_code == 404
    assert answer.json() == {
        "error_code": "ENDPOINT_NOT_FOUND",
        "message": "No API found for 'PUT /no/such/thing'",
    }


def test_what_holds_secrets_is_readable_for_its_owner_only(workspace: Any) -> None:
    for name in ("workspace.json", "databrickscfg", "state/secrets.json"):
        assert stat.S_IMODE((workspace.data / name).stat().st_mode) == 0o600
