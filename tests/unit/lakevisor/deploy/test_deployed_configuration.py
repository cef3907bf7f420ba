"""What of a workspace's configuration travels."""

import pytest

from lakevisor.deploy.deployed_configuration import (
    Target,
    deployed_tree,
    required_secrets,
    stranded_secrets,
)

HOST = "https://w.example.com"


def test_a_model_logs_in_as_its_service_principal(configure):
    tree = deployed_tree(configure("prod"), Target.MODEL, host=HOST)

    assert tree["workspace"] == {
        "host": HOST,
        "client_id": "00000000-0000-0000-0000-0000000000b1",
        "client_secret": "env:LAKEVISOR_CLIENT_SECRET",
    }


def test_a_model_may_have_another_principal_than_who_deploys(configure):
    tree = deployed_tree(configure("dev", "deployment.model.client_id=p1"), Target.MODEL, host=HOST)

    assert tree["workspace"]["client_id"] == "p1"
    assert required_secrets(tree) == ["DATABRICKS_CLIENT_SECRET"]


@pytest.mark.parametrize("workspace", ["local", "dev", "prod"])
def test_an_app_is_its_own_identity_behind_its_platforms_proxy(configure, workspace):
    tree = deployed_tree(configure(workspace), Target.APP, host=HOST)

    assert tree["workspace"] == {}
    assert tree["serving"]["identity"] == "proxy"


@pytest.mark.parametrize(
    ("has_user_policy", "identity"), [(True, "model_serving"), (False, "self")]
)
def test_a_model_knows_people_by_their_tokens_where_it_is_given_them(
    configure, has_user_policy, identity
):
    configuration = configure("prod", "serving.identity=proxy")
    tree = deployed_tree(configuration, Target.MODEL, host=HOST, has_user_policy=has_user_policy)

    assert tree["serving"]["identity"] == identity


def test_overrides_travel_and_the_section_of_the_deployment_does_not(configure):
    configuration = configure("prod", "model.max_tokens=77", "workspace.http_timeout_seconds=9")
    tree = deployed_tree(configuration, Target.APP, host=HOST)

    assert tree["model"]["max_tokens"] == 77
    assert tree["workspace"] == {"http_timeout_seconds": 9}
    assert "deployment" not in tree


def test_secrets_of_agents_are_found_wherever_they_stand(configure):
    configuration = configure("prod", "agents.other.servers=[{token: 'env:ONE'}, {key: 'env:TWO'}]")

    assert required_secrets(deployed_tree(configuration, Target.APP, host="")) == ["ONE", "TWO"]


def test_what_would_travel_in_clear_or_not_at_all_is_told_without_being_shown(configure):
    configuration = configure(
        "prod", "agents.other.api_key=s3cret", "agents.other.password='file:here.txt'"
    )
    problems = stranded_secrets(deployed_tree(configuration, Target.APP, host=""))

    assert problems == [
        "agents.other.api_key would travel in clear; write env:NAME instead.",
        "agents.other.password: file:here.txt is a file of this machine; write env:NAME instead.",
    ]
