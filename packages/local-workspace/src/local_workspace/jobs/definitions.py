"""Jobs as they are defined: made, found, changed, deleted, and who may do what with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_workspace.area import Caller
from local_workspace.errors import InvalidParameter
from local_workspace.jobs.access import (
    EVERY_USER,
    access_list,
    may,
    merged,
    permissions_view,
    require,
)
from local_workspace.jobs.arguments import Arguments
from local_workspace.jobs.job_settings import changed, complete
from local_workspace.jobs.records import Job
from local_workspace.jobs.store import JobStore, new_id, now
from local_workspace.jobs.views import job_view


class JobDefinitions:
    """The calls of the API that are about jobs, not about runs."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    def add(self, spec: Mapping[str, Any], *, owner: Caller, job_id: int | None = None) -> int:
        """Make a job, unless one with this id exists; return its id."""
        if job_id is not None and self._store.job(job_id):
            return job_id
        settings = dict(spec)
        access = settings.pop("access_control_list", None)
        job = Job(
            job_id=new_id() if job_id is None else job_id,
            creator=owner.user_name,
            created_time=now(),
            settings=complete(settings),
            access=access_list(access) if access else list(EVERY_USER),
        )
        self._store.save(job)
        return job.job_id

    def create(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/create`."""
        return {"job_id": self.add(given.all(), owner=caller)}

    def get(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/get`."""
        return job_view(self._job(caller, given, "CAN_VIEW"))

    def list_jobs(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/list`: newest first, by name if one is given."""
        limit = given.number_between("limit", 1, 100, default=20)
        start = given.optional_number("page_token") or given.optional_number("offset") or 0
        name = (given.text("name") or "").lower()
        found = [
            job_view(job)
            for job in self._store.listed_jobs()
            if may(caller, "CAN_VIEW", job) and (not name or job.settings["name"].lower() == name)
        ]
        answer: dict[str, Any] = {"has_more": len(found) > start + limit}
        if page := found[start : start + limit]:
            answer = {"jobs": page, **answer}
        if answer["has_more"]:
            answer["next_page_token"] = str(start + limit)
        return answer

    def update(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/update`: changes some settings."""
        job = self._job(caller, given, "CAN_MANAGE")
        remove = given.texts("fields_to_remove")
        settings = changed(job.settings, given.mapping("new_settings"), remove)
        self._store.save(replace(job, settings=settings))
        return {}

    def reset(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/reset`: replaces all settings."""
        job = self._job(caller, given, "CAN_MANAGE")
        settings = given.mapping("new_settings")
        # a real workspace takes the list with the settings and keeps permissions apart
        access = settings.pop("access_control_list", None)
        job = replace(job, settings=complete(settings))
        self._store.save(replace(job, access=access_list(access)) if access else job)
        return {}

    def delete(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/delete`; the job's runs stay."""
        self._store.save(replace(self._job(caller, given, "CAN_MANAGE"), deleted=True))
        return {}

    def permissions(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer GET of `permissions/jobs/<job_id>`."""
        return permissions_view(self._job(caller, given, "CAN_VIEW"))

    def set_permissions(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer PUT: the access list is replaced."""
        job = self._job(caller, given, "CAN_MANAGE")
        job = replace(job, access=_others(job, given))
        self._store.save(job)
        return permissions_view(job)

    def update_permissions(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer PATCH: the access list is added to."""
        job = self._job(caller, given, "CAN_MANAGE")
        job = replace(job, access=merged(job.access, _others(job, given)))
        self._store.save(job)
        return permissions_view(job)

    def _job(self, caller: Caller, given: Arguments, level: str) -> Job:
        job_id = given.number("job_id")
        job = self._store.job(job_id)
        if job is None or job.deleted or job.one_time:
            raise InvalidParameter(f"Job {job_id} does not exist.")
        require(caller, level, job)
        return job


def _others(job: Job, given: Arguments) -> list[dict[str, str]]:
    """Return a request's access list without the owner, who stays the owner."""
    entries = access_list(given.all().get("access_control_list", []))
    return [entry for entry in entries if entry.get("user_name") != job.creator]
