"""Optimizers: first steps by hand, Keras's forms, clipping, averaging, resuming; PyTorch's in test_optimizer_parity."""

import math
import threading
import tracemalloc

import numpy as np
import pytest

import nural
from nural.blocks import row_blocks
from nural.optimizers import (
    SGD,
    Adadelta,
    AdaGrad,
    Adam,
    AdamW,
    Clipped,
    ExponentialMovingAverage,
    Optimizer,
    RMSProp,
    clip_gradients_by_norm,
    clip_gradients_by_value,
)

BUILDERS = [
    lambda: SGD(0.1),
    lambda: SGD(0.1, momentum=0.9, dampening=0.2, weight_decay=0.1),
    lambda: SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.1, maximize=True),
    lambda: AdaGrad(0.1, lr_decay=0.3, initial_accumulator_value=0.2, weight_decay=0.1),
    lambda: AdaGrad(0.1, eps_inside_sqrt=True),
    lambda: RMSProp(0.1),
    lambda: RMSProp(0.1, momentum=0.9, centered=True, weight_decay=0.1, decoupled_weight_decay=True),
    lambda: RMSProp(0.1, centered=True, eps_inside_sqrt=True, maximize=True),
    lambda: Adadelta(1.0, weight_decay=0.1),
    lambda: Adam(0.1),
    lambda: Adam(0.1, amsgrad=True, eps_hat=True, weight_decay=0.1),
    lambda: AdamW(0.1, weight_decay=0.3),
    lambda: Clipped(SGD(0.1, momentum=0.9), max_norm=0.5),
    lambda: Clipped(Adam(0.1), limit=0.3),
    lambda: ExponentialMovingAverage(Clipped(AdamW(0.1), max_norm=1.0, limit=0.5), decay=0.7),
]
each_optimizer = pytest.mark.parametrize("build", BUILDERS, ids=range(len(BUILDERS)))


def steps_of(optimizer, W, gradients):
    """W after each of the gradients."""
    params, found = {"W": np.array(W, np.float64)}, []
    for g in gradients:
        optimizer.update(params, {"W": np.array(g, np.float64)})
        found.append(params["W"].copy())
    return found


# -- the first two steps by hand: W = 1, g = 2, then −1 --------------------------------------------------------------


def rms(*weighted):
    return math.sqrt(sum(share * g * g for share, g in weighted))


FIRST_STEPS = [
    (SGD(0.1), [0.8, 0.9]),
    (SGD(0.1, weight_decay=0.5), [0.75, 0.75 - 0.1 * (-1 + 0.375)]),
    (SGD(0.1, weight_decay=0.5, decoupled_weight_decay=True), [0.95 - 0.2, 0.75 * 0.95 + 0.1]),
    (SGD(0.1, maximize=True), [1.2, 1.1]),
    (SGD(0.1, momentum=0.5), [0.8, 0.8 - 0.1 * (1 - 1)]),
    (SGD(0.1, momentum=0.5, dampening=0.25), [0.8, 0.8 - 0.1 * (1 - 0.75)]),
    (SGD(0.1, momentum=0.5, nesterov=True), [1 - 0.1 * 3, 0.7 - 0.1 * (-1 + 0)]),
    (AdaGrad(0.1), [0.9, 0.9 + 0.1 / math.sqrt(5)]),
    (AdaGrad(0.1, lr_decay=1.0, initial_accumulator_value=5.0), [1 - 0.2 / 3, 1 - 0.2 / 3 + 0.05 / math.sqrt(10)]),
    (RMSProp(0.1, alpha=0.75), [0.8, 0.8 + 0.1 / rms((0.25, 1), (0.1875, 2))]),
    (
        RMSProp(0.1, alpha=0.75, momentum=0.5),
        [0.8, 0.8 - 0.1 * (0.5 * 2 - 1 / rms((0.25, 1), (0.1875, 2)))],
    ),
    (
        RMSProp(0.1, alpha=0.75, centered=True),
        [
            1 - 0.2 / math.sqrt(1 - 0.25),
            1 - 0.2 / math.sqrt(1 - 0.25) + 0.1 / math.sqrt(0.25 + 0.75 - (0.75 * 0.5 - 0.25) ** 2),
        ],
    ),
    (
        Adadelta(1.0, rho=0.75, eps=0.01),
        [
            (first := 1 - math.sqrt(0.01 / 1.01) * 2),
            first + math.sqrt((0.25 * 4 * 0.01 / 1.01 + 0.01) / (0.25 + 0.75 + 0.01)),
        ],
    ),
    (
        Adam(0.1, betas=(0.5, 0.75)),
        [0.9, 0.9 - 0.1 * ((0.5 * 1 - 0.5) / 0.75) / math.sqrt((0.75 + 0.25) / (1 - 0.5625))],
    ),
    (
        Adam(0.1, betas=(0.5, 0.75), amsgrad=True, weight_decay=0.5),
        [0.9, 0.9 - 0.1 * ((0.5 * 1.25 - 0.5 * 0.55) / 0.75) / math.sqrt(1.5625 / (1 - 0.5625))],
    ),
    (
        AdamW(0.1, betas=(0.5, 0.75), weight_decay=0.5),
        [0.85, 0.85 * 0.95 - 0.1 * ((0.5 * 1 - 0.5) / 0.75) / math.sqrt((0.75 + 0.25) / (1 - 0.5625))],
    ),
]


