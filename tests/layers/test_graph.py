import numpy as np
import pytest

import nural
from nural.graph import walk
from nural.layers import Concatenate, Graph, Sum


def diamond(dtype="float64"):
    """Two branches of one layer, one of them twice as long; both are concatenated, and the input's layer is added."""
    return Graph(
        reads=[[0], [1], [1], [3], [2, 4], [5], [1, 6]],
        layer1=nural.Linear(3, 4, dtype=dtype),
        layer2=nural.Linear(4, 2, dtype=dtype),
        layer3=nural.Tanh(),
        layer4=nural.Linear(4, 5, dtype=dtype),
        layer5=Concatenate(),
        layer6=nural.Linear(7, 4, dtype=dtype),
        layer7=Sum(),
    )


def by_hand(model, x):
    layer = list(model.children.values())
    one = layer[0](x).copy()
    branch, other = layer[1](one).copy(), layer[3](np.tanh(one)).copy()
    return one + layer[5](np.concatenate([branch, other], axis=1))


def test_forward_and_gradients(rng):
    model, x = diamond(), rng.standard_normal((4, 3))
    np.testing.assert_allclose(model.forward(x), by_hand(model, x))
    nural.check_gradients(model, x, rng.standard_normal((4, 4)), loss=nural.mean_squared_loss)


def test_a_layer_that_nothing_reads_gets_no_gradient(rng):
    model = Graph(reads=[[0], [0]], layer1=nural.Linear(3, 2), layer2=nural.Linear(3, 2))
    x = rng.standard_normal((4, 3), dtype=np.float32)
    model.forward(x)
    model.backward(np.ones((4, 2), np.float32))
    assert not model.grads["layer1.W"].any()
    assert model.grads["layer2.W"].any()


def test_training_in_threads_is_training(blobs):
    x, y = blobs
    model = nural.Sequential(nural.Linear(6, 3), diamond("float32"))
    history = nural.fit(model, x, y, epochs=10, batch_size=30, optimizer=nural.SGD(0.1), seed=0)
    twin = nural.Sequential(nural.Linear(6, 3), diamond("float32"))
    shared = nural.fit(twin, x, y, epochs=10, batch_size=30, optimizer=nural.SGD(0.1), seed=0, threads=2)
    assert history.losses[-1] < 0.5 * history.losses[0]
    np.testing.assert_allclose(shared.losses, history.losses, rtol=1e-3)


def test_it_is_kept_in_files(rng, tmp_path):
    model = diamond("float32")
    nural.save(model, tmp_path / "model.safetensors")
    again = nural.load(tmp_path / "model.safetensors")
    x = rng.standard_normal((2, 3), dtype=np.float32)
    np.testing.assert_array_equal(again.forward(x), model.forward(x))
    assert repr(again) == repr(model)


@pytest.mark.parametrize(
    ("reads", "names", "message"),
    [
        ([[0], [2]], ("layer1", "layer2"), r"Graph: layer2 reads \(2,\); it must read what is there before it"),
        ([[]], ("layer1",), r"Graph: layer1 reads \(\); it must read what is there before it"),
        ([[0]], ("first",), r"Graph: its layers must be layer1 … layer1, got first"),
        ([[0], [1]], ("layer1",), r"Graph: its layers must be layer1 … layer2, got layer1"),
    ],
)
def test_what_is_no_graph(reads, names, message):
    with pytest.raises(ValueError, match=message):
        Graph(reads=reads, **{name: nural.ReLU() for name in names})


def test_a_sum_needs_equal_shapes():
    with pytest.raises(ValueError, match=r"Sum: its inputs have different shapes: \(2, 3\), \(2, 1\)"):
        Sum().forward((np.zeros((2, 3)), np.zeros((2, 1))))


class Doubled(nural.Sequential):
    """A container that does something else than to hand values on."""

    def forward(self, x, train=False):
        return 2 * super().forward(x, train)


def test_a_walk_computes_what_forward_does_and_names_the_places(rng):
    """Through containers in containers; one with a forward of its own is a layer like others."""
    layer = {f"layer{i + 1}": nural.Residual(nural.Tanh(), shortcut) for i, shortcut in enumerate((None, nural.ReLU()))}
    inner = Graph(reads=[[0], [0], [1, 2], [3]], **layer, layer3=Concatenate(), layer4=nural.Sequential())
    model, x = nural.Sequential(nural.Sequential(diamond(), inner), Doubled(nural.SiLU())), rng.standard_normal((4, 3))
    places = []

    def apply(place, layer, values):
        places.append(place)
        if isinstance(layer, nural.Residual):
            return values[0] + values[1]
        return layer.forward(values if isinstance(layer, Sum | Concatenate) else values[0]).copy()

    assert np.array_equal(walk(model, x, apply), model.forward(x))
    inside = ["1.branch", "1", "2.branch", "2.shortcut", "2", "3"]
    assert places == [f"0.0.layer{i}" for i in range(1, 8)] + [f"0.1.layer{place}" for place in inside] + ["1"]
    named = dict(model.named_layers())
    assert all(place in named for place in places)
    assert named[""] is model
    assert [type(leaf).__name__ for leaf in inner.leaves()] == ["Tanh", "Tanh", "ReLU", "Concatenate", "Sequential"]
