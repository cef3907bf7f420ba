"""An agent from its log to its answers, with databricks-agents, the SDK and MLflow's client."""

from __future__ import annotations

from typing import Any

import psutil
import pytest
from databricks.sdk.errors import OperationFailed, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import PermissionsChange, Privilege
from databricks.sdk.service.serving import (
    Route,
    ServedEntityInput,
    ServingEndpointAccessControlRequest,
    ServingEndpointPermissionLevel,
    TrafficConfig,
)

from .conftest import MODEL, Register

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning"),
    pytest.mark.filterwarnings("ignore:Support for class-based:DeprecationWarning"),
]


def ask(workspace: Any, deployment: Any, said: str, *, user: str = "admin") -> Any:
    path = f"/serving-endpoints/{deployment.endpoint_name}/invocations"
    body = {"input": [{"role": "user", "content": said}]}
    return workspace.call("POST", path, body=body, user=user)


def text(answer: Any) -> str:
    said: str = answer.json()["output"][0]["content"][0]["text"]
    return said


def test_the_deployed_agent_answers_with_its_secret(workspace: Any, deployment: Any) -> None:
    endpoint = workspace.client().serving_endpoints.get(deployment.endpoint_name)
    assert endpoint.state.ready.value == "READY"
    assert endpoint.config.served_entities[0].entity_version == deployment.model_version
    variables = endpoint.config.served_entities[0].environment_vars
    assert variables["GREETING"] == "{{secrets/echo/greeting}}"
    assert text(ask(workspace, deployment, "you")) == "Good day, you"


def test_it_runs_in_an_environment_of_its_own(workspace: Any, deployment: Any) -> None:
    found = ask(workspace, deployment, "what is there").json()["custom_outputs"]
    assert (found["wheels"], found["lakevisor"]) == ("1.0", False)
    assert found["home"].startswith(str(workspace.data))
    w, names = workspace.client(), (deployment.endpoint_name, deployment.served_entity_name)
    assert "The environment is complete." in w.serving_endpoints.build_logs(*names).logs


def test_mlflows_client_streams_from_it(mlflow_of_workspace: Any, deployment: Any) -> None:
    from mlflow.deployments import get_deploy_client

    inputs = {"input": [{"role": "user", "content": "you"}], "stream": True}
    client = get_deploy_client("databricks")
    events = list(client.predict_stream(endpoint=deployment.endpoint_name, inputs=inputs))
    assert [event.get("delta") for event in events] == ["Hello, ", "you", None]
    assert events[-1]["type"] == "response.output_item.done"


def test_the_openai_client_asks_it_by_name(workspace: Any, deployment: Any) -> None:
    from databricks_openai import DatabricksOpenAI

    with DatabricksOpenAI(workspace_client=workspace.client()) as client:
        answer = client.responses.create(
            model=deployment.endpoint_name, input=[{"role": "user", "content": "you"}]
        )
    assert answer.output_text == "Good day, you"


def test_an_exception_is_an_answer(workspace: Any, deployment: Any) -> None:
    answer = ask(workspace, deployment, "fail")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "BAD_REQUEST")
    assert "it was asked to fail" in answer.json()["stack_trace"]
    path = f"/serving-endpoints/{deployment.endpoint_name}/invocations"
    body = {"input": [{"role": "user", "content": "fail"}], "stream": True}
    streamed = workspace.call("POST", path, body=body).text
    assert "ValueError: it was asked to fail" in streamed
    assert streamed.endswith("data: [DONE]\n\n")


def test_a_body_of_five_megabytes_is_refused(workspace: Any, deployment: Any) -> None:
    answer = ask(workspace, deployment, "x" * 5_000_000)
    assert (answer.status_code, answer.json()["error_code"]) == (413, "BAD_REQUEST")


def test_who_may_not_query_is_refused_and_who_may_is_known(workspace: Any, deployment: Any) -> None:
    with pytest.raises(PermissionDenied):
        workspace.client("analyst").serving_endpoints.get(deployment.endpoint_name)
    assert ask(workspace, deployment, "you", user="analyst").status_code == 403
    w = workspace.client()
    endpoint_id = w.serving_endpoints.get(deployment.endpoint_name).id
    grant = ServingEndpointAccessControlRequest(
        user_name="analyst@local.test", permission_level=ServingEndpointPermissionLevel.CAN_QUERY
    )
    w.serving_endpoints.update_permissions(endpoint_id, access_control_list=[grant])
    found = ask(workspace, deployment, "who are you", user="analyst").json()["custom_outputs"]
    who = {"self": "admin@local.test", "user": "analyst@local.test"}
    assert found == {**who, "platform": True}


