"""What scikit-learn's estimators do not have."""

import os
import signal
from functools import partial

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy.sparse import csr_matrix

import nural
from nural.estimator import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**arguments):
    return MLPClassifier(**{"max_iter": 10, "random_state": 0, "hidden_layer_sizes": (32, 16)} | arguments)


def kinds(estimator):
    return [type(layer).__name__ for layer in estimator.network_.layers]


def test_layers(digits):
    plain = classifier().fit(*digits)
    assert kinds(plain) == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    rich = classifier(activation=["gelu", "tanh"], dropout=[0.2, 0], batch_norm=True, learning_rate_init=0.01).fit(
        *digits
    )
    assert kinds(rich) == ["Linear", "BatchNorm1d", "GELU", "Dropout", "Linear", "BatchNorm1d", "Tanh", "Linear"]
    assert rich.score(*digits) > 0.95
    np.testing.assert_array_equal(rich.predict_proba(digits[0]), rich.predict_proba(digits[0]))  # no dropout here


def test_dropout_is_drawn_from_the_random_state(digits):
    curves = [classifier(dropout=0.5, random_state=seed).fit(*digits).loss_curve_ for seed in (0, 0, 1)]
    assert curves[0] == curves[1] != curves[2]


def test_batch_norm_with_one_sample_left_over(digits):
    x, y = digits[0][:101], digits[1][:101]
    classifier(batch_norm=True, batch_size=50).fit(x, y)


def test_class_weights(digits):
    x, y = digits[0], digits[1] == 8
    by_hand = classifier(class_weight={False: 1, True: 5}).fit(x, y)
    weight = np.where(y, 5.0, 1.0)
    assert by_hand.loss_curve_ == classifier().fit(x, y, weight).loss_curve_
    balanced = classifier(class_weight="balanced", max_iter=3).fit(x, y)
    assert balanced.predict(x).sum() > classifier(max_iter=3).fit(x, y).predict(x).sum()
    with pytest.raises(ValueError, match="which does not say what is balanced"):
        balanced.partial_fit(x, y)


def test_batches_in_which_nothing_counts(digits):
    """Neither are they in the loss, nor do they move a weight by themselves."""
    x, y = digits
    weight = np.where(np.arange(500) < 40, 1.0, 0.0)
    settings = {"batch_size": 20, "shuffle": False, "max_iter": 4, "random_state": 0}
    settings |= {"solver": "sgd", "momentum": 0.0}
    all_ = MLPClassifier((16,), **settings).fit(x, y, weight)
    some = MLPClassifier((16,), **settings).fit(x, np.where(weight, y, 9 - y), weight)
    np.testing.assert_array_equal(all_.coefs_[0], some.coefs_[0])
    for estimator in (
        MLPClassifier((16,), early_stopping=True, **settings),
        MLPRegressor(hidden_layer_sizes=(16,), **settings),
    ):
        assert np.isfinite(estimator.fit(x, y, weight).loss_)
    by_class = MLPClassifier((16,), class_weight=dict.fromkeys(range(9), 0), max_iter=3, batch_size=5, random_state=0)
    assert set(by_class.fit(x, y).predict(x)) == {9}
    with pytest.raises(ValueError, match="class_weight must leave weights that are finite and not all zero"):
        by_class.fit(x, y, (y < 9).astype(float))
    with pytest.raises(ValueError, match="the weights of the samples that validate add up to zero"):
        MLPClassifier(early_stopping=True, random_state=0).fit(x, y, (np.arange(500) == 0).astype(float))


def test_validation_data_and_their_curve(digits):
    x, y = digits
    held = x[400:], y[400:]
    estimator = classifier(validation_data=held).fit(x[:400], y[:400])
    assert len(estimator.validation_loss_curve_) == len(estimator.validation_scores_) == estimator.n_iter_
    assert estimator.validation_scores_[-1] == estimator.score(*held)
    p = estimator.predict_proba(held[0])
    assert estimator.validation_loss_curve_[-1] == pytest.approx(-np.log(p[np.arange(100), held[1]]).mean())
    plain = classifier().fit(x[:400], y[:400])
    assert plain.loss_curve_ == estimator.loss_curve_
    assert plain.validation_loss_curve_ is None


