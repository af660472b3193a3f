"""Every layer × every target: written and equal, or refused by name; and the tables of this in the docs."""

import importlib.util
from pathlib import Path

import pytest
from device_layers import MANY

import nural
from nural.cases.layers import LAYERS, examples
from nural.layer import Layer

spec = importlib.util.spec_from_file_location("layers", Path(__file__).parents[2] / "tools" / "layers.py")
assert spec is not None
assert spec.loader is not None
layers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(layers)

#: Targets that need PyTorch or onnx.
EXTRA = ("PyTorch", "from PyTorch", "ONNX", "from ONNX")
#: Targets whose files nobody can read but who knows nural's names.
BY_NAME = ("C", "HTML", "NumPy", "PyTorch", "from PyTorch", "ONNX")


def test_every_layer_has_examples():
    found = [value for home in (nural.layers, nural.activations) for value in vars(home).values()]
    kinds = {kind for kind in found if isinstance(kind, type) and issubclass(kind, Layer)}
    missing = sorted(kind.__name__ for kind in kinds - LAYERS.keys())
    assert not missing, f"{missing} are missing in LAYERS of src/nural/cases/layers.py"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.export if name in EXTRA else ()) for name in layers.TARGETS]
)
@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
def test_every_layer_is_written_or_refused_by_name(kind, name):
    target = layers.TARGETS[name]
    made = [(model, target.try_on(model, shape, kind)) for model, shape in examples(kind)]
    for model, each in made:
        assert each.difference is None or each.difference < 2e-5
        if each.refused and name in BY_NAME:
            assert any(type(layer).__name__ in each.refused for _, layer in model.named_layers()), each.refused
    if all(each.refused for _, each in made):
        entries = [entry for base, entry in target.entries().items() if issubclass(kind, base)]
        assert None in entries, f"{kind.__name__} is missing in {target.table}: {made[0][1].refused}"


def test_c_and_a_page_say_the_same_of_each_layer():
    for kind in LAYERS:
        assert layers.cell("C", kind) == layers.cell("HTML", kind)


def test_a_browser_has_tried_each_layer_of_a_page(built):
    tried = {type(layer) for _, layer in built(MANY).named_layers()}
    for kind in LAYERS:
        assert kind in tried or layers.cell("HTML", kind) == "no", (
            f"{kind.__name__} is missing in MANY of tests/export/device_layers.py"
        )


def test_the_table_of_devices_is_what_they_do():
    page = (layers.DOCS / "devices.md").read_text()
    assert page == layers.with_table(page, layers.devices()), "run `python tools/layers.py`"


@pytest.mark.export
def test_the_tables_of_frameworks_are_what_they_do():
    page = (layers.DOCS / "export.md").read_text()
    made = layers.with_table(layers.with_table(page, layers.frameworks()), layers.operators())
    assert page == made, "run `python tools/layers.py`"
