"""A large result takes no more memory than a small one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "genie_large_result.py"


def test_a_large_result_is_read_without_holding_it() -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARK, "50000"], capture_output=True, text=True, timeout=240
    )

    assert done.returncode == 0, done.stderr
    rows, before, after = re.search(
        r"\| ([\d,]+) \| .* \| (\d+) MB \| (\d+) MB", done.stdout
    ).groups()
    assert rows == "50,000"
    assert int(after) < 300
    assert int(after) - int(before) < 60
