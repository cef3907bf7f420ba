"""Wheels whose bytes and names depend on nothing but what is in them."""

import zipfile

import pytest
from packaging.utils import parse_wheel_filename

from lakevisor.deploy.wheel_file import read_wheel, write_wheel

METADATA = b"Metadata-Version: 2.1\nName: my-plugin\nVersion: 1.2\n\nWords.\n"
WHEEL = b"Wheel-Version: 1.0\nTag: py2-none-any\nTag: py3-none-any\n"


def files(**changed):
    return {
        "my_plugin/__init__.py": b"",
        "my_plugin-1.2.data/data/words.txt": b"words",
        "my_plugin-1.2.dist-info/METADATA": METADATA,
        "my_plugin-1.2.dist-info/WHEEL": WHEEL,
        "my_plugin-1.2.dist-info/RECORD": b"old",
        **changed,
    }


def test_the_same_contents_are_the_same_bytes_whatever_their_order(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = write_wheel(files(), tmp_path / "a")
    other = write_wheel(dict(reversed(files().items())), tmp_path / "b")

    assert one.path.name == other.path.name
    assert one.path.read_bytes() == other.path.read_bytes()


def test_other_contents_have_another_name(tmp_path):
    one = write_wheel(files(), tmp_path)
    other = write_wheel(files(**{"my_plugin/__init__.py": b"pass\n"}), tmp_path)

    assert one.path.name != other.path.name


def test_what_an_installer_recorded_is_no_contents(tmp_path):
    other = files(**{"my_plugin-1.2.dist-info/RECORD": b"something else"})

    assert write_wheel(files(), tmp_path).version == write_wheel(other, tmp_path).version


def test_the_stamped_version_still_is_the_version_that_others_require(tmp_path):
    wheel = write_wheel(files(), tmp_path)
    name, version, _, tags = parse_wheel_filename(wheel.path.name)

    assert (name, version.public, len(tags)) == ("my-plugin", "1.2", 2)
    assert str(version) == wheel.version


def test_metadata_folders_and_record_agree_with_the_name(tmp_path):
    wheel = write_wheel(files(), tmp_path)
    written = read_wheel(wheel.path)
    info = f"my_plugin-{wheel.version}.dist-info"

    assert f"\nVersion: {wheel.version}\n".encode() in written[f"{info}/METADATA"]
    assert written[f"my_plugin-{wheel.version}.data/data/words.txt"] == b"words"
    recorded = {line.partition(b",")[0] for line in written[f"{info}/RECORD"].splitlines()}
    assert recorded == {name.encode() for name in written}


def test_a_local_version_is_kept(tmp_path):
    local = METADATA.replace(b"Version: 1.2\n", b"Version: 1.2+abc\n")

    wheel = write_wheel(files(**{"my_plugin-1.2.dist-info/METADATA": local}), tmp_path)

    assert wheel.version.startswith("1.2+abc.")


@pytest.mark.parametrize("attribute", ["date_time", "external_attr", "create_system"])
def test_no_file_tells_when_and_where_it_was_written(tmp_path, attribute):
    with zipfile.ZipFile(write_wheel(files(), tmp_path).path) as archive:
        assert len({getattr(each, attribute) for each in archive.infolist()}) == 1
