import numpy as np
import pytest

import nural
from nural import BatchNorm2d, Dropout, Flatten, Linear, ReLU, Residual, Sequential


def block(**settings):
    return Residual(Sequential(Linear(4, 6), ReLU(), Linear(6, 4)), **settings)


def test_the_branch_and_its_input_are_added(rng):
    layer = block()
    x, dy = rng.standard_normal((2, 5, 4)).astype(np.float32)
    np.testing.assert_array_equal(layer.forward(x), layer.branch.forward(x) + x)
    np.testing.assert_array_equal(layer.backward(dy), layer.branch.backward(dy) + dy)
    assert layer.shortcut is None


def test_a_projection_takes_the_input_s_place(rng):
    layer = Residual(branch := Linear(4, 3), shortcut := Linear(4, 3, bias=False))
    x, dy = rng.standard_normal((5, 4)).astype(np.float32), rng.standard_normal((5, 3)).astype(np.float32)
    np.testing.assert_array_equal(layer.forward(x), branch.forward(x) + shortcut.forward(x))
    np.testing.assert_array_equal(layer.backward(dy), branch.backward(dy) + shortcut.backward(dy))
    assert list(layer.params) == list(layer.grads) == ["branch.W", "branch.b", "shortcut.W"]


def test_weights_are_drawn_with_one_generator():
    layer = Residual(Linear(4, 4), Linear(4, 4))
    layer.forward(np.ones((1, 4), np.float32))
    assert not np.array_equal(layer.params["branch.W"], layer.params["shortcut.W"])
    layer.build(np.random.default_rng(9))
    again = Residual(Linear(4, 4), Linear(4, 4))
    np.testing.assert_array_equal(layer.params["shortcut.W"], again.params["shortcut.W"])


@pytest.mark.parametrize(
    "model",
    [
        lambda: Sequential(Linear(4, 4), block(), block(shortcut=Linear(4, 4)), Linear(4, 3)),
        lambda: Sequential(block(), Linear(4, 3)),
        lambda: Sequential(Residual(Residual(Linear(4, 4), Linear(4, 4))), Linear(4, 3)),
        lambda: Sequential(Residual(Dropout(0.5)), ReLU(), Residual(Sequential()), Linear(4, 3)),
        lambda: Residual(Linear(4, 3), Linear(4, 3)),
    ],
)
@pytest.mark.parametrize("train", [False, True])
def test_gradients(model, train, rng):
    model = model()
    x, t = rng.standard_normal((5, 4)), rng.integers(0, 3, 5)
    assert set(nural.check_gradients(model, x, t, train=train)) == {*model.params, "x"}


def test_gradients_with_batch_norm_on_images(rng):
    branch = Sequential(Linear(3, 4), BatchNorm2d(4), ReLU(), Linear(4, 3), BatchNorm2d(3))
    model = Sequential(Residual(branch), ReLU(), Flatten(), Linear(18, 3))
    x, t = rng.standard_normal((4, 2, 3, 3)), rng.integers(0, 3, 4)
    nural.check_gradients(model, x, t, train=True)
    assert "0.branch.1.running_mean" in model.state


def test_results_survive_in_buffers_of_their_own(rng):
    x, dy = rng.standard_normal((2, 5, 4)).astype(np.float32)
    layer = Residual(Linear(4, 4))
    inputs = x.copy(), dy.copy()
    y, dx = layer.forward(x), layer.backward(dy)
    np.testing.assert_array_equal((x, dy), inputs)
    assert not np.shares_memory(y, layer.branch.forward(x))
    assert not np.shares_memory(dx, layer.branch.backward(dy))
    short = layer.forward(x[:2])
    assert np.shares_memory(short, y)
    np.testing.assert_array_equal(short, layer.branch.forward(x[:2]) + x[:2])


