import numpy as np
import pytest

import nural
from nural.layers import Permute, Reverse


def test_forward_and_back(rng):
    layer, x = Permute((3, 1, 2)), rng.standard_normal((2, 3, 4, 5))
    y = layer.forward(x)
    np.testing.assert_array_equal(y, x.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(layer.backward(y), x)
    nural.check_gradients(layer, x, rng.standard_normal(layer.forward(x).shape), loss=nural.mean_squared_loss)


@pytest.mark.parametrize("dims", [(0, 1), (1, 3), (1, 1)])
def test_what_is_no_order_of_dimensions(dims):
    with pytest.raises(ValueError, match=r"Permute: dims must be each of 1 … 2 once, got"):
        Permute(dims)


def test_x_of_other_dimensions():
    with pytest.raises(ValueError, match=r"Permute: \(2, 1\) needs x of 3 dimensions, got shape \(2, 3\)"):
        Permute((2, 1)).forward(np.zeros((2, 3)))


def test_reverse(rng):
    layer, x = Reverse(), rng.standard_normal((2, 3, 4))
    np.testing.assert_array_equal(layer.forward(x), x[:, ::-1])
    nural.check_gradients(layer, x, rng.standard_normal(x.shape), loss=nural.mean_squared_loss)
    inside = nural.LSTM(4, 5)
    both = nural.LSTM(4, 5, bidirectional=True)
    for name, value in inside.params.items():
        both.params[f"{name}_reverse"] = value
    x = x.astype(np.float32)
    backwards = nural.Sequential(Reverse(), inside, Reverse())
    np.testing.assert_array_equal(backwards.forward(x), both.forward(x)[..., 5:])
