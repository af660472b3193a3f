"""What outputs say by the task: probabilities, labels and values, whatever layer ends the network."""

import numpy as np
import pytest

import nural
from nural import LSTM, Linear, LogSoftmax, ReLU, Residual, Sequential, Sigmoid, Softmax
from nural.graph import Graph
from nural.predictions import last_layer, scale_of, still_to_apply, task_of, without_softmax
from nural.task import Task


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@pytest.fixture
def x(rng):
    return rng.standard_normal((200, 4)).astype(np.float32)


def network(outputs, *last, task=None):
    model = Sequential(Linear(4, 8), ReLU(), Linear(8, outputs), *last, rng=np.random.default_rng(3))
    model.task = task
    return model


def test_one_output_is_two_classes(x):
    model = network(1)
    p = sigmoid(model.forward(x).astype(float))
    np.testing.assert_allclose(nural.predict_proba(model, x), np.hstack([1 - p, p]), atol=1e-6)
    np.testing.assert_array_equal(nural.predict(model, x), p[:, 0] > 0.5)
    assert set(nural.predict(model, x)) == {0, 1}
    model.task = Task("binary", ("ham", "spam"), (0.6,))
    np.testing.assert_array_equal(nural.predict(model, x), np.where(p[:, 0] > 0.6, "spam", "ham"))


def test_labels_that_do_not_exclude_each_other(x):
    model = network(3, task=Task("multilabel", thresholds=(0.3, 0.5, 0.7)))
    p = sigmoid(model.forward(x).astype(float))
    np.testing.assert_allclose(nural.predict_proba(model, x), p, atol=1e-6)
    np.testing.assert_array_equal(nural.predict(model, x), (p > [0.3, 0.5, 0.7]).astype(int))


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_regression_gives_values(outputs, x):
    model = network(outputs, task=Task("regression"))
    np.testing.assert_array_equal(nural.predict(model, x), model.forward(x).squeeze())
    with pytest.raises(ValueError, match="the task is a regression: the outputs are values"):
        nural.predict_proba(model, x)


@pytest.mark.parametrize("outputs", [1, 3])
def test_sequences_have_an_answer_at_each_step(outputs, x, rng):
    model = Sequential(LSTM(4, 8), Linear(8, outputs), rng=rng)
    z = model.forward(x.reshape(20, 10, 4)).astype(float)
    z = np.concatenate([0 * z, z], axis=-1) if outputs == 1 else z
    np.testing.assert_array_equal(nural.predict(model, x.reshape(20, 10, 4)), z.argmax(axis=-1))
    np.testing.assert_allclose(nural.predict_proba(model, x.reshape(20, 10, 4)), softmax(z), atol=1e-6)


@pytest.mark.parametrize("classes", [("barolo", "barbera", "grignolino"), (10, 20, 30), (0.5, 1.5, 2.5), ("a", 1, "b")])
def test_classes_are_answered_by_their_names_and_travel_in_the_file(classes, x, tmp_path):
    model = network(3, task=Task("multiclass", classes))
    nural.save(model, tmp_path / "model.safetensors")
    twin = nural.load(tmp_path / "model.safetensors")
    assert twin.task == model.task
    expected = [classes[i] for i in model.forward(x).argmax(axis=1)]
    assert nural.predict(twin, x).tolist() == nural.predict(model, x).tolist() == expected


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(("last", "outputs"), [(Softmax, 3), (LogSoftmax, 3), (Sigmoid, 3), (Sigmoid, 1)])
def test_nothing_is_applied_twice(last, outputs, nested, x):
    plain = network(outputs)
    plain.task = Task("multilabel") if (last, outputs) == (Sigmoid, 3) else None
    ended = Sequential(plain[0], plain[1], Sequential(plain[2], Graph(reads=[(0,)], layer1=last()))) if nested else None
    ended = Sequential(*plain.layers, last()) if ended is None else ended
    np.testing.assert_allclose(nural.predict_proba(ended, x), nural.predict_proba(plain, x), atol=1e-6)
    np.testing.assert_array_equal(nural.predict(ended, x), nural.predict(plain, x))
    assert type(last_layer(ended)) is last


