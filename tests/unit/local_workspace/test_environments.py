"""What tells the virtual environments of models and apps apart."""

from local_workspace.environments import _LOCAL_FILE


def test_files_are_found_between_many_requirements():
    lines = [*(f"package-{number}==1.0" for number in range(200)), "code/wheels/ours-1+a.whl"]

    assert _LOCAL_FILE.findall("\n".join(lines)) == ["code/wheels/ours-1+a.whl"]


def test_hashes_behind_a_file_are_not_its_name():
    assert _LOCAL_FILE.findall("./wheels/ours-1.whl \\\n    --hash=sha256:ff\n") == [
        "./wheels/ours-1.whl"
    ]
