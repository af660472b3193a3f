import numpy as np
import pytest

import nural
from nural.layers import Affine, Rescaling


def test_rescaling(rng):
    layer, x = Rescaling(2.0, -1.0), rng.standard_normal((3, 4))
    np.testing.assert_allclose(layer.forward(x), 2 * x - 1)
    np.testing.assert_allclose(layer.backward(x), 2 * x)
    assert layer.params == {}
    nural.check_gradients(layer, x, rng.standard_normal(layer.forward(x).shape), loss=nural.mean_squared_loss)


@pytest.mark.parametrize("shape", [(4,), (3, 1), (1, 4), (3, 4), (2, 3, 1)])
@pytest.mark.parametrize(("scale", "shift"), [(True, True), (True, False), (False, True)])
def test_affine(shape, scale, shift, rng):
    layer, x = Affine(shape, scale, shift, dtype=np.float64), rng.standard_normal((2, 3, 4))
    np.testing.assert_array_equal(layer.forward(x), x)  # as it begins
    for value in layer.params.values():
        value[...] = rng.standard_normal(shape)
    expected = x * layer.params.get("gamma", 1) + layer.params.get("beta", 0)
    np.testing.assert_allclose(layer.forward(x), expected)
    nural.check_gradients(layer, x, rng.standard_normal(layer.forward(x).shape), loss=nural.mean_squared_loss)


def test_affine_does_not_spread_x():
    with pytest.raises(ValueError, match=r"Affine: arrays of shape \(3,\) cannot be spread over x of shape \(2, 1\)"):
        Affine((3,)).forward(np.zeros((2, 1), np.float32))


def test_they_are_kept_in_files(rng, tmp_path):
    model = nural.Sequential(Rescaling(0.5), Affine((4,), shift=False))
    model.params["1.gamma"] = rng.standard_normal(4)
    nural.save(model, tmp_path / "model.safetensors")
    x = rng.standard_normal((2, 4), dtype=np.float32)
    np.testing.assert_array_equal(nural.load(tmp_path / "model.safetensors").forward(x), model.forward(x))
