"""Wheels that are the same byte for byte wherever and whenever they are written.

Each has a version that says what is in it (`0.1.0+1f3a...`): environments take a wheel from their
cache by its file name, so that a name with other contents would be yesterday's code.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file knows."""
_STAMP_CHARS = 12


@dataclass(frozen=True, kw_only=True)
class WheelFile:
    """A wheel on the disk."""

    distribution: str
    """The name of what is in it."""
    version: str
    """Its version, which ends with a stamp of the contents."""
    path: Path
    """Where it is."""
    sha256: str
    """The digest of the file."""


def read_wheel(path: Path) -> dict[str, bytes]:
    """Return the files of a wheel by their names in it."""
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def write_wheel(files: Mapping[str, bytes], folder: Path) -> WheelFile:
    """Write a wheel whose version says what is in it, and return it.

    Args:
        files: of a wheel, by their names in it, the folder `*.dist-info` among them.
        folder: where the wheel is written.
    """
    info = _info_folder(files)
    metadata = HeaderParser().parsestr(files[f"{info}/METADATA"].decode())
    name, version = str(metadata["Name"]), str(metadata["Version"])
    stamped_version = f"{version}{'.' if '+' in version else '+'}{_stamp(files, info)}"
    stem = f"{info.removesuffix('.dist-info').rpartition('-')[0]}-{stamped_version}"
    stamped = {_renamed(each, info, stem): content for each, content in files.items()}
    stamped[f"{stem}.dist-info/METADATA"] = _with_version(
        files[f"{info}/METADATA"], version, stamped_version
    )
    stamped[f"{stem}.dist-info/RECORD"] = _record(stamped, stem)
    path = folder / f"{stem}-{_tag(files[f'{info}/WHEEL'])}.whl"
    _write_archive(stamped, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return WheelFile(distribution=name, version=stamped_version, path=path, sha256=digest)


def _info_folder(files: Mapping[str, bytes]) -> str:
    return next(name for name in files if name.endswith(".dist-info/METADATA")).partition("/")[0]


def _stamp(files: Mapping[str, bytes], info: str) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        if name != f"{info}/RECORD":
            digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()[:_STAMP_CHARS]


def _renamed(name: str, info: str, stem: str) -> str:
    old = info.removesuffix(".dist-info")
    first, slash, rest = name.partition("/")
    if first in (info, f"{old}.data"):
        return f"{stem}{first.removeprefix(old)}{slash}{rest}"
    return name


def _with_version(metadata: bytes, version: str, stamped_version: str) -> bytes:
    return metadata.replace(
        f"\nVersion: {version}\n".encode(), f"\nVersion: {stamped_version}\n".encode(), 1
    )


def _tag(wheel: bytes) -> str:
    """Return the tags as they stand in a file name: `py2.py3-none-any`."""
    tags = HeaderParser().parsestr(wheel.decode()).get_all("Tag") or ["py3-none-any"]
    columns = zip(*(tag.split("-") for tag in tags), strict=True)
    return "-".join(".".join(dict.fromkeys(column)) for column in columns)


def _record(files: Mapping[str, bytes], stem: str) -> bytes:
    own = f"{stem}.dist-info/RECORD"
    lines = [f"{name},{_record_hash(files[name])}" for name in sorted(files) if name != own]
    return "\n".join([*lines, f"{own},,", ""]).encode()


def _record_hash(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(content)}"


def _write_archive(files: Mapping[str, bytes], path: Path) -> None:
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name in sorted(files):
            entry = ZipInfo(name, FIRST_DAY)
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
