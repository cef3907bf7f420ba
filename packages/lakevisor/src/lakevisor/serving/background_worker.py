"""Takes responses up in the background: those of this process, and those whose process has died.

Any process may take up any response: the ledger lets one at a time. The turn itself goes on where
it stood, under the lease of its thread, so nothing is started twice.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from lakevisor.errors import LakebaseError
from lakevisor.ledger import OwnerKey, ResponseRecord
from lakevisor.serving.recording import Recording
from lakevisor.supervisor import Caller

if TYPE_CHECKING:
    from lakevisor.supervisor import Supervisor

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""Between two looks while something waits here, or is worked on."""
IDLE_SECONDS = 30.0
"""Between two looks for what another process has left behind."""
NEWS_SECONDS = 0.5
"""Between two looks at a response that another process works on."""
END_SECONDS = 2.0
"""How long the last events may take to be written, after the turns have ended."""
Key = tuple[str, str]


@dataclass(kw_only=True)
class BackgroundWorker:
    """Works on responses, as many at once as it may."""

    supervisor: Supervisor
    at_once: int
    caller_of: Callable[[OwnerKey], Caller]
    """Who the owner of a response is, as far as it is known without them."""
    only_owner: str | None
    """Whose responses alone may be taken up, where the process stands for one person."""
    _running: dict[Key, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _news: dict[Key, asyncio.Event] = field(default_factory=dict, init=False)
    _offered: dict[Key, tuple[ResponseRecord, Caller]] = field(default_factory=dict, init=False)
    """What waits here together with its owner, who may have brought a token."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _is_stopping: bool = field(default=False, init=False)

    def offer(self, record: ResponseRecord, caller: Caller) -> None:
        """Let a response be taken up on behalf of its owner, who is there."""
        if key_of(record) not in self._running:
            self._offered[key_of(record)] = (record, caller)
            self._wake.set()

    async def wait_for_news(self, key: Key) -> None:
        """Return when a response may have changed."""
        news = self._news.get(key)
        if news is None:
            await asyncio.sleep(NEWS_SECONDS)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(NEWS_SECONDS):
                await news.wait()

    async def work(self) -> None:
        """Take responses up, again and again, until it is cancelled."""
        while True:
            self._wake.clear()
            try:
                seconds = LOOK_SECONDS if await self._take_up() else IDLE_SECONDS
            except LakebaseError as error:
                seconds = LOOK_SECONDS
                logger.warning(
                    "Nothing could be taken up: %s", error.message, extra={"action": "take_up"}
                )
            with suppress(TimeoutError):
                # Spread, so that the processes of one deployment do not all look at once.
                async with asyncio.timeout(seconds * random.uniform(0.7, 1)):  # noqa: S311
                    await self._wake.wait()

    def stop(self) -> None:
        """Take nothing up any more."""
        self._is_stopping = True

    async def close(self) -> None:
        """Let the last events of the turns that have ended be written, and leave the others."""
        self.stop()
        tasks = list(self._running.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=END_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _take_up(self) -> bool:
        """Begin what can be begun, and tell whether there is something to look after."""
        found = await self.supervisor.ledger.responses.waiting(
            str(self.supervisor.workspace.workspace_id), owner=self.only_owner
        )
        waiting = {key_of(each): (each, self.caller_of(each.owner)) for each in found}
        for key, (record, caller) in {**waiting, **self._offered}.items():
            if self._is_stopping or len(self._running) >= self.at_once:
                break
            if key not in self._running:
                await self._take(record, caller)
        return bool(self._offered or self._running)

    async def _take(self, record: ResponseRecord, caller: Caller) -> None:
        responses, key = self.supervisor.ledger.responses, key_of(record)
        seconds = self.supervisor.settings.turn.lease_seconds
        taken = await responses.take(record, seconds=seconds)
        if taken is not None:
            self._offered.pop(key, None)
            self._begin(taken, caller)
            return
        now = await responses.get(*key)
        if now is None or now.ended_at is not None or now.is_held:
            self._offered.pop(key, None)

    def _begin(self, taken: ResponseRecord, caller: Caller) -> None:
        key = key_of(taken)
        recording = Recording(
            supervisor=self.supervisor,
            taken=taken,
            caller=caller,
            tell_written=partial(self._tell, key),
        )
        self._news[key] = asyncio.Event()
        task = asyncio.create_task(recording.run(), name=f"response {taken.turn_id}")
        self._running[key] = task
        task.add_done_callback(partial(self._ended, recording))

    def _ended(self, recording: Recording, task: asyncio.Task[None]) -> None:
        key = key_of(recording.taken)
        del self._running[key]
        self._news.pop(key).set()
        error = None if task.cancelled() else task.exception()
        if error is not None:
            logger.error(
                "A response could not be worked on.", exc_info=error, extra={"action": "bug"}
            )
        elif recording.taken.ended_at is None and not self._is_stopping:
            self._offered[key] = (recording.taken, recording.caller)
        else:
            self._wake.set()

    def _tell(self, key: Key) -> None:
        """Wake those who wait for news."""
        if key in self._news:
            self._news[key].set()
            self._news[key] = asyncio.Event()


def key_of(record: ResponseRecord) -> Key:
    """Return what a response is known by."""
    return record.thread_key, record.turn_id
