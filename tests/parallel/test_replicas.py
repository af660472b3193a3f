import threading
import time
from functools import partial
from typing import Any

import numpy as np
import pytest

import nural
from nural import (
    SGD,
    Adadelta,
    BatchNorm2d,
    Callback,
    Conv2d,
    DivergedError,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sequential,
    cross_entropy_loss,
    fit,
)
from nural.layer import Layer
from nural.parallel.replicas import Replicas, shares
from nural.parallel.threads import Threads
from nural.parallel.workers import Workers
from nural.training.loop import train


def network(*, norm=False, rng=None, bit_generator=np.random.PCG64, dtype: Any = np.float64):
    """Small, with an odd number of float32 in a row of the first dropout."""
    masks = [np.random.Generator(bit_generator(seed)) for seed in (1, 2)]
    return Sequential(
        Conv2d(2, 3, 3, dtype=dtype),
        *([BatchNorm2d(3, dtype=dtype)] if norm else []),
        ReLU(),
        Dropout(0.3, rng=masks[0]),
        MaxPool2d(2),
        Flatten(),
        Residual(Sequential(Linear(27, 27, dtype=dtype), ReLU())),
        Dropout(0.5, rng=masks[1]),
        Linear(27, 4, dtype=dtype),
        rng=np.random.default_rng(0) if rng is None else rng,
    )


def images(rng, n, dtype: Any = np.float64):
    return rng.standard_normal((n, 9, 9, 2)).astype(dtype), rng.integers(0, 4, n)


def one_step(model, count, x, t, loss=cross_entropy_loss):
    """The outputs, and the gradients by name."""
    with Workers(count) as workers, Replicas(model, workers) as replicas:
        y = replicas.forward(x).copy()
        replicas.backward(loss(y, t)[1])
    return y, {name: gradient.copy() for name, gradient in model.grads.items()}


@pytest.mark.parametrize(
    ("n", "count", "lengths"),
    [(32, 2, [16, 16]), (33, 2, [16, 17]), (10, 3, [3, 3, 4]), (5, 4, [2, 3]), (3, 2, [3]), (1, 2, [1]), (7, 1, [7])],
)
def test_shares_are_contiguous_alike_and_never_a_single_row_of_several(n, count, lengths):
    cut = shares(n, count)
    assert [s.stop - s.start for s in cut] == lengths
    assert [i for s in cut for i in range(n)[s]] == list(range(n))


@pytest.mark.parametrize("n", [24, 13, 5, 3, 1])
@pytest.mark.parametrize("count", [2, 3])
def test_outputs_and_gradients_are_those_of_one_worker(n, count, rng):
    x, t = images(rng, n)
    y, grads = one_step(network(), count, x, t)
    expected_y, expected = one_step(network(), 1, x, t)
    np.testing.assert_allclose(y, expected_y, rtol=1e-12, atol=1e-12)
    for name, gradient in expected.items():
        np.testing.assert_allclose(grads[name], gradient, rtol=1e-12, atol=1e-12)


