import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from nural import LSTM, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from nural.parallel.threads import BlasThreads, Threads, choose_threads, cores


def fully_connected(*sizes):
    layers = []
    for i in range(len(sizes) - 1):
        layers += [Linear(sizes[i], sizes[i + 1]), ReLU()]
    model = Sequential(*layers[:-1])
    model.draw()
    return model


def convolutional():
    return Sequential(Conv2d(1, 8, 5), ReLU(), MaxPool2d(2), Flatten(), Linear(1152, 10), rng=np.random.default_rng(0))


DIGITS, IMAGES = np.zeros((1000, 784), np.float32), np.zeros((1000, 28, 28, 1), np.float32)


@pytest.mark.parametrize(
    ("model", "x", "batch_size", "auto"),
    [
        (fully_connected(784, 30, 10), DIGITS, 32, Threads()),
        (fully_connected(784, 256, 256, 10), DIGITS, 1, Threads()),
        (fully_connected(784, 256, 256, 10), DIGITS, 32, Threads(blas=2)),
        (fully_connected(784, 256, 256, 10), DIGITS, 128, Threads(blas=2)),
        (fully_connected(784, 256, 256, 10), DIGITS, 512, Threads(blas=2)),
        (fully_connected(784, 1024, 1024, 10), DIGITS, 128, Threads(blas=2)),
        (convolutional(), IMAGES, 256, Threads(workers=2)),
        (convolutional(), IMAGES, 64, Threads()),
        (convolutional(), IMAGES, 8, Threads()),
        (Sequential(LSTM(28, 128), Linear(128, 10)), IMAGES[..., 0], 256, Threads(workers=2)),
        (Sequential(LSTM(28, 64), Linear(64, 10)), IMAGES[..., 0], 64, Threads()),
        (Sequential(LSTM(28, 64), Linear(64, 10)), IMAGES[:12, ..., 0], 64, Threads()),
    ],
)
def test_the_choice_of_auto_on_two_cores(model, x, batch_size, auto, monkeypatch):
    monkeypatch.setattr("nural.parallel.threads.cores", lambda: 2)
    assert choose_threads("auto", model, x, batch_size) == auto
    monkeypatch.setattr("nural.parallel.threads.cores", lambda: 1)
    assert choose_threads("auto", model, x, batch_size) == Threads()


@pytest.mark.parametrize(
    ("model", "x", "n", "chosen"),
    [
        (fully_connected(784, 30, 10), DIGITS, 4, Threads(blas=4)),
        (convolutional(), IMAGES, 4, Threads(workers=4)),
        (convolutional(), IMAGES, 1, Threads()),
        (convolutional(), IMAGES, 100, Threads(workers=8)),
    ],
)
def test_a_number_is_divided_by_the_same_rule(model, x, n, chosen):
    assert choose_threads(n, model, x, 64) == chosen


def test_threads_are_what_they_are_given(small_model):
    assert choose_threads(Threads(3, 2), small_model(), DIGITS, 4) == Threads(workers=3, blas=2)


def test_the_choice_leaves_the_model_as_it_is(rng):
    model = convolutional()
    before = {name: value.copy() for name, value in model.params.items()}
    choose_threads(2, model, rng.standard_normal(IMAGES.shape), 64)
    np.testing.assert_equal(dict(model.params), before)
    assert not model.layers[0].buffers


@pytest.mark.parametrize("wrong", [0, -1, "two", "", 1.5, None])
def test_what_is_no_number_of_threads(wrong, small_model):
    with pytest.raises(ValueError, match=r'threads must be "auto", at least 1, or Threads\(workers, blas\), got '):
        choose_threads(wrong, small_model(), DIGITS, 4)


def test_threads_need_one_of_each():
    with pytest.raises(ValueError, match="Threads: workers and blas must be at least 1, got 2 and 0"):
        Threads(2, 0)


@pytest.mark.parametrize(
    ("threads", "text"),
    [
        (Threads(), "1 BLAS thread"),
        (Threads(blas=2), "2 BLAS threads"),
        (Threads(2), "2 workers, 1 BLAS thread each"),
        (Threads(3, 2), "3 workers, 2 BLAS threads each"),
    ],
)
def test_they_say_what_they_are(threads, text):
    assert str(threads) == text


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no affinity of processes")
def test_cores_are_those_the_process_may_use_and_omp_num_threads_allows(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert cores() == len(os.sched_getaffinity(0))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert cores() == 1
    pinned = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])"
    script = f"{pinned}; import nural.parallel.threads; print(nural.parallel.threads.cores())"
    monkeypatch.delenv("OMP_NUM_THREADS")
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "1\n"


def blas_threads():
    """Those of NumPy's BLAS, which is loaded first; what another test has loaded since may have one of its own."""
    return next(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")


def test_blas_threads_are_set_and_restored():
    with threadpool_limits(1, user_api="blas"):
        with BlasThreads(2) as blas:
            assert blas_threads() == 2
            blas.use(1)
            assert blas_threads() == 1
            blas.use(2)
        assert blas_threads() == 1
