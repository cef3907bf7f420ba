"""One version for everything that an index has."""

from lakevisor.deploy.distributions import Origin, Travelling
from lakevisor.deploy.requirements import LOCK, pin_requirements, read_lock

LOCKED = """\
# a comment
--index-url https://example.org
httpx==0.28.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
numpy==1.26.4 ; python_full_version < '3.12' \\
    --hash=sha256:cc
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:dd
Psycopg[binary, pool]==3.3.9 --hash=sha256:ee
"""


def travels(name, version="1.0", origin=Origin.INDEX):
    return Travelling(name=name, version=version, origin=origin)


def pinned(tmp_path, *distributions, lock=LOCKED):
    (tmp_path / LOCK).write_text(lock)
    return pin_requirements(distributions, tmp_path)


def test_the_lock_file_is_read_with_its_markers_extras_and_hashes(tmp_path):
    (tmp_path / LOCK).write_text(LOCKED)
    locked = read_lock(tmp_path / LOCK)

    assert locked["httpx"][0].hashes == ("sha256:aa", "sha256:bb")
    assert locked["psycopg"][0].requirement == "Psycopg[binary, pool]==3.3.9"
    assert [each.requirement.partition(" ;")[0] for each in locked["numpy"]] == [
        "numpy==1.26.4",
        "numpy==2.5.5",
    ]


def test_the_locked_version_travels_and_the_difference_is_told(tmp_path):
    requirements = pinned(tmp_path, travels("httpx", "0.27.0"))

    assert [each.requirement for each in requirements.pins] == ["httpx==0.28.1"]
    assert requirements.differing == ("httpx 0.27.0 is installed here, 0.28.1 is locked",)


def test_what_no_lock_file_has_travels_as_installed_and_without_hashes(tmp_path):
    requirements = pinned(tmp_path, travels("httpx", "0.28.1"), travels("other", "2.0"))

    assert [each.requirement for each in requirements.pins] == ["httpx==0.28.1", "other==2.0"]
    assert requirements.unlocked == ("other",)
    assert not requirements.has_all_hashes


def test_what_travels_as_a_wheel_is_no_requirement(tmp_path):
    assert not pinned(tmp_path, travels("lakevisor", origin=Origin.SOURCE)).pins


def test_what_is_neither_locked_nor_installed_is_missing(tmp_path):
    requirements = pinned(tmp_path, travels("nowhere", None, Origin.ABSENT))

    assert (requirements.missing, requirements.pins) == (("nowhere",), ())


def test_what_is_locked_for_the_target_alone_travels_too(tmp_path):
    requirements = pinned(tmp_path, travels("httpx", None, Origin.ABSENT))

    assert [each.requirement for each in requirements.pins] == ["httpx==0.28.1"]


def test_a_pin_with_hashes_is_written_as_pip_reads_it(tmp_path):
    (pin,) = pinned(tmp_path, travels("httpx", "0.28.1")).pins

    assert pin.lines() == "httpx==0.28.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb"


def test_without_a_lock_file_the_installed_versions_travel(tmp_path):
    requirements = pin_requirements([travels("httpx", "0.27.0")], tmp_path)

    assert [each.requirement for each in requirements.pins] == ["httpx==0.27.0"]
