"""What runs in a task's process: `python -m local_workspace.jobs.runner <task folder>`.

It reads `spec.json`, does the work, and writes `exit.json` in one move, so that whoever looks finds
either nothing or all of it. It imports nothing that a task would have to wait for.
"""

from __future__ import annotations

import json
import linecache
import os
import runpy
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from local_workspace.jobs.dbutils import Dbutils, NotebookExit
from local_workspace.jobs.processes import LOCK_DESCRIPTOR

RESULT_LIMIT = 5 * 1024 * 1024


def main() -> None:
    """Do one task's work and leave its outcome."""
    folder = Path(sys.argv[1])
    os.set_inheritable(LOCK_DESCRIPTOR, False)
    _write(folder / "pid", str(os.getpid()))
    spec = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
    dbutils = Dbutils(widgets=spec["widgets"], task_values=spec["task_values"])
    started = time.time_ns()
    installed = started
    report: dict[str, Any] = {}
    try:
        _install(spec["wheels"], folder / "libraries")
        installed = time.time_ns()
        _WORK[spec["kind"]](spec, dbutils)
    except NotebookExit as exit_:
        report = _result(exit_.value)
    except SystemExit as exit_:
        if exit_.code not in (None, 0):
            report = _failure(exit_)
    # isolation point: whatever the task's own code raises is the task's outcome
    except BaseException as error:  # noqa: BLE001
        report = _failure(error)
    report["setup_duration"] = (installed - started) // 1_000_000
    report["task_values"] = dbutils.jobs.taskValues.kept
    _end(folder, report)


def _end(folder: Path, report: Mapping[str, Any]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    report = {**report, "end_time": time.time_ns() // 1_000_000}
    _write(folder / "exit.json", json.dumps(report))
    # what the task started and left running ends with it, as a cluster would
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    # threads that the task forgot do not hold up its end
    os._exit(0)


def _notebook(spec: Mapping[str, Any], dbutils: Dbutils) -> None:
    """Run a notebook in source form as `__main__`, with `dbutils` and `display`."""
    source = Path(spec["file"]).read_text(encoding="utf-8")
    shown_as = spec["shown_as"]
    # so that the traceback shows the notebook's lines under the notebook's own name
    linecache.cache[shown_as] = (len(source), None, source.splitlines(keepends=True), shown_as)
    module = ModuleType("__main__")
    module.__dict__.update(dbutils=dbutils, display=print, __file__=shown_as)
    sys.modules["__main__"] = module
    sys.argv = [shown_as]
    _enter(Path(spec["file"]).parent)
    exec(compile(source, shown_as, "exec"), module.__dict__)  # noqa: S102 - a notebook is code


def _python_file(spec: Mapping[str, Any], _: Dbutils) -> None:
    """Run a Python file with its arguments."""
    sys.argv = [spec["file"], *spec["arguments"]]
    _enter(Path(spec["file"]).parent)
    runpy.run_path(spec["file"], run_name="__main__")


def _wheel(spec: Mapping[str, Any], _: Dbutils) -> None:
    """Call a wheel's entry point, or else the function of that name in the package."""
    package, name = spec["package_name"], spec["entry_point"]
    sys.argv = [package, *spec["arguments"]]
    try:
        declared = metadata.distribution(package).entry_points.select(name=name)
    except metadata.PackageNotFoundError:
        declared = metadata.EntryPoints()
    for entry_point in declared:
        entry_point.load()()
        return
    getattr(import_module(package.replace("-", "_")), name)()


_WORK: dict[str, Callable[[Mapping[str, Any], Dbutils], None]] = {
    "notebook": _notebook,
    "python": _python_file,
    "wheel": _wheel,
}


def _enter(folder: Path) -> None:
    """Work in the file's own folder and let it import its neighbours."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))


def _install(wheels: list[str], target: Path) -> None:
    if not wheels:
        return
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), *wheels]
    subprocess.run(command, check=True)
    sys.path.insert(0, str(target))


def _result(value: str) -> dict[str, Any]:
    data = value.encode()
    cut = data[:RESULT_LIMIT].decode(errors="ignore")
    return {"result": cut, "truncated": len(data) > RESULT_LIMIT}


def _failure(error: BaseException) -> dict[str, Any]:
    """Return the error and its trace, without the runner's own lines."""
    frames = error.__traceback__
    while frames and frames.tb_next and frames.tb_frame.f_code.co_filename in _OWN_FILES:
        frames = frames.tb_next
    trace = "".join(traceback.format_exception(type(error), error, frames))
    sys.stderr.write(trace)
    summary = traceback.format_exception_only(type(error), error)[-1].strip()
    return {"error": summary, "error_trace": trace}


_OWN_FILES = {__file__, runpy.__file__, "<frozen runpy>", "<frozen importlib._bootstrap>"}


def _write(path: Path, text: str) -> None:
    """Write a file so that it is never seen half written."""
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


if __name__ == "__main__":
    main()
