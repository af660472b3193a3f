import tracemalloc
from typing import Any

import numpy as np
import pytest

import nural
from nural import Conv2d, Dropout, Flatten, Layer, Linear, MaxPool2d, ReLU, Sequential, fit
from nural.evaluation import inference
from nural.evaluation.inference import outputs
from nural.evaluation.targets import scores
from nural.parallel.threads import Threads
from nural.parallel.workers import Workers


class OneAtATime:
    """Samples that only an integer array picks from, asked by one caller at a time."""

    def __init__(self, x):
        self.x, self.asked, self.busy = x, [], False

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        assert not self.busy
        self.busy = True
        self.asked.append(len(index))
        found = self.x[index]
        self.busy = False
        return found


class Counting(Layer):
    """Passes its input on and notes how many samples came."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x, train=False):
        self.seen.append(len(x))
        return x


@pytest.fixture
def digits(rng):
    return rng.random((300, 28, 28, 1), dtype=np.float32)


@pytest.fixture
def convolutional():
    return Sequential(
        Conv2d(1, 4, 5), ReLU(), MaxPool2d(2), Dropout(0.5), Flatten(), Linear(576, 10), rng=np.random.default_rng(0)
    )


def test_predict_in_parts_equals_predict_at_once(blobs, small_model):
    model = small_model()
    fit(model, *blobs)
    labels = nural.predict(model, blobs[0], batch_size=7)
    np.testing.assert_array_equal(labels, nural.predict(model, blobs[0]))
    np.testing.assert_array_equal(labels, model.forward(blobs[0]).argmax(axis=1))
    probabilities = nural.predict_proba(model, blobs[0])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), labels)


@pytest.mark.parametrize("n", [1, 20, 300])
def test_outputs_are_an_array_of_their_own(n, digits, convolutional):
    y = outputs(convolutional, digits[:n])
    kept = y.copy()
    again = convolutional.forward(1 - digits[:n])
    assert not np.shares_memory(y, again)
    np.testing.assert_array_equal(y, kept)
    assert y.flags.c_contiguous
    assert y.flags.owndata


@pytest.mark.parametrize("batch_size", [None, 1, 7, 299, 300, 1000])
def test_bits_do_not_depend_on_threads(batch_size, digits, convolutional):
    one, two, three = (outputs(convolutional, digits, batch_size, threads) for threads in (1, 2, Threads(workers=3)))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one, three)
    np.testing.assert_allclose(one, convolutional.forward(digits), rtol=1e-4, atol=1e-5)
    with Workers(2) as workers:
        np.testing.assert_array_equal(one, outputs(convolutional, digits, batch_size, workers))
        workers.at_once = False
        np.testing.assert_array_equal(one, outputs(convolutional, digits, batch_size, workers))


def test_pieces_have_as_many_samples_as_the_caches_hold(monkeypatch):
    monkeypatch.setattr(Counting, "replica", lambda self, copies=None: self)
    model = Sequential(counting := Counting(), Linear(10, 50), ReLU(), Linear(50, 2))
    outputs(model, np.ones((30_000, 10), np.float32), threads=1)
    first, *batches = counting.seen
    assert first == 1  # to see what a sample needs: 50 + 50 + 2 floats
    assert sum(batches) == 30_000
    assert batches[0] == pytest.approx(inference.BATCH_BYTES / (102 * 4), rel=0.01)
    counting.seen = []
    outputs(Sequential(counting, Linear(10, 50_000)), np.ones((200, 10), np.float32), threads=1)
    assert counting.seen == [1, 64, 64, 64, 8]


def test_the_outputs_of_many_samples_are_written_once(rng):
    model = Sequential(Linear(20, 100), ReLU(), Linear(100, 50))
    x = rng.random((20_000, 20), dtype=np.float32)
    outputs(model, x, threads=1)
    tracemalloc.start()
    outputs(model, x, threads=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000 * 50 * 4 + 1.2 * inference.BATCH_BYTES


def test_samples_of_other_types_and_kinds(digits, convolutional):
    pixels = (255 * digits).astype(np.uint8)
    expected = outputs(convolutional, pixels.astype(np.float32), batch_size=90)
    source = OneAtATime(pixels)
    np.testing.assert_array_equal(outputs(convolutional, source, batch_size=90, threads=2), expected)
    assert sorted(source.asked) == [1, 30, 90, 90, 90]
    np.testing.assert_array_equal(outputs(convolutional, list(pixels), batch_size=90), expected)


def test_evaluate_of_a_regression_has_no_accuracy(rng):
    model = Sequential(Linear(3, 1))
    found = nural.evaluate(
        model, rng.standard_normal((5, 3)), rng.standard_normal((5, 1)), loss=nural.mean_squared_loss
    )
    assert list(found) == ["loss"]


def test_evaluate_is_the_scores_of_the_outputs(blobs, small_model):
    x, labels = blobs
    model = small_model()
    expected = scores(model, outputs(model, x), labels)
    assert nural.evaluate(model, x, labels) == nural.evaluate(model, x, list(labels), threads=2) == expected
    assert expected["accuracy"] == np.mean(nural.predict(model, x) == labels)


def test_what_outputs_refuses(blobs, small_model):
    x, model = blobs[0], small_model()
    with pytest.raises(ValueError, match="there are no samples to predict"):
        nural.predict(model, x[:0])
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        nural.predict(model, x, batch_size=0)
    wrong: list[Any] = ["all", 1.5]
    for threads in wrong:
        with pytest.raises(ValueError, match='threads must be "auto", at least 1, or Threads'):
            nural.predict(model, x, threads=threads)
    with pytest.raises(ValueError, match="must be at least 1, got 0 and 1"):
        nural.predict(model, x, threads=0)
    for n in (1, 300):
        with pytest.raises(ValueError, match=r"x has 5 features, W of shape \(6, 16\) takes 6"):
            nural.predict(model, x[:n, :5])


def test_an_error_in_any_piece_reaches_the_caller(small_model):
    samples = [np.zeros(6, np.float32)] * 300
    samples[250] = np.zeros(5, np.float32)
    with pytest.raises(ValueError, match="inhomogeneous"):
        outputs(small_model(), samples, batch_size=10, threads=2)
