"""How a target is chosen and what it is compared on; what each writes has a test of its own."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nural
from nural.export import TARGETS, ExportError, export_model
from nural.export.input_shape import sample_shape
from nural.export.target import Target, _load
from nural.layers import Affine


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_in_the_table_has_its_module(name):
    target = _load(name)
    assert isinstance(target, Target)
    assert target.name == name
    assert all(ending.startswith(".") for ending in target.endings)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("model.keras", {}, r"model.keras: the ending .keras is that of no target; name one with --to: onnx \(.onnx\)"),
        ("model", {}, r"model: has no ending that names a target; name one with --to: onnx \(.onnx\)"),
        ("model.onnx", {"to": "keras"}, "model.onnx: there is no target 'keras'; there are onnx, "),
    ],
)
def test_there_is_no_such_target(name, options, message, tmp_path):
    with pytest.raises(ExportError, match=message):
        export_model(nural.Linear(2, 2), tmp_path / name, **options)


class Halved:
    """Before a class of nural's it makes one that computes something else."""

    def forward(self, x, train=False):
        return super().forward(x, train) / 2  # pyright: ignore[reportAttributeAccessIssue]


def with_layers_of_ones_own():
    """Networks with such classes, which a target that goes by names, or takes them for nural's, would write wrongly."""
    kinds = (nural.ReLU, nural.Dropout, nural.BatchNorm2d, nural.Sequential, nural.Residual)
    own: list[Any] = [type(kind.__name__, (Halved, kind), {}) for kind in kinds]
    relu, dropout, norm, chain, residual = own
    linear = nural.Linear(4, 4)
    yield nural.Sequential(linear, relu()), (4,)
    yield nural.Sequential(linear, dropout()), (4,)
    yield nural.Sequential(nural.Conv2d(1, 2, 3), norm(2)), (9, 9, 1)
    yield nural.Sequential(chain(linear)), (4,)
    yield chain(linear), (4,)
    yield nural.Sequential(residual(linear)), (4,)


@pytest.mark.parametrize(("model", "shape"), list(with_layers_of_ones_own()))
@pytest.mark.parametrize("name", ["model.py", "model.c"])
def test_a_layer_of_ones_own_is_not_taken_for_nurals(model, shape, name, tmp_path):
    with pytest.raises(ExportError, match=r"cannot express [\s\S]* as (NumPy|C): there is no"):
        export_model(model, tmp_path / name, input_shape=shape)
    assert not list(tmp_path.iterdir())


def test_a_class_of_ones_own_around_layers_is_a_chain(tmp_path):
    class Net(nural.Sequential):
        def __init__(self):
            super().__init__(nural.Linear(4, 3), nural.ReLU())

    assert export_model(Net(), tmp_path / "net.py").largest_difference < 1e-6


def test_an_option_that_makes_no_difference_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"m.safetensors: with_preprocessing makes no difference to PyTorch; leave"):
        export_model(nural.Linear(2, 2), tmp_path / "m.safetensors", with_preprocessing=True)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (nural.load_pretrained(), (784,)),
        (nural.Sequential(nural.Dropout(), nural.Linear(8, 2)), (8,)),
        (nural.Sequential(nural.Flatten(), nural.Sequential(nural.Linear(8, 2))), (8,)),
        (nural.Sequential(Affine((5,)), nural.Linear(5, 4), nural.Softmax()), (5,)),
        (nural.Residual(nural.BatchNorm1d(2)), (2,)),
        (nural.LayerNorm((5, 4)), (5, 4)),
    ],
)
def test_the_shape_of_a_sample_is_found_where_it_is_certain(model, shape, tmp_path):
    assert sample_shape(model, tmp_path) == shape


@pytest.mark.parametrize(
    "model",
    [
        nural.Sequential(nural.Conv2d(6, 4, 3), nural.ReLU(), nural.GlobalAvgPool2d(), nural.Linear(4, 3)),
        nural.Sequential(nural.Conv2d(1, 1, 3), nural.Flatten(), nural.Linear(26 * 26, 2)),  # of 28×28, or of 15×54
        nural.Sequential(nural.Flatten(channels_first=True), nural.Linear(784, 2)),
        nural.Sequential(nural.Linear(8, 4), nural.LSTM(4, 2)),
        nural.GRU(5, 2),
        nural.BatchNorm2d(2),
        nural.MaxPool2d(2),
        nural.ReLU(),
    ],
)
@pytest.mark.parametrize("name", ["m.c", "m.py", "m.onnx", "m.safetensors"])
def test_a_shape_that_is_not_certain_is_asked_for(model, name, tmp_path):
    with pytest.raises(ExportError, match=r"is not certain from the network: give it with --input-shape, as 32,32,3"):
        export_model(model, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_given_shape_must_fit(tmp_path):
    model = nural.Sequential(nural.Conv2d(1, 1, 3), nural.Flatten(), nural.Linear(17 * 17, 2))
    assert sample_shape(model, tmp_path, (19, 19, 1)) == (19, 19, 1)
    with pytest.raises(ExportError, match=r"the model does not take samples of shape \(19, 18, 1\): fc_forward"):
        sample_shape(model, tmp_path, (19, 18, 1))


@pytest.mark.export
def test_the_exports_that_the_readme_names_leave_each_other_alone(tmp_path):
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    (paragraph,) = (part for part in readme.split("\n\n") if part.startswith("**Anywhere without nural.**"))
    names = re.findall(r"`(?:nural export )?(digits\w*\.\w+)`", paragraph)
    assert len(names) == 6
    model = nural.Linear(784, 10, rng=np.random.default_rng(0))
    files = [file for name in names if name != "digits_torch.py" for file in export_model(model, tmp_path / name).files]
    assert {file.name for file in files} == {*names, "digits.h"}
    assert len(files) == len(names) + 1
