"""Every pair, loss and metric takes what NumPy's functions take, with the result that plain arrays have."""

import tempfile

import numpy as np
import pytest
from cases import CASES

import nural
from nural import activations, layers
from nural.cases.against_torch import dy_for
from nural.data import to_categorical
from nural.evaluation.metrics import class_labels
from nural.losses import mean_squared_loss


def same(array):
    return array


def with_gaps(array):
    """The same numbers, each with another one behind it."""
    return np.repeat(array, 2, axis=-1)[..., ::2]


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def mapped(array):
    with tempfile.TemporaryFile() as file:
        copy = np.memmap(file, array.dtype, "w+", shape=array.shape)
    copy[...] = array
    return copy


#: What arrays hold, as floats of one type, and what is made of them.
KINDS = {
    "lists": (np.float64, same, np.ndarray.tolist),
    "lists of arrays": (np.float64, same, list),
    "integers": (np.float64, lambda a: np.rint(a), lambda a: a.astype(np.int64)),
    "bytes": (np.float64, lambda a: np.abs(np.rint(a)), lambda a: a.astype(np.uint8)),
    "booleans": (np.float64, lambda a: a > 0, lambda a: a.astype(bool)),
    "lists of integers": (np.float64, lambda a: np.rint(a), lambda a: a.astype(int).tolist()),
    "of the other byte order": (np.float32, same, lambda a: a.astype(a.dtype.newbyteorder())),
    "with gaps": (np.float32, same, with_gaps),
    "columns first": (np.float32, same, np.asfortranarray),
    "read-only": (np.float32, same, read_only),
    "memory maps": (np.float32, same, mapped),
}


def converted(values, function):
    """The arrays of ``values`` that hold numbers, ``function`` of each."""
    return {name: function(v) if isinstance(v, np.ndarray) and v.ndim else v for name, v in values.items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_case_of_each_kind_is_the_case_of_plain_arrays(case, kind):
    dtype, holds, make = KINDS[kind]

    def of_floats(array):
        return holds(array).astype(dtype) if array.dtype.kind == "f" else array

    def of_kind(array):
        given = make(array)
        return given if np.array_equal(given, array) else array  # such as what a forward pass made of integers

    values = converted(case.sample(), of_floats)
    y = case.forward(values, None)
    dy = of_floats(dy_for(case, values))
    gradients = case.backward(dy, values, y, None)

    given = converted(values, of_kind)
    y_given = case.forward(given, None)
    gradients_given = case.backward(of_kind(dy) if dy.ndim else dy, given, of_kind(y) if y.ndim else y, None)
    for found, expected in zip((y_given, *gradients_given), (y, *gradients), strict=True):
        assert found.dtype == expected.dtype
        assert found.dtype.isnative
        np.testing.assert_allclose(found, expected, rtol=1e-4 if dtype == np.float32 else 1e-12, atol=1e-5)


FLOAT32 = np.float32(0.5) * np.ones((2, 3), np.float32)
IMAGES = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: layers.fc_forward([[1, 2]], FLOAT32),
        lambda: layers.fc_forward(FLOAT32, np.ones((3, 2), int), [0, 1]),
        lambda: layers.fc_backward([[1, 2, 3]], FLOAT32, [[True, False]])[0],
        lambda: layers.conv2d_forward(IMAGES, np.ones((3, 3, 3, 2), np.float32)),
        lambda: layers.batch_norm_forward(IMAGES, np.ones(3, np.float32))[0],
        lambda: layers.lstm_forward([[[1, 0]]], *np.ones((2, 2, 8), np.float32)[:, :, :])[0],
        lambda: activations.relu_backward(np.ones(3, np.float32), [1, 0, -1]),
        lambda: nural.Linear(3, 2).forward(np.array([[1, 2, 3]])),
        lambda: nural.Flatten().forward(IMAGES),
    ],
)
def test_integers_take_the_type_of_the_weights(call):
    assert call().dtype == np.float32


