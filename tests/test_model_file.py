import json
import re
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save as to_bytes

import nural
from nural import (
    BatchNorm1d,
    Flatten,
    LeakyReLU,
    Linear,
    ModelFileError,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    load,
    save,
)
from nural.task import Task


def content(path):
    with safe_open(path, framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


@pytest.fixture
def saved(small_model, tmp_path):
    path = tmp_path / "model.safetensors"
    save(small_model(), path)
    return path


def test_a_model_comes_back_whole(tmp_path, rng):
    model = Sequential(
        Flatten(),
        Sequential(Linear(6, 5, bias=False), LeakyReLU(0.3)),
        Tanh(),
        Linear(5, 4),
        Sigmoid(),
        Linear(4, 3),
        ReLU(),
        Softmax(),
    )
    model.info = {"classes": ["a", "b", "c"]}
    save(model, tmp_path / "m.safetensors")
    twin = load(tmp_path / "m.safetensors")
    assert repr(twin) == repr(model)
    assert twin.info == model.info
    x = rng.standard_normal((4, 2, 3)).astype(np.float32)
    np.testing.assert_array_equal(twin.forward(x), model.forward(x))


def test_float64_stays_float64(tmp_path):
    model = Sequential(Linear(3, 2, dtype=np.float64))
    save(model, tmp_path / "m")
    twin = load(tmp_path / "m")
    assert twin.params["0.W"].dtype == twin.dtype == np.float64
    assert twin.params["0.W"].tobytes() == model.params["0.W"].tobytes()


def test_half_precision_is_read_back_in_the_models_own(small_model, tmp_path):
    model = small_model()
    save(model, tmp_path / "whole")
    save(model, tmp_path / "half", half=True)
    assert {array.dtype for array in content(tmp_path / "half")[0].values()} == {np.dtype(np.float16)}
    twin = load(tmp_path / "half")
    assert twin.dtype == model.dtype
    for name, value in model.params.items():
        assert twin.params[name].dtype == value.dtype
        np.testing.assert_allclose(twin.params[name], value, rtol=2**-11)


def test_what_half_precision_cannot_hold_is_not_written(small_model, tmp_path):
    model = small_model()
    next(iter(model.params.values()))[...] = 1e6
    with pytest.raises(ModelFileError, match="holds NaN or infinity"):
        save(model, tmp_path / "half", half=True)


def test_the_same_model_gives_the_same_bytes(small_model, tmp_path):
    for name in "ab":
        save(small_model(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_write_that_fails_leaves_the_old_file(saved, small_model):
    before = saved.read_bytes()
    model = small_model()
    model.params["0.b"][0] = np.nan
    with pytest.raises(ModelFileError, match=r"not written, because params\.0\.b holds NaN or infinity"):
        save(model, saved)
    assert saved.read_bytes() == before
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]


def layers_of_ones_own():
    """The last two have names of nural's own classes."""

    class Mine(ReLU):
        pass

    class Halved(ReLU):
        def forward(self, x, train=False):
            return super().forward(x, train) / 2

    class Net(Sequential):
        pass

    Halved.__name__ = "ReLU"
    Net.__name__ = Net.__qualname__ = "Sequential"
    return [Mine(), Halved(), Net(ReLU())]


@pytest.mark.parametrize("layer", layers_of_ones_own(), ids=["Mine", "ReLU", "Sequential"])
def test_a_layer_of_ones_own_is_refused_by_name(layer, tmp_path):
    model = Sequential(Linear(2, 2), Residual(layer))
    kind = f"{type(layer).__module__}.{type(layer).__qualname__}"
    refusal = re.escape(f"the class {kind} is no layer of nural's, so a file cannot name it; save model.params and")
    for write in (save, lambda model, path: nural.fit(model, np.ones((4, 2)), [0] * 4, epochs=1, checkpoint=path)):
        with pytest.raises(ModelFileError, match=refusal):
            write(model, tmp_path / "m")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("params.2.b"), r"lacks the array params\.2\.b"),
        (lambda a: a.update({"params.3.W": np.zeros(2, np.float32)}), r"holds the array params\.3\.W, which"),
        (
            lambda a: a.update({"params.2.b": np.zeros(4, np.float32)}),
            r"params\.2\.b has shape \(4,\), .* needs \(3,\)",
        ),
        (
            lambda a: a.update({"params.2.b": np.zeros(3, np.int32)}),
            r"params\.2\.b is of type int32, its architecture needs float32",
        ),
        (lambda a: a.update({"params.0.b": np.full(16, np.inf, np.float32)}), r"params\.0\.b holds NaN or infinity"),
    ],
)
def test_arrays_that_are_not_the_architecture_s(change, message, saved):
    arrays, metadata = content(saved)
    change(arrays)
    saved.write_bytes(to_bytes(arrays, metadata))
    with pytest.raises(ModelFileError, match=message):
        load(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["architecture"].update(type="Evil"), "names the layer or field 'Evil', which nural does not have"),
        (
            lambda d: d["architecture"]["children"]["0"].update(config={"in": 3}),
            "description of the architecture is damaged",
        ),
        (lambda d: d["architecture"]["children"]["0"]["config"].update(in_features="x"), "damaged|needs"),
        (
            lambda d: d["architecture"]["children"]["0"]["config"].update(initializer="keras"),
            "not one that nural writes",
        ),
        (lambda d: d["architecture"]["children"]["0"]["config"].update(dtype="O"), "damaged"),
        (lambda d: d["architecture"]["children"]["0"]["config"].update(dtype="float16"), "weights of type float16"),
        (lambda d: d.update(info=[1, 2]), "not one that nural writes"),
        (lambda d: d["architecture"]["children"]["0"]["config"].update(in_features=10**12), "shape .* needs"),
        (lambda d: d.update(architecture=None), "damaged"),
        (lambda d: d.update(kind="checkpoint"), "expected a model of format 1, found a checkpoint of format 1"),
        (lambda d: d.update(format=9), "expected a model of format 1, found a model of format 9"),
        (lambda d: d.pop("kind"), "its description is damaged"),
    ],
)
def test_descriptions_that_cannot_be(change, message, saved):
    arrays, metadata = content(saved)
    description = json.loads(metadata["nural"])
    change(description)
    saved.write_bytes(to_bytes(arrays, {"nural": json.dumps(description)}))
    with pytest.raises(ModelFileError, match=message):
        load(saved)