def test_any_loss_is_that_of_the_whole_batch(rng):
    x, t = images(rng, 11)
    loss = partial(cross_entropy_loss, weight=[1, 2, 3, 4], label_smoothing=0.1, ignore_index=2)
    for name, gradient in one_step(network(), 1, x, t, loss)[1].items():
        np.testing.assert_allclose(one_step(network(), 3, x, t, loss)[1][name], gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bit_generator", [np.random.PCG64, np.random.PCG64DXSM, np.random.SFC64, np.random.Philox])
def test_masks_are_the_same_for_any_number_of_workers(bit_generator, dtype, rng):
    batches = [images(rng, n, dtype)[0] for n in (12, 12, 5, 1, 12)]
    seen = []
    for count in (1, 2, 3):
        model = network(bit_generator=bit_generator, dtype=dtype)
        with Workers(count) as workers, Replicas(model, workers) as replicas:
            masks = []
            for x in batches:
                replicas.forward(x)
                users = replicas.replicas[: len(shares(len(x), count))]
                masks += [np.concatenate([user.children[i].saved for user in users]) for i in ("2", "6")]
        states = [generator.random(3) for generator in model.generators().values()]
        seen.append((masks, states))
    for masks, states in seen[1:]:
        np.testing.assert_equal(masks, seen[0][0])
        np.testing.assert_equal(states, seen[0][1])


def test_layers_with_one_generator_draw_from_it_in_turn(rng):
    x = rng.standard_normal((8, 6))
    outputs = []
    for count in (1, 2, 4):
        masks = np.random.default_rng(5)
        model = Sequential(Dropout(0.5, rng=masks), Dropout(0.5, rng=masks))
        with Workers(count) as workers, Replicas(model, workers) as replicas:
            outputs.append([replicas.forward(x).copy() for _ in range(3)])
    np.testing.assert_equal(outputs[1:], outputs[:1] * 2)


def test_batch_norm_has_the_statistics_of_its_share_and_the_mean_of_the_running_ones(rng):
    x, _ = images(rng, 10)
    layer = BatchNorm2d(2, momentum=1.0, dtype=np.float64)
    with Workers(3) as workers, Replicas(layer, workers) as replicas:
        y = replicas.forward(x)
        parts = [x[:3], x[3:6], x[6:]]
        expected = [(p - p.mean((0, 1, 2))) / np.sqrt(p.var((0, 1, 2)) + 1e-5) for p in parts]
        np.testing.assert_allclose(y, np.concatenate(expected))
        means = [p.mean((0, 1, 2)) * len(p) for p in parts]
        np.testing.assert_allclose(layer.state["running_mean"], np.sum(means, axis=0) / 10)
        replicas.forward(x[:4])
        np.testing.assert_allclose(layer.state["running_mean"], x[:4].mean((0, 1, 2)))
    counting = BatchNorm2d(2, momentum=None)
    with Workers(3) as workers, Replicas(counting, workers) as replicas:
        for n in (10, 3, 7, 10):
            replicas.forward(x[:n].astype(np.float32))
    assert counting.state["num_batches_tracked"] == 4


def test_a_batch_over_processes_and_workers_has_the_masks_of_one(rng):
    x, _ = images(rng, 11)
    whole = network().forward(x, train=True)
    for rows in (slice(0, 5), slice(5, 11)):
        with Workers(2) as workers, Replicas(network(), workers) as replicas:
            y = replicas.forward(x[rows], before=rows.start, after=11 - rows.stop)
            np.testing.assert_allclose(y, whole[rows], rtol=1e-12, atol=1e-12)
            assert replicas.replicas[1].share != (0, 0)
        assert replicas.model.children["2"].share == (0, 0)


class Sleepy(Layer):
    """Passes on what it gets, after some time that differs from call to call."""

    def __init__(self, seed):
        super().__init__()
        self.times = np.random.default_rng(seed)

    def forward(self, x, train=False):
        time.sleep(self.times.uniform(0, 0.004))
        return x

    def backward(self, dy, need_dx=True):
        time.sleep(self.times.uniform(0, 0.004))
        return dy


def test_the_bits_do_not_depend_on_who_is_faster_nor_on_threads(rng):
    x, t = images(rng, 40, np.float32)
    bits = set()
    for seed, at_once in ((1, True), (2, True), (3, False)):
        model = Sequential(*network(norm=True, dtype=np.float32).layers, Sleepy(seed))
        optimizer = Adadelta()
        with Workers(3) as workers, Replicas(model, workers) as replicas:
            workers.at_once = at_once
            for begin in (0, 20):
                rows = slice(begin, begin + 20)
                replicas.backward(cross_entropy_loss(replicas.forward(x[rows]), t[rows])[1])
                optimizer.update(model.params, model.grads, divide=workers.divide)
        arrays = [*model.params.values(), *model.state.values(), *optimizer.state.values()]
        bits.add(b"".join(array.tobytes() for array in arrays))
    assert len(bits) == 1


@pytest.mark.parametrize("norm", [False, True])
def test_undivided_batches_are_the_model_s_alone_unless_batch_norm_needs_shares(norm, rng):
    x, t = images(rng, 12)
    found = []
    for undivided in (True, False):
        model = network(norm=norm)
        with Workers(2) as workers, Replicas(model, workers) as replicas:
            replicas.undivided = undivided
            replicas.backward(cross_entropy_loss(replicas.forward(x), t)[1])
            rows = model.layers[0].saved.shape[0]
        assert rows == (12 if undivided and not norm else 6)
        found.append({name: grad.copy() for name, grad in model.grads.items()})
    for name, grad in found[0].items():
        np.testing.assert_allclose(grad, found[1][name], rtol=1e-9, atol=1e-12)


def test_a_training_is_that_of_one_thread_to_rounding(rng):
    data = images(rng, 50)
    runs = {}
    for threads in (1, Threads(2), Threads(3), Threads(2, 2), 4):
        model = network()
        history = fit(model, *data, epochs=2, batch_size=12, optimizer=Adadelta(), validation=data, threads=threads)
        runs[threads] = history.losses + history["val_loss"], model
    for losses, _ in runs.values():
        np.testing.assert_allclose(losses, runs[1][0], rtol=1e-10)
    threaded = [generator.random() for generator in runs[Threads(3)][1].generators().values()]
    assert threaded == [generator.random() for generator in runs[1][1].generators().values()]


class StopAfter(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, model, progress):
        return progress.step == self.step


def test_resumed_with_workers_bit_for_bit(rng, tmp_path):
    data = images(rng, 50, np.float32)
    whole, resumed = (network(norm=True, dtype=np.float32) for _ in range(2))
    settings = {"epochs": 3, "batch_size": 12, "threads": Threads(3), "checkpoint": tmp_path / "c"}
    expected = fit(whole, *data, **settings, optimizer=SGD(0.05, momentum=0.9))
    fit(
        network(norm=True, dtype=np.float32),
        *data,
        **settings,
        optimizer=SGD(0.05, momentum=0.9),
        callbacks=[StopAfter(7)],
    )
    history = fit(resumed, *data, **settings, optimizer=SGD(0.05, momentum=0.9), resume=True)
    assert history.losses == expected.losses
    np.testing.assert_equal(dict(resumed.params), dict(whole.params))
    np.testing.assert_equal(dict(resumed.state), dict(whole.state))


def test_errors_are_those_of_one_thread_and_the_threads_end(blobs, small_model):
    before = threading.active_count()
    with pytest.raises(ValueError, match="x has 6 features, W of shape \\(5, 3\\) takes 5"):
        fit(Sequential(Linear(5, 3)), *blobs, threads=Threads(3))
    with pytest.raises(ValueError, match="label 3 is outside"):
        fit(small_model(), blobs[0], np.full(300, 3), threads=Threads(3))
    with pytest.raises(DivergedError, match=r"step \d+ .*the first to overflow: .* layer \d, (Linear|ReLU)"):
        fit(small_model(), *blobs, threads=Threads(3), optimizer=SGD(1e30))
    x = blobs[0].copy()
    x[200] = np.nan
    with pytest.raises(DivergedError, match="because the inputs hold NaN or infinity"):
        fit(small_model(), x, blobs[1], threads=Threads(3))
    steps = train(small_model(), *blobs, threads=Threads(3))
    next(steps)
    assert threading.active_count() == before + 2
    steps.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_data_may_be_a_list(blobs, small_model):
    a, b = (fit(small_model(), *data, threads=Threads(2)).losses for data in (blobs, map(list, blobs)))
    assert a == b


def test_containers_say_which_child_has_its_gradients(rng):
    model = Sequential(Linear(4, 4), ReLU(), Residual(Linear(4, 4), Linear(4, 4)), Linear(4, 2), rng=rng)
    ready = []
    model.gradients_ready = ready.append
    model.layers[2].gradients_ready = lambda name: ready.append(f"2.{name}")
    dy = np.ones_like(model.forward(rng.standard_normal((3, 4)).astype(np.float32)))
    assert model.replica().gradients_ready is None
    model.backward(dy, need_dx=False)
    assert ready == ["3", "2.branch", "2.shortcut", "2", "1", "0"]
    ready.clear()
    one_step(model, 2, rng.standard_normal((4, 4)).astype(np.float32), np.zeros(4, int))
    assert ready == ["2.branch", "2.shortcut"]  # those of the whole are there only when the shares' are added up
    assert nural.predict(model, np.ones((1, 4))).shape == (1,)
