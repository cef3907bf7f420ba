"""What must not stand in the repository: places of one machine, package indexes, secrets."""

import re

import pytest


def _either(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


# The patterns are put together here so that this file does not hold what it looks for.
MACHINE_PATH = re.compile(rf"(?<![\w.~}}])/{_either('root', 'work', 'home')}/\w")
INDEX_HOST = re.compile(rf"{_either('py' + 'pi', 'python' + 'hosted')}\.(?:org|io)", re.IGNORECASE)
SECRET = re.compile(
    _either(
        r"\bdapi[0-9a-f]{32}\b",
        r"\bgh[pousr]_\w{36}\b",
        r"\bAKIA[0-9A-Z]{16}\b",
        "-----BEGIN [A-Z ]*" + "PRIVATE KEY-----",
        r"\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.",
    )
)


def findings(tracked, root, pattern):
    return [
        f"{path.relative_to(root)}:{number}"
        for path in tracked
        for number, line in enumerate(_lines(path), start=1)
        if pattern.search(line)
    ]


def _lines(path):
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


@pytest.mark.parametrize(
    ("pattern", "example"),
    [
        pytest.param(MACHINE_PATH, "cd /" + "root/x", id="machine path"),
        pytest.param(INDEX_HOST, "https://" + "py" + "pi.org/simple", id="package index"),
        pytest.param(SECRET, "token: " + "dapi" + "0123456789abcdef" * 2, id="secret"),
    ],
)
def test_no_tracked_file_holds(tracked, root, pattern, example):
    assert pattern.search(example)
    assert findings(tracked, root, pattern) == []


def test_locked_requirements_have_hashes_and_name_no_address(root):
    for lock in sorted(root.glob("requirements*.lock")):
        text = lock.read_text()
        assert "://" not in text, lock
        assert not re.search(r"^--(?!hash)", text, re.MULTILINE), lock
        entries = [each for each in re.split(r"\n(?=\S)", text) if not each.startswith("#")]
        assert entries, lock
        assert [each for each in entries if "--hash=sha256:" not in each] == [], lock
