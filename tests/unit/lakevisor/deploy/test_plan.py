"""The plan, from what this machine knows and what the workspace said."""

import json
from dataclasses import asdict, replace

from lakevisor.cli.plan_view import plan_lines
from lakevisor.deploy.inspection import Found, not_asked
from lakevisor.deploy.plan import make_plan


def offline_plan(draft, *given):
    made = draft(*given)
    return make_plan(made, not_asked(made.configuration, "--offline"))


def grants(plan, target):
    (chosen,) = [each for each in plan.targets if each.target == target]
    return {(each.kind, each.permission): each for each in chosen.grants}


def test_each_grant_says_who_needs_it_and_what_for(draft):
    found = grants(offline_plan(draft), "app")

    job = found["job", "CAN_MANAGE_RUN"]
    assert (job.agent, job.name) == ("jobs", "300000000000001")
    assert job.reason == "starts, sees and stops runs of 'Transaction anomalies'"
    assert {kind for kind, _ in found} == {
        "serving_endpoint",
        "lakebase_branch",
        "experiment",
        "genie_space",
        "job",
    }


def test_model_serving_grants_no_jobs_and_an_app_does(draft):
    plan = offline_plan(draft)

    assert not grants(plan, "model")["job", "CAN_MANAGE_RUN"].by_deployment
    assert grants(plan, "model")["genie_space", "CAN_RUN"].by_deployment
    assert grants(plan, "app")["job", "CAN_MANAGE_RUN"].by_deployment


def test_what_the_platform_cannot_do_comes_with_what_to_do_instead(draft):
    limits = {limit.cannot: limit.instead for limit in offline_plan(draft).limits}

    (jobs,) = [instead for cannot, instead in limits.items() if "no resource for jobs" in cannot]
    assert jobs == (
        "Grant CAN_MANAGE_RUN on each job to the service principal "
        "00000000-0000-0000-0000-0000000000b1."
    )
    assert any("on behalf of a person" in cannot for cannot in limits)
    assert any("not a branch of an autoscaling project" in cannot for cannot in limits)


def test_a_provisioned_lakebase_is_a_models_resource(draft):
    changes = ("lakebase.project=null", "lakebase.branch=null", "lakebase.instance_name=one")
    plan = offline_plan(draft, "prod", *changes)

    assert grants(plan, "model")["lakebase_instance", "CAN_CONNECT_AND_CREATE"].by_deployment
    assert not any("autoscaling" in limit.cannot for limit in plan.limits)


def test_what_is_not_known_is_said_so(draft):
    steps = [step for target in offline_plan(draft).targets for step in target.steps]

    unknown = [step for step in steps if step.action == "make or change"]
    assert len(unknown) == 3
    assert {step.reason for step in unknown} == {"not known: the workspace was not asked"}


def test_what_is_there_is_changed_and_what_is_not_is_made(draft):
    made = draft()
    inspection = replace(
        not_asked(made.configuration, ""),
        is_connected=True,
        model=Found(exists=True, detail="latest version 3"),
        endpoint=Found(exists=False),
    )
    model = make_plan(made, inspection).targets[0]

    assert model.steps[0].action == "change"
    assert model.steps[0].reason.startswith("latest version 3")
    assert model.steps[2].action == "make"


def test_the_users_scopes_are_those_of_agents_that_act_for_the_person(draft):
    never = "agents.genie.on_behalf_of_user=never"

    assert offline_plan(draft).targets[0].user_scopes == ["dashboards.genie"]
    assert offline_plan(draft, "prod", never).targets[0].user_scopes == []


def test_a_model_without_a_service_principal_cannot_reach_its_jobs(draft):
    plan = offline_plan(draft, "dev")
    model, app = plan.targets

    assert any("deployment.model.client_id" in problem for problem in model.problems)
    assert plan.has_problems
    assert not app.problems


def test_a_secret_without_a_scope_stands_in_the_way(draft):
    model = offline_plan(draft, "prod", "deployment.secret_scope=null").targets[0]

    assert any("LAKEVISOR_CLIENT_SECRET" in problem for problem in model.problems)


def test_nothing_to_deploy_is_a_problem(draft):
    nothing = ("deployment.model.name=null", "deployment.app.name=null")

    assert offline_plan(draft, "prod", *nothing).has_problems


def test_a_plugin_of_somebody_else_is_in_the_plan(draft, third_party):
    third_party.install_editable()
    plan = offline_plan(draft, "prod", "agents.weather={warehouse: w7}")

    assert plan.plugins == ["genie", "jobs", "weather"]
    assert "their-weather 1.2 (source)" in plan.wheels
    assert grants(plan, "app")["sql_warehouse", "CAN_USE"].name == "w7"


def test_the_plan_can_be_read_by_programs_and_people(draft):
    plan = offline_plan(draft)
    text = "\n".join(plan_lines(plan))

    assert json.loads(json.dumps(asdict(plan)))["workspace"] == "prod"
    assert "This is a plan; nothing was touched." in text
    assert all(limit.instead in text for limit in plan.limits)
    assert "databricks secrets put-secret lakevisor LAKEVISOR_CLIENT_SECRET" in text
