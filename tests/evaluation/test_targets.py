"""Targets by the task: scikit-learn says what loss and accuracy are."""

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import nural
from nural import (
    GRU,
    Linear,
    LogSoftmax,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Task,
    binary_cross_entropy_loss,
    cross_entropy_loss,
    huber_loss,
    mean_absolute_loss,
    mean_squared_loss,
)

metrics = pytest.importorskip("sklearn.metrics")
accuracy_score, log_loss, mean_squared_error = metrics.accuracy_score, metrics.log_loss, metrics.mean_squared_error

WINES = ("barolo", "barbera", "grignolino")


@pytest.fixture
def x(rng):
    return rng.standard_normal((60, 4)).astype(np.float32)


@pytest.fixture
def places(rng):
    return rng.integers(0, 3, 60)


def network(outputs, *last, task=None):
    model = Sequential(Linear(4, 8), ReLU(), Linear(8, outputs), *last, rng=np.random.default_rng(3))
    model.task = task
    return model


# -- what evaluate says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [[], [Softmax()], [LogSoftmax()], [Sequential(Softmax(-1))]])
@pytest.mark.parametrize("loss", [None, cross_entropy_loss, partial(cross_entropy_loss, label_smoothing=0.0)])
def test_classes(last, loss, x, places):
    model = network(3, *last)
    expected = {"loss": log_loss(places, nural.predict_proba(model, x)), "accuracy": np.nan}
    expected["accuracy"] = accuracy_score(places, nural.predict(model, x))
    for t in (places, places[:, None], np.eye(3)[places], list(places)):
        assert nural.evaluate(model, x, t, loss=loss) == pytest.approx(expected, rel=1e-5)
    for names in (WINES, (10, 20, 30), (2.5, 1.5, 0.5), (1, 0, 2)):
        model.task = Task("multiclass", names)
        named = np.array(names)[places]
        for t in (named, named[:, None], named.tolist(), np.eye(3)[places]):
            assert nural.evaluate(model, x, t, loss=loss) == pytest.approx(expected, rel=1e-5)
    model.task = Task("multiclass", WINES)
    assert nural.evaluate(model, x, places, loss=loss) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("last", [[], [Sigmoid()]])
@pytest.mark.parametrize("loss", [None, binary_cross_entropy_loss])
def test_one_output(last, loss, x, places):
    yes = places > 0
    model = network(1, *last)
    expected = {"loss": log_loss(yes, nural.predict_proba(model, x)), "accuracy": np.nan}
    expected["accuracy"] = accuracy_score(yes, nural.predict(model, x))
    for t in (yes, yes.astype(int), yes[:, None].astype(np.float32), yes.astype(float)):
        assert nural.evaluate(model, x, t, loss=loss) == pytest.approx(expected, rel=1e-5)
    model.task = Task("binary", ("no", "yes"))
    for t in (np.where(yes, "yes", "no"), np.where(yes, "yes", "no")[:, None], yes.astype(int)):
        assert nural.evaluate(model, x, t, loss=loss) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("last", [[], [Sigmoid()]])
def test_several_labels(last, x, rng):
    t = rng.integers(0, 2, (60, 3))
    model = network(3, *last, task=Task("multilabel", ("a", "b", "c")))
    p, answers = nural.predict_proba(model, x), nural.predict(model, x)
    loss = np.mean([log_loss(t[:, i], p[:, i]) for i in range(3)])
    expected = {"loss": loss, "accuracy": accuracy_score(t, answers)}
    assert nural.evaluate(model, x, t) == pytest.approx(expected, rel=1e-5)
    assert nural.accuracy(answers, t) == expected["accuracy"]


def test_values(x, rng):
    for outputs in (1, 3):
        model, t = network(outputs, task=Task("regression")), rng.standard_normal((60, outputs))
        expected = {"loss": mean_squared_error(t, nural.predict(model, x))}
        assert nural.evaluate(model, x, t) == pytest.approx(expected, rel=1e-5)
        if outputs == 1:
            assert nural.evaluate(model, x, t[:, 0]) == pytest.approx(expected, rel=1e-5)


def test_sequences(x, places):
    model, x, t = Sequential(GRU(4, 8), Linear(8, 3)), x.reshape(6, 10, 4), places.reshape(6, 10)
    p = nural.predict_proba(model, x).reshape(60, 3)
    expected = {"loss": log_loss(places, p), "accuracy": accuracy_score(places, p.argmax(axis=1))}
    assert nural.evaluate(model, x, t) == pytest.approx(expected, rel=1e-5)
    with pytest.raises(ValueError, match=r"of sequences, compare y.ravel\(\) with t.ravel\(\)"):
        nural.accuracy(nural.predict(model, x), t)


def test_a_probability_that_was_rounded_to_0_or_1_has_a_finite_loss(x):
    for last, t in ((Softmax(), 0), (Sigmoid(), 0), (Sigmoid(), 1)):
        model = network(2 if isinstance(last, Softmax) else 1, last)
        model.params["2.W"][...] = 0
        model.params["2.b"][...] = 200 * (1 - 2 * t) if isinstance(last, Sigmoid) else [0, 200]
        assert 15 < nural.evaluate(model, x, np.full(60, t))["loss"] < 200


