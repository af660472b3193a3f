"""Networks as lists of steps, and batch norm folded into the layer before it."""

import numpy as np
import pytest
from device_layers import EXAMPLES, MANY, said

from nural.export.folding import fold_batch_norm
from nural.export.steps import run, run_in_batches, steps_of
from nural.layers.batch_norm import BatchNorm

NORMALISED = [
    ("Conv2d(3, 4, 3, bias=False), BatchNorm2d(4)", (6, 5, 3)),
    ("Linear(4, 3), BatchNorm1d(3, affine=False)", (5, 4)),
    (MANY, (784,)),
]


@pytest.mark.parametrize(("model", "shape"), [*EXAMPLES, *NORMALISED], ids=said)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_steps_do_what_the_model_does_folded_or_not(built, rng, model, shape, dtype):
    model = (built(model) if isinstance(model, str) else model).astype(dtype)
    x = rng.standard_normal((5, *shape)).astype(dtype)
    y = model.forward(x)
    steps = steps_of(model, shape)
    np.testing.assert_array_equal(run(steps, x), y)
    np.testing.assert_allclose(run(fold_batch_norm(steps), x.astype(np.float32)), y, rtol=2e-5, atol=2e-5)
    assert steps[-1].y_shape == y.shape[1:]


def test_batches_make_no_difference(built, rng):
    x = rng.standard_normal((7, 784)).astype(np.float32)
    steps = steps_of(built(MANY), (784,))
    np.testing.assert_allclose(run_in_batches(steps, x, 3), run(steps, x), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Conv2d(2, 3, 3), BatchNorm2d(3), BatchNorm2d(3), ReLU()", 0),
        ("Conv2d(2, 3, 3), ReLU(), BatchNorm2d(3)", 1),
        ("Conv2d(2, 3, 3), BatchNorm2d(3, track_running_stats=False)", 1),
        ("Conv2d(2, 3, 1), Residual(BatchNorm2d(3))", 1),  # the convolution's output is needed twice
        ("BatchNorm2d(2), Conv2d(2, 3, 3, padding=1)", 1),  # its padding would be shifted too
        ("Graph(reads=[[0], [1], [1, 2]], layer1=Conv2d(2, 3, 1), layer2=BatchNorm2d(3), layer3=Sum())", 1),
        ("Graph(reads=[[0], [1], [2, 2]], layer1=Conv2d(2, 3, 1), layer2=BatchNorm2d(3), layer3=Sum())", 0),
    ],
)
def test_a_batch_norm_is_folded_only_into_a_linear_layer_right_before_it(built, text, left):
    steps = fold_batch_norm(steps_of(built(text), (6, 5, 2)))
    assert sum(isinstance(step.layer, BatchNorm) for step in steps) == left


def test_what_the_output_does_not_need_is_left_out(built):
    model = built("Graph(reads=[[0], [1], [1]], layer1=Linear(3, 2), layer2=ReLU(), layer3=Dropout())")
    assert [(step.place, step.reads) for step in steps_of(model, (3,))] == [("0.layer1", (0,))]
    model = built("Residual(Dropout(0.5)), Dropout(0.5), Tanh()")
    assert [(step.place, step.reads) for step in steps_of(model, (3,))] == [("0", (0, 0)), ("2", (1,))]


def test_the_model_is_left_as_it_was(built):
    model = built("Linear(3, 2), BatchNorm1d(2)")
    before = {name: value.copy() for name, value in model.params.items()}
    fold_batch_norm(steps_of(model, (3,)))
    for name, value in before.items():
        np.testing.assert_array_equal(model.params[name], value)
