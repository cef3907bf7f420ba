"""Several people with a supervisor each, on one Lakebase and one workspace, and all that they do.

Their model does exactly what the message says: no wit of a model keeps them apart.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chaos.world import World
from lakevisor.config import load_configuration
from lakevisor.errors import LakevisorError
from lakevisor.supervisor import Request, open_supervisor

CONFIGS = Path(__file__).parents[2] / "configs"
PEOPLE = {
    "admin": "admin@local.test",
    "analyst": "analyst@local.test",
    "service-principal": "11111111-2222-3333-4444-555555555555",
}
"""Profile to user name: two persons and a service principal."""
RUN_ID = re.compile(r"(?<!\d)\d{15}(?!\d)")
CALL = "CALL "
REPORT = """# Databricks notebook source
dbutils.notebook.exit("The report of " + dbutils.widgets.get("user_request"))
"""


def order(tool: str, /, **arguments: Any) -> str:
    """Return the message that lets the model call a tool."""
    return CALL + json.dumps([tool, arguments])


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a request, and what was done for it."""

    text: str
    """Without what ended since, or what the error says."""
    error: str = ""
    """The name of the error's class."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What programs get."""
    everything: str = ""
    """All that the person and the model could read."""
    asked: Sequence[str] = ()
    """What was asked of the workspace."""

    @property
    def data(self) -> Mapping[str, Any]:
        """What programs read of the last answer of a tool."""
        answers = self.outputs.get("answers") or [{"data": {}}]
        data: Mapping[str, Any] = answers[-1]["data"]
        return data

    @property
    def started(self) -> str | None:
        """The run that was started."""
        found = re.search(r'Started "[^"]*"\. Run (\d+)', self.text)
        return found and found[1]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a supervisor that acts for them."""

    name: str
    supervisor: Any
    model: Any
    watched: list[str]

    async def ask(self, text: str, **fields: Any) -> Answer:
        """Send a request and return all that came of it."""
        self.model._calls.clear()
        self.watched.clear()
        try:
            finished = await self.supervisor.ask(Request(text=text, **fields))
        except LakevisorError as error:
            error_text = f"{error.message} {error.remedy}"
            return self._answer(error_text, error=type(error).__name__)
        told = finished.text
        for notice in finished.custom_outputs["notices"]:
            told = told.replace(notice["text"], "")
        outputs = finished.custom_outputs
        return self._answer(told.strip(), outputs=outputs, shown=finished.text)

    def _answer(self, text: str, *, shown: str = "", **more: Any) -> Answer:
        read = [str(each.content) for call in self.model.calls for each in call.messages]
        outputs = json.dumps(more.get("outputs", {}))
        everything = "\n".join([text, shown, outputs, *read])
        return Answer(text=text, everything=everything, asked=tuple(self.watched), **more)


@dataclass(frozen=True, kw_only=True)
class Company:
    """The people, their jobs, and who has started what."""

    world: World
    people: Mapping[str, Person]
    jobs: Mapping[str, int]
    nobodys: Sequence[str]
    """Runs that were started in the workspace by hand."""
    owner_of: dict[str, str] = field(default_factory=dict)
    """Who has started a run, by its id."""
    runs_of: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The runs of each person, in order."""

    @classmethod
    @asynccontextmanager
    async def opened(cls, world: World) -> AsyncIterator[Company]:
        """Make the jobs and open a supervisor for each of the people."""
        jobs = await _new_jobs(world)
        nobodys = [await _run_by_hand(world, jobs["waiting"]) for _ in range(2)]
        async with AsyncExitStack() as stack:
            watched: list[str] = []
            stack.enter_context(_watching(watched))
            people = {}
            # Tables of their own: what else has been started here is not theirs to list.
            schema = f"company_{uuid4().hex[:12]}"
            for profile in PEOPLE:
                given = _overrides(world, jobs, f"workspace.profile={profile}")
                given = [*given, f"lakebase.schema_name={schema}"]
                people[profile] = await _person(stack, profile, given, watched)
            company = cls(world=world, people=people, jobs=jobs, nobodys=nobodys)
            company.owner_of.update(dict.fromkeys(nobodys, "nobody"))
            for person in people.values():
                await company.start(person, "report", thread_id=uuid4().hex)
            yield company

    async def start(self, person: Person, job: str, **fields: Any) -> Answer:
        """Let a person start a job, and remember whose run it is."""
        text = order("start_databricks_job", user_request=f"{mark(person)}-{uuid4().hex}", job=job)
        return self.remember(person, await person.ask(text, **fields))

    def remember(self, person: Person, answer: Answer) -> Answer:
        """Remember whose run it is that was started."""
        if answer.started and answer.started not in self.owner_of:
            self.owner_of[answer.started] = person.name
            self.runs_of[person.name].append(answer.started)
        return answer

    async def cancel(self, run_ids: Sequence[str]) -> None:
        """End runs, past the product."""
        for run_id in run_ids:
            await self.world.call("POST", "/api/2.2/jobs/runs/cancel", {"run_id": int(run_id)})