def test_without_weights_integers_become_float64():
    assert activations.sigmoid_forward([0, 1]).dtype == activations.relu_forward(np.array([200], np.uint8)).dtype
    assert activations.relu_forward(IMAGES).dtype == mean_squared_loss([1, 2], [0, 1])[1].dtype == np.float64


PAIRS = [name.removesuffix("_forward") for name in vars(activations) if name.endswith("_forward")]
SETTINGS = {
    "prelu": ([0.5],),
    "leaky_relu": (0.1,),
    "elu": (2.0,),
    "gelu": ("none",),
    "softplus": (1.0, 20.0),
    "hardtanh": (-1.0, 1.0),
}


@pytest.mark.parametrize("name", [name for name in PAIRS if "softmax" not in name])
@pytest.mark.parametrize("x", [-0.5, 1])
def test_a_number_is_an_array_of_one(name, x):
    forward, backward = (getattr(activations, f"{name}_{way}") for way in ("forward", "backward"))
    settings = SETTINGS.get(name, ())
    assert forward(x, *settings) == forward([x], *settings)[0]
    found, expected = backward(2, *settings, x), backward([2], *settings, [x])
    if name == "prelu":
        found, expected = found[1], expected[1]
    assert found == expected[0]


def test_labels_and_answers():
    logits = [[0.1, 2.0], [3.0, 1.0], [0.0, 5.0]]
    assert nural.accuracy(logits, [1, 0, 0]) == nural.accuracy([1, 0, 1], (1, 0, 0)) == pytest.approx(2 / 3)
    assert nural.accuracy(logits, [[0, 1], [1, 0], [0, 1]]) == 1
    matrix = nural.confusion_matrix([1, 0, 1], np.array([True, False, False]))
    np.testing.assert_array_equal(matrix, [[1, 1], [0, 1]])
    np.testing.assert_array_equal(to_categorical(np.array([2, 0], ">i2")), [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(class_labels([[0, 1], [1, 0]]), [1, 0])
    p, labels = np.array([[0.2, 0.8], [0.6, 0.4]]), [1, 1]
    assert nural.expected_calibration_error(p.tolist(), labels) == nural.expected_calibration_error(p, np.array(labels))


@pytest.mark.parametrize(
    "make", [np.ndarray.tolist, list, np.rint, lambda x: np.rint(x).astype(int).tolist(), with_gaps]
)
def test_a_network_takes_them(make, blobs):
    x, y = blobs[0][:100], blobs[1][:100]
    model = nural.Sequential(nural.Linear(x.shape[1], 8), nural.ReLU(), nural.Linear(8, 3))
    plain = np.asarray(make(x), np.float32)
    np.testing.assert_array_equal(nural.predict(model, make(x)), nural.predict(model, plain))
    np.testing.assert_allclose(model.forward(make(x[:9])), model.forward(plain[:9]), rtol=1e-5)
    assert nural.evaluate(model, make(x), y.tolist()) == nural.evaluate(model, plain, y)
    assert nural.predict(model, [make(x)[0]]) == nural.predict(model, plain[:1])


def test_an_optimizer_takes_gradients_of_any_kind_and_refuses_what_does_not_fit():
    for optimizer in (nural.SGD(0.5), nural.Clipped(nural.SGD(0.5), max_norm=100.0)):
        W = np.zeros((1, 2))
        optimizer.update({"W": W}, {"W": [[1, 2]]})
        np.testing.assert_allclose(W, [[-0.5, -1]], rtol=1e-6)
    with pytest.raises(ValueError, match=r"SGD: the gradient of W has shape \(2,\); it must have \(1, 2\)"):
        nural.SGD(0.5).update({"W": W}, {"W": [1, 2]})
    with pytest.raises(TypeError, match="SGD: W moves in place, so it must be an array of floats; got list"):
        nural.SGD(0.5).update({"W": [1.0]}, {"W": [1]})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="SGD: W moves in place, so it must be an array of floats; got list"):
        nural.SGD(0.5).update({"W": [1.0]}, {"W": np.ones(1)})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="SGD: W moves in place, so it must be an array of floats; got int64"):
        nural.SGD(0.5).update({"W": np.ones(1, int)}, {"W": [1]})