@pytest.mark.parametrize(("optimizer", "expected"), FIRST_STEPS, ids=range(len(FIRST_STEPS)))
def test_the_first_two_steps(optimizer, expected):
    if isinstance(optimizer, AdaGrad | RMSProp | Adam):
        optimizer.eps = 0.0
    assert steps_of(optimizer, 1.0, [2.0, -1.0]) == pytest.approx(expected, rel=1e-12)


# -- Keras's forms, as its documentation and source write them -------------------------------------------------------

GRADIENTS = np.random.default_rng(1).standard_normal((6, 8))
START = np.random.default_rng(2).standard_normal(8)


def keras_adam(W, g, t, m, v):
    m += (g - m) * (1 - 0.9)
    v += (g * g - v) * (1 - 0.999)
    alpha = 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    W -= m * alpha / (np.sqrt(v) + 1e-3)


def keras_rmsprop(W, g, t, velocity):
    velocity *= 0.9
    velocity += 0.1 * g * g
    W -= 0.1 * g / np.sqrt(velocity + 1e-3)


def keras_rmsprop_centered_with_momentum(W, g, t, velocity, mean, momentum):
    velocity *= 0.9
    velocity += 0.1 * g * g
    mean *= 0.9
    mean += 0.1 * g
    momentum *= 0.5
    momentum += 0.1 * g / np.sqrt(velocity - mean**2 + 1e-3)
    W -= momentum


def keras_adagrad(W, g, t, accumulator):
    if t == 1:
        accumulator += 0.1
    accumulator += g * g
    W -= 0.1 * g / np.sqrt(accumulator + 1e-3)


def keras_sgd_nesterov_with_decay(W, g, t, momentum):
    W -= W * 0.2 * 0.1
    momentum *= 0.9
    momentum -= 0.1 * g
    W += 0.9 * momentum - 0.1 * g


