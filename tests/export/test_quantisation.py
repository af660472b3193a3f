"""Weights in whole numbers."""

import numpy as np
import pytest

from nural.export.folding import fold_batch_norm
from nural.export.quantisation import quantise, quantise_weights, read_back
from nural.export.rounding import levels, quantise_on
from nural.export.steps import run, steps_of


@pytest.mark.parametrize("largest", [127, 15, 4])
def test_each_output_has_its_scale_and_its_error_is_half_a_level(rng, largest):
    weights = rng.standard_normal((3, 3, 4, 5)).astype(np.float32) * np.array([1, 10, 0.1, 0, 1e-3], np.float32)
    found = quantise(weights, largest)
    assert found.values.dtype == np.int8
    assert np.abs(found.values).max() == largest
    np.testing.assert_allclose(np.abs(found.array).max(axis=(0, 1, 2)), np.abs(weights).max(axis=(0, 1, 2)), rtol=1e-6)
    assert (np.abs(found.array - weights) <= 0.5001 * found.scale).all()


def test_reading_back_replaces_the_weights_alone(built, rng):
    steps = fold_batch_norm(steps_of(built("Conv2d(2, 3, 3), ReLU(), Flatten(), Linear(36, 4)"), (6, 5, 2)))
    quantised = quantise_weights(steps)
    assert list(quantised) == ["0", "3"]
    read = read_back(steps, quantised)
    np.testing.assert_array_equal(read[0].layer.params["K"], quantised["0"].array)
    np.testing.assert_array_equal(read[0].layer.params["b"], steps[0].layer.params["b"])
    x = rng.standard_normal((4, 6, 5, 2)).astype(np.float32)
    assert 0 < np.abs(run(read, x) - run(steps, x)).max() < 0.05


def test_a_smaller_layer_has_more_levels(built):
    steps = steps_of(built("Linear(64, 100), ReLU(), Linear(100, 16), ReLU(), Linear(16, 1)"), (64,))
    assert levels(steps, 10) == {"0": 10, "2": 20, "4": 127}


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Linear(40, 20)", (40,)),
        ("Conv2d(4, 8, 3, padding=1, stride=2)", (9, 9, 4)),
        ("Conv2d(4, 8, 3, padding=1, groups=2)", (9, 9, 4)),
    ],
)
def test_rounding_that_makes_up_for_its_errors_changes_outputs_less(built, rng, text, shape):
    steps = steps_of(built(text), shape)
    mixed = rng.standard_normal((300, *shape[:-1], 3)) @ rng.standard_normal((3, shape[-1]))  # as inputs are: related
    x = (mixed + 0.1 * rng.standard_normal(mixed.shape)).astype(np.float32)
    y = run(steps, x[200:])
    plain, careful = quantise_weights(steps, 7), quantise_on(steps, x[:200], 7)
    errors = [np.square(run(read_back(steps, found), x[200:]) - y).mean() for found in (plain, careful)]
    assert errors[1] < 0.75 * errors[0]


def test_inputs_that_are_always_zero_do_no_harm(built):
    steps = steps_of(built("Linear(6, 4)"), (6,))
    found = quantise_on(steps, np.zeros((5, 6), np.float32), 127)
    np.testing.assert_array_equal(found["0"].values, quantise_weights(steps)["0"].values)
