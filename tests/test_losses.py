"""The losses by hand, at their limits, and with every option against PyTorch's; their gradients are in the cases."""

import math
import tracemalloc
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nural
from nural.cases import relative_error
from nural.losses import (
    binary_cross_entropy_loss,
    cross_entropy_loss,
    huber_loss,
    mean_absolute_loss,
    mean_squared_loss,
)
from nural.parallel.threads import Threads

ENTRYWISE = [mean_squared_loss, mean_absolute_loss, huber_loss, binary_cross_entropy_loss]


# -- by hand ---------------------------------------------------------------------------------------------------------


def test_cross_entropy_of_equal_logits_is_the_logarithm_of_their_number():
    loss, dy = cross_entropy_loss(np.zeros((2, 4)), [1, 3])
    assert loss == pytest.approx(math.log(4))
    np.testing.assert_allclose(dy, [[1 / 8, -3 / 8, 1 / 8, 1 / 8], [1 / 8, 1 / 8, 1 / 8, -3 / 8]])


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint64])
def test_labels_of_any_integer_type_are_taken(dtype, rng):
    y, t = rng.standard_normal((5, 3)), np.array([0, 2, 1, 1, 0])
    expected = cross_entropy_loss(y, t)
    loss, dy = cross_entropy_loss(y, t.astype(dtype))
    assert loss == expected[0]
    np.testing.assert_array_equal(dy, expected[1])
    weighted = cross_entropy_loss(y, t.astype(dtype), weight=[1, 2, 3], ignore_index=2)
    assert weighted[0] == cross_entropy_loss(y, t, weight=[1, 2, 3], ignore_index=2)[0]


def test_one_hot_rows_and_labels_agree(rng):
    y, t = rng.standard_normal((5, 3)), np.array([0, 2, 1, 1, 0])
    for smoothing in (0.0, 0.2):
        loss, dy = cross_entropy_loss(y, t, label_smoothing=smoothing)
        loss_rows, dy_rows = cross_entropy_loss(y, np.eye(3, dtype=int)[t], label_smoothing=smoothing)
        assert loss_rows == pytest.approx(loss)
        np.testing.assert_allclose(dy_rows, dy, atol=1e-15)


def test_an_ignored_sample_does_not_count(rng):
    y, t = rng.standard_normal((4, 3)), np.array([0, -100, 2, -100])
    loss, dy = cross_entropy_loss(y, t, ignore_index=-100)
    expected, dy_expected = cross_entropy_loss(y[::2], t[::2])
    assert loss == pytest.approx(expected)
    np.testing.assert_allclose(dy[::2], dy_expected)
    np.testing.assert_array_equal(dy[1::2], 0)


def test_a_weighted_mean_is_over_the_weights_of_the_labels():
    loss, _ = cross_entropy_loss(np.log([[0.5, 0.5], [0.25, 0.75]]), [0, 1], weight=[1.0, 3.0])
    assert loss == pytest.approx((math.log(2) + 3 * math.log(4 / 3)) / 4)


def test_huber_is_squared_near_zero_and_straight_far_from_it():
    y = np.array([[0.5, -3.0]])
    loss, dy = huber_loss(y, np.zeros((1, 2)), delta=2.0)
    assert loss == pytest.approx((0.125 + 2 * (3 - 1)) / 2)
    np.testing.assert_allclose(dy, [[0.25, -1.0]])


def test_mean_absolute_has_no_slope_where_it_is_right():
    loss, dy = mean_absolute_loss(np.array([[1.0, 2.0, 4.0]]), np.array([[1, 4, 2]]))
    assert loss == pytest.approx(4 / 3)
    np.testing.assert_allclose(dy, [[0, -1 / 3, 1 / 3]])


def test_binary_cross_entropy_by_hand():
    y = np.log([[3.0], [1.0]])  # probabilities 3/4 and 1/2
    loss, dy = binary_cross_entropy_loss(y, [[1], [0]], weight=[[2.0], [1.0]], pos_weight=5.0)
    assert loss == pytest.approx((2 * 5 * math.log(4 / 3) + math.log(2)) / 2)
    np.testing.assert_allclose(dy, [[2 * 5 * -0.25 / 2], [0.5 / 2]])


