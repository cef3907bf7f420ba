"""Users with different rights, on spaces and on tables, by the platform's own calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from databricks.sdk.errors import PermissionDenied
from databricks.sdk.service.catalog import PermissionsChange, Privilege
from databricks.sdk.service.dashboards import MessageStatus
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel
from databricks.sdk.service.sql import StatementState

SUPPLY = "01f10000000000000000000000000002"
SUPPLIER = "samples.tpch.supplier"


@pytest.fixture
def only_analyst_runs(server) -> Iterator[None]:
    permissions = server.client("admin").permissions
    before = permissions.get("genie", SUPPLY)
    analyst = AccessControlRequest(
        user_name="analyst@local.test", permission_level=PermissionLevel.CAN_RUN
    )
    permissions.set("genie", SUPPLY, access_control_list=[analyst])
    yield
    everyone = AccessControlRequest(group_name="users", permission_level=PermissionLevel.CAN_RUN)
    restored = permissions.set("genie", SUPPLY, access_control_list=[everyone])
    assert restored == before


def test_who_has_no_right_on_a_space_is_refused(server, only_analyst_runs):
    genie = server.client("viewer").genie
    with pytest.raises(PermissionDenied, match=f'"Can View" permission .* {SUPPLY}'):
        genie.get_space(SUPPLY)
    with pytest.raises(PermissionDenied, match='"Can Run" permission'):
        genie.start_conversation(SUPPLY, "How many suppliers are there?")
    assert SUPPLY not in [space.space_id for space in genie.list_spaces().spaces]


def test_who_has_the_right_may_ask(server, only_analyst_runs):
    genie = server.client("analyst").genie
    assert genie.get_space(SUPPLY).space_id == SUPPLY
    assert genie.start_conversation(SUPPLY, "How many suppliers are there?").message_id


def test_only_who_manages_a_space_may_see_and_change_its_permissions(server):
    permissions = server.client("analyst").permissions
    with pytest.raises(PermissionDenied):
        permissions.get("genie", SUPPLY)
    with pytest.raises(PermissionDenied):
        permissions.update("genie", SUPPLY, access_control_list=[])


def test_a_level_is_added_to_those_that_are_given(server, only_analyst_runs):
    viewer = AccessControlRequest(
        user_name="viewer@local.test", permission_level=PermissionLevel.CAN_VIEW
    )
    admin = server.client("admin").permissions
    changed = admin.update("genie", SUPPLY, access_control_list=[viewer])
    named = [each.user_name for each in changed.access_control_list if each.user_name]
    assert {"analyst@local.test", "viewer@local.test"} <= set(named)
    assert server.client("viewer").genie.get_space(SUPPLY).title


@pytest.fixture
def only_analyst_reads(server) -> Iterator[None]:
    grants = server.client("admin").grants
    analyst = PermissionsChange(principal="analyst@local.test", add=[Privilege.SELECT])
    everyone = PermissionsChange(principal="account users", remove=[Privilege.SELECT])
    grants.update("table", SUPPLIER, changes=[analyst, everyone])
    yield
    analyst = PermissionsChange(principal="analyst@local.test", remove=[Privilege.SELECT])
    everyone = PermissionsChange(principal="account users", add=[Privilege.SELECT])
    grants.update("table", SUPPLIER, changes=[analyst, everyone])


def asked(server, user):
    genie = server.client(user).genie
    started = genie.start_conversation(SUPPLY, "How many suppliers are there?")
    where = SUPPLY, started.conversation_id, started.message_id
    while True:
        message = genie.get_message(*where)
        if message.status in (MessageStatus.COMPLETED, MessageStatus.FAILED):
            return message


def test_a_question_to_a_table_that_one_may_not_read_fails(server, only_analyst_reads):
    message = asked(server, "viewer")
    assert message.status is MessageStatus.FAILED
    assert message.error.error == (
        "[INSUFFICIENT_PERMISSIONS] Insufficient privileges: "
        f"User does not have SELECT on Table '{SUPPLIER}'. SQLSTATE: 42501"
    )


@pytest.mark.parametrize("user", ["analyst", "admin"])
def test_who_may_read_the_table_gets_the_answer(server, only_analyst_reads, user):
    assert asked(server, user).status is MessageStatus.COMPLETED


def test_a_statement_needs_the_right_on_each_of_its_tables(server, only_analyst_reads):
    sql = "SELECT count(*) FROM samples.tpch.nation JOIN samples.tpch.supplier ON true"
    execution = server.client("viewer").statement_execution
    answer = execution.execute_statement(sql, "local0000warehouse")
    assert answer.status.state is StatementState.FAILED
    assert SUPPLIER in answer.status.error.message


def test_the_privileges_of_a_table_are_shown(server):
    (given,) = server.client().grants.get("table", "samples.tpch.part").privilege_assignments
    assert (given.principal, given.privileges) == ("account users", [Privilege.SELECT])


def test_only_an_admin_changes_privileges(server):
    change = PermissionsChange(principal="viewer@local.test", add=[Privilege.SELECT])
    with pytest.raises(PermissionDenied):
        server.client("analyst").grants.update("table", SUPPLIER, changes=[change])
