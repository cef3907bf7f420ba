"""The JavaScript that draws charts: made from what `vl-convert` brings, so none lies in here."""

from __future__ import annotations

import asyncio
import sys

from lakevisor.serving.page.files import PageFile

_MAKE = "import sys, vl_convert; sys.stdout.write(vl_convert.javascript_bundle())"
"""For a process of its own: it takes seconds in which no other Python runs, and 130 MB."""


class ChartLibrary:
    """Vega, Vega-Lite and Vega-Embed as one module, made when it is first asked for."""

    def __init__(self) -> None:
        self._made: asyncio.Task[PageFile] | None = None

    async def file(self) -> PageFile:
        """Return the module.

        Raises:
            OSError: it cannot be made.
        """
        if self._made is None or (self._made.done() and self._made.exception() is not None):
            self._made = asyncio.create_task(_make(), name="chart library")
        # Who does not wait any more does not stop it for the others.
        return await asyncio.shield(self._made)


async def _make() -> PageFile:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _MAKE, stdout=asyncio.subprocess.PIPE
    )
    content, _ = await process.communicate()
    if process.returncode:
        raise OSError(f"vl-convert ended with exit code {process.returncode}")
    return await asyncio.to_thread(PageFile.of, content, suffix="js")