def mark(person: Person) -> str:
    """Return what stands in all that a person says, and nowhere else."""
    return f"mark-of-{person.name}"


def others_marks(text: str, person: Person) -> set[str]:
    """Return the marks of other people in a text."""
    return {each for each in PEOPLE if f"mark-of-{each}" in text} - {person.name}


def _obey(messages: Sequence[Any]) -> Any:
    from lakevisor_testing.replies import ToolUse

    last = messages[-1]
    if last.type == "tool":
        return f"I was told: {last.content}"
    said = next(each.text for each in reversed(messages) if each.type == "human")
    if CALL not in said:
        return "Hello."
    tool, arguments = json.loads(said.partition(CALL)[2])
    return ToolUse(tool, raw=json.dumps(arguments))


async def _person(
    stack: AsyncExitStack, name: str, overrides: Sequence[str], watched: list[str]
) -> Person:
    from lakevisor.graph import build_graph
    from lakevisor_testing.scripted_model import ScriptedModel

    configuration = load_configuration(folder=CONFIGS, overrides=overrides, environment={})
    supervisor = await stack.enter_async_context(open_supervisor(configuration, {}))
    model = ScriptedModel(_obey)
    graph = build_graph(supervisor.registry, lambda _: model, supervisor.settings.supervisor)
    return Person(
        name=name, supervisor=replace(supervisor, graph=graph), model=model, watched=watched
    )


@contextmanager
def _watching(watched: list[str]) -> Iterator[None]:
    """Write down what the SDK asks of the workspace."""
    from requests import Session

    send = Session.send

    def watching(self: Any, request: Any, **kwargs: Any) -> Any:
        watched.append(f"{request.method} {request.url} {request.body or ''}")
        return send(self, request, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "send", watching)
        yield


async def _new_jobs(world: World) -> Mapping[str, int]:
    file = Path(world.state["config_file"]).parent / "files" / "Shared" / "report.py"
    await asyncio.to_thread(file.write_text, REPORT, encoding="utf-8")
    same = {"op": "EQUAL_TO", "left": "1", "right": "1"}
    nothing = {"task_key": "t", "condition_task": same}
    report = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/report"}}
    broken = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/not-there"}}
    hog = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/hog"}}
    await asyncio.to_thread(
        file.with_name("hog.py").write_text,
        "# Databricks notebook source\nimport time\ntime.sleep(100000)\n",
        encoding="utf-8",
    )
    return {
        "quick": await _new_job(world, nothing),
        "asked": await _new_job(world, nothing),
        "secret": await _new_job(world, nothing),
        "report": await _new_job(world, report),
        "broken": await _new_job(world, broken),
        "waiting": await _new_job(world, hog, max_concurrent_runs=1),
    }


async def _new_job(world: World, task: Mapping[str, Any], **more: Any) -> int:
    settings = {
        "name": uuid4().hex,
        "tasks": [task],
        "parameters": [{"name": "user_request", "default": ""}],
        "max_concurrent_runs": 1000,
        "queue": {"enabled": True},
        **more,
    }
    job_id: int = (await world.call("POST", "/api/2.2/jobs/create", settings))["job_id"]
    return job_id


async def _run_by_hand(world: World, job_id: int) -> str:
    told = await world.call("POST", "/api/2.2/jobs/run-now", {"job_id": job_id})
    return str(told["run_id"])


def _overrides(world: World, jobs: Mapping[str, int], *more: str) -> Sequence[str]:
    given = [*more]
    for name, job_id in jobs.items():
        fields = {"job_id": job_id, "title": f"The {name} job", "description": "Does it."}
        fields["request_parameter"] = "user_request"
        given += [f"agents.jobs.jobs.{name}.{key}={value}" for key, value in fields.items()]
    given += [
        "agents.jobs.jobs.asked.confirm=always",
        f"agents.jobs.jobs.secret.allowed=[{PEOPLE['admin']}]",
        "lakebase.pool.max_size=3",
        "turn.lease_seconds=60",
    ]
    return world.overrides(jobs["quick"], *given)
