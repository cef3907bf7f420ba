"""The permissions API as `w.permissions` calls it, for what a deployment grants."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied
from databricks.sdk.service.database import DatabaseInstanceRole
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

VIEWER = "viewer@local.test"
INSTANCE = "local-lakebase"


def request(level: PermissionLevel) -> AccessControlRequest:
    return AccessControlRequest(user_name=VIEWER, permission_level=level)


def test_who_may_manage_the_instance_makes_roles_in_it(workspace: Any) -> None:
    w, viewer = workspace.client(), workspace.client("viewer")
    role = DatabaseInstanceRole(name="someone@local.test")
    with pytest.raises(PermissionDenied, match="does not have CAN MANAGE"):
        viewer.database.create_database_instance_role(INSTANCE, role)
    before = w.permissions.get("database-instances", INSTANCE)
    assert before.object_type == "database-instance"
    manage = request(PermissionLevel.CAN_MANAGE)
    w.permissions.update("database-instances", INSTANCE, access_control_list=[manage])
    assert viewer.database.create_database_instance_role(INSTANCE, role).name == role.name
    viewer.database.delete_database_instance_role(INSTANCE, "someone@local.test")
    use = request(PermissionLevel.CAN_USE)
    w.permissions.update("database-instances", INSTANCE, access_control_list=[use])


def test_who_may_only_use_it_may_not_change_permissions(workspace: Any) -> None:
    with pytest.raises(PermissionDenied):
        workspace.client("viewer").permissions.get("database-projects", "local")
    levels = workspace.client().permissions.get_permission_levels("database-projects", "local")
    names = [each.permission_level.value for each in levels.permission_levels]
    assert names == ["CAN_USE", "CAN_MANAGE"]


def test_a_level_that_the_kind_does_not_have_is_refused(workspace: Any) -> None:
    run = request(PermissionLevel.CAN_RUN)
    with pytest.raises(InvalidParameterValue, match="CAN_USE, CAN_MANAGE"):
        workspace.client().permissions.update(
            "database-instances", INSTANCE, access_control_list=[run]
        )
