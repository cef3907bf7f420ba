"""Run a program as another user, as root does when it starts PostgreSQL, which refuses to be root.

Run as a script, alone in a process of its own: `run_unprivileged.py UID GID REACH PROGRAM ...`.
With REACH `1` the program keeps one power of root, to enter folders that its user may not enter:
the data or the virtual environment often lie below a home that is closed to others (`/root`), and
to open that home would be worse. Linux only, where such a folder is the rule for root.
"""

from __future__ import annotations

import ctypes
import os
import sys

# From <linux/prctl.h> and <linux/capability.h>.
_KEEP_CAPABILITIES, _AMBIENT, _AMBIENT_RAISE = 8, 47, 2
_VERSION_3 = 0x20080522
# CAP_DAC_READ_SEARCH would do, but containers do not give it to their root; this one they do.
_PASS_ANY_FOLDER = 1


def main(arguments: list[str]) -> None:
    """Become the user that the arguments name, then the program."""
    user, group, reach, *command = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    if reach == "1":
        _call(libc.prctl, _KEEP_CAPABILITIES, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(int(group))
    os.setuid(int(user))
    if reach == "1":
        _keep_passage(libc)
    os.execv(command[0], command)  # noqa: S606 - becoming that program is what this file is for


def _keep_passage(libc: ctypes.CDLL) -> None:
    """Keep one capability over the change of user and over `exec`."""
    bit = 1 << _PASS_ANY_FOLDER
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    _call(libc.capset, header, sets)
    _call(libc.prctl, _AMBIENT, _AMBIENT_RAISE, _PASS_ANY_FOLDER, 0, 0)


def _call(function: object, *arguments: object) -> None:
    assert callable(function)
    if function(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


if __name__ == "__main__":
    main(sys.argv[1:])
