"""One network, used by several threads at the same time: each gets what it would get alone."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from meeting import THREADS, Meeting, require_equal, together
from threadpoolctl import threadpool_info, threadpool_limits

import nural
from nural import activations, containers, layers
from nural.activations import LeakyReLU, ReLU, Tanh
from nural.cases.layers import LAYERS
from nural.containers import Residual, Sequential
from nural.evaluation.inference import outputs
from nural.initializers import he_normal
from nural.layer import Layer
from nural.layers import (
    GRU,
    LSTM,
    RNN,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Affine,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Concatenate,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Graph,
    GroupNorm,
    LayerNorm,
    Linear,
    MaxPool2d,
    Permute,
    Rescaling,
    Reverse,
    Sum,
    Unflatten,
)
from nural.parallel.threads import BlasThreads


class SumOfTwo(Layer):
    """Keeps what it computes in attributes of its own, as layers do that are written for PyTorch."""

    def __init__(self, between):
        super().__init__()
        self.first, self.between, self.second = Linear(8, 9), between, Linear(8, 9)

    def forward(self, x, train=False):
        self.x = x
        self.y = self.first(x)
        self.between(x)
        self.y = self.y + self.second(self.x)
        return self.y


def of_rows() -> list[Layer]:
    """Layers behind which there is nothing but what they make of rows, or entry by entry."""
    plain = [kind() for kind in LAYERS if kind.__module__.startswith("nural.activations.")]
    return [*plain, Dropout(), BatchNorm1d(300), LayerNorm(300), GroupNorm(3, 300), Affine((300,)), Rescaling(2.0, 1.0)]


#: Networks with every layer there is, and the shape of a sample. What a layer gets was made by one before it.
NETWORKS: dict[str, tuple[Layer, tuple[int, ...]]] = {
    **{type(layer).__name__: (Sequential(Linear(8, 300), layer), (8,)) for layer in of_rows()},
    "convolutions": (
        Sequential(
            Unflatten(1, (14, 14, 1)),
            Conv2d(1, 6, 3, padding=1),
            BatchNorm2d(6),
            MaxPool2d(2),
            Conv2d(6, 8, 3, padding=1),
        ),
        (196,),
    ),
    "padded": (Sequential(Conv2d(2, 4, 5, padding=2, padding_mode="reflect"), Conv2d(4, 4, 3, groups=4)), (9, 9, 2)),
    "average pooling": (Sequential(Conv2d(2, 6, 1), AvgPool2d(3, 2, 1)), (12, 12, 2)),
    "adaptive average": (Sequential(Conv2d(2, 6, 1), AdaptiveAvgPool2d((3, 4))), (12, 12, 2)),
    "adaptive maximum": (Sequential(Conv2d(2, 6, 1), AdaptiveMaxPool2d((3, 4))), (12, 12, 2)),
    "global average": (Sequential(Conv2d(2, 60, 1), GlobalAvgPool2d()), (12, 12, 2)),
    "flattened": (Sequential(Conv2d(2, 6, 1), Flatten(channels_first=True)), (12, 12, 2)),
    "RNN": (RNN(5, 20, bidirectional=True), (9, 5)),
    "LSTM": (LSTM(5, 20, num_layers=2), (9, 5)),
    "GRU": (GRU(5, 20, return_sequences=False), (9, 5)),
    "turned": (Sequential(Linear(5, 30), Permute((2, 1)), Reverse()), (9, 5)),
    "Residual": (Residual(Sequential(Linear(200, 200), Tanh())), (200,)),
    "Graph": (
        Graph(
            reads=[[0], [0], [1, 2], [1, 3]],
            layer1=Linear(8, 99),
            layer2=Linear(8, 99),
            layer3=Sum(),
            layer4=Concatenate(),
        ),
        (8,),
    ),
}


def inside(layer):
    yield layer
    for child in layer.children.values():
        yield from inside(child)


def test_no_layer_is_missing():
    public = [getattr(module, name) for module in (containers, layers, activations) for name in dir(module)]
    kinds = {kind for kind in public if isinstance(kind, type) and issubclass(kind, Layer) and kind is not Layer}
    assert kinds <= {type(layer) for model, _ in NETWORKS.values() for layer in inside(model)}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer(name, rng):
    model, shape = NETWORKS[name]
    inputs = rng.standard_normal((THREADS, 5, *shape)).astype(np.float32)
    expected = [outputs(model, x) for x in inputs]
    meeting = Sequential(model, Meeting())
    require_equal(together(lambda i: outputs(meeting, inputs[i])), expected)


def test_a_layer_of_ones_own_that_keeps_things_in_attributes(rng):
    inputs = rng.standard_normal((THREADS, 5, 8)).astype(np.float32)
    model = SumOfTwo(Meeting())
    first, second = ((x @ layer.params["W"] for x in inputs) for layer in (model.first, model.second))
    expected = [a + b for a, b in zip(first, second, strict=True)]
    require_equal(together(lambda i: outputs(model, inputs[i])), expected)


def test_weights_that_are_not_there_yet_are_drawn_once():
    def slow(rng, shape):
        time.sleep(0.001)
        return he_normal(rng, shape)

    model = Sequential(*[Linear(*sizes, initializer=slow) for sizes in ((6, 8), (8, 8), (8, 3))])
    x = np.ones((1, 6), np.float32)
    found = together(lambda i: outputs(model, x), times=1)
    require_equal(found, [Sequential(Linear(6, 8), Linear(8, 8), Linear(8, 3)).forward(x)] * THREADS)


def test_a_training_goes_on_as_without_the_others(blobs, small_model):
    x, labels = blobs
    alone, watched = small_model(), small_model()
    settings: dict[str, Any] = {"epochs": 3, "batch_size": 16, "threads": 1}
    nural.fit(alone, x, labels, **settings)
    ended = threading.Event()

    def ask(i):
        while not ended.is_set():
            assert outputs(watched, x[:20]).shape == (20, 3)
            assert nural.evaluate(watched, x, labels, threads=2).keys() == {"loss", "accuracy"}

    with ThreadPoolExecutor(3) as pool:
        others = [pool.submit(ask, i) for i in range(3)]
        nural.fit(watched, x, labels, **settings)
        ended.set()
        for other in others:
            other.result()
    np.testing.assert_equal(dict(watched.params), dict(alone.params))


def test_a_prediction_between_forward_and_backward_changes_no_gradient(blobs):
    x, labels = blobs[0][:40], blobs[1][:40]
    model = Sequential(Linear(6, 5), BatchNorm1d(5), ReLU(), Linear(5, 3))
    found = []
    for disturbed in (False, True):
        dy = nural.cross_entropy_loss(model.forward(x, train=True), labels)[1]
        if disturbed:
            nural.predict(model, 7 - x[:30])
        model.backward(dy)
        found.append({name: gradient.copy() for name, gradient in model.grads.items()})
    np.testing.assert_equal(*found)


def test_a_prediction_sees_the_model_as_it_is_now(rng):
    x = rng.standard_normal((7, 6)).astype(np.float32)
    model = Sequential(Linear(6, 5), BatchNorm1d(5), LeakyReLU(0.1), Linear(5, 3))

    def require_current():
        np.testing.assert_allclose(outputs(model, x), model.forward(x), rtol=1e-6)
        np.testing.assert_allclose(outputs(model, x, batch_size=2, threads=2), model.forward(x), rtol=1e-5, atol=1e-6)

    require_current()
    model.params["0.W"] *= 2
    require_current()
    model.forward(x, train=True)  # moves the running statistics
    require_current()
    activation: Any = model[2]
    activation.negative_slope = 0.5
    require_current()
    assert outputs(model, x).min() != outputs(Sequential(*model.layers[:2], LeakyReLU(0.1), model[3]), x).min()


def test_threads_leave_no_more_buffers_than_can_be_at_work(rng):
    model = Sequential(Linear(6, 100), ReLU())
    together(lambda i: outputs(model, np.ones((50, 6), np.float32)), times=20)
    assert not list(model.all_buffers())
    assert all(len(layer._spare) <= (os.cpu_count() or 1) for layer in model.layers)


def blas_threads():
    """Those of NumPy's BLAS: other tests may have loaded SciPy's, which has a number of its own."""
    place = str(Path(np.__file__).parent)  # numpy/, or numpy.libs/ beside it
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return next((each for each in libraries if each["filepath"].startswith(place)), libraries[0])["num_threads"]


def test_blas_threads_are_what_they_were_when_all_have_left():
    with threadpool_limits(2, user_api="blas"):
        training, prediction = ExitStack(), ExitStack()
        blas = training.enter_context(BlasThreads(2))
        prediction.enter_context(BlasThreads(1))
        assert blas_threads() == 1
        blas.use(2)  # the other, which came later, has the say
        assert blas_threads() == 1
        training.close()
        assert blas_threads() == 1
        prediction.close()
        assert blas_threads() == 2


def test_blas_has_one_thread_in_each_of_several():
    """Two in each would wait for one another much longer than they work."""

    def inside(i):
        with BlasThreads(1):
            time.sleep(0.001)
            return blas_threads()

    with threadpool_limits(2, user_api="blas"):
        assert together(inside) == [[1] * 3] * THREADS
        assert blas_threads() == 2
