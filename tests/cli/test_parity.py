"""`nural parity`, and the page that it writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nural.cases import CASES

pytestmark = pytest.mark.parity

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"


def blocks(page):
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [row[0].removeprefix("| ") for row in rows[1:]]


def test_every_block_is_right(nural):
    result = nural("parity", "--json", "--out", "parity.md", check=0)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["block"] for row in rows] == [case.name for case in CASES]
    for row in rows:
        assert row["right"]
        assert row["pytorch_float64"] < 1e-10
        assert row["pytorch_float32"] < 1e-5
        assert row["finite_differences"] < 1e-6
    page = (nural.folder / "parity.md").read_text()
    assert blocks(page) == [case.name for case in CASES]
    for part in ("nural parity --out docs/parity.md", "PyTorch 2", "NumPy 2", "Python 3", "nural 0"):
        assert part in page
    assert max(map(len, page.splitlines())) <= 120


def test_the_page_in_docs_is_of_these_cases():
    """After a change to the cases: nural parity --out docs/parity.md."""
    assert blocks(PAGE.read_text()) == [case.name for case in CASES]


def test_a_wrong_gradient_is_found(monkeypatch, capsys):
    import dataclasses

    import typer

    from nural.cli import parity

    right = next(case for case in CASES if case.name == "relu")
    wrong = dataclasses.replace(right, name="wrong relu", backward=lambda *args: (1.001 * right.backward(*args)[0],))
    monkeypatch.setattr(parity, "CASES", [right, wrong])
    with pytest.raises(typer.Exit) as raised:
        parity.parity()
    assert raised.value.exit_code == 1
    printed = capsys.readouterr()
    assert "1 of 2 right" in printed.out
    assert printed.err.endswith("for wrong relu\n")


def test_without_pytorch(tmp_path):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "nural", "parity"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 2
    assert result.stderr == "nural: the comparison needs PyTorch: pip install 'nural[parity]'\n"
    assert result.stdout == ""
