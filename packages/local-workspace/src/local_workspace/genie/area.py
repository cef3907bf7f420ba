"""The area of Genie, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from starlette.routing import BaseRoute

from local_workspace.area import Caller
from local_workspace.database import Database
from local_workspace.genie.answering import Answering, Model
from local_workspace.genie.conversations import ConversationRoutes
from local_workspace.genie.door import Door
from local_workspace.genie.permissions import PermissionRoutes
from local_workspace.genie.question_limit import QuestionLimit
from local_workspace.genie.records import DEFAULT_ACCESS, Space
from local_workspace.genie.results import ResultRoutes
from local_workspace.genie.spaces import SpaceRoutes, canonical
from local_workspace.genie.store import GenieStore
from local_workspace.genie.worker import Worker
from local_workspace.settings import Settings
from local_workspace.sql import WAREHOUSE_ID, Warehouse


class Genie:
    """`/api/2.0/genie`: spaces, conversations, results."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        warehouse: Warehouse,
        model: Model | None = None,
    ) -> None:
        self._store = GenieStore(database)
        answering = Answering(warehouse, model)
        self._worker = Worker(self._store, warehouse, answering, pace=settings.genie_seconds)
        door = Door(self._store)
        self._parts = (
            SpaceRoutes(self._store, door),
            PermissionRoutes(self._store, door),
            ConversationRoutes(
                self._store,
                door,
                self._worker,
                warehouse=warehouse,
                limit=QuestionLimit(settings.genie_questions_per_minute),
            ),
            ResultRoutes(self._store, door, warehouse=warehouse),
        )

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of all parts."""
        return [route for part in self._parts for route in part.routes()]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer questions in the background."""
        async with self._worker.running():
            yield

    def create_space(
        self,
        serialized_space: str,
        *,
        space_id: str,
        title: str,
        description: str,
        owner: Caller,
        access: Mapping[str, str] = DEFAULT_ACCESS,
    ) -> None:
        """Make a space with this id if there is none; one that is there stays as it is.

        Raises:
            InvalidParameter: the content breaks a rule.
        """
        if self._store.space(space_id) is None:
            self._store.save_space(
                Space(
                    space_id=space_id,
                    title=title,
                    description=description,
                    warehouse_id=WAREHOUSE_ID,
                    serialized_space=canonical(serialized_space),
                    owner=owner.user_name,
                    access=dict(access),
                )
            )