def test_backward_skips_the_input_s_gradient(rng):
    model = Sequential(block(shortcut=Linear(4, 4)), Linear(4, 3))
    x, dy = rng.standard_normal((5, 4)).astype(np.float32), rng.standard_normal((5, 3)).astype(np.float32)
    model.forward(x)
    model.backward(dy)
    expected = {name: gradient.copy() for name, gradient in model.grads.items()}
    assert model.backward(dy, need_dx=False) is None
    np.testing.assert_equal(dict(model.grads), expected)


def test_replicas_and_conversions_have_their_own_branches(rng):
    layer = block(shortcut=Linear(4, 4))
    x = rng.standard_normal((5, 4)).astype(np.float32)
    y = layer.forward(x).copy()
    twin, exact = layer.replica(), layer.astype(np.float64)
    assert twin.branch is not layer.branch
    assert twin.params["shortcut.W"] is layer.params["shortcut.W"]
    np.testing.assert_array_equal(twin.forward(x), y)
    assert exact.forward(x.astype(np.float64)).dtype == np.float64
    exact.params["shortcut.W"][...] = 0
    np.testing.assert_array_equal(layer.forward(x), y)


@pytest.mark.parametrize("shortcut", [None, Linear(4, 4)])
def test_a_model_file_rebuilds_it(shortcut, tmp_path, rng):
    model = Sequential(block(shortcut=shortcut), Linear(4, 3))
    nural.save(model, tmp_path / "m")
    loaded = nural.load(tmp_path / "m")
    x = rng.standard_normal((5, 4)).astype(np.float32)
    assert list(loaded.params) == list(model.params)
    assert repr(loaded) == repr(model)
    np.testing.assert_array_equal(loaded.forward(x), model.forward(x))


def test_it_trains(blobs):
    model = Sequential(Residual(Sequential(Linear(6, 16), ReLU(), Linear(16, 6))), Linear(6, 3))
    history = nural.fit(model, *blobs, epochs=3)
    assert history.losses[-1] < history.losses[0] / 2


def test_what_is_refused():
    with pytest.raises(TypeError, match="Residual: branch must be a layer, got list"):
        Residual([Linear(4, 4)])  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="Residual: shortcut must be a layer, got int"):
        Residual(Linear(4, 4), 3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="branch and shortcut are the same layer object"):
        Residual(same := Linear(4, 4), same)
    with pytest.raises(ValueError, match=r"the branch gives shape \(2, 3\), the shortcut \(2, 4\)"):
        Residual(Linear(4, 3)).forward(np.ones((2, 4), np.float32))


def test_repr_shows_what_is_inside():
    assert repr(Sequential(Residual(Linear(4, 4), ReLU()))) == (
        "Sequential(\n"
        "  0: Residual(\n"
        "    branch: Linear(in_features=4, out_features=4),\n"
        "    shortcut: ReLU(),\n"
        "  ),\n"
        ")"
    )


@pytest.mark.parity
def test_a_small_residual_network_trains_like_pytorch_s(rng):
    import torch

    torch.set_num_threads(1)
    ours = Sequential(Residual(Sequential(Linear(6, 8), ReLU(), Linear(8, 6))), Linear(6, 3)).astype(np.float64)

    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.branch = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 6))
            self.last = torch.nn.Linear(6, 3)

        def forward(self, x):
            return self.last(self.branch(x) + x)

    theirs = Theirs().double()
    with torch.no_grad():
        for weight, value in zip(theirs.parameters(), ours.params.values(), strict=True):
            weight.copy_(torch.from_numpy(value.T))
    descent, optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1), nural.SGD(0.1)
    for _ in range(50):
        x, t = rng.standard_normal((8, 6)), rng.integers(0, 3, 8)
        loss = torch.nn.functional.cross_entropy(theirs(torch.from_numpy(x)), torch.from_numpy(t))
        descent.zero_grad()
        loss.backward()
        descent.step()
        value, dy = nural.cross_entropy_loss(ours.forward(x, train=True), t)
        ours.backward(dy, need_dx=False)
        optimizer.update(ours.params, ours.grads)
        assert value == pytest.approx(loss.item(), abs=1e-12)
