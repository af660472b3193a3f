"""The solutions learn, step by step equal to PyTorch's; a wrong function is named."""

import importlib.util

import numpy as np
import pytest

from nural.learn.running import NotLoaded
from nural.learn.tracks.track import TWIN, available
from nural.learn.tracks.training import EQUAL, Training

#: Digits to learn from in a test.
IMAGES = 1600


def quicker(training):
    """As the first network begins so near 0 that it waits for an epoch before it learns, it begins elsewhere here.

    LeNet takes fewer epochs, and the one that reads sequences smaller batches and more epochs.
    """
    if training.started.track.name == "cnn":
        training.train.EPOCHS = 3
    if training.started.track.name == "sequence":
        training.train.BATCH_SIZE, training.train.EPOCHS = 32, 8
        training.steps = IMAGES // 32
    if training.started.track.name == "dnn":
        begin = training.train.initial_weights
        training.train.initial_weights = lambda rng: {name: 50 * w for name, w in begin(rng).items()}


@pytest.mark.parametrize("other", ["reference", "PyTorch"])
@pytest.mark.parametrize("name", available())
def test_losses_are_equal_to_the_others(started, name, other):
    if other == "PyTorch" and not importlib.util.find_spec("torch"):
        pytest.skip("needs PyTorch")
    training = Training(started(name, solved=True), images=640)
    if other == "PyTorch" and all(module.file != TWIN for module in training.started.track.modules):
        pytest.skip("has no twin: dropout draws other numbers there")
    training.other = "" if other == "reference" else other
    losses = np.array(list(training.beside(5)))
    assert losses.shape == (5, 2)
    assert np.abs(losses[:, 0] - losses[:, 1]).max() < EQUAL
    assert len(set(losses[:, 0])) == 5
    assert training.culprit(3) is None


@pytest.mark.parametrize("name", available())
def test_the_solutions_learn(started, name):
    training = Training(started(name, "zh", solved=True), images=IMAGES)
    quicker(training)
    losses = list(training.learn())
    assert len(losses) == training.steps * training.train.EPOCHS
    assert np.mean(losses[-10:]) < 0.5 < np.mean(losses[:10])
    assert training.accuracy(2) > 0.7


@pytest.mark.parametrize(
    ("name", "file", "right", "wrong", "function"),
    [
        ("dnn", "layers.py", "dy.sum(axis=0)", "dy.mean(axis=0)", "fc_backward"),
        ("dnn", "activations.py", "np.maximum(x, 0)", "np.maximum(x, 0.01 * x)", "relu_forward"),
        ("dnn", "losses.py", "(np.exp(log_p) - t) / len(y)", "np.exp(log_p) - t", "cross_entropy_loss"),
        ("dnn", "network.py", 'dz1, weights["W1"], x', 'da1, weights["W1"], x', "backward"),
        ("dnn", "optimizer.py", "W -= learning_rate * g", "W = W - learning_rate * g", "sgd_update"),
        ("two-layer", "one_hot_label.py", "X] = 1", "X - 1] = 1", "change_one_hot_label"),
        ("two-layer", "activation_function.py", "(x > 0)", "(x > 0.01)", "relu_grad"),
        ("two-layer", "two_layer_net.py", "(y - t) / len(x)", "y - t", "TwoLayerNet.gradient"),
        ("cnn", "columns.py", "] += columns", "] = columns", "col2im"),
        ("cnn", "convolution.py", "dy.sum(axis=(0, 1, 2))", "dy.mean(axis=(0, 1, 2))", "conv2d_backward"),
        ("cnn", "pooling.py", "dy * largest", "dy * (largest | ~left)", "max_pool2d_backward"),
        ("cnn", "network.py", 'dz3, weights["W3"]', 'da3, weights["W3"]', "backward"),
        ("training", "initializers.py", "np.sqrt(2 / fan_in)", "np.sqrt(1 / fan_in)", "he_normal"),
        ("training", "optimizers.py", "1 - beta2**step", "1 - beta2", "adam_update"),
        ("training", "regularization.py", ">= p", "< p", "dropout_mask"),
        ("sequence", "embedding.py", "np.add.at(dW, idx, dy)", "dW[idx] += dy", "embedding_backward"),
        ("sequence", "lstm.py", "dc = dc + dh", "dc = dh", "lstm_backward"),
        ("sequence", "train.py", "LEARNING_RATE * (1", "LEARNING_RATE * (2", None),
        ("two-layer", "train.py", "0.1, 100, 16", "0.2, 50, 16", None),
        ("two-layer", "train.py", "-= LEARNING_RATE", "-= 2 * LEARNING_RATE", None),
    ],
)
def test_the_function_that_differs_is_named(started, changed, name, file, right, wrong, function):
    begun = started(name, solved=True)
    changed(begun, file, right, wrong)
    training = Training(begun, images=640)
    training.other = ""
    differ = [abs(mine - theirs) > EQUAL for mine, theirs in training.beside(4)]
    assert any(differ) == ("16" not in wrong)  # settings are the learner's own to choose
    assert training.culprit(4) == function


