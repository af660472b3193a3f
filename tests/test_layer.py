import copy
import pickle

import numpy as np
import pytest

import nural
from nural import LSTM, BatchNorm1d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential
from nural.arrays import Arrays


def bits(model):
    return {name: value.tobytes() for name, value in model.params.items()}


def test_names_are_dotted_and_equal_for_params_and_grads(small_model):
    model = Sequential(small_model(), Linear(3, 2, bias=False))
    assert list(model.params) == ["0.0.W", "0.0.b", "0.2.W", "0.2.b", "1.W"]
    assert list(model.grads) == list(model.params)
    assert {name: g.shape for name, g in model.grads.items()} == model.all_shapes()


def test_setting_a_parameter_fills_the_array_that_layers_hold():
    model = Sequential(Linear(2, 3))
    before = model[0].params["W"]
    model.params["0.W"] = np.full((2, 3), 7.0)
    model.params["0.b"] -= 1
    assert model[0].params["W"] is before
    np.testing.assert_array_equal(before, 7)
    np.testing.assert_array_equal(model.forward(np.ones((1, 2), np.float32)), [[13, 13, 13]])


def test_a_parameter_takes_no_other_shape_or_name():
    arrays = Arrays({"W": np.zeros((2, 3))})
    with pytest.raises(ValueError, match=r"W has shape \(2, 3\); cannot fill it with shape \(3,\)"):
        arrays["W"] = np.zeros(3)
    with pytest.raises(KeyError):
        arrays["w"] = np.zeros((2, 3))


def test_weights_are_drawn_once_from_one_generator(small_model):
    assert bits(small_model()) == bits(small_model())
    assert bits(small_model(rng=np.random.default_rng(0))) == bits(small_model())
    assert bits(small_model(rng=np.random.default_rng(1))) != bits(small_model())
    alike = Sequential(Linear(4, 4), Linear(4, 4))
    assert not np.array_equal(alike.params["0.W"], alike.params["1.W"])


def test_a_layer_that_has_weights_keeps_them_in_a_new_network():
    trained = Linear(4, 3, rng=np.random.default_rng(5))
    before = trained.params["W"].copy()
    model = Sequential(trained, Linear(3, 2), rng=np.random.default_rng(0))
    np.testing.assert_array_equal(model.params["0.W"], before)


def test_forward_draws_as_params_does(small_model, rng):
    x = rng.standard_normal((4, 6)).astype(np.float32)
    first, second = small_model(), small_model()
    first.draw()
    np.testing.assert_array_equal(first.forward(x), second.forward(x))


def test_a_short_batch_after_a_full_one(small_model, rng):
    x = rng.standard_normal((8, 6)).astype(np.float32)
    model = small_model()
    whole = model.forward(x).copy()
    np.testing.assert_allclose(model.forward(x[:3]), whole[:3], rtol=1e-6)
    assert model.backward(np.ones((3, 3), np.float32)).shape == (3, 6)
    assert model.forward(x).shape == (8, 3)


def test_backward_skips_what_nobody_needs(rng):
    model = Sequential(Flatten(), Linear(6, 4), ReLU(), Linear(4, 3))
    x = rng.standard_normal((5, 2, 3)).astype(np.float32)
    dy = rng.standard_normal((5, 3)).astype(np.float32)
    model.forward(x)
    assert model.backward(dy).shape == x.shape
    grads = {name: g.copy() for name, g in model.grads.items()}
    assert model.backward(dy, need_dx=False) is None
    for name, gradient in model.grads.items():
        np.testing.assert_array_equal(gradient, grads[name])


@pytest.mark.parametrize(
    "layer", [Linear(2, 3), Flatten(), ReLU(), MaxPool2d(2), BatchNorm1d(3), LSTM(2, 3), Dropout()]
)
def test_backward_needs_a_forward(layer):
    for fresh in (layer, layer.replica(), pickle.loads(pickle.dumps(layer))):
        with pytest.raises(RuntimeError, match=f"{type(layer).__name__}: .* call forward before backward"):
            fresh.backward(np.ones((2, 3), np.float32))


def test_a_replica_shares_weights_and_owns_gradients(small_model, rng):
    model = small_model()
    twin = model.replica()
    x = rng.standard_normal((4, 6)).astype(np.float32)
    assert all(twin.params[name] is model.params[name] for name in model.params)
    y = model.forward(x)
    twin.forward(-x)
    np.testing.assert_array_equal(y, model.forward(x))
    twin.backward(np.ones((4, 3), np.float32))
    assert not any(g.any() for g in model.grads.values())


def test_astype_converts_a_copy(small_model, rng):
    model = small_model()
    double = model.astype(np.float64)
    assert {p.dtype for p in double.params.values()} == {np.dtype(np.float64)}
    assert double.forward(rng.standard_normal((2, 6))).dtype == np.float64
    double.params["0.W"][...] = 0
    assert model.params["0.W"].any()


def held(value):
    """The bytes of a pickle."""
    return len(pickle.dumps(value))


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer)), lambda layer: layer.replica()]
)
@pytest.mark.parametrize(
    "model", [Linear(50, 40), Sequential(Linear(50, 40), BatchNorm1d(40), Dropout(), ReLU(), Linear(40, 3))]
)
def test_copies_hold_nothing_of_what_was_computed(copied, model, rng):
    x = rng.standard_normal((2000, 50)).astype(np.float32)
    weights = sum(value.nbytes for value in model.params.values())
    y = model.forward(x, train=True)
    predicted = nural.predict_proba(model, x[:60])
    model.backward(np.ones_like(y))
    twin = copied(model)
    assert held(model) < weights + 6000
    if copied is not copy.copy or isinstance(model, Linear):  # which has the layers inside in common
        assert not list(twin.all_buffers())
        assert not any(gradient.any() for gradient in twin.grads.values())
        with pytest.raises(RuntimeError, match="nothing to go back through"):
            twin.backward(y)
    np.testing.assert_array_equal(nural.predict_proba(twin, x[:60]), predicted)
    assert model.backward(np.ones_like(y)).shape == x.shape  # the model still has what it needs


def test_a_copied_optimizer_has_its_running_arrays_and_no_scratch(small_model, blobs):
    optimizer = nural.Clipped(nural.Adam(weight_decay=0.1), max_norm=1)
    nural.fit(small_model(), *blobs, epochs=1, optimizer=optimizer)
    twin = pickle.loads(pickle.dumps(optimizer))
    np.testing.assert_equal(twin.state, optimizer.state)
    assert held(optimizer) < 1000 + sum(array.nbytes + 200 for array in optimizer.state.values())


def test_what_sequential_refuses():
    with pytest.raises(TypeError, match="Sequential takes layers, one after another; got list"):
        Sequential([Linear(2, 2)])  # type: ignore[arg-type]
    layer = ReLU()
    with pytest.raises(ValueError, match="a layer object occurs twice"):
        Sequential(layer, layer)


def test_repr_shows_what_differs_from_the_defaults():
    assert repr(Linear(2, 3)) == "Linear(in_features=2, out_features=3)"
    assert repr(Sequential(Linear(2, 3, bias=False), ReLU())) == (
        "Sequential(\n  0: Linear(in_features=2, out_features=3, bias=False),\n  1: ReLU(),\n)"
    )
