"""What every pair refuses: input that is no floats, gradients and buffers of another shape."""

import numpy as np
import pytest
from cases import CASES

from nural import layers
from nural.batch import outputs, require_gradient, require_out, require_samples
from nural.cases import differentiated
from nural.cases.against_torch import dy_for

OF_LAYERS = [case for case in CASES if case.pair[0].__module__.startswith(layers.__name__)]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
each_case_of_layers = pytest.mark.parametrize("case", OF_LAYERS, ids=lambda case: case.name)


@pytest.mark.parametrize("x", [np.ones(3, np.uint8), np.ones(3, bool), np.ones(3, int), np.ones(3, complex)])
def test_what_is_no_float_is_refused(x):
    with pytest.raises(TypeError, match=rf"f: needs floats, got {x.dtype}"):
        require_samples("f", x)


def test_what_is_no_array_is_refused():
    with pytest.raises(TypeError, match="f: needs floats, got list"):
        require_samples("f", [1.0])  # type: ignore[arg-type]


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


@each_case
@pytest.mark.parametrize("dtype", [np.uint8, bool, np.int64])
def test_no_pair_takes_integers(case, dtype):
    values = case.sample()
    name = "y" if "x" not in values else "x"
    with pytest.raises(TypeError, match=rf"{case.pair[0].__name__}: needs floats, got {np.dtype(dtype)}"):
        case.forward(values | {name: np.ones(values[name].shape, dtype)}, None)


def larger(array, axis=0):
    return np.zeros([n + (i == axis) for i, n in enumerate(array.shape)], array.dtype)


@each_case_of_layers
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