@pytest.mark.parametrize("name", ["training", "sequence"])
def test_experiments_show_what_each_function_is_for(started, name):
    training = Training(started(name, solved=True))
    experiments = list(training.train.experiments())
    training.train.experiments = lambda: [(function, 60, *settings) for function, _, *settings in experiments]
    functions = [exercise.function for exercise in training.started.track.exercises]
    for function, shows, rows in training.experiments():
        rows = list(rows)
        assert function in functions
        assert shows
        assert [step for step, *_ in rows] == [20, 40, 60]
        (_, without), (_, with_it) = rows[-1][1], rows[-1][2]
        assert with_it > without or function in ("dropout_mask", "weight_decay_loss")  # which show later


def test_what_is_not_yet_written_and_what_raises_is_one_sentence(started, changed):
    begun = started("dnn")
    with pytest.raises(NotLoaded, match="forward is not yet written: nural learn check"):
        next(Training(begun, images=640).beside(1))
    solved = started_again(begun)
    changed(solved, "layers.py", "x @ W + b", "x @ W + c")
    with pytest.raises(NotLoaded, match=r"line 7, `return x @ W . c`: NameError: name 'c' is not defined"):
        next(Training(solved, images=640).beside(1))
    changed(solved, "layers.py", "x @ W + c", "x @ W + b +")
    with pytest.raises(NotLoaded, match=r"layers.py, line 7, `return x @ W . b .`: invalid syntax"):
        Training(solved, images=640)


def started_again(begun):
    """The same folder with the solutions."""
    for module in begun.track.modules:
        (begun.folder / module.file).write_text(module.text("en", solved=True), encoding="utf-8")
    return begun


def test_a_loss_that_is_no_number_ends_the_training(started, changed):
    begun = started("two-layer", solved=True)
    changed(begun, "two_layer_net.py", "return cross_entropy_error(self.predict(x), t)", "return float('nan')")
    with pytest.raises(NotLoaded, match="the loss became nan"):
        list(Training(begun, images=640).learn())


def test_backpropagation_is_proved_by_the_numerical_gradient(started, changed):
    begun = started("two-layer", solved=True)
    proved = Training(begun, images=640).proof()
    assert proved is not None
    assert proved < 1e-7
    changed(begun, "gradient_calculating.py", "(2 * h)", "h")
    doubled = Training(begun, images=640).proof()
    assert doubled is not None
    assert doubled > 0.1
    assert Training(started("dnn", solved=True), images=640).proof() is None


def test_what_is_gone_is_said(started, changed):
    begun = started("dnn", solved=True)
    changed(begun, "losses.py", "def softmax_forward", "def softmax")
    with pytest.raises(NotLoaded, match=r"losses\.py has no softmax_forward any more"):
        Training(begun, images=640).culprit(1)
    changed(begun, "train.py", "BATCH_SIZE", "SIZE")
    with pytest.raises(NotLoaded, match=r"train\.py has no BATCH_SIZE any more"):
        Training(begun, images=640)
    (begun.folder / "layers.py").unlink()
    with pytest.raises(NotLoaded, match=r"layers\.py cannot be read: No such file or directory"):
        Training(begun, images=640)