def test_a_description_takes_no_more_memory_than_its_file(tmp_path):
    path = tmp_path / "model.safetensors"
    save(Sequential(BatchNorm1d(3)), path)
    load(path)
    arrays, metadata = content(path)
    described = metadata["nural"].replace('"num_features": 3', '"num_features": 4000000000')
    path.write_bytes(to_bytes(arrays, {"nural": described}))
    with pytest.raises(ModelFileError, match="describes batch norm of 4000000000 channels, but holds 12 values"):
        load(path)
    names = ["a" * 1_000_000, *map(str, range(100_000))]  # as an array of strings, 400 GB
    found = Task("multiclass", tuple(names)).names
    assert found is not None
    assert found.tolist() == names


def test_files_that_are_no_models(tmp_path):
    with pytest.raises(ModelFileError, match=r"none: there is no such file, expected a model written by nural"):
        load(tmp_path / "none")
    with pytest.raises(ModelFileError, match="is a folder, expected a model"):
        load(tmp_path)
    for data in (b"", b"not a model", b"\xff" * 100):
        (tmp_path / "m").write_bytes(data)
        with pytest.raises(ModelFileError, match=r"m: is no safetensors file that can be read"):
            load(tmp_path / "m")
    (tmp_path / "m").write_bytes(to_bytes({"W": np.zeros(2)}))
    with pytest.raises(ModelFileError, match="without nural's description"):
        load(tmp_path / "m")
    (tmp_path / "m").write_bytes(to_bytes({"W": np.zeros(2)}, {"nural": "[" * 100_000}))
    with pytest.raises(ModelFileError, match="its description is damaged"):
        load(tmp_path / "m")


def test_a_truncated_file(saved):
    saved.write_bytes(saved.read_bytes()[:-10])
    with pytest.raises(ModelFileError, match="is no safetensors file that can be read"):
        load(saved)


def test_numpy_numbers_in_a_configuration(tmp_path):
    size: Any = np.prod((2, 3))
    save(Linear(size, 2), tmp_path / "m")
    assert repr(load(tmp_path / "m")) == "Linear(in_features=6, out_features=2)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a, d: d.pop("optimizer_steps"), r"description is damaged \('optimizer_steps'\)"),
        (lambda a, d: d.update(settings="x"), r"description is damaged \(settings are 'x'\)"),
        (lambda a, d: d.update(epochs=[{}]), r"description is damaged \('step'\)"),
        (lambda a, d: d["epochs"][0].update(step=99), "epochs that do not fit the losses"),
        (lambda a, d: d["epochs"][0].pop("loss"), "epochs with other columns"),
        (lambda a, d: d["generators"].clear(), "description is damaged"),
        (lambda a, d: d["generators"]["1.generator"].update(bit_generator="x"), "description is damaged"),
        (lambda a, d: a.pop("losses"), r"description is damaged \('losses'\)"),
        (lambda a, d: a.update(losses=np.zeros(3, np.int64)), "losses of shape"),
        (lambda a, d: a.pop("optimizer.velocity.0.W"), r"the running array velocity\.0\.W is not that of SGD"),
        (lambda a, d: a.update({"optimizer.velocity.0.b": np.zeros(2, np.float32)}), r"velocity\.0\.b is not that"),
        (lambda a, d: a.update({"optimizer.other": np.zeros(2, np.float32)}), "running array other is not that"),
    ],
)
def test_a_damaged_checkpoint_changes_nothing(change, message, blobs, tmp_path):
    path = tmp_path / "c"

    def build():
        return Sequential(Linear(6, 4), nural.Dropout(0.5), Linear(4, 3))

    def sgd():
        return nural.SGD(0.1, momentum=0.9)

    nural.fit(build(), *blobs, epochs=1, optimizer=sgd(), checkpoint=path)
    arrays, metadata = content(path)
    description = json.loads(metadata["nural"])
    change(arrays, description)
    path.write_bytes(to_bytes(arrays, {"nural": json.dumps(description)}))
    model = build()
    before = model.params["0.W"].copy()
    with pytest.raises(ModelFileError, match=message):
        nural.fit(model, *blobs, optimizer=sgd(), checkpoint=path, resume=True)
    np.testing.assert_array_equal(model.params["0.W"], before)
