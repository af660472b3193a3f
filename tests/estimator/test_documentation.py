"""The programs in docs/scikit-learn.md run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

PAGE = Path(__file__).parents[2] / "docs" / "scikit-learn.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.sklearn
@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_program(number, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAMS[number])
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


def test_there_are_programs():
    assert len(PROGRAMS) == 5
