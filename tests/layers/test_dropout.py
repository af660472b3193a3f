import tracemalloc

import numpy as np
import pytest

import nural
from nural import Callback, Dropout, Linear, ReLU, Sequential
from nural.layers import dropout_mask


def model_with_dropout(**settings):
    return Sequential(Linear(6, 16), ReLU(), Dropout(0.4), Linear(16, 16), Dropout(0.2), Linear(16, 3), **settings)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_masks_hold_two_values_in_the_right_shares(p, dtype):
    mask = dropout_mask(np.random.default_rng(0), p, np.empty((200, 500), dtype))
    assert mask.dtype == dtype
    assert set(np.unique(mask)) <= {dtype(0), dtype(1 / (1 - p)) if p < 1 else 0}
    assert (mask == 0).mean() == pytest.approx(p, abs=0.005)
    assert mask.mean() == pytest.approx(1 if p < 1 else 0, abs=0.02)


def test_training_drops_and_evaluation_does_not(rng):
    layer = Dropout(0.5, rng=rng)
    x, dy = np.ones((2, 50, 40), np.float32)
    y = layer.forward(x, train=True)
    assert set(np.unique(y)) == {0, 2}
    np.testing.assert_array_equal(layer.backward(dy), y)
    np.testing.assert_array_equal(layer.forward(x), x)
    np.testing.assert_array_equal(layer.backward(dy), dy)


def test_no_probability_and_certainty(rng):
    x = rng.standard_normal((3, 4)).astype(np.float32)
    np.testing.assert_array_equal(Dropout(0.0).forward(x, train=True), x)
    all_dropped = Dropout(1.0)
    assert not all_dropped.forward(x, train=True).any()
    assert not all_dropped.backward(x).any()


def test_each_batch_has_another_mask_and_the_seed_fixes_them(rng):
    x = np.ones((4, 50), np.float32)
    first, second = (Dropout(0.5, rng=np.random.default_rng(3)) for _ in range(2))
    masks = [first.forward(x, train=True).copy() for _ in range(3)]
    assert not np.array_equal(masks[0], masks[1])
    np.testing.assert_array_equal(masks, [second.forward(x, train=True).copy() for _ in range(3)])
    np.testing.assert_array_equal(Dropout().forward(x, train=True), Dropout().forward(x, train=True))


def test_layers_of_one_network_draw_apart_and_leave_the_weights_alone():
    model = model_with_dropout(rng=np.random.default_rng(1))
    assert list(model.generators()) == ["2.generator", "4.generator"]
    a, b = (generator.random() for generator in model.generators().values())
    assert a != b
    plain = Sequential(Linear(6, 16), Linear(16, 16), Linear(16, 3), rng=np.random.default_rng(1))
    for mine, its in zip(model.params.values(), plain.params.values(), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_the_seed_of_fit_fixes_the_masks(blobs):
    runs = [nural.fit(model_with_dropout(), *blobs, epochs=2, seed=seed).losses for seed in (5, 5, 6)]
    assert runs[0] == runs[1] != runs[2]


class StopAt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, model, progress):
        return progress.step == self.step


@pytest.mark.parametrize("step", [3, 10, 14])
def test_a_resumed_training_continues_bit_for_bit(step, blobs, tmp_path):
    settings = {"epochs": 3, "batch_size": 32, "seed": 2}
    whole = model_with_dropout()
    history = nural.fit(whole, *blobs, **settings)
    broken = nural.fit(model_with_dropout(), *blobs, **settings, checkpoint=tmp_path / "c", callbacks=[StopAt(step)])
    assert len(broken.losses) == step
    resumed = model_with_dropout()
    rest = nural.fit(resumed, *blobs, **settings, checkpoint=tmp_path / "c", resume=True)
    assert rest.losses == history.losses
    for name, value in whole.params.items():
        np.testing.assert_array_equal(resumed.params[name], value)


def test_gradients_of_a_network_in_training(rng):
    model = model_with_dropout(rng=rng)
    x, t = rng.standard_normal((5, 6)), rng.integers(0, 3, 5)
    before = [generator.bit_generator.state for generator in model.generators().values()]
    assert set(nural.check_gradients(model, x, t, train=True)) == {*model.params, "x"}
    assert [generator.bit_generator.state for generator in model.generators().values()] == before
    nural.check_gradients(model, x, t)


def test_a_model_file_keeps_p(tmp_path, rng):
    model = model_with_dropout(rng=rng)
    nural.save(model, tmp_path / "m")
    loaded = nural.load(tmp_path / "m")
    assert [loaded.children[i].config() for i in "24"] == [{"p": 0.4}, {"p": 0.2}]
    x = rng.standard_normal((5, 6)).astype(np.float32)
    np.testing.assert_array_equal(loaded.forward(x), model.forward(x))


def test_a_short_batch_after_a_full_one_allocates_nothing(rng):
    layer = Dropout(0.3, rng=rng)
    x = rng.standard_normal((64, 1000)).astype(np.float32)
    layer.backward(layer.forward(x, train=True))
    tracemalloc.start()
    y = layer.forward(x[:50], train=True)
    assert layer.backward(x[:50]).shape == y.shape == (50, 1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 65536


def test_what_is_refused():
    for p in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match="Dropout: p must be from 0 to 1"):
            Dropout(p)
    with pytest.raises(ValueError, match="dropout_mask: p must be from 0 to 1, got 2"):
        dropout_mask(np.random.default_rng(0), 2, np.empty(3))
    with pytest.raises(ValueError, match="Dropout: the batch is empty"):
        Dropout().forward(np.ones((0, 3), np.float32))
    assert repr(Dropout(0.25)) == "Dropout(p=0.25)"


@pytest.mark.parity
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_pytorch_scales_what_it_keeps_alike(p, rng):
    import torch

    torch.set_num_threads(1)
    x = rng.uniform(1, 2, (50, 40)).astype(np.float32)
    theirs = torch.nn.Dropout(p)(torch.from_numpy(x)).numpy()
    ours = Dropout(p, rng=rng).forward(x, train=True)
    both = (theirs != 0) & (ours != 0)
    assert both.any() == (p < 1)
    np.testing.assert_allclose(ours[both], theirs[both], rtol=1e-6)
    assert (theirs == 0).mean() == pytest.approx((ours == 0).mean(), abs=0.05)
    evaluated = torch.nn.Dropout(p).eval()(torch.from_numpy(x)).numpy()
    np.testing.assert_array_equal(Dropout(p).forward(x), evaluated)
