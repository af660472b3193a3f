"""`nural export`: what it refuses; what each target writes is tested under tests/export."""

import json

import pytest

import nural as library


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("a", "b", "c.onnx"), "export takes a model and a file to write, got 3 paths"),
        (("digits.bin",), "digits.bin: the ending .bin is that of no target; name one with --to: onnx (.onnx)"),
        (("digits.onnx", "--to", "keras"), "digits.onnx: there is no target 'keras'; there are onnx"),
        (("digits.onnx", "--input-shape", "28,x"), "--input-shape must be whole numbers from 1 with commas between"),
        (("there.safetensors", "digits.onnx"), "there.safetensors: there is no such file, expected a model written"),
    ],
)
def test_refusals(nural, one_sentence, arguments, sentence):
    assert sentence in one_sentence(nural("export", *arguments))


def test_a_model_is_not_written_over(nural, one_sentence):
    library.save(library.Linear(2, 2), nural.folder / "model.safetensors")
    for arguments in (("model.safetensors",), ("inside", "model.safetensors")):
        said = one_sentence(nural("export", *arguments))
        assert "model.safetensors: is a model of nural's that would be lost; name another file to write" in said
    assert repr(library.load(nural.folder / "model.safetensors")) == repr(library.Linear(2, 2))


@pytest.mark.export
def test_the_model_inside_as_onnx(nural):
    said = nural("export", "digits.onnx", check=0).stdout.splitlines()
    assert said[0].startswith("digits.onnx (")
    assert said[1].startswith("largest difference from the model ")
    assert "on 1,000 MNIST validation digits, by ONNX Runtime" in said[1]
    told = json.loads(nural("export", "inside", "other.onnx", "--with-preprocessing", "--json", check=0).stdout)
    assert told["files"] == ["other.onnx"]
    assert told["largest_difference"] < 1e-5


@pytest.mark.export
def test_a_layer_that_cannot_be_expressed_is_named(nural, one_sentence):
    model = library.Sequential(library.Linear(3, 2), library.BatchNorm1d(2, track_running_stats=False))
    library.save(model, nural.folder / "model.safetensors")
    said = one_sentence(nural("export", "model.safetensors", "model.onnx"))
    assert said.startswith("nural: model.onnx: cannot express layer 1, BatchNorm1d(num_features=2, track_running_stats")
