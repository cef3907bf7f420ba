"""Tasks of one run: what they depend on, pass on, and how they end."""

from __future__ import annotations

import subprocess
import sys

import pytest
from databricks.sdk.errors import InvalidParameterValue, OperationFailed
from databricks.sdk.service.compute import Library
from databricks.sdk.service.jobs import (
    ConditionTask,
    ConditionTaskOp,
    PythonWheelTask,
    RunIf,
    RunLifeCycleState,
    RunResultState,
    SparkPythonTask,
    Task,
    TaskDependency,
    TerminationCodeCode,
)

FAIL = "def check():\n    raise ValueError('no such region: BOOM')\n\n\ncheck()"


def after(task: Task, *keys: str, run_if: RunIf | None = None) -> Task:
    task.depends_on = [TaskDependency(task_key=key) for key in keys]
    task.run_if = run_if
    return task


def results(run):
    return {task.task_key: task.state.result_state.value for task in run.tasks}


def test_tasks_run_in_order_and_hand_values_on(jobs_server, w, wait_until):
    give = jobs_server.notebook("give", "dbutils.jobs.taskValues.set('rows', 42)")
    source = "n = dbutils.jobs.taskValues.get('give', 'rows')\n"
    source += "dbutils.notebook.exit(f\"{n} {dbutils.widgets.get('rows')}\")"
    take = after(jobs_server.notebook("take", source), "give")
    take.notebook_task.base_parameters = {"rows": "{{tasks.give.values.rows}}"}
    job = w.jobs.create(name="values", tasks=[take, give])
    started = w.jobs.run_now(job.job_id).run_id
    first, second = w.jobs.get_run(started).tasks
    assert first.state.life_cycle_state is RunLifeCycleState.BLOCKED
    assert second.state.life_cycle_state is RunLifeCycleState.RUNNING
    run = wait_until(w, started)
    by_key = {task.task_key: task for task in run.tasks}
    assert by_key["take"].start_time >= by_key["give"].end_time
    output = w.jobs.get_run_output(by_key["take"].run_id)
    assert output.notebook_output.result == "42 42"


def test_a_failure_has_its_error_and_trace_and_skips_what_follows(jobs_server, w, wait_until):
    bad = jobs_server.notebook("bad", FAIL)
    late = after(jobs_server.notebook("late", "pass"), "bad")
    job = w.jobs.create(name="failing", tasks=[bad, late])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    assert results(run) == {"bad": "FAILED", "late": "UPSTREAM_FAILED"}
    assert run.state.life_cycle_state is RunLifeCycleState.INTERNAL_ERROR
    assert run.state.state_message == (
        "Task bad failed with message: Workload failed, see run output for details. "
        "This caused all downstream tasks to get skipped."
    )
    output = w.jobs.get_run_output(run.tasks[0].run_id)
    assert output.error == "ValueError: no such region: BOOM"
    assert output.error_trace == (
        "Traceback (most recent call last):\n"
        '  File "/Workspace/Shared/bad.py", line 6, in <module>\n    check()\n'
        '  File "/Workspace/Shared/bad.py", line 3, in check\n'
        "    raise ValueError('no such region: BOOM')\n"
        "ValueError: no such region: BOOM\n"
    )
    assert output.notebook_output.result is None


def test_the_sdks_waiter_raises_for_a_failed_run(jobs_server, w):
    job = w.jobs.create(name="raising", tasks=[jobs_server.notebook("raising", FAIL)])
    with pytest.raises(OperationFailed, match="Task raising failed"):
        w.jobs.run_now(job.job_id).result()


@pytest.mark.parametrize(
    ("run_if", "ends"),
    [
        (RunIf.ALL_SUCCESS, "UPSTREAM_FAILED"),
        (RunIf.ALL_DONE, "SUCCESS"),
        (RunIf.AT_LEAST_ONE_SUCCESS, "SUCCESS"),
        (RunIf.NONE_FAILED, "UPSTREAM_FAILED"),
        (RunIf.ALL_FAILED, "EXCLUDED"),
        (RunIf.AT_LEAST_ONE_FAILED, "SUCCESS"),
    ],
)
def test_run_if_decides_after_one_failure_and_one_success(jobs_server, w, wait_until, run_if, ends):
    good, bad = jobs_server.notebook("good", "pass"), jobs_server.notebook("bad", FAIL)
    last = after(jobs_server.notebook("last", "pass"), "good", "bad", run_if=run_if)
    job = w.jobs.create(name=f"run if {run_if.value}", tasks=[good, bad, last])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    assert results(run) == {"good": "SUCCESS", "bad": "FAILED", "last": ends}
    if ends == "SUCCESS":
        assert run.state.result_state is RunResultState.SUCCESS_WITH_FAILURES


def test_a_condition_chooses_the_branch(jobs_server, w, wait_until):
    condition = ConditionTask(
        op=ConditionTaskOp.GREATER_THAN, left="{{job.parameters.n}}", right="9"
    )
    many = jobs_server.notebook("many", "pass")
    many.depends_on = [TaskDependency(task_key="if", outcome="true")]
    few = jobs_server.notebook("few", "pass")
    few.depends_on = [TaskDependency(task_key="if", outcome="false")]
    tasks = [Task(task_key="if", condition_task=condition), many, few]
    job = w.jobs.create(name="branches", tasks=tasks)
    run = wait_until(w, w.jobs.run_now(job.job_id, job_parameters={"n": "10"}).run_id)
    assert results(run) == {"if": "SUCCESS", "many": "SUCCESS", "few": "EXCLUDED"}
    assert run.tasks[0].condition_task.outcome == "true"


