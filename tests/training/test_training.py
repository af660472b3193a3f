import tracemalloc

import numpy as np
import pytest

import nural
from nural import SGD, Callback, DivergedError, Linear, ModelFileError, ReLU, Sequential, fit
from nural.schedules import one_cycle
from nural.training import load_checkpoint
from nural.training.loop import train


def bits(model):
    return {name: value.tobytes() for name, value in model.params.items()}


class StopAfter(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, model, progress):
        return progress.step == self.step


class InterruptAfter(Callback):
    """Presses Ctrl-C within a step."""

    def __init__(self, step):
        self.step = step

    def on_step(self, model, progress):
        import signal

        if progress.step == self.step:
            signal.raise_signal(signal.SIGINT)


def settings(**changes):
    return {
        "epochs": 3,
        "batch_size": 32,
        "optimizer": SGD(0.05, momentum=0.9, nesterov=True, weight_decay=1e-4),
        "schedule": one_cycle(0.05, 30),
        "seed": 4,
    } | changes


def test_fit_learns_and_reports(blobs, small_model):
    model = small_model()
    validation = blobs[0][:100], blobs[1][:100]
    history = fit(model, *blobs, epochs=4, batch_size=32, optimizer=SGD(0.2), validation=validation)
    assert history["epoch"] == [1, 2, 3, 4]
    assert history["step"] == [10, 20, 30, 40]
    assert len(history.losses) == 40
    assert history["loss"][0] == pytest.approx(np.mean(history.losses[:10]))
    assert nural.evaluate(model, *validation) == {
        "loss": history["val_loss"][-1],
        "accuracy": history["val_accuracy"][-1],
    }
    assert history["val_accuracy"][-1] > 0.9


def test_train_yields_every_step(blobs, small_model):
    records = list(train(small_model(), *blobs, epochs=2, batch_size=128, validation=blobs))
    assert [(r.step, r.epoch, r.samples, r.ends_epoch) for r in records] == [
        (1, 1, 128, False),
        (2, 1, 128, False),
        (3, 1, 44, True),
        (4, 2, 128, False),
        (5, 2, 128, False),
        (6, 2, 44, True),
    ]
    assert [r.validation is not None for r in records] == [r.ends_epoch for r in records]
    assert {(r.steps, r.epochs, r.learning_rate) for r in records} == {(6, 2, 0.1)}


def noisy(x, rng, *, before, after, out, divide):
    np.add(x, rng.normal(0, 0.1, (before + len(x) + after, x.shape[1]))[before : before + len(x)], out=out)


def test_augmentation_changes_the_batches_and_not_the_data(blobs, small_model):
    x, y = blobs[0].copy(), blobs[1]
    plain = fit(small_model(), x, y, epochs=2, seed=1)
    noised, again = (fit(small_model(), x, y, epochs=2, seed=1, augment=noisy) for _ in range(2))
    assert noised.losses == again.losses
    assert all(a != b for a, b in zip(noised.losses, plain.losses, strict=True))
    np.testing.assert_array_equal(x, blobs[0])


def test_every_step_is_augmented_anew(small_model):
    x, y = np.zeros((64, 6), np.float32), np.zeros(64, int)
    seen = []

    def watching(x, rng, **kwargs):
        noisy(x, rng, **kwargs)
        seen.append(x.copy())

    fit(small_model(), x, y, epochs=2, batch_size=32, augment=watching)
    assert len(np.unique([batch.sum() for batch in seen])) == 4


def test_an_augmented_training_resumes_bit_for_bit(blobs, small_model, tmp_path):
    whole, resumed = small_model(), small_model()
    fit(whole, *blobs, **settings(), augment=noisy)
    path = tmp_path / "checkpoint"
    fit(resumed, *blobs, **settings(), augment=noisy, checkpoint=path, callbacks=[StopAfter(13)])
    fit(resumed, *blobs, **settings(), augment=noisy, checkpoint=path, resume=True)
    assert bits(resumed) == bits(whole)


def test_drop_last_leaves_a_short_batch_out(blobs, small_model):
    records = list(train(small_model(), *blobs, epochs=2, batch_size=128, drop_last=True))
    assert [(r.samples, r.ends_epoch) for r in records] == [(128, False), (128, True)] * 2


def test_the_schedule_sets_the_rate_of_each_step(blobs, small_model):
    rates = [
        r.learning_rate
        for r in train(small_model(), *blobs, epochs=1, batch_size=100, schedule=lambda s: 0.1 / (s + 1))
    ]
    assert rates == [0.1, 0.05, 0.1 / 3]


def test_the_same_seed_gives_the_same_bits(blobs, small_model):
    models = [small_model() for _ in range(3)]
    seeds = [0, 0, 1]
    losses = [fit(m, *blobs, **settings(seed=s)).losses for m, s in zip(models, seeds, strict=True)]
    assert losses[0] == losses[1] != losses[2]
    assert bits(models[0]) == bits(models[1]) != bits(models[2])


@pytest.mark.parametrize("stop", [1, 10, 17])
def test_resumed_as_if_never_interrupted(stop, blobs, small_model, tmp_path):
    whole, parts = small_model(), small_model()
    expected = fit(whole, *blobs, validation=blobs, **settings())
    path = tmp_path / "run.checkpoint"
    fit(parts, *blobs, validation=blobs, **settings(), callbacks=[StopAfter(stop)], checkpoint=path)
    resumed = small_model()
    history = fit(resumed, *blobs, validation=blobs, **settings(), checkpoint=path, resume=True)
    assert bits(resumed) == bits(whole)
    assert history == expected


