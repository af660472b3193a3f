"""`nural parity`, and the page that it writes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nural.cases import CASES
from nural.cases.optimizers import OPTIMIZERS, SCHEDULES
from nural.cases.reference import LEFT_OUT

pytestmark = pytest.mark.parity

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"


NAMES = [case.name for case in CASES]
NAMES += [f"optimizer {name}" for name in OPTIMIZERS] + [f"schedule {name}" for name in SCHEDULES]
LIMITS = {"pytorch_float64": 1e-10, "pytorch_float32": 1e-5, "finite_differences": 1e-6, "reference_float64": 1e-10}


def assert_right(page):
    """The page has a row for each block, whose errors are below the limits, and names the versions."""
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")][1:]
    assert [row[0] for row in rows] == NAMES
    for name, *errors in rows:
        kind = name.split(" ")[0] if name not in NAMES[: len(CASES)] else "pair"
        plain = name.removeprefix("optimizer ") not in LEFT_OUT and kind != "schedule"
        assert [error != "–" for error in errors] == [True, kind != "schedule", kind == "pair", plain], name
        assert all(e == "–" or float(e) < limit for e, limit in zip(errors, LIMITS.values(), strict=True)), name
    assert re.search(r"^with nural 0\.\S+, NumPy 2\.\S+, PyTorch 2\.\S+ and Python 3\.\S+\.$", page, re.MULTILINE)
    assert "nural parity --out docs/parity.md" in page
    assert max(map(len, page.splitlines())) <= 120


def test_every_block_is_right(nural):
    result = nural("parity", "--json", "--out", "parity.md", check=0)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row.pop("block") for row in rows] == NAMES
    for row in rows:
        assert row.pop("right")
        assert all(error < LIMITS[what] for what, error in row.items())
    assert_right((nural.folder / "parity.md").read_text())


def test_the_page_in_docs_is_of_these_blocks():
    """After a change to the cases: nural parity --out docs/parity.md."""
    assert_right(PAGE.read_text())


def test_a_wrong_gradient_is_found(monkeypatch, capsys):
    import dataclasses

    import typer

    from nural.cli import parity

    right = next(case for case in CASES if case.name == "relu")
    wrong = dataclasses.replace(
        right, name="wrong relu", call_backward=lambda *args: (1.001 * right.call_backward(*args)[0],)
    )
    monkeypatch.setattr(parity, "CASES", [right, wrong])
    monkeypatch.setattr(parity, "SCHEDULES", {})
    monkeypatch.setattr(parity, "OPTIMIZERS", {"SGD": OPTIMIZERS["SGD"]._replace(theirs="Adam")})
    with pytest.raises(typer.Exit) as raised:
        parity.parity()
    assert raised.value.exit_code == 1
    printed = capsys.readouterr()
    assert "1 of 3 right" in printed.out
    assert printed.err.endswith("for wrong relu, optimizer SGD\n")


def test_without_pytorch(tmp_path):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "nural", "parity"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 2
    assert result.stderr == "nural: the comparison needs PyTorch: pip install 'nural[parity]'\n"
    assert result.stdout == ""