def test_targets_that_evaluate_refuses(x, places):
    named = network(3, task=Task("multiclass", WINES))
    with pytest.raises(ValueError, match="'merlot' is none of the classes 'barolo', 'barbera', 'grignolino'"):
        nural.evaluate(named, x, np.array([*WINES, "merlot"])[places + 1])
    with pytest.raises(ValueError, match="0 is none of the classes 1, 2, 3"):
        nural.evaluate(network(3, task=Task("multiclass", (1, 2, 3))), x, places)
    with pytest.raises(ValueError, match=r"targets go from 0 \(no\) to 1 \(yes\), found 0 to 2"):
        nural.evaluate(network(1), x, places)
    with pytest.raises(ValueError, match=r'the task is multilabel.*if they exclude.*say model.task = Task\("multicl'):
        nural.evaluate(network(3, Sigmoid()), x, places)


def test_the_program_of_the_page_about_tasks(tmp_path, monkeypatch, capsys):
    page = (Path(__file__).parents[2] / "docs" / "tasks.md").read_text()
    (program,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(program, {})
    (answers,) = re.findall(r"print\(nural.predict.*# (.*)", program)
    assert capsys.readouterr().out.splitlines()[0] == answers


# -- what fit says ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "outputs", "kind"),
    [
        (cross_entropy_loss, 3, "multiclass"),
        (partial(partial(cross_entropy_loss, label_smoothing=0.1), ignore_index=-100), 3, "multiclass"),
        (binary_cross_entropy_loss, 1, "binary"),
        (binary_cross_entropy_loss, 3, "multilabel"),
        (mean_squared_loss, 3, "regression"),
        (mean_absolute_loss, 1, "regression"),
        (partial(huber_loss, delta=2.0), 1, "regression"),
    ],
)
def test_fit_says_the_task_by_the_loss(loss, outputs, kind, x, places, rng, tmp_path):
    t = {"multiclass": places, "binary": places > 1, "multilabel": rng.integers(0, 2, (60, 3))}.get(kind)
    t = rng.standard_normal((60, outputs)) if t is None else t
    model = network(outputs)
    history = nural.fit(model, x, t, loss=loss, epochs=1, validation=(x, t))
    assert model.task == Task(kind)
    assert ("val_accuracy" in history.epochs[0]) == (kind != "regression")
    nural.save(model, tmp_path / "model.safetensors")
    assert nural.load(tmp_path / "model.safetensors").task == model.task


def test_fit_with_one_hot_rows_is_for_classes_and_a_loss_of_the_users_says_nothing(x, places):
    model = network(3, Sigmoid())
    nural.fit(model, x, np.eye(3)[places], loss=mean_squared_loss, epochs=1)
    assert model.task == Task("multiclass")
    np.testing.assert_array_equal(nural.predict(model, x), model.forward(x).argmax(axis=1))
    model = network(3)
    nural.fit(model, x, places, loss=lambda y, t, out=None: cross_entropy_loss(y, t, out=out), epochs=1)
    assert model.task is None


@pytest.mark.parametrize(("outputs", "names", "loss"), [(3, WINES, cross_entropy_loss), (3, (1, 2, 3), None)])
def test_fit_takes_the_names_that_the_task_has(outputs, names, loss, x, places):
    named, plain = network(outputs, task=Task("multiclass", names)), network(outputs)
    t = np.array(names)[places]
    history = nural.fit(named, x, t, loss=loss or cross_entropy_loss, epochs=2, validation=(x, t))
    expected = nural.fit(plain, x, places, epochs=2, validation=(x, places))
    assert history.epochs == expected.epochs
    assert named.task == Task("multiclass", names)
    with pytest.raises(ValueError, match="is none of the classes"):
        nural.fit(named, x, np.full(60, "merlot"), epochs=1)


@pytest.mark.parametrize("last", [Softmax(), LogSoftmax(), Sigmoid(), Sequential(Softmax())])
@pytest.mark.parametrize("loss", [cross_entropy_loss, partial(binary_cross_entropy_loss, pos_weight=2.0)])
def test_a_softmax_too_many_is_refused_in_training(last, loss, x, places):
    message = r"the network ends in (Log)?S\w+\(\), but \w+ takes logits and applies its \w+ itself.*leave the network"
    with pytest.raises(ValueError, match=message):
        nural.fit(network(3, last), x, places, loss=loss)


def test_a_regression_does_not_become_a_classifier_in_silence(x, places, rng):
    model = network(3)
    nural.fit(model, x, rng.standard_normal((60, 3)), loss=mean_squared_loss, epochs=1)
    with pytest.raises(ValueError, match=r"task is regression, but cross_entropy_loss is for classes: say model"):
        nural.fit(model, x, places, epochs=1)
    model.task = None
    nural.fit(model, x, places, epochs=1)
    assert model.task == Task("multiclass")


def test_cross_entropy_of_one_output_is_refused(x):
    with pytest.raises(
        ValueError, match=r"softmax of one output is always 1.*for yes or no use binary_cross_entropy_loss"
    ):
        nural.fit(network(1), x, np.zeros((60, 1)))