def test_ctrl_c_ends_after_the_step_and_keeps_it(blobs, small_model, tmp_path):
    path = tmp_path / "run.checkpoint"
    whole, parts, resumed = small_model(), small_model(), small_model()
    fit(whole, *blobs, **settings())
    with pytest.raises(KeyboardInterrupt):
        fit(parts, *blobs, **settings(), callbacks=[InterruptAfter(13)], checkpoint=path)
    history = fit(resumed, *blobs, **settings(), checkpoint=path, resume=True)
    assert len(history.losses) == 30
    assert bits(resumed) == bits(whole)


def test_a_finished_training_resumes_to_itself(blobs, small_model, tmp_path):
    path = tmp_path / "run.checkpoint"
    model, again = small_model(), small_model()
    history = fit(model, *blobs, **settings(), checkpoint=path)
    assert fit(again, *blobs, **settings(), checkpoint=path, resume=True) == history
    assert bits(again) == bits(model)


def test_what_resume_refuses(blobs, small_model, tmp_path):
    with pytest.raises(ValueError, match="name the checkpoint to resume from"):
        fit(small_model(), *blobs, resume=True)
    with pytest.raises(ModelFileError, match=r"none: there is no such file, expected a checkpoint written by nural"):
        fit(small_model(), *blobs, checkpoint=tmp_path / "none", resume=True)
    path = tmp_path / "run.checkpoint"
    fit(small_model(), *blobs, epochs=1, checkpoint=path)
    other = Sequential(Linear(6, 8), ReLU(), Linear(8, 3))
    before = bits(other)
    with pytest.raises(ModelFileError, match="a checkpoint of another architecture"):
        fit(other, *blobs, checkpoint=path, resume=True)
    assert bits(other) == before


def test_overflow_names_layer_and_step_and_keeps_the_last_good_checkpoint(blobs, small_model, tmp_path):
    path = tmp_path / "run.checkpoint"
    model = small_model()
    with pytest.raises(
        DivergedError,
        match=r"the loss became (nan|inf) at step \d+ \(epoch 2\); the first to overflow: "
        r"the (weights of|output of|loss, of an output of) layer \d, (Linear|ReLU)\(.*\); "
        r"the learning rate was 1e\+30, try a smaller one",
    ):
        fit(model, *blobs, **settings(schedule=lambda step: 0.01 if step < 10 else 1e30), checkpoint=path)
    kept = small_model()
    history = load_checkpoint(path, kept, SGD(momentum=0.9))
    assert history["epoch"] == [1]
    assert all(np.isfinite(p).all() for p in kept.params.values())


def test_a_validation_loss_that_overflows_ends_the_training_too(blobs, small_model, tmp_path):
    path = tmp_path / "run.checkpoint"
    x = np.full_like(blobs[0], 3e38)
    with pytest.raises(DivergedError, match=r"the validation loss became (nan|inf) at step 10 \(epoch 1\)"):
        fit(small_model(), *blobs, epochs=1, validation=(x, blobs[1]), checkpoint=path)
    assert load_checkpoint(path, small_model(), SGD()).losses == []


def test_inputs_that_are_not_finite_are_named_as_the_cause(blobs, small_model):
    x = blobs[0].copy()
    x[:, 0] = np.nan
    with pytest.raises(DivergedError, match=r"the loss became nan at step 1 .*because the inputs hold NaN or infinity"):
        fit(small_model(), x, blobs[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 16}, "a training with batch_size 32, not 16"),
        ({"seed": 5}, "a training with seed 4, not 5"),
        ({"optimizer": SGD(0.05)}, r"the running array velocity\.\d\.\w is not that of SGD"),
        ({"optimizer": nural.Adam(0.05)}, r"is not that of Adam"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(change, message, blobs, small_model, tmp_path):
    path = tmp_path / "run.checkpoint"
    fit(small_model(), *blobs, **settings(epochs=1), checkpoint=path)
    model = small_model()
    before = bits(model)
    with pytest.raises(ModelFileError, match=message):
        fit(model, *blobs, **settings(**change), checkpoint=path, resume=True)
    assert bits(model) == before


def test_overflow_in_the_very_last_step_is_found(blobs, small_model):
    with pytest.raises(DivergedError, match="a weight became infinite at step 10"):
        fit(small_model(), *blobs, **settings(epochs=1, schedule=lambda step: 0.01 if step < 9 else 1e39))


def test_targets_may_be_one_hot(blobs, small_model):
    x, labels = blobs
    first, second = small_model(), small_model()
    a = fit(first, x, labels, epochs=1).losses
    b = fit(second, x, nural.data.to_categorical(labels, 3), epochs=1).losses
    np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"threads": 0}, 'threads must be "auto", at least 1, or Threads.*, got 0'),
        ({"batch_size": 0}, "batch_size of at least 1"),
        ({"y": np.zeros(10, int)}, "300 samples and 10 targets"),
        ({"y": np.full(300, 3)}, "label 3 is outside 0 … 2"),
        ({"x": np.zeros((300, 5), np.float32)}, "x has 5 features"),
    ],
)
def test_settings_that_cannot_be(change, message, blobs, small_model):
    arguments = {"x": blobs[0], "y": blobs[1]} | change
    with pytest.raises(ValueError, match=message):
        fit(small_model(), **arguments)


def test_a_step_allocates_no_array_above_64_kb(mnist):
    (x, y), _, _ = mnist
    model = Sequential(Linear(784, 256), ReLU(), Linear(256, 256), ReLU(), Linear(256, 10))
    optimizer = SGD(0.1, momentum=0.9, nesterov=True, weight_decay=1e-4)
    steps = train(model, x[:1600], y[:1600], epochs=1, batch_size=32, optimizer=optimizer)
    next(steps)
    tracemalloc.start()
    try:
        next(steps)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        assert len(list(steps)) == 48
        assert tracemalloc.get_traced_memory()[1] - before < 64 * 1024
    finally:
        tracemalloc.stop()