def test_early_stopping_by_validation_data_keeps_the_best_weights(digits):
    x, y = digits
    held = x[400:], y[400:]
    arguments = {"validation_data": held, "early_stopping": True, "n_iter_no_change": 3, "max_iter": 200}
    estimator = classifier(**arguments).fit(x[:400], y[:400])
    assert estimator.stopped_early_
    assert estimator.n_iter_ < 200
    assert estimator.score(*held) == estimator.best_validation_score_ == max(estimator.validation_scores_)


def test_early_stopping_with_partial_fit(digits):
    x, y = digits
    held = x[400:], y[400:]
    estimator = classifier(validation_data=held, early_stopping=True, n_iter_no_change=3)
    for _ in range(200):
        estimator.partial_fit(x[:400], y[:400], classes=range(10))
        if estimator.stopped_early_:
            break
    assert estimator.score(*held) == max(estimator.validation_scores_)
    epochs = len(estimator.loss_curve_)
    assert epochs < 200
    estimator.partial_fit(x[:400], y[:400])
    assert len(estimator.loss_curve_) == epochs
    with pytest.raises(ValueError, match="does not support early_stopping=True unless validation_data is given"):
        classifier(early_stopping=True).partial_fit(x, y, classes=range(10))


def test_validation_data_with_an_unknown_class(digits):
    x, y = digits
    with pytest.raises(ValueError, match=r"`y` has classes not in `self.classes_`"):
        classifier(validation_data=(x, y + 1)).fit(x, y)


class Watch(nural.Callback):
    def __init__(self):
        self.steps = 0

    def on_step(self, model, progress):
        self.steps += 1
        assert (progress.step, progress.steps, progress.epochs) == (self.steps, 30, 10)
        assert progress.ends_epoch == (self.steps % 3 == 0)

    def on_epoch(self, model, history):
        return len(history.epochs) == 4


def test_callbacks_see_all_and_may_end_it(digits):
    x, y = digits
    watch = Watch()
    estimator = classifier(callbacks=[watch], batch_size=200, validation_data=(x, y)).fit(x, y)
    assert estimator.n_iter_ == 4
    assert watch.steps == 12 == len(estimator.history_.losses)
    assert estimator.history_["val_accuracy"] == estimator.validation_scores_


def test_a_callback_of_nurals(digits, tmp_path):
    x, y = digits
    best = nural.BestModel(tmp_path / "best.safetensors")
    estimator = classifier(callbacks=[best], validation_data=(x, y)).fit(x, y)
    np.testing.assert_array_equal(nural.predict(nural.load(best.path), x), estimator.predict(x))


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_schedule(digits, solver):
    rates = []

    class Rates(nural.Callback):
        def on_step(self, model, progress):
            rates.append(progress.learning_rate)

    schedule = nural.schedules.cosine(0.01, T_max=30)
    classifier(solver=solver, schedule=schedule, callbacks=[Rates()]).fit(*digits)
    assert rates == [schedule(step) for step in range(30)]


def test_loss_of_ones_own(digits, numbers):
    smoothed = classifier(loss=partial(nural.cross_entropy_loss, label_smoothing=0.2), max_iter=100).fit(*digits)
    sharp = classifier(max_iter=100).fit(*digits)
    assert smoothed.predict_proba(digits[0]).max() < sharp.predict_proba(digits[0]).max()
    robust = MLPRegressor(nural.huber_loss, random_state=0, max_iter=300).fit(*numbers)
    assert robust.score(*numbers) > 0.9


@pytest.mark.parametrize(
    ("loss", "targets", "message"),
    [
        (nural.cross_entropy_loss, lambda y: y > 4, "softmax of one output is always 1"),
        (nural.mean_squared_loss, lambda y: y > 4, "mean_squared_loss is a loss of regression networks, .* are binary"),
        (nural.binary_cross_entropy_loss, lambda y: y, "is a loss of multilabel networks, .* are multiclass"),
        (nural.cross_entropy_loss, lambda y: np.stack([y > 4, y < 7], 1), "of multiclass networks, .* are multilabel"),
    ],
)
def test_losses_of_other_networks(digits, loss, targets, message):
    with pytest.raises(ValueError, match=message):
        classifier(loss=loss).fit(digits[0], targets(digits[1]))


