"""A training on the page is the library's, to the bit, however often it is stopped and taken back."""

import numpy as np
import pytest

import nural
from nural.web.run import MOST_MEASUREMENTS, MOST_SNAPSHOTS, Run
from nural.web.settings import Settings

SMALL = {
    "layers": [{"type": "linear", "size": 16}, {"type": "relu"}, {"type": "dropout", "rate": 0.2}],
    "samples": 300,
    "batch_size": 50,
    "epochs": 4,
    "learning_rate": 0.1,
    "seed": 5,
}


@pytest.fixture
def run(mnist):
    def begin(**changes):
        return Run(Settings.of_request(SMALL | changes), mnist[0], mnist[1])

    return begin


def advance(run, steps):
    for _ in range(steps):
        run.advance(measured=True)


def assert_same(a, b):
    for name, W in a.params.items():
        np.testing.assert_array_equal(W, b.params[name])


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_it_is_the_library_s_training(run, optimizer):
    here = run(optimizer=optimizer)
    advance(here, 24)
    assert here.finished
    model, settings = here.settings.build(), here.settings
    nural.fit(
        model,
        here.x,
        here.y,
        epochs=4,
        batch_size=50,
        optimizer=settings.new_optimizer(),
        loss=settings.loss(),
        schedule=nural.schedules.one_cycle(0.1, 24),
        seed=5,
        threads=1,
    )
    assert_same(here.model, model)


def test_what_is_measured_is_what_the_library_says(run, mnist):
    here = run()
    advance(here, 1)
    measurement = here.measurements[-1]
    assert measurement["gradients"]["0.W"] == pytest.approx(float(np.linalg.norm(here.model.grads["0.W"])), rel=1e-6)
    first = here.snapshots[0].model.params
    moved = np.sqrt(sum(((here.model.params[n] - first[n]) ** 2).sum() for n in ("0.W", "0.b")))
    size = np.sqrt(sum((here.model.params[n] ** 2).sum() for n in ("0.W", "0.b")))
    assert measurement["updates"]["0"] == pytest.approx(moved / size, rel=1e-4)
    judged = here.measurements[0]["validation"]
    x, y = (part[:250] for part in mnist[1])
    assert judged["loss"] == pytest.approx(nural.evaluate(here.snapshots[0].model, x, y)["loss"])
    hidden = np.maximum(x @ first["0.W"] + first["0.b"], 0)
    assert judged["dead"] == {"1": pytest.approx(1 - (hidden > 0).any(axis=0).mean())}


def test_it_goes_back_to_a_snapshot_and_on_to_the_same_bits(run):
    here = run()
    advance(here, 9)
    end = here.copied()
    here.restore(4)
    assert (here.step, [m["step"] for m in here.measurements][-1], max(here.snapshots)) == (4, 4, 4)
    advance(here, 5)
    assert_same(here.model, end)


def test_a_snapshot_stays_as_it_was(run):
    here = run()
    first = {name: W.copy() for name, W in here.snapshots[0].model.params.items()}
    advance(here, 3)
    for name, W in here.snapshots[0].model.params.items():
        np.testing.assert_array_equal(W, first[name])


def test_the_batch_may_change_and_the_epoch_goes_on(run):
    here = run(momentum=0.5)
    advance(here, 9)
    assert here.epoch == 1.5
    here.change(here.settings.changed({"batch_size": 100, "learning_rate": 0.01}))
    assert (here.epoch, here.steps_of_epoch) == (pytest.approx(1.5, abs=0.2), 3)
    kept = {name: array.copy() for name, array in here.optimizer.state.items()}
    assert kept
    advance(here, 1)
    assert here.step == 10
    assert here.measurements[-1]["rate"] < 0.01


def test_momentum_may_begin_and_end(run):
    here = run(momentum=0.0)
    advance(here, 2)
    here.change(here.settings.changed({"momentum": 0.9}))
    advance(here, 2)
    assert here.optimizer.state
    here.change(here.settings.changed({"momentum": 0.0}))
    advance(here, 1)
    here.restore(3)
    advance(here, 1)
    assert here.step == 4


def test_a_drawing_is_pinned_for_earlier_steps_too(run, mnist):
    here = run()
    advance(here, 3)
    digit = mnist[2][0][0]
    here.pin(digit)
    expected = nural.predict_proba(here.snapshots[1].model, digit[None])[0]
    np.testing.assert_allclose(here.measurements[1]["pinned"], expected, rtol=1e-6)
    advance(here, 1)
    assert sum(here.measurements[-1]["pinned"]) == pytest.approx(1)
    here.pin(None)
    assert [measurement["pinned"] for measurement in here.measurements] == [None] * 5


def test_measurements_and_snapshots_are_bounded(run):
    here = run(samples=20, batch_size=2, epochs=200)
    advance(here, MOST_MEASUREMENTS + 100)
    assert len(here.measurements) <= MOST_MEASUREMENTS
    assert len(here.snapshots) <= MOST_SNAPSHOTS
    assert min(here.snapshots) == 0
    assert here.measurements[0]["step"] == 0
    steps = [measurement["step"] for measurement in here.measurements]
    assert steps == sorted(set(steps))


def test_a_huge_rate_diverges(run):
    here = run(learning_rate=1000, schedule="constant", initializer="normal", scale=100, momentum=0.9)
    with pytest.raises(nural.DivergedError):
        advance(here, 24)
    here.restore(0)
    here.change(here.settings.changed({"learning_rate": 1e-6}))
    advance(here, 1)