@pytest.mark.parametrize(
    ("ours", "theirs", "slots"),
    [
        (Adam(0.1, eps=1e-3, eps_hat=True), keras_adam, 2),
        (RMSProp(0.1, alpha=0.9, eps=1e-3, eps_inside_sqrt=True), keras_rmsprop, 1),
        (
            RMSProp(0.1, alpha=0.9, eps=1e-3, eps_inside_sqrt=True, centered=True, momentum=0.5),
            keras_rmsprop_centered_with_momentum,
            3,
        ),
        (AdaGrad(0.1, initial_accumulator_value=0.1, eps=1e-3, eps_inside_sqrt=True), keras_adagrad, 1),
        (
            SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.2, decoupled_weight_decay=True),
            keras_sgd_nesterov_with_decay,
            1,
        ),
    ],
)
def test_an_argument_reproduces_keras(ours, theirs, slots):
    W, kept = START.copy(), [np.zeros(8) for _ in range(slots)]
    for t, (g, found) in enumerate(zip(GRADIENTS, steps_of(ours, START, GRADIENTS), strict=True), start=1):
        theirs(W, g, t, *kept)
        np.testing.assert_allclose(found, W, rtol=1e-12)


# -- what holds for all ----------------------------------------------------------------------------------------------


def parameters(rng, dtype):
    shapes = {"0.W": (5, 4), "0.b": (4,), "2.K": (2, 2, 3, 4), "3.b": (4,)}
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


@each_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_is_in_place_and_keeps_gradients_and_types(build, dtype, rng):
    optimizer, params, grads = build(), parameters(rng, dtype), parameters(rng, dtype)
    arrays, before = dict(params), {name: g.copy() for name, g in grads.items()}
    for _ in range(3):
        optimizer.update(params, grads)
    assert all(params[name] is array for name, array in arrays.items())
    assert {array.dtype for array in [*params.values(), *optimizer.state.values()]} <= {np.dtype(dtype)}
    if not (isinstance(optimizer, Clipped) or isinstance(getattr(optimizer, "optimizer", None), Clipped)):
        np.testing.assert_equal(grads, before)


@each_optimizer
def test_steps_and_state_are_enough_to_resume(build, rng):
    gradients = [parameters(rng, np.float32) for _ in range(6)]
    start = parameters(rng, np.float32)

    def run(optimizer, params, gradients):
        for grads in gradients:
            optimizer.update(params, {name: g.copy() for name, g in grads.items()})
        return optimizer

    whole = {name: W.copy() for name, W in start.items()}
    run(build(), whole, gradients)
    broken = {name: W.copy() for name, W in start.items()}
    first, second = run(build(), broken, gradients[:3]), build()
    second.steps, second.state = first.steps, {name: array.copy() for name, array in first.state.items()}
    run(second, broken, gradients[3:])
    np.testing.assert_equal(broken, whole)


@each_optimizer
def test_a_training_resumed_from_its_checkpoint_has_the_same_bits(build, blobs, small_model, tmp_path):
    def run(epochs, **resume):
        model = small_model()
        nural.fit(model, *blobs, epochs=epochs, optimizer=build(), checkpoint=tmp_path / "run.safetensors", **resume)
        return dict(model.params)

    whole = run(3)
    run(1)
    np.testing.assert_equal(run(3, resume=True), whole)


@each_optimizer
def test_nothing_large_is_allocated_after_the_first_step(build, rng):
    optimizer = build()
    params = {"W": rng.standard_normal((300, 1000)).astype(np.float32)}  # 1.2 MB
    grads = {"W": rng.standard_normal((300, 1000)).astype(np.float32)}
    optimizer.update(params, grads)
    tracemalloc.start()
    try:
        optimizer.update(params, grads)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 65536


@each_optimizer
def test_it_learns(build, blobs, small_model):
    if getattr(build(), "maximize", False):
        return
    model = small_model()
    nural.fit(model, *blobs, epochs=10, optimizer=build())
    assert nural.evaluate(model, *blobs)["accuracy"] > 0.9


def by_threads_from_the_last_block(function, blocks):
    assert len(blocks) != 1  # the averages begin without any
    for block in reversed(blocks):
        thread = threading.Thread(target=function, args=[block])
        thread.start()
        thread.join()


