"""What an endpoint says of a version that is being deployed."""

import pytest
from databricks.sdk.service.serving import ServedEntityOutput, ServingEndpointDetailed

from lakevisor.deploy.served_versions import _input, _progress

MODEL = "main.agents.lakevisor"


def endpoint(update, deployment=None, *, pending=True, said="", version="2"):
    entity = {
        "name": f"v{version}",
        "entity_name": MODEL,
        "entity_version": version,
        "state": {"deployment": deployment, "deployment_state_message": said},
    }
    where = "pending_config" if pending else "config"
    return ServingEndpointDetailed.from_dict(
        {"state": {"config_update": update}, where: {"served_entities": [entity]}}
    )


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (endpoint("IN_PROGRESS"), "waiting"),
        (endpoint("IN_PROGRESS", "DEPLOYMENT_CREATING"), "waiting"),
        (endpoint("IN_PROGRESS", "DEPLOYMENT_READY"), "waiting"),
        (endpoint("NOT_UPDATING", "DEPLOYMENT_READY", pending=False), "ready"),
        (endpoint("IN_PROGRESS", "DEPLOYMENT_FAILED"), "failed"),
        (endpoint("UPDATE_FAILED"), "failed"),
        (endpoint("UPDATE_CANCELED"), "failed"),
        # The version before is ready, which says nothing about the one that is waited for.
        (endpoint("NOT_UPDATING", "DEPLOYMENT_READY", pending=False, version="1"), "waiting"),
        # A word that this SDK does not know is parsed to nothing: unknown, and so not ready.
        (endpoint("NOT_UPDATING", "DEPLOYMENT_OF_A_NEW_KIND", pending=False), "waiting"),
    ],
)
def test_a_version_is_ready_only_when_it_and_its_update_are(found, state):
    assert _progress(found, MODEL, "2")[0] == state


def test_what_the_endpoint_says_is_passed_on():
    found = endpoint("IN_PROGRESS", "DEPLOYMENT_CREATING", said="Building the container")

    assert _progress(found, MODEL, "2")[1] == "version 2: creating, Building the container"


def test_what_is_served_can_be_asked_for_again_without_the_answers_own_fields():
    output = ServedEntityOutput.from_dict(
        {
            "name": "v2",
            "entity_name": MODEL,
            "entity_version": "2",
            "environment_vars": {"A": "{{secrets/s/A}}"},
            "creator": "somebody",
            "creation_timestamp": 7,
        }
    )

    assert _input(output, scale_to_zero=True).as_dict() == {
        "name": "v2",
        "entity_name": MODEL,
        "entity_version": "2",
        "environment_vars": {"A": "{{secrets/s/A}}"},
        "scale_to_zero_enabled": True,
    }
