"""What every pair refuses: input that holds no numbers, arguments and buffers of another shape."""

import numpy as np
import pytest
from cases import CASES

from nural import layers
from nural.cases import differentiated
from nural.cases.against_torch import dy_for
from nural.checks import as_floats, float_arrays, outputs, require_gradient, require_out, require_samples

PAIRS = [case for case in CASES if len(case.pair) == 2]
OF_LAYERS = [case for case in CASES if case.pair[0].__module__.startswith(layers.__name__)]
each_pair = pytest.mark.parametrize("case", PAIRS, ids=lambda case: case.name)
each_case_of_layers = pytest.mark.parametrize("case", OF_LAYERS, ids=lambda case: case.name)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones(3, complex), "f: needs numbers, got complex128"),
        ("three", "f: needs numbers, got str of <U5"),
        ([["a", "b"]], "f: needs numbers, got list of <U1"),
        (None, "f: needs numbers, got NoneType of object"),
        ({"W": 1}, "f: needs numbers, got dict of object"),
        (np.ones(3, "datetime64[s]"), r"f: needs numbers, got datetime64\[s\]"),
        ([], r"f: the batch is empty \(shape \(0,\)\)"),
        ([[1, 2], [3]], "f: needs an array of numbers; .* inhomogeneous shape"),
        (np.ma.masked_greater([1.0, 2.0], 1), r"f: got a masked array; .* filled\(value\)"),
    ],
    ids=repr,
)
def test_what_is_no_array_of_numbers_is_refused(x, message):
    with pytest.raises((TypeError, ValueError), match=message):
        require_samples("f", x)
    if x is not None:
        with pytest.raises((TypeError, ValueError), match=message):
            float_arrays("f", x, np.ones(2, np.float32), None)


def test_plain_arrays_of_floats_stay_themselves():
    for dtype in (np.float16, np.float32, np.float64, np.longdouble):
        x = np.ones((2, 3), dtype).T
        assert as_floats("f", x) is x
        assert float_arrays("f", x, None)[0] is x
    assert type(as_floats("f", np.ones(3).view(np.recarray))) is np.ndarray


def test_shapes_are_compared():
    require_gradient("f", np.ones((2, 3)), (2, 3))
    with pytest.raises(ValueError, match=r"f: dy has shape \(3, 2\); the output it belongs to has \(2, 3\)"):
        require_gradient("f", np.ones((3, 2)), (2, 3))
    require_out("f", None, (2, 3))
    with pytest.raises(ValueError, match=r"f: out has shape \(4, 3\); it must have \(2, 3\)"):
        require_out("f", np.ones((4, 3)), (2, 3))
    with pytest.raises(ValueError, match=r"f: an array to write to must be contiguous; out of shape \(2, 3\) is not"):
        require_out("f", np.ones((3, 2)).T, (2, 3))
    with pytest.raises(ValueError, match="f: out holds 1 arrays; it must hold 2"):
        outputs("f", (None,), ((2,), (3,)), np.float32)


def larger(array, axis=0):
    return np.zeros([n + (i == axis) for i, n in enumerate(array.shape)], array.dtype)


@each_pair
def test_a_gradient_of_another_shape_is_refused(case):
    values = case.sample()
    y, dy = case.forward(values, None), dy_for(case, values)
    name = case.pair[1].__name__
    if name == "pad2d_backward":  # which knows the shape by dy
        with pytest.raises(ValueError, match="pad2d_backward: images are channels-last"):
            case.backward(dy[0], values, y, None)
        with pytest.raises(ValueError, match="pad2d_backward: nothing of dy"):
            layers.pad2d_backward(np.ones((1, 4, 4, 1)), 2)
        return
    for wrong in (larger(dy), larger(dy, dy.ndim - 1), dy[..., None], np.ones(1)):
        with pytest.raises(ValueError, match=rf"{name}: dy has shape"):
            case.backward(wrong, values, y, None)


@each_case_of_layers
def test_a_buffer_of_another_shape_is_refused(case):
    values = case.sample()
    y, dy = case.forward(values, None), dy_for(case, values)
    with pytest.raises(ValueError, match=rf"{case.pair[0].__name__}: out has shape"):
        case.forward(values, larger(y))
    for wrong in range(len(differentiated(values))):
        out = [np.empty_like(gradient) for gradient in case.backward(dy, values, y, None)]
        out[wrong] = larger(out[wrong])
        with pytest.raises(ValueError, match=rf"{case.pair[1].__name__}: out has shape"):
            case.backward(dy, values, y, tuple(out))


X, ONE = np.ones((4, 3)), np.ones(1)
SEQUENCES, W_IH, W_HH = np.ones((4, 2, 3)), np.ones((3, 2)), np.ones((2, 2))
MEAN, IMAGE = np.ones(3), np.ones((1, 2, 2, 1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.dropout_forward(X, 0.5), r"mask has shape \(\); it must have \(4, 3\)"),
        (lambda: layers.dropout_forward(X, X[0]), r"mask has shape \(3,\); it must have \(4, 3\)"),
        (lambda: layers.dropout_backward(X, 0.5), r"dy has shape \(4, 3\); the output it belongs to has \(\)"),
        (lambda: layers.batch_norm_forward(X, ONE), r"gamma has shape \(1,\); it must have \(3,\)"),
        (lambda: layers.batch_norm_forward(X, None, 2.0), r"beta has shape \(\); it must have \(3,\)"),
        (lambda: layers.batch_norm_backward(X, None, X, ONE, MEAN), "mean has shape"),
        (lambda: layers.batch_norm_eval_forward(X, MEAN, MEAN, ONE), "gamma has shape"),
        (lambda: layers.batch_norm_eval_backward(X, None, X, MEAN, ONE), "variance has shape"),
        (lambda: layers.layer_norm_forward(X, ONE), r"gamma has shape \(1,\); it must have \(3,\)"),
        (lambda: layers.layer_norm_backward(X, None, X, ONE, ONE), r"mean has shape \(1,\); it must have \(4,\)"),
        (lambda: layers.max_pool2d_backward(IMAGE, IMAGE, ONE, 1), "y has shape"),
        (lambda: layers.adaptive_max_pool2d_backward(IMAGE, IMAGE, ONE, 2), "y has shape"),
        (lambda: layers.rnn_forward(SEQUENCES, W_IH, ONE), r"W_hh has shape \(1,\); it must have \(1, 2\)"),
        (lambda: layers.rnn_forward(SEQUENCES, W_IH, W_HH, ONE), r"a bias has shape \(1,\); it must have \(2,\)"),
        (
            lambda: layers.rnn_forward(SEQUENCES, W_IH, W_HH, h0=ONE),
            r"the state before the first step has shape \(1,\); it must have \(4, 2\)",
        ),
        (lambda: layers.fc_forward(2.0, W_IH), r"takes x \(…, in\) and W \(in, out\), got shapes \(\) and \(3, 2\)"),
        (lambda: layers.fc_forward(X, MEAN), r"got shapes \(4, 3\) and \(3,\)"),
    ],
)
def test_no_argument_is_spread_over_another_in_silence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
