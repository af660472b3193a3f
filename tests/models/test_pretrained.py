"""The model that comes with nural: nothing is trained here."""

import numpy as np
import pytest

import nural
from nural.data.outliers import outliers
from nural.evaluation.calibration import expected_calibration_error
from nural.models.pretrained import PRETRAINED
from nural.models.recipes import RECIPES

MISREAD = 35


@pytest.fixture(scope="module")
def model():
    return nural.load_pretrained()


@pytest.fixture(scope="module")
def probabilities(model, mnist):
    return nural.predict_proba(model, mnist[2][0])


def test_it_is_small_and_says_what_it_is(model):
    assert PRETRAINED.stat().st_size <= 1_000_000
    assert repr(model) == repr(RECIPES["best"].build(np.random.default_rng(0)))
    assert {"recipe", "seed", "input", "temperature", "threshold"} <= model.info.keys()


def test_accuracy_to_the_digit(probabilities, mnist):
    assert (probabilities.argmax(axis=1) != mnist[2][1]).sum() == MISREAD


def test_confidences_mean_what_they_say(probabilities, mnist):
    assert expected_calibration_error(probabilities, mnist[2][1]) <= 0.005


def test_what_is_no_digit_is_refused_and_digits_are_not(model, probabilities, mnist):
    assert (probabilities.max(axis=1) < model.info["threshold"]).mean() <= 0.01
    others = outliers(mnist[2][0], mnist[2][1], 1000, np.random.default_rng(123))
    assert (nural.predict_proba(model, others).max(axis=1) < model.info["threshold"]).mean() >= 0.95


def test_each_call_gives_a_model_of_its_own(model):
    other = nural.load_pretrained()
    next(iter(other.params.values()))[...] = 0
    assert next(iter(model.params.values())).any()
