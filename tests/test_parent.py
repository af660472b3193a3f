"""Networks written as classes, whose layers are attributes, as in PyTorch."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import nural
from nural import Dropout, Layer, Linear, ReLU, Residual, Sequential, check_gradients
from nural.parallel.threads import Threads


class Net(Layer):
    """Some of its layers are there before `Layer` begins, some after."""

    def __init__(self, dtype: Any = np.float32):
        self.a = Linear(6, 16, dtype=dtype)
        super().__init__()
        self.f = ReLU()
        self.rest = Sequential(Dropout(0.2), Linear(16, 3, dtype=dtype))

    def forward(self, x, train=False):
        return self.rest(self.f(self.a(x, train), train), train)

    def backward(self, dy, need_dx=True):
        return self.a.backward(self.f.backward(self.rest.backward(dy)), need_dx)


def chain():
    return Sequential(Linear(6, 16), ReLU(), Sequential(Dropout(0.2), Linear(16, 3)))


def test_attributes_are_children():
    net = Net()
    assert list(net.children) == ["a", "f", "rest"]
    assert list(net.params) == list(net.grads) == ["a.W", "a.b", "rest.1.W", "rest.1.b"]
    assert net.params["a.W"] is net.a.params["W"]
    assert list(net.generators()) == ["rest.0.generator"]
    assert Net(np.float64).dtype == np.float64
    assert repr(net) == "Net()"


@pytest.mark.parametrize("threads", [1, Threads(workers=3)])
def test_a_class_is_trained_as_the_chain_of_its_layers_is(threads, blobs):
    net, same = Net(), chain()
    for model in (net, same):
        nural.fit(model, *blobs, epochs=3, threads=threads)
    for ours, theirs in zip(net.params.values(), same.params.values(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(nural.predict_proba(net, blobs[0]), nural.predict_proba(same, blobs[0]))
    assert nural.evaluate(net, *blobs)["accuracy"] > 0.9


def test_a_gradient_that_is_wrong_is_found_in_a_child(rng):
    class Wrong(Net):
        def backward(self, dy, need_dx=True):
            return self.a.backward(self.rest.backward(dy), need_dx)  # not through f

    x, t = rng.standard_normal((8, 6)), rng.integers(0, 3, 8)
    assert set(check_gradients(Net(), x, t, train=True)) == {"a.W", "a.b", "rest.1.W", "rest.1.b", "x"}
    with pytest.raises(nural.GradientError, match=r"a\.W\["):
        check_gradients(Wrong(), x, t)


@pytest.mark.parametrize(
    "copied",
    [
        lambda net: net.replica(),
        lambda net: net.inference_twin(),
        lambda net: net.astype(np.float64),
        copy.deepcopy,
        lambda net: pickle.loads(pickle.dumps(net)),
    ],
)
def test_the_attributes_of_a_copy_are_its_own_children(copied):
    net = Net()
    net.draw()
    twin = copied(net)
    assert twin.children.keys() == net.children.keys()
    for name in ("a", "f", "rest"):
        assert getattr(twin, name) is twin.children[name]
        assert getattr(twin, name) is not getattr(net, name)
        assert getattr(net, name) is net.children[name]
    assert twin.params.keys() == net.params.keys()


def test_a_layer_may_be_exchanged_and_taken_out(blobs):
    net: Any = Net()
    outer = Sequential(net)
    nural.fit(outer, *blobs, epochs=1)
    net.rest = Linear(16, 4)
    assert list(outer.params) == list(outer.grads) == ["0.a.W", "0.a.b", "0.rest.W", "0.rest.b"]
    assert outer.params["0.rest.W"] is net.rest.params["W"]
    assert nural.predict_proba(outer, blobs[0]).shape == (300, 4)
    net.f = None
    del net.a
    assert list(net.children) == ["rest"]
    shallow = copy.copy(net)
    shallow.more = ReLU()
    assert list(net.children) == ["rest"]


def test_an_attribute_may_hide_one_of_the_class(blobs):
    class Late(Net):
        head: Any = None

        def forward(self, x, train=False):
            return super().forward(x, train) if self.head is None else self.head(super().forward(x, train), train)

    net = Late()
    net.head = Linear(3, 2)
    assert "head.W" in net.params
    assert nural.predict_proba(net, blobs[0][:9]).shape == (9, 2)


def test_the_first_call_draws_all_weights_from_one_generator(rng):
    x = rng.standard_normal((2, 6)).astype(np.float32)
    np.testing.assert_array_equal(Net()(x), chain()(x))


@pytest.mark.parametrize(
    "layers",
    [[Linear(3, 3)], (ReLU(), Linear(3, 3)), {"a": Linear(3, 3)}, {ReLU()}, [[Linear(3, 3)], 4], {"a": [ReLU()]}],
)
def test_layers_that_would_not_be_found_are_refused(layers):
    class Listed(Layer):
        def __init__(self):
            super().__init__()
            self.blocks: Any = []

    refusal = "Listed: blocks is a .* of layers, which are not found there; make each an attribute of its own, or all"
    with pytest.raises(TypeError, match=refusal):
        Listed().blocks = layers
    if isinstance(layers, list):
        late = Listed()
        late.blocks.extend(layers)
        for use in (
            lambda: late.params,
            lambda: nural.fit(late, np.ones((1, 3)), [0]),
            lambda: nural.predict(late, np.ones((1, 3))),
            lambda: Sequential(late).draw(),
        ):
            with pytest.raises(TypeError, match=refusal):
                use()


def test_what_cannot_be_an_attribute():
    net = Net()
    with pytest.raises(ValueError, match="Net: again is the same layer object as a; each place needs its own"):
        net.again = net.a
    assert list(net.children) == ["a", "f", "rest"]
    for name in ("generator", "params", "children", "forward", "info"):
        with pytest.raises(ValueError, match=f"Net: every layer has '{name}' already; give this one another name"):
            setattr(net, name, Linear(2, 2))
    with pytest.raises(TypeError, match="Sequential: the attribute head would be one more layer in the chain"):
        Sequential(ReLU()).head = Linear(2, 2)
    with pytest.raises(ValueError, match="same layer object as layer1"):
        nural.layers.Graph(reads=[[0], [1]], layer1=(layer := ReLU()), layer2=layer)


@pytest.mark.parametrize("model", [ReLU(), Sequential(), Residual(Sequential(ReLU()))])
def test_a_model_without_parameters_is_not_trained(model, blobs, tmp_path):
    for train in (nural.fit, lambda *args, **_: list(nural.train(*args))):
        with pytest.raises(ValueError, match="has no parameters, so there is nothing to train: a layer's own are the"):
            train(model, *blobs, checkpoint=tmp_path / "c")
    assert not list(tmp_path.iterdir())
