"""The walkthroughs as they are stored: complete, tidy, portable. `pytest --nbmake walkthroughs` executes them again."""

import json
import re
from pathlib import Path

import pytest

WALKTHROUGHS = Path(__file__).parent.parent / "walkthroughs"
each_notebook = pytest.mark.parametrize("path", sorted(WALKTHROUGHS.glob("*.ipynb")), ids=lambda path: path.stem)


def test_all_three_are_there():
    names = [path.name for path in sorted(WALKTHROUGHS.glob("*.ipynb"))]
    assert names == ["1-bare-functions.ipynb", "2-two-layer-net.ipynb", "3-convolution.ipynb"]


@each_notebook
def test_every_cell_was_executed_in_order_without_error_or_warning(path):
    notebook = json.loads(path.read_text())
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 5


@each_notebook
def test_key_claims_are_asserted(path):
    notebook = json.loads(path.read_text())
    source = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert re.search(r"assert (test_accuracy|scores\[\"accuracy\"\]) >=? 0\.9", source)


@each_notebook
def test_file_is_small_and_knows_nothing_of_the_machine_that_ran_it(path):
    text = path.read_text()
    assert len(text) < 1_000_000
    assert not re.search(r"/(home|root|tmp|work|usr|Users)/", text)
    assert '"execution": {' not in text  # when each cell ran


@each_notebook
def test_links_lead_to_files(path):
    text = "".join("".join(cell["source"]) for cell in json.loads(path.read_text())["cells"])
    links = re.findall(r"\]\(([^)#:]+\.ipynb)\)", text)
    assert [link for link in links if not (path.parent / link).is_file()] == []