def test_what_is_still_to_apply():
    multiclass, multilabel, regression = Task("multiclass"), Task("multilabel"), Task("regression")
    assert still_to_apply(network(3), multiclass) == "softmax"
    assert still_to_apply(network(3), multilabel) == "sigmoid"
    assert still_to_apply(network(3), regression) is None
    assert still_to_apply(network(3, Softmax()), multiclass) is None
    assert still_to_apply(network(3, LogSoftmax()), multiclass) == "exp"
    assert scale_of(Residual(Softmax())) == "logits"


def test_a_task_that_was_said_holds_where_the_network_is_wrapped(x):
    inner = network(3, task=Task("multiclass", ("a", "b", "c")))
    assert set(nural.predict(Sequential(Linear(4, 4), inner), x)) <= {"a", "b", "c"}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (network(3, task=Task("binary")), "the task is binary, which one output answers, but the network has 3"),
        (network(1, task=Task("multiclass")), "takes an output for each class, but the network has one"),
        (network(3, task=Task("multiclass", ("a", "b"))), "the task has 2 classes, but the network 3 outputs"),
        (network(3, task=Task("multilabel", thresholds=(0.1,))), "the task has 1 thresholds, but the network 3"),
        (network(1, Softmax()), r"Softmax\(\) of one output is always the same"),
        (network(3, Softmax(0)), r"Softmax\(dim=0\) ends the network, but classes lie along the last dimension"),
    ],
)
def test_a_task_that_does_not_fit_the_outputs(model, message, x):
    for ask in (nural.predict, nural.predict_proba):
        with pytest.raises(ValueError, match=message):
            ask(model, x)
    with pytest.raises(ValueError, match=r"expected outputs \(N, …, C\), one row for each sample, found \(3,\)"):
        task_of(model, np.zeros(3))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "clustering"}, "a task is one of multiclass, binary, multilabel, regression; found 'clustering'"),
        ({"kind": "regression", "classes": ("a", "b")}, "a regression has values, no classes"),
        ({"kind": "multiclass", "classes": ("a", "a")}, "each class needs a name of its own"),
        ({"kind": "multiclass", "classes": ("a", None)}, "a class is named by a string, a number or a truth value"),
        ({"kind": "binary", "classes": ("a",)}, "a binary task has two classes"),
        ({"kind": "multiclass", "thresholds": (0.5,)}, "only binary and multilabel tasks have thresholds"),
        ({"kind": "binary", "thresholds": (0.5, 0.5)}, "a binary task has one threshold"),
        ({"kind": "binary", "thresholds": (50,)}, "a threshold is a probability from 0 to 1; found"),
    ],
)
def test_what_a_task_refuses(fields, message):
    with pytest.raises(ValueError, match=message):
        Task(**fields)


def test_a_task_from_numpy_arrays_is_that_of_plain_numbers():
    assert Task("multiclass", np.array([3, 5])) == Task("multiclass", (3, 5))  # pyright: ignore[reportArgumentType]
    assert type(Task("binary", thresholds=np.array([0.25])).thresholds[0]) is float  # pyright: ignore


@pytest.mark.parametrize(
    "last", [[], [Softmax()], [LogSoftmax()], [Sequential(Softmax())], [Sequential(ReLU(), Softmax())]]
)
def test_a_network_without_the_softmax_that_ends_it_has_the_same_probabilities(last, x):
    model = network(3, *last, task=Task("multiclass", ("a", "b", "c")))
    shorter = without_softmax(model)
    assert scale_of(shorter) == "logits"
    np.testing.assert_allclose(nural.predict_proba(shorter, x), nural.predict_proba(model, x), atol=1e-6)
    assert shorter.task == model.task