@each_optimizer
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_blocks_of_large_arrays_may_be_divided_over_threads(build, order, monkeypatch, rng):
    arrays = [np.array(rng.standard_normal((7, 60, 5)), np.float32, order=order) for _ in range(4)]

    def run(divide):
        optimizer, params = build(), {"W": arrays[0].copy(order="K"), "b": arrays[0][0, 0].copy()}
        for g in arrays[1:]:
            optimizer.update(params, {"W": g.copy(), "b": g[1, 1].copy()}, *divide)
        return params, optimizer.state

    whole = run([])
    monkeypatch.setattr("nural.blocks.ROW_BYTES", 2000)
    np.testing.assert_equal(run([]), whole)
    np.testing.assert_equal(run([by_threads_from_the_last_block]), whole)


def test_blocks_are_views_of_about_the_same_length(monkeypatch, rng):
    W, g = rng.standard_normal((2, 100, 4))
    assert row_blocks(W, g) == [(W, g)]
    monkeypatch.setattr("nural.blocks.ROW_BYTES", W.nbytes // 3)
    blocks = row_blocks(W, g)
    assert [len(block[0]) for block in blocks] == [34, 34, 32]
    assert all(np.shares_memory(w, W) and np.shares_memory(h, g) for w, h in blocks)
    np.testing.assert_array_equal(np.concatenate([w for w, _ in blocks]), W)
    np.testing.assert_array_equal(np.concatenate([h for _, h in blocks]), g)


def test_a_schedule_reaches_the_optimizer_inside(blobs, small_model):
    inner = Adam(0.1)
    history = nural.fit(
        small_model(),
        *blobs,
        epochs=2,
        optimizer=ExponentialMovingAverage(Clipped(inner, max_norm=1.0)),
        schedule=nural.schedules.constant(0.02),
    )
    assert inner.learning_rate == 0.02
    assert history["learning_rate"] == [0.02, 0.02]


def test_equal_gradients_do_not_make_centred_rmsprop_divide_by_nothing():
    found = steps_of(RMSProp(0.01, alpha=0.5, centered=True), 1.0, [0.1] * 200)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: SGD(-0.1), "SGD: learning_rate must be finite and not negative, got -0.1"),
        (lambda: Adam(math.nan), "Adam: learning_rate must be finite and not negative, got nan"),
        (lambda: SGD(0.1, momentum=-1), "SGD: momentum must be finite and not negative, got -1"),
        (lambda: SGD(0.1, weight_decay=-1), "SGD: weight_decay must be"),
        (lambda: SGD(0.1, nesterov=True), "Nesterov needs a momentum above 0 and no dampening"),
        (lambda: SGD(0.1, momentum=0.9, dampening=0.1, nesterov=True), "Nesterov needs"),
        (lambda: AdaGrad(0.1, lr_decay=-1), "AdaGrad: lr_decay must be"),
        (lambda: AdaGrad(0.1, initial_accumulator_value=-1), "AdaGrad: initial_accumulator_value must be"),
        (lambda: SGD(0.1, 0.9, 0.1, 5e-4, True), "Nesterov needs a momentum above 0 and no dampening"),
        (lambda: RMSProp(0.1, alpha=1.1), "RMSProp: alpha must be from 0 to 1, got 1.1"),
        (lambda: RMSProp(0.1, eps=-1), "RMSProp: eps must be"),
        (lambda: Adadelta(0.1, rho=1.5), "Adadelta: rho must be from 0 to 1, got 1.5"),
        (lambda: Adam(0.1, betas=(0.9, 1.0)), "Adam: beta2 must be at least 0 and below 1, got 1.0"),
        (lambda: AdamW(0.1, betas=(-0.1, 0.9)), "AdamW: beta1 must be at least 0 and below 1, got -0.1"),
        (lambda: Clipped(SGD()), "Clipped: give a max_norm, a limit, or both"),
        (lambda: Clipped(SGD(), max_norm=-1.0), "Clipped: max_norm must not be negative, got -1.0"),
        (lambda: clip_gradients_by_norm({}, -1.0), "clip_gradients_by_norm: max_norm must not be negative"),
        (lambda: clip_gradients_by_value({}, math.nan), "clip_gradients_by_value: limit must not be negative, got nan"),
        (lambda: ExponentialMovingAverage(SGD(), decay=1.5), "decay must be from 0 to 1, got 1.5"),
    ],
)
def test_errors(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("wrap", [lambda it: Clipped(it, max_norm=1.0), ExponentialMovingAverage])
@pytest.mark.parametrize("wrong", [3, SGD, None])
def test_what_is_no_optimizer_is_not_wrapped(wrap, wrong):
    with pytest.raises(TypeError, match=r"(Clipped|ExponentialMovingAverage): expected an optimizer to wrap, got"):
        wrap(wrong)


def test_a_mean_may_stay_where_it_began():
    assert steps_of(RMSProp(0.1, alpha=1.0, eps=0.5), 1.0, [2.0]) == pytest.approx([0.6])
    assert steps_of(Adadelta(1.0, rho=1.0), 1.0, [2.0, -1.0]) == pytest.approx([-1.0, 0.0])


def test_an_optimizer_needs_a_rule(rng):
    with pytest.raises(NotImplementedError, match="Optimizer has no rule"):
        Optimizer(0.1).update(parameters(rng, np.float64), parameters(rng, np.float64))


# -- clipping --------------------------------------------------------------------------------------------------------


def test_clipping_by_norm_keeps_the_direction():
    grads = {"W": np.array([[3.0], [0.0]]), "b": np.array([4.0])}
    assert clip_gradients_by_norm(grads, 1.0) == 5
    np.testing.assert_allclose(grads["W"], [[0.6], [0]], rtol=1e-6)
    np.testing.assert_allclose(grads["b"], [0.8], rtol=1e-6)


def test_short_gradients_are_left_as_they_are():
    grads = {"W": np.array([0.3, 0.4])}
    clip_gradients_by_norm(grads, 1.0)
    np.testing.assert_array_equal(grads["W"], [0.3, 0.4])


def test_clipping_does_not_hide_a_gradient_that_is_not_a_number():
    grads = {"W": np.array([np.nan, 0.4])}
    assert math.isnan(clip_gradients_by_norm(grads, 1.0))
    assert np.isnan(grads["W"]).all()


def test_clipping_by_value():
    grads = {"W": np.array([-3.0, 0.2, 0.7])}
    clip_gradients_by_value(grads, 0.5)
    np.testing.assert_array_equal(grads["W"], [-0.5, 0.2, 0.5])


def test_clipped_clips_by_value_and_then_by_norm():
    (found,) = steps_of(Clipped(SGD(1.0), max_norm=1.0, limit=4.0), [0.0, 0.0], [[3.0, 9.0]])
    np.testing.assert_allclose(found, [-0.6, -0.8], rtol=1e-6)


# -- averaging -------------------------------------------------------------------------------------------------------


def test_the_average_by_hand():
    optimizer = ExponentialMovingAverage(SGD(1.0), decay=0.75)
    steps_of(optimizer, 8.0, [4.0, 4.0, -8.0])  # W: 4, 0, 8
    assert optimizer.state["average.W"] == pytest.approx(0.75 * (0.75 * 4 + 0.25 * 0) + 0.25 * 8)


def test_the_averaged_model_is_another_one(blobs, small_model):
    model, optimizer = small_model(), ExponentialMovingAverage(SGD(0.1), decay=0.9)
    with pytest.raises(ValueError, match=r"there is no average of 0\.W yet"):
        optimizer.averaged(model)
    nural.fit(model, *blobs, epochs=3, optimizer=optimizer)
    last = {name: W.copy() for name, W in model.params.items()}
    averaged = optimizer.averaged(model)
    np.testing.assert_equal(dict(model.params), last)
    np.testing.assert_array_equal(averaged.params["0.W"], optimizer.state["average.0.W"])
    assert not np.array_equal(averaged.params["0.W"], last["0.W"])
    assert nural.evaluate(averaged, *blobs)["accuracy"] > 0.9
