"""Wheels of what no index has."""

import os

import pytest

from lakevisor.deploy.distributions import Origin, Travelling, travelling
from lakevisor.deploy.wheel_file import read_wheel
from lakevisor.deploy.wheels import make_wheels
from lakevisor.errors import WheelNotBuilt
from lakevisor.registry import discover

ENTRY_POINT = b"[lakevisor]\nweather = their_weather\n"


def make(folder):
    """Make the wheel of the plugin of somebody else."""
    plugins = [each for each in discover().plugins if each.name == "weather"]
    weather = [each for each in travelling(plugins) if each.name == "their-weather"]
    folder.mkdir(exist_ok=True)
    (wheel,) = make_wheels(weather, folder, dict(os.environ))
    return wheel


def content(wheel, name):
    return next(text for path, text in read_wheel(wheel.path).items() if path.endswith(name))


def test_a_source_is_built_twice_to_the_same_bytes(third_party, tmp_path):
    third_party.install_editable()
    one, other = make(tmp_path / "a"), make(tmp_path / "b")

    assert content(one, "entry_points.txt").strip() == ENTRY_POINT.strip()
    assert one.path.name == other.path.name
    assert one.path.read_bytes() == other.path.read_bytes()


def test_what_is_installed_is_packed_without_the_installers_traces(third_party, tmp_path):
    third_party.install_from_folder()
    packed = read_wheel(make(tmp_path / "a").path)

    assert {name.rpartition("/")[2] for name in packed} == {
        "__init__.py",
        "METADATA",
        "WHEEL",
        "entry_points.txt",
        "RECORD",
    }


def test_a_script_that_installers_make_anew_is_left_out(third_party, tmp_path):
    third_party.install_from_folder(extra="../weather,,\n")
    (tmp_path / "weather").touch()
    points = third_party.site / "their_weather-1.2.dist-info" / "entry_points.txt"
    points.write_bytes(ENTRY_POINT + b"[console_scripts]\nweather = their_weather:main\n")

    packed = read_wheel(make(tmp_path / "a").path)
    assert not [name for name in packed if name.endswith("weather")]


def test_files_outside_of_its_packages_are_refused_by_name(third_party, tmp_path):
    third_party.install_from_folder(extra="../their.txt,,\n")
    (tmp_path / "their.txt").touch()

    with pytest.raises(WheelNotBuilt, match=r"\.\./their\.txt"):
        make(tmp_path / "a")


def test_what_is_compiled_for_this_machine_is_refused(third_party, tmp_path):
    third_party.install_from_folder(is_pure=False)

    with pytest.raises(WheelNotBuilt, match="compiled parts") as caught:
        make(tmp_path / "a")
    assert "index" in caught.value.remedy


def test_a_build_back_end_that_is_not_here_is_named(third_party, tmp_path):
    third_party.install_editable()
    project = third_party.source / "pyproject.toml"
    project.write_text(project.read_text().replace("hatchling", "their_back_end"))

    with pytest.raises(WheelNotBuilt, match="needs their_back_end") as caught:
        make(tmp_path / "a")
    assert caught.value.remedy == "Install it: pip install 'their_back_end'"


def test_a_build_that_fails_says_what_it_said(third_party, tmp_path):
    third_party.install_editable()
    project = third_party.source / "pyproject.toml"
    project.write_text(project.read_text().replace('version = "1.2"', 'version = "one"'))

    with pytest.raises(WheelNotBuilt, match="Invalid version"):
        make(tmp_path / "a")


def test_a_source_that_is_gone_is_named(tmp_path):
    gone = Travelling(name="gone", version="1", origin=Origin.SOURCE, source=tmp_path / "nowhere")

    with pytest.raises(WheelNotBuilt, match="nowhere"):
        make_wheels([gone], tmp_path, {})
