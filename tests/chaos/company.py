"""Several people at one server, on one Lakebase and one workspace, and all that they do.

The server's application is asked in this process, over HTTP as its clients ask it, but without a
socket. Its model does exactly what the message says: no wit of a model keeps people apart.
"""

from __future__ import annotations

import asyncio
import json
import re
import warnings
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chaos.company_jobs import ADMINS, ROLES, new_jobs, overrides, run_by_hand, user_name
from chaos.world import World
from lakevisor.config import load_configuration

CONFIGS = Path(__file__).parents[2] / "configs"
RUN_ID = re.compile(r"(?<!\d)\d{15}(?!\d)")
MARK = re.compile(r"mark-of-[a-z]+-\d+")
CALL = "CALL "
READY_SECONDS, LOOK_SECONDS = 120.0, 0.1


def order(tool: str, /, **arguments: Any) -> str:
    """Return the message that lets the model call a tool."""
    return CALL + json.dumps([tool, arguments])


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a request, and what was done for it."""

    sent: str
    """The body, as it was sent over HTTP."""
    read: str = ""
    """All that the model could read."""
    asked: Sequence[str] = ()
    """What was asked of the workspace."""

    @property
    def body(self) -> Mapping[str, Any]:
        """The JSON value of the body."""
        body: Mapping[str, Any] = json.loads(self.sent)
        return body

    @property
    def error(self) -> str:
        """The word for what went wrong; empty if the request was answered."""
        return str((self.body.get("error") or {}).get("code", ""))

    @property
    def outputs(self) -> Mapping[str, Any]:
        """What programs get."""
        outputs: Mapping[str, Any] = self.body.get("custom_outputs") or {}
        return outputs

    @property
    def output(self) -> Sequence[Mapping[str, Any]]:
        """The items of the answer, without what ended since the last one."""
        told = [each["text"] for each in self.outputs.get("notices", ())]
        items = self.body.get("output", ())
        return [each for each in items if _said(each) not in told]

    @property
    def text(self) -> str:
        """What the answer or the error says."""
        if self.error:
            return str(self.body["message"])
        return "\n\n".join(filter(None, map(_said, self.output)))

    @property
    def everything(self) -> str:
        """All that the person and the model could read."""
        return "\n".join([self.sent, *map(_said, self.body.get("output", ())), self.read])

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


def _said(item: Mapping[str, Any]) -> str:
    """Return what an item says to the person."""
    content = item["content"] if item["type"] == "message" else ()
    return "\n".join(part["text"] for part in content)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who asks."""

    role: str
    number: int
    client: httpx.AsyncClient
    model: Any
    watched: list[str]

    @property
    def name(self) -> str:
        """The user name, as the proxy in front of the server gives it."""
        return user_name(self.role, self.number)

    @property
    def mark(self) -> str:
        """What stands in all that the person says, and nowhere else."""
        return f"mark-of-{self.role}-{self.number}"

    async def ask(
        self, text: str, *, forged: Mapping[str, Any] | None = None, **inputs: Any
    ) -> Any:
        """Send a request and return all that came of it.

        Args:
            text: what the person says.
            forged: what else stands in the body.
            inputs: of `custom_inputs`; what is None is left out.
        """
        given = {name: value for name, value in inputs.items() if value is not None}
        body = {**(forged or {}), "input": text, "custom_inputs": given}
        return await self.call("POST", "/responses", body)

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Send anything to the server."""
        self.model._calls.clear()
        self.watched.clear()
        headers = {"x-forwarded-email": self.name, "x-forwarded-preferred-username": "admin"}
        answer = await self.client.request(method, path, json=body, headers=headers)
        read = [str(each.content) for call in self.model.calls for each in call.messages]
        return Answer(sent=answer.text, read="\n".join(read), asked=tuple(self.watched))


@dataclass(frozen=True, kw_only=True)
class Company:
    """The people, their jobs, and who has started what."""

    world: World
    client: httpx.AsyncClient
    model: Any
    watched: list[str]
    jobs: Mapping[str, int]
    nobodys: Sequence[str]
    """Runs that were started in the workspace by hand."""
    owner_of: dict[str, str] = field(default_factory=dict)
    """The name of who has started a run, by its id."""
    runs_of: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The runs of each person by name, in order."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(ADMINS))

    @classmethod
    @asynccontextmanager
    async def opened(cls, world: World) -> AsyncIterator[Company]:
        """Make the jobs, open the server, and let each of the admins have a report."""
        from lakevisor_testing.scripted_model import ScriptedModel

        jobs = await new_jobs(world)
        nobodys = [await run_by_hand(world, jobs["waiting"]) for _ in range(2)]
        model, watched = ScriptedModel(_obey), list[str]()
        async with AsyncExitStack() as stack:
            stack.enter_context(_watching(watched))
            client = await stack.enter_async_context(_server(overrides(world, jobs), model))
            company = cls(
                world=world,
                client=client,
                model=model,
                watched=watched,
                jobs=jobs,
                nobodys=nobodys,
            )
            company.owner_of.update(dict.fromkeys(nobodys, "nobody"))
            for number in range(ADMINS):
                await company.start(company.person("admin", number), "report")
            yield company

    def person(self, role: str, number: int) -> Person:
        """Return somebody."""
        return Person(
            role=role, number=number, client=self.client, model=self.model, watched=self.watched
        )

    def newcomers(self) -> Mapping[str, Person]:
        """Return somebody of each role; only of the admins there are no new ones."""
        number = next(self._numbers)
        people = {role: self.person(role, number) for role in ROLES}
        return {**people, "admin": self.person("admin", number % ADMINS)}

    async def start(self, person: Person, job: str) -> Answer:
        """Let a person start a job, and remember whose run it is."""
        told = {"user_request": f"{person.mark} {uuid4().hex}", "job": job}
        return self.remember(person, await person.ask(order("start_databricks_job", **told)))

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


def others_marks(text: str, person: Person) -> set[str]:
    """Return the marks of other people in a text."""
    return set(MARK.findall(text)) - {person.mark}


def load() -> None:
    """Import what a server needs, which takes seconds."""
    # databricks_langchain imports unitycatalog, which still writes pydantic 1 classes.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lakevisor.supervisor import preload

        preload()
        import mlflow.genai.agent_server  # noqa: F401


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


@asynccontextmanager
async def _server(changes: Sequence[str], model: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Open the application of a server, and yield a client of it."""
    from lakevisor.serving.app import build_app
    from lakevisor.supervisor import opening

    configuration = load_configuration(folder=CONFIGS, overrides=changes, environment={})
    failed: list[BaseException] = []
    app = build_app(configuration, {}, give_up=failed.append, drain_seconds=lambda: 10.0)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening._Models, "of_role", lambda *_: model)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://company") as client,
        ):
            async with asyncio.timeout(READY_SECONDS):
                # The server tells nobody when it is ready.
                while not (await client.get("/ready")).is_success:
                    assert not failed, failed
                    await asyncio.sleep(LOOK_SECONDS)
            yield client


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