# -- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_logits_are_safe(dtype):
    y = np.array([[1e6, -1e6, 0], [-1e6, 1e6, 0]], dtype)
    with_options = partial(cross_entropy_loss, weight=[1, 2, 3], label_smoothing=0.1, ignore_index=7)
    for function in (cross_entropy_loss, with_options):
        loss, dy = function(y, [0, 0])
        assert np.isfinite(loss)
        assert np.isfinite(dy).all()
    assert cross_entropy_loss(y, [0, 0])[0] == pytest.approx(1e6)
    assert binary_cross_entropy_loss(y, np.ones_like(y))[0] == pytest.approx(2e6 / 6 + math.log(2) / 3, rel=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(
    "loss",
    [
        cross_entropy_loss,
        partial(cross_entropy_loss, label_smoothing=0.1),
        partial(cross_entropy_loss, ignore_index=5, weight=[1, 2, 3]),
        *ENTRYWISE,
    ],
)
def test_a_logit_that_is_not_finite_gives_a_loss_that_is_not(loss, bad):
    y = np.array([[1, bad, 0], [0, 0, 1]], np.float32)
    t = [1, 2] if "cross_entropy_loss" in repr(loss) and "binary" not in repr(loss) else np.zeros((2, 3))
    assert not math.isfinite(loss(y, t)[0])


def test_an_ignored_sample_may_be_anything():
    y = np.array([[1.0, 2.0], [np.nan, np.inf]])
    loss, dy = cross_entropy_loss(y, [0, 1], ignore_index=1)
    assert loss == pytest.approx(math.log(1 + math.e))
    np.testing.assert_array_equal(dy[1], 0)


@pytest.mark.parametrize("loss", [cross_entropy_loss, partial(cross_entropy_loss, label_smoothing=0.1), *ENTRYWISE])
def test_nothing_large_is_allocated_with_a_buffer(loss, rng):
    y = rng.standard_normal((4000, 100)).astype(np.float32)  # 1.6 MB
    labels = "cross_entropy_loss" in repr(loss) and "binary" not in repr(loss)
    t = rng.integers(0, 100, 4000) if labels else rng.random(y.shape, np.float32)
    out = np.empty_like(y)
    loss(y, t, out=out)
    tracemalloc.start()
    try:
        loss(y, t, out=out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 65536


# -- errors ----------------------------------------------------------------------------------------------------------

Y = np.zeros((4, 3))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((Y, [0, 1, 3, 0]), {}, ValueError, r"label 3 is outside 0 … 2"),
        ((Y, [0, -1, 1, 0]), {}, ValueError, r"label -1 is outside 0 … 2"),
        ((Y, [0, -100, 1, 4]), {"ignore_index": -100}, ValueError, r"label 4 is outside 0 … 2"),
        ((Y, [0.0, 1.0, 1.0, 0.0]), {}, TypeError, r"labels must be integers, got float64"),
        ((Y, [True, False, True, False]), {}, TypeError, r"labels must be integers, got bool"),
        ((Y, [0, 1]), {}, ValueError, r"targets of shape \(2,\) do not fit outputs of shape \(4, 3\)"),
        ((Y, np.zeros((4, 2))), {}, ValueError, r"targets of shape \(4, 2\) do not fit outputs of shape \(4, 3\)"),
        ((np.zeros(4), [0, 1, 1, 0]), {}, ValueError, r"outputs of shape \(4,\); expected outputs \(N, …, C\)"),
        ((np.zeros(4), 1), {}, ValueError, r"outputs of shape \(4,\); expected outputs \(N, …, C\)"),
        ((np.zeros((2, 5, 3)), [0, 1]), {}, ValueError, r"targets of shape \(2,\) do not fit"),
        ((Y, [0, 1, 1, 0]), {"weight": [1, 2]}, ValueError, r"weight of shape \(2,\) does not fit 3 classes"),
        ((Y, [0, 1, 1, 0]), {"label_smoothing": 1.5}, ValueError, "label_smoothing must be from 0 to 1, got 1.5"),
        ((Y, Y), {"ignore_index": 0}, ValueError, "ignore_index needs labels"),
        ((Y, [1, 1, 1, 1]), {"out": np.empty((3, 4))}, ValueError, r"out has shape \(3, 4\); it must have \(4, 3\)"),
        ((Y, [1, 1, 1, 1]), {"out": np.empty((4, 3), order="F")}, ValueError, "must be contiguous"),
        ((Y.astype(complex), [0, 1, 1, 0]), {}, TypeError, "cross_entropy_loss: needs numbers, got complex128"),
        ((Y, Y.astype(complex)), {}, TypeError, "cross_entropy_loss: targets must be numbers, got complex128"),
        ((np.zeros((0, 3)), np.zeros(0, int)), {}, ValueError, "cross_entropy_loss: the batch is empty"),
    ],
)
def test_cross_entropy_refuses_by_a_clear_sentence(arguments, options, error, message):
    with pytest.raises(error, match=message):
        cross_entropy_loss(*arguments, **options)