def test_nobody_serves_a_model_in_anothers_name(workspace: Any, deployment: Any) -> None:
    w, manage = workspace.client(), ServingEndpointPermissionLevel.CAN_MANAGE
    change = PermissionsChange(principal="viewer@local.test", add=[Privilege.EXECUTE])
    w.grants.update("FUNCTION", MODEL, changes=[change])
    grant = ServingEndpointAccessControlRequest(
        user_name="viewer@local.test", permission_level=manage
    )
    endpoint = w.serving_endpoints.get(deployment.endpoint_name)
    w.serving_endpoints.update_permissions(endpoint.id, access_control_list=[grant])
    entity = {**endpoint.config.served_entities[0].as_dict(), "name": "mine"}
    entity |= {"creator": "admin@local.test", "environment_vars": {"ECHO_BREAKS": "yes"}}
    path = f"/api/2.0/serving-endpoints/{deployment.endpoint_name}/config"
    answer = workspace.call("PUT", path, body={"served_entities": [entity]}, user="viewer")
    [pending] = answer.json()["pending_config"]["served_entities"]
    assert pending["creator"] == "viewer@local.test"
    with pytest.raises(OperationFailed):
        w.serving_endpoints.wait_get_serving_endpoint_not_updating(deployment.endpoint_name)


def test_its_traces_are_in_the_experiment(
    workspace: Any, mlflow_of_workspace: Any, deployment: Any
) -> None:
    ask(workspace, deployment, "traced")
    experiment = mlflow_of_workspace.get_experiment_by_name("/Shared/echo-agent")
    client = mlflow_of_workspace.MlflowClient()
    traces = client.search_traces(locations=[experiment.experiment_id])
    assert any("traced" in (trace.info.request_preview or "") for trace in traces)


def test_a_version_that_cannot_be_loaded_changes_nothing(workspace: Any, deployment: Any) -> None:
    w, name = workspace.client(), deployment.endpoint_name
    broken = ServedEntityInput(
        name="broken",
        entity_name=MODEL,
        entity_version=deployment.model_version,
        environment_vars={"ECHO_BREAKS": "yes"},
    )
    waiter = w.serving_endpoints.update_config(name, served_entities=[broken])
    with pytest.raises(ResourceConflict):
        w.serving_endpoints.update_config(name, served_entities=[broken])
    with pytest.raises(OperationFailed):
        waiter.result()
    endpoint = w.serving_endpoints.get(name)
    assert endpoint.state.config_update.value == "UPDATE_FAILED"
    failed = endpoint.pending_config.served_entities[0].state
    assert failed.deployment.value == "DEPLOYMENT_FAILED"
    assert "this agent cannot be loaded" in w.serving_endpoints.logs(name, "broken").logs
    assert text(ask(workspace, deployment, "you")) == "Good day, you"


def test_a_requirement_that_is_not_there_is_told_by_the_build_log(
    workspace: Any, deployment: Any, register: Register
) -> None:
    w, name = workspace.client(), deployment.endpoint_name
    version = register(requirements=["code/wheels/not_there-1.0-py3-none-any.whl"])
    entity = ServedEntityInput(name="unbuilt", entity_name=MODEL, entity_version=version)
    with pytest.raises(OperationFailed):
        w.serving_endpoints.update_config_and_wait(name, served_entities=[entity])
    assert "not_there-1.0" in w.serving_endpoints.build_logs(name, "unbuilt").logs
    assert text(ask(workspace, deployment, "you")) == "Good day, you"


def test_a_new_version_takes_the_traffic_and_gives_it_back(workspace: Any, deployment: Any) -> None:
    w, name = workspace.client(), deployment.endpoint_name
    first = w.serving_endpoints.get(name).config
    second = ServedEntityInput(
        name="second",
        entity_name=MODEL,
        entity_version=deployment.model_version,
        environment_vars={"GREETING": "Good evening"},
    )
    served = [*first.served_entities, second]
    old = Route(served_model_name=deployment.served_entity_name, traffic_percentage=0)
    new = Route(served_model_name="second", traffic_percentage=100)
    w.serving_endpoints.update_config_and_wait(
        name, served_entities=served, traffic_config=TrafficConfig(routes=[old, new])
    )
    assert text(ask(workspace, deployment, "you")) == "Good evening, you"
    w.serving_endpoints.update_config_and_wait(
        name, served_entities=first.served_entities, traffic_config=first.traffic_config
    )
    assert text(ask(workspace, deployment, "you")) == "Good day, you"


def test_a_deleted_endpoint_leaves_no_process(workspace: Any, deployment: Any) -> None:
    from databricks import agents

    folder = workspace.data / "endpoints"
    assert _processes(str(folder))
    agents.delete_deployment(MODEL)
    assert _processes(str(folder)) == []
    assert agents.get_deployments(MODEL) == []
    assert ask(workspace, deployment, "you").status_code == 404


def _processes(folder: str) -> list[int]:
    running = psutil.process_iter(["cmdline"])
    return [each.pid for each in running if folder in " ".join(each.info["cmdline"] or ())]
