"""The programs in docs/export.md run, and its table names each layer."""

import re
from pathlib import Path

import pytest

import nural
from nural.layer import Layer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "export.md").read_text()
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.export
@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_program(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(PROGRAMS[number], {})
    assert "on 1,000 MNIST validation digits, by ONNX Runtime" in capsys.readouterr().out


def test_the_table_names_each_layer():
    found = {**vars(nural.layers), **vars(nural.activations)}
    layers = {name for name, kind in found.items() if isinstance(kind, type) and issubclass(kind, Layer)}
    rows = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    assert {name for name in layers if f"`{name}`" not in rows} == set()


def test_links_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", PAGE) if "://" not in link]
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