@pytest.mark.parametrize("loss", ENTRYWISE)
def test_targets_of_another_shape_are_refused(loss):
    with pytest.raises(ValueError, match=rf"{loss.__name__}: targets of shape \(4,\) do not fit outputs of shape"):
        loss(Y, np.zeros(4))


@pytest.mark.parametrize("loss", ENTRYWISE)
def test_outputs_that_are_no_numbers_and_an_out_of_another_shape_are_refused(loss):
    with pytest.raises(TypeError, match=f"{loss.__name__}: needs numbers, got complex128"):
        loss(Y.astype(complex), Y)
    with pytest.raises(TypeError, match=f"{loss.__name__}: targets must be numbers, got complex128"):
        loss(Y, Y.astype(complex))
    with pytest.raises(ValueError, match=rf"{loss.__name__}: out has shape \(4, 3\); it must have \(1, 3\)"):
        loss(Y[:1], Y[:1], out=np.empty((4, 3)))


def test_a_negative_ignore_index_asks_nothing_of_probabilities():
    assert cross_entropy_loss(Y, np.full((4, 3), 1 / 3), ignore_index=-100)[0] == pytest.approx(math.log(3))


def test_a_weight_that_cannot_be_broadcast_is_refused():
    with pytest.raises(ValueError, match=r"pos_weight of shape \(4,\) does not fit outputs of shape \(4, 3\)"):
        binary_cross_entropy_loss(Y, Y, pos_weight=np.ones(4))


#: Losses, and targets of `Y` of which none counts.
NOTHING_COUNTS: dict[str, tuple[Any, Any]] = {
    "every label ignored": (partial(cross_entropy_loss, ignore_index=1), [1, 1, 1, 1]),
    "ignored, in an image": (partial(cross_entropy_loss, ignore_index=-1, label_smoothing=0.1), [[-1], [-1]]),
    "a class of weight 0": (partial(cross_entropy_loss, weight=[1, 0, 1], label_smoothing=0.2), [1, 1, 1, 1]),
    "rows of a class of weight 0": (partial(cross_entropy_loss, weight=[1, 0, 1]), np.eye(3)[[1, 1, 1, 1]]),
    "binary": (partial(binary_cross_entropy_loss, weight=0), np.ones((4, 3))),
    "binary, by sample": (partial(binary_cross_entropy_loss, weight=np.zeros((4, 1))), np.ones((4, 3))),
}


@pytest.mark.parametrize("name", NOTHING_COUNTS)
def test_a_batch_in_which_nothing_counts_has_no_loss_and_no_gradient(name):
    loss, t = NOTHING_COUNTS[name]
    y = Y[:2, None] if name == "ignored, in an image" else Y
    out = np.full(y.shape, 7.0)
    value, dy = loss(y, t, out=out)
    assert value == 0
    assert dy is out
    assert not dy.any()


@pytest.mark.parametrize("threads", [1, Threads(workers=2)])
def test_a_step_in_which_nothing_counts_leaves_the_weights(threads, blobs, small_model):
    model = small_model()
    before = {name: value.copy() for name, value in model.params.items()}
    loss = partial(cross_entropy_loss, ignore_index=-1)
    history = nural.fit(model, blobs[0], np.full(300, -1), epochs=1, loss=loss, threads=threads)
    assert history.losses == [0] * 10
    np.testing.assert_equal(dict(model.params), before)
    labels = np.where(np.arange(300) < 100, blobs[1], -1)  # most batches have some that count
    assert nural.fit(model, blobs[0], labels, epochs=2, batch_size=4, loss=loss, threads=threads).losses.count(0) > 10


def test_huber_refuses_delta_0():
    with pytest.raises(ValueError, match="delta must be above 0, got 0"):
        huber_loss(Y, Y, delta=0)


# -- in training -----------------------------------------------------------------------------------------------------


def test_a_training_with_options(blobs, small_model):
    loss = partial(cross_entropy_loss, label_smoothing=0.1, weight=[1.0, 2.0, 1.0])
    model = small_model()
    history = nural.fit(model, *blobs, epochs=5, loss=loss)
    assert history.epochs[-1]["loss"] < history.epochs[0]["loss"]
    assert nural.evaluate(model, *blobs)["accuracy"] > 0.9


