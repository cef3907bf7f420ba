"""Proves that a wish is done once: processes are killed at every moment of a turn, and more.

`make chaos` runs the long form and prints a table; the tests beside this file are the short form.
`PYTHONPATH=tests .venv/bin/python -m chaos --help` says how to run a part of it.
What is observed or broken is observed and broken from here: the product knows nothing of it.

A row of the table is a `Row` (`row.py`): a name and a coroutine function that takes the running
local workspace (`World`) and the `Options` of the command line, and returns a `Finding` for each
trial. A module with rows has a `ROWS` of its own, which `rows.py` puts into the table; a further
option is a further field of `Options`. The short form calls the same functions from a test.
"""

from __future__ import annotations

import os

# LangGraph reads it once, at its import, and some module here imports it before a supervisor opens.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
