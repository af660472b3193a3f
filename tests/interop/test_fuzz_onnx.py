"""Damaged ONNX files: each is refused in one sentence or read, and nothing else is raised."""

import numpy as np
import pytest

import nural
from nural.export import export_model
from nural.interop import ConversionError

pytest.importorskip("onnx")

from nural.interop.onnx import load

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore")]

MODELS = {
    "convolutional": nural.Sequential(
        nural.Conv2d(2, 3, 3, padding=1), nural.BatchNorm2d(3), nural.MaxPool2d(2), nural.Flatten(), nural.Linear(48, 2)
    ),
    "recurrent": nural.Sequential(nural.LSTM(3, 2, bidirectional=True), nural.LayerNorm(4), nural.Softmax()),
}
SHAPES = {"convolutional": (8, 8, 2), "recurrent": (5, 3)}


@pytest.mark.parametrize("name", MODELS)
def test_mutated_files(name, tmp_path):
    export_model(MODELS[name], tmp_path / "whole.onnx", input_shape=SHAPES[name])
    whole = (tmp_path / "whole.onnx").read_bytes()
    rng, path = np.random.default_rng(0), tmp_path / "mutated.onnx"
    read, refusals = 0, []
    for _ in range(3000):
        mutated = bytearray(whole)
        for _ in range(rng.integers(1, 4)):
            at = int(rng.integers(len(mutated)))
            if rng.random() < 0.5:
                mutated[at] = rng.integers(256)
            else:
                del mutated[at : at + int(rng.integers(1, 9))]
        path.write_bytes(mutated)
        try:
            load(path)
            read += 1
        except ConversionError as error:
            refusals.append(str(error))
    assert read > 0
    assert len(refusals) > 0
    assert [refusal for refusal in refusals if not refusal.startswith(f"{path}: ")] == []