# -- PyTorch ---------------------------------------------------------------------------------------------------------


def gradient_of(torch, loss, y):
    tensor = torch.from_numpy(y.copy()).requires_grad_()
    value = loss(tensor)
    value.backward()
    return value.item(), tensor.grad.numpy()


@pytest.mark.parity
@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    between=st.lists(st.integers(1, 3), max_size=2),
    classes=st.integers(1, 6),
    probabilities=st.booleans(),
    weighted=st.booleans(),
    label_smoothing=st.sampled_from([0.0, 0.1, 0.7, 1.0]),
    ignores=st.booleans(),
    double=st.booleans(),
)
def test_cross_entropy_equals_pytorch_with_every_option(
    seed, between, classes, probabilities, weighted, label_smoothing, ignores, double
):
    import torch

    rng = np.random.default_rng(seed)
    dtype = np.float64 if double else np.float32
    shape = (int(rng.integers(1, 6)), *between)
    y = 4 * rng.standard_normal((*shape, classes)).astype(dtype)
    options: dict[str, Any] = {"label_smoothing": label_smoothing}
    if probabilities:
        t = rng.dirichlet(np.ones(classes), shape).astype(dtype)
    else:
        t = rng.integers(0, classes, shape)
        if ignores:
            options["ignore_index"] = int(rng.choice([-100, 0]))
            t[rng.random(shape) < 0.3] = options["ignore_index"]
            t.reshape(-1)[0] = classes - 1  # one of them counts, unless 0 is the only class
            if classes == 1 and options["ignore_index"] == 0:
                return
    weight = rng.uniform(0.2, 3, classes).astype(dtype) if weighted else None
    t_theirs = torch.from_numpy(np.moveaxis(t, -1, 1).copy() if probabilities else t)
    w_theirs = None if weight is None else torch.from_numpy(weight)
    expected, slope = gradient_of(
        torch,
        lambda tensor: torch.nn.functional.cross_entropy(tensor.movedim(-1, 1), t_theirs, w_theirs, **options),
        y,
    )
    loss, dy = cross_entropy_loss(y, t, weight=weight, **options)
    tolerance = 1e-10 if double else 1e-5
    assert abs(loss - expected) < tolerance * max(1, abs(expected))
    assert relative_error(dy, slope) < tolerance


@pytest.mark.parity
@pytest.mark.parametrize("weight", [None, (), (10,), (15, 1), (15, 10)])
@pytest.mark.parametrize("pos_weight", [None, (), (10,)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)])
def test_binary_cross_entropy_equals_pytorch(weight, pos_weight, dtype, tolerance, rng):
    import torch

    y, t = (9 * rng.standard_normal((15, 10))).astype(dtype), rng.random((15, 10)).astype(dtype)
    weight, pos_weight = (
        None if s is None else np.asarray(rng.uniform(0.2, 3, s), dtype) for s in (weight, pos_weight)
    )
    w, p = (None if factor is None else torch.from_numpy(factor) for factor in (weight, pos_weight))
    expected, slope = gradient_of(
        torch,
        lambda y: torch.nn.functional.binary_cross_entropy_with_logits(y, torch.from_numpy(t), w, pos_weight=p),
        y,
    )
    loss, dy = binary_cross_entropy_loss(y, t, weight=weight, pos_weight=pos_weight)
    assert abs(loss - expected) < tolerance * max(1, abs(expected))
    assert relative_error(dy, slope) < tolerance


@pytest.mark.parity
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (mean_squared_loss, "MSELoss()"),
        (mean_absolute_loss, "L1Loss()"),
        (huber_loss, "HuberLoss()"),
        (partial(huber_loss, delta=0.3), "HuberLoss(delta=0.3)"),
        (partial(huber_loss, delta=4.0), "HuberLoss(delta=4.0)"),
    ],
)
@pytest.mark.parametrize("shape", [(1,), (7,), (5, 10), (2, 3, 4, 5)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)])
def test_losses_of_numbers_equal_pytorch(ours, theirs, shape, dtype, tolerance, rng):
    import torch

    y, t = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    criterion = eval(f"torch.nn.{theirs}", {"torch": torch})
    expected, slope = gradient_of(torch, lambda y: criterion(y, torch.from_numpy(t)), y)
    loss, dy = ours(y, t)
    assert abs(loss - expected) < tolerance * max(1, abs(expected))
    assert relative_error(dy, slope) < tolerance
