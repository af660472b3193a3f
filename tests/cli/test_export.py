"""`nural export`: what it refuses; what each target writes is tested under tests/export."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

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
        assert said.startswith("nural: model.safetensors: is a model of nural's that would be lost; name another file")
    assert repr(library.load(nural.folder / "model.safetensors")) == repr(library.Linear(2, 2))


MINE = {"train.py": b"print('mine')\n", "app.h": b"/* mine */\n", "main.c": b"int main(void);\n", "real.py": b"x = 1\n"}


def test_no_file_of_the_users_is_lost_but_by_force(nural, one_sentence):
    library.save(library.Linear(4, 3, rng=np.random.default_rng(0)), nural.folder / "m.safetensors")
    for name, content in MINE.items():
        (nural.folder / name).write_bytes(content)
    (nural.folder / "link.py").symlink_to("real.py")
    before = {path.name: path.read_bytes() for path in nural.folder.iterdir()}
    for target, lost in (("app.c", "app.h"), ("main.c", "main.c"), ("link.py", "link.py")):
        said = one_sentence(nural("export", "m.safetensors", target))
        found = "was not written by nural, and would be lost"
        assert said == f"nural: {lost}: {found}; name another file, or replace it with --force\n"
    assert {path.name: path.read_bytes() for path in nural.folder.iterdir()} == before
    nural("export", "m.safetensors", "link.py", "--force", check=0)
    assert (nural.folder / "link.py").is_symlink()
    assert b"Written by nural: a network in NumPy" in (nural.folder / "real.py").read_bytes()


@pytest.mark.export
def test_pytorchs_two_files_leave_others_alone(nural, one_sentence):
    library.save(library.Linear(4, 3, rng=np.random.default_rng(0)), nural.folder / "m.safetensors")
    (nural.folder / "train.py").write_bytes(b"print('mine')\n")
    save_file({"weight": np.ones((3, 3), np.float32)}, nural.folder / "other.safetensors")
    for name, lost in (("train.safetensors", "train.py"), ("other.safetensors", "other.safetensors")):
        assert f"{lost}: was not written by nural, and" in one_sentence(nural("export", "m.safetensors", name))
    assert (nural.folder / "train.py").read_bytes() == b"print('mine')\n"
    nural("export", "m.safetensors", "a.py", check=0)
    said = one_sentence(nural("export", "m.safetensors", "a.safetensors"))
    assert said.startswith("nural: a.py: is a network in NumPy of nural's that would be lost; name another file")
    assert not (nural.folder / "a.safetensors").exists()
    for _ in range(2):  # the same export again replaces its own
        nural("export", "m.safetensors", "b.safetensors", check=0)


def test_the_shape_of_a_sample_is_said_and_accuracy_where_it_is_known(nural):
    library.save(library.Linear(4, 3, rng=np.random.default_rng(0)), nural.folder / "m.safetensors")
    said = nural("export", "m.safetensors", "m.c", "--bits", "8", check=0).stdout.splitlines()
    assert "one sample: 4 values" in said
    assert said[1].startswith("difference from the model unknown, as random inputs do not tell what weights of 8 bits")
    x = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    np.savez(nural.folder / "d.npz", x=x, y=library.predict(library.load(nural.folder / "m.safetensors"), x))
    told = json.loads(nural("export", "m.safetensors", "m.c", "--bits=8", "--data=d.npz", "--json", check=0).stdout)
    assert told["shape_of_a_sample"] == [4]
    assert told["accuracy_of_the_model"] == 1
    assert told["accuracy"] > 0.9


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
