"""The jobs area: what the server is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.routing import BaseRoute

from local_workspace.area import Caller
from local_workspace.database import Database
from local_workspace.jobs.definitions import JobDefinitions
from local_workspace.jobs.processes import Processes
from local_workspace.jobs.repairs import Repairs
from local_workspace.jobs.routes import job_routes, permission_routes, runtime_routes
from local_workspace.jobs.run_requests import RunRequests
from local_workspace.jobs.runs import Runs
from local_workspace.jobs.scheduler import Scheduler
from local_workspace.jobs.store import JobStore
from local_workspace.jobs.views import RunViews
from local_workspace.jobs.workloads import Workloads
from local_workspace.settings import Settings


class Jobs:
    """Jobs, their runs, and the processes that do the work."""

    def __init__(self, settings: Settings, database: Database) -> None:
        store = JobStore(database)
        variables = {"LOCAL_WORKSPACE_WAREHOUSE": str(settings.warehouse)}
        processes = Processes(settings.runs, variables=variables)
        self._scheduler = Scheduler(store, processes=processes, workloads=Workloads(settings.files))
        self._definitions = JobDefinitions(store)
        self._requests = RunRequests(store, self._scheduler)
        self._runs = Runs(
            store, scheduler=self._scheduler, processes=processes, views=RunViews(settings)
        )
        self._repairs = Repairs(store, scheduler=self._scheduler, runs=self._runs)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of the Jobs API and of the permissions on jobs."""
        definitions, runs = self._definitions, self._runs
        calls = {
            ("POST", "create"): definitions.create,
            ("GET", "list"): definitions.list_jobs,
            ("GET", "get"): definitions.get,
            ("POST", "update"): definitions.update,
            ("POST", "reset"): definitions.reset,
            ("POST", "delete"): definitions.delete,
            ("POST", "run-now"): self._requests.run_now,
            ("POST", "runs/submit"): self._requests.submit,
            ("GET", "runs/list"): runs.list_runs,
            ("GET", "runs/get"): runs.get,
            ("GET", "runs/get-output"): runs.get_output,
            ("POST", "runs/cancel"): runs.cancel,
            ("POST", "runs/cancel-all"): runs.cancel_all,
            ("POST", "runs/delete"): runs.delete,
            ("POST", "runs/repair"): self._repairs.repair,
        }
        permissions = {
            "GET": definitions.permissions,
            "PUT": definitions.set_permissions,
            "PATCH": definitions.update_permissions,
        }
        return [*job_routes(calls), *permission_routes(permissions), *runtime_routes()]

    def running(self) -> AbstractAsyncContextManager[None]:
        """Bring runs on while the server runs; their processes outlive it."""
        return self._scheduler.running()

    def create(self, spec: Mapping[str, Any], *, owner: Caller, job_id: int | None = None) -> int:
        """Make a job, unless one with this id exists; return its id.

        Args:
            spec: what `jobs/create` takes.
            owner: whose job it is.
            job_id: a fixed id, for jobs that are made at each start.
        """
        return self._definitions.add(spec, owner=owner, job_id=job_id)

    async def stop(self, *, kill_runs: bool) -> None:
        """Prepare for the end of the workspace.

        Args:
            kill_runs: cancel what runs or waits, and return when its processes are gone. Else the
                processes go on, and the next server finds them.
        """
        if kill_runs:
            await self._scheduler.kill_all()