def test_a_loss_of_classes_is_none_of_numbers(numbers):
    with pytest.raises(ValueError, match="task is regression, but cross_entropy_loss is for classes"):
        MLPRegressor(partial(nural.cross_entropy_loss, label_smoothing=0.1)).fit(*numbers)


def test_float32_throughout(digits):
    x, y = digits
    for solver in ("adam", "lbfgs"):
        estimator = classifier(dtype="float32", solver=solver).fit(x, y)
        assert {array.dtype for array in estimator.coefs_} == {np.dtype(np.float32)}
        assert estimator.predict_proba(x).dtype == np.float32


def test_decision_function_is_the_logits(digits):
    x, y = digits
    estimator = classifier().fit(x, y)
    logits = estimator.decision_function(x)
    np.testing.assert_allclose(
        np.exp(logits - np.log(np.exp(logits).sum(1, keepdims=True))), estimator.predict_proba(x)
    )
    two = classifier().fit(x, y > 4)
    np.testing.assert_allclose(1 / (1 + np.exp(-two.decision_function(x))), two.predict_proba(x)[:, 1])


class Interrupt(nural.Callback):
    def on_step(self, model, progress):
        if progress.step == 5:
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_ends_between_two_steps(digits):
    estimator = classifier(callbacks=[Interrupt()], batch_size=100)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        estimator.fit(*digits)
    assert estimator.n_iter_ == 1
    assert estimator._optimizer.steps == 6
    assert estimator.predict(digits[0]).shape == (500,)


def test_ctrl_c_with_lbfgs(digits, monkeypatch):
    from nural.estimator import lbfgs

    taken = []
    gradients = lbfgs.Objective.gradients

    def interrupting(self, *batch):
        taken.append(1)
        if len(taken) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return gradients(self, *batch)

    monkeypatch.setattr(lbfgs.Objective, "gradients", interrupting)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        estimator = classifier(solver="lbfgs", max_iter=100).fit(*digits)
    assert estimator.n_iter_ < 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"activation": ["relu"]}, "activation has 1 names, there are 2 hidden layers"),
        ({"activation": ["relu", "cube"]}, "there is no activation 'cube'; known are identity"),
        ({"activation": "cube"}, "The 'activation' parameter of MLPClassifier must be"),
        ({"dropout": [0.1]}, "dropout has 1 values, there are 2 hidden layers"),
        ({"dropout": 1.0}, "The 'dropout' parameter of MLPClassifier must be"),
        ({"solver": "lbfgs", "dropout": 0.1}, "solver='lbfgs' does not use dropout; choose 'sgd' or 'adam'"),
        ({"hidden_layer_sizes": (3, 0)}, r"hidden_layer_sizes must be > 0, got \[3, 0\]"),
        ({"alpha": -1}, "The 'alpha' parameter of MLPClassifier must be"),
    ],
)
def test_arguments_that_cannot_be(digits, arguments, message):
    with pytest.raises(ValueError, match=message):
        classifier(**arguments).fit(*digits)


def test_sparse_input_with_all_kinds_of_layers(digits):
    x, y = digits
    estimator = classifier(batch_norm=True, dropout=0.1, dtype="float32").fit(csr_matrix(x), y)
    np.testing.assert_allclose(estimator.predict_proba(csr_matrix(x)), estimator.predict_proba(x), atol=1e-5)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_tables_are_taken_by_position(digits, library):
    tables = pytest.importorskip(library)

    def table(array):
        if array.ndim == 2:
            array = {f"pixel{i}": column for i, column in enumerate(array.T)}
        kind = tables.DataFrame if isinstance(array, dict) else tables.Series
        # what a shuffled table of pandas has as its index; polars has none
        index = {"index": np.random.default_rng(1).permutation(500)} if library == "pandas" else {}
        return kind(array, **index)

    def found(kind):
        x, y = map(kind, digits)
        estimator = classifier(class_weight="balanced", validation_data=(x[:90], y[:90]))
        return estimator.fit(x, y, sample_weight=kind(digits[0][:, 20] + 1)), estimator.predict_proba(x)

    expected, probabilities = found(np.asarray)
    estimator, of_tables = found(table)
    assert estimator.loss_curve_ == expected.loss_curve_
    assert estimator.validation_scores_ == expected.validation_scores_
    np.testing.assert_array_equal(of_tables, probabilities)
