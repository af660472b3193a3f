"""The notebooks of the tracks, executed: right with the solutions, and saying what is missing when empty."""

import nbformat
import pytest
from nbclient import NotebookClient

from nural.learn.tracks.notebook import notebook
from nural.learn.tracks.track import LOOP, available, track

SETS = "(x, labels), _, (x_test, labels_test) = load_mnist_datasets()"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("language", "solved"), [("en", True), ("zh", False)])
@pytest.mark.parametrize("name", available())
def test_every_cell_runs(name, language, solved, tmp_path):
    cells = nbformat.reads(notebook(track(name), language, solved), 4)
    nbformat.validate(cells)
    assert SETS in LOOP
    cells.cells[-1].source = cells.cells[-1].source.replace(SETS, f"{SETS}\nx, labels = x[:320], labels[:320]")
    for cell in cells.cells:
        cell.source = cell.source.replace("experiment(each, steps,", "experiment(each, 3,")
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(cells, kernel_name="python3", allow_errors=not solved, timeout=120, resources=resources).execute()
    checks = [cell for cell in cells.cells if cell.source.startswith("nural.learn.check(")]
    shown = [cell.outputs[0].data["text/plain"] for cell in checks]
    assert len(checks) == len({e.title.split(".")[0] for e in track(name).exercises})
    errors = [output for cell in cells.cells for output in cell.get("outputs", ()) if output.output_type == "error"]
    if solved:
        assert all("  right   " in text and "WRONG" not in text for text in shown), shown
        assert cells.cells[-1].outputs[-1].text.strip().endswith("%")
    else:
        assert all(line.endswith("尚未编写") for text in shown for line in text.splitlines()), shown
        assert {error.ename for error in errors} == {"NotImplementedError"}