def test_a_failed_attempt_is_retried(jobs_server, w, wait_until, tmp_path):
    source = f"import pathlib\np = pathlib.Path({str(tmp_path / 'tried')!r})\n"
    source += "first = not p.exists()\np.touch()\nassert not first"
    task = jobs_server.notebook("flaky", source)
    task.max_retries, task.min_retry_interval_millis = 2, 50
    job = w.jobs.create(name="flaky", tasks=[task])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    assert run.state.result_state is RunResultState.SUCCESS
    tried = [(task.attempt_number, task.state.result_state.value) for task in run.tasks]
    assert tried == [(0, "FAILED"), (1, "SUCCESS")]


def test_a_task_that_takes_too_long_is_stopped(jobs_server, w, wait_until):
    task = jobs_server.notebook("slow", "import time\ntime.sleep(60)")
    task.timeout_seconds = 1
    job = w.jobs.create(name="slow", tasks=[task])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    assert results(run) == {"slow": "TIMEDOUT"}
    assert run.tasks[0].status.termination_details.code is TerminationCodeCode.CANCELED


def test_a_run_that_takes_too_long_is_stopped(jobs_server, w, wait_until):
    task = jobs_server.notebook("long", "import time\ntime.sleep(60)")
    job = w.jobs.create(name="long", tasks=[task], timeout_seconds=1)
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    assert run.state.result_state is RunResultState.TIMEDOUT
    assert run.state.user_cancelled_or_timedout is True


def test_a_notebook_that_does_not_exist_fails_its_run(w, wait_until):
    task = Task.from_dict({"task_key": "lost", "notebook_task": {"notebook_path": "/Shared/none"}})
    job = w.jobs.create(name="lost", tasks=[task])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    details = run.tasks[0].status.termination_details
    assert details.code is TerminationCodeCode.RESOURCE_NOT_FOUND
    assert 'Unable to access the notebook "/Shared/none"' in run.state.state_message


def test_a_path_cannot_leave_the_workspaces_files(jobs_server, w, wait_until, tmp_path):
    (tmp_path / "outside.py").write_text("pass", encoding="utf-8")
    path = f"/../../../{tmp_path}/outside"
    task = Task.from_dict({"task_key": "out", "notebook_task": {"notebook_path": path}})
    job = w.jobs.create(name="out", tasks=[task])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    assert results(run) == {"out": "FAILED"}


def test_a_process_that_vanishes_is_an_internal_error(jobs_server, w, wait_until):
    job = w.jobs.create(name="gone", tasks=[jobs_server.notebook("gone", "import os\nos._exit(9)")])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    assert run.tasks[0].state.life_cycle_state is RunLifeCycleState.INTERNAL_ERROR
    assert run.tasks[0].status.termination_details.code is TerminationCodeCode.DRIVER_ERROR


def test_a_large_exit_value_is_cut_at_five_megabytes(jobs_server, w, wait_until):
    task = jobs_server.notebook("large", "dbutils.notebook.exit('x' * (5 * 1024 * 1024 + 1))")
    job = w.jobs.create(name="large", tasks=[task])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    output = w.jobs.get_run_output(run.tasks[0].run_id).notebook_output
    assert (len(output.result), output.truncated) == (5 * 1024 * 1024, True)


def test_a_python_file_gets_its_arguments_and_gives_its_logs(jobs_server, w, wait_until):
    file = jobs_server.data / "files" / "Shared" / "script.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("import sys\nprint(sys.argv[1:])", encoding="utf-8")
    script = SparkPythonTask(python_file="/Workspace/Shared/script.py", parameters=["a", "b"])
    job = w.jobs.create(name="script", tasks=[Task(task_key="main", spark_python_task=script)])
    for given, printed in (({}, "['a', 'b']\n"), ({"python_params": ["c"]}, "['c']\n")):
        run = wait_until(w, w.jobs.run_now(job.job_id, **given).run_id)
        output = w.jobs.get_run_output(run.tasks[0].run_id)
        assert (output.logs, output.logs_truncated) == (printed, False)


@pytest.fixture(scope="module")
def wheel(jobs_server, tmp_path_factory):
    """Build a small wheel and keep it among the workspace's files."""
    project = tmp_path_factory.mktemp("wheel")
    (project / "pyproject.toml").write_text(
        '[project]\nname = "greeter"\nversion = "1.0"\n[project.scripts]\nhi = "greeter:main"\n'
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
        encoding="utf-8",
    )
    (project / "greeter.py").write_text(
        "import sys\n\n\ndef main():\n    print('hi', *sys.argv[1:])\n", encoding="utf-8"
    )
    folder = jobs_server.data / "files" / "Shared"
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder), str(project)]
    subprocess.run(command, check=True)
    return "/Workspace/Shared/greeter-1.0-py2.py3-none-any.whl"


def test_a_wheels_entry_point_is_called(w, wheel, wait_until):
    call = PythonWheelTask(
        package_name="greeter", entry_point="hi", named_parameters={"to": "{{job.name}}"}
    )
    task = Task(task_key="main", python_wheel_task=call, libraries=[Library(whl=wheel)])
    job = w.jobs.create(name="greet", tasks=[task])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    output = w.jobs.get_run_output(run.tasks[0].run_id)
    assert output.logs == "hi --to=greet\n"
    assert run.tasks[0].setup_duration > 0


def test_the_output_of_a_whole_run_cannot_be_had(jobs_server, w, wait_until):
    job = w.jobs.create(name="whole", tasks=[jobs_server.notebook("whole", "pass")])
    run_id = wait_until(w, w.jobs.run_now(job.job_id).run_id).run_id
    with pytest.raises(InvalidParameterValue, match="runs with multiple tasks is not supported"):
        w.jobs.get_run_output(run_id)
