import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

import nural
from nural import Linear, LogSoftmax, ReLU, Residual, Sequential, Sigmoid, Softmax
from nural.activations import softmax_forward
from nural.evaluation.calibration import (
    THRESHOLDS,
    coverage_against_error,
    expected_calibration_error,
    fit_temperature,
    reliability,
    scaled_by_temperature,
    threshold_refusing,
)
from nural.losses import cross_entropy_loss


def drawn(rng, n, temperature=1.0, classes=10):
    """Logits whose softmax, once they are divided by the temperature, is how the labels were drawn."""
    z = 2 * rng.standard_normal((n, classes))
    labels = (np.log(softmax_forward(z)) + rng.gumbel(size=z.shape)).argmax(axis=1)
    return temperature * z, labels


def answers(confidences, right):
    """Probabilities of two classes with these confidences in class 0, and labels that make them right or wrong."""
    p = np.array(confidences)
    return np.stack([p, 1 - p], axis=1), np.where(right, 0, 1)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 1.0, 3.0, 40.0])
def test_the_temperature_that_the_labels_were_drawn_with_is_found(temperature, rng):
    z, labels = drawn(rng, 20_000, temperature)
    found = fit_temperature(z, labels)
    assert found == pytest.approx(temperature, rel=0.03)
    least = cross_entropy_loss(z / found, labels)[0]
    for other in (0.99, 1.01):
        assert cross_entropy_loss(z / (other * found), labels)[0] > least


def test_the_temperature_of_few_samples_is_the_minimum_that_a_grid_finds(rng):
    for _ in range(20):
        z, labels = drawn(rng, 30, 5.0, classes=3)
        grid = np.geomspace(0.01, 1000, 20_001)
        scaled = z / grid[:, None, None]
        losses = (np.logaddexp.reduce(scaled, axis=2) - scaled[:, range(30), labels]).mean(1)
        assert fit_temperature(z.astype(np.float32), np.eye(3)[labels]) == pytest.approx(
            grid[np.argmin(losses)], rel=1e-3
        )


def test_one_mistake_made_with_great_confidence_among_many_that_are_right():
    z = np.zeros((1000, 10))
    z[:, 0] = 50.0
    labels = np.zeros(1000, int)
    labels[7] = 3
    t = fit_temperature(z, labels)
    p = softmax_forward(z / t)
    assert p[0, 0] == pytest.approx(0.999, abs=1e-6)  # where the loss is least, mean confidence in class 0 is its share


def test_one_output_has_the_temperature_of_two(rng):
    z, labels = drawn(rng, 500, 3.0, classes=2)
    expected = fit_temperature(z, labels)
    assert fit_temperature(z[:, 1:] - z[:, :1], labels) == pytest.approx(expected)
    assert fit_temperature(z, np.array(["no", "yes"])[labels], ("no", "yes")) == expected


def test_names_of_classes_are_looked_up(rng):
    z, labels = drawn(rng, 500, classes=3)
    p, classes = softmax_forward(z), ("a", "b", "c")
    named = np.array(classes)[labels]
    assert reliability(p, named, classes=classes) == reliability(p, labels)
    assert expected_calibration_error(p, named, classes=classes) == expected_calibration_error(p, labels)
    assert coverage_against_error(p, named, classes=classes) == coverage_against_error(p, labels)
    with pytest.raises(ValueError, match="'d' is none of the classes 'a', 'b', 'c'"):
        reliability(p, np.full(500, "d"), classes=classes)


def test_what_fit_temperature_refuses(rng):
    z, labels = drawn(rng, 50)
    with pytest.raises(ValueError, match="every sample is right"):
        fit_temperature(z, z.argmax(axis=1))
    with pytest.raises(ValueError, match="the logits say nothing of the classes"):
        fit_temperature(-z, z.argmax(axis=1))
    with pytest.raises(ValueError, match=r"targets of shape \(49,\) do not name a class for each row of \(50, 10\)"):
        fit_temperature(z, labels[1:])
    with pytest.raises(ValueError, match="a label is outside 0 … 9"):
        fit_temperature(z, labels + 5)
    with pytest.raises(ValueError, match="these rows are probabilities, expected logits"):
        fit_temperature(softmax_forward(z), labels)
    with pytest.raises(ValueError, match="a logit is not finite"):
        fit_temperature(np.where(z > 2, np.inf, z), labels)


def test_a_model_scaled_by_temperature_needs_nothing_else(rng, tmp_path):
    model = Sequential(Linear(6, 8), Sequential(ReLU(), Linear(8, 3)), rng=rng)
    model.params["1.1.b"] = rng.standard_normal(3)
    model.info = {"recipe": "mlp"}
    x = rng.standard_normal((20, 6), dtype=np.float32)
    before = model.forward(x).copy()
    scaled = scaled_by_temperature(model, 2.5)
    np.testing.assert_allclose(scaled.forward(x), before / 2.5, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(model.forward(x), before)
    assert scaled.params["0.W"] is not model.params["0.W"]
    scaled.info["threshold"] = 0.9
    assert model.info == {"recipe": "mlp"}
    nural.save(scaled, tmp_path / "model.safetensors")
    np.testing.assert_array_equal(nural.load(tmp_path / "model.safetensors").forward(x), scaled.forward(x))


@pytest.mark.parametrize(("last", "outputs"), [(Softmax(), 3), (LogSoftmax(), 3), (Sigmoid(), 1)])
def test_the_temperature_of_a_network_that_ends_in_its_softmax_is_in_the_layer_before(last, outputs, rng):
    plain = Sequential(Linear(6, 8), ReLU(), Linear(8, outputs), rng=rng)
    x = rng.standard_normal((20, 6), dtype=np.float32)
    ended = scaled_by_temperature(Sequential(*plain.layers, last), 2.5)
    expected = nural.predict_proba(scaled_by_temperature(plain, 2.5), x)
    np.testing.assert_allclose(nural.predict_proba(ended, x), expected, rtol=1e-5)


def test_what_scaled_by_temperature_refuses():
    for model in (Sequential(Linear(3, 3), ReLU()), Residual(Linear(3, 3)), Sequential()):
        with pytest.raises(ValueError, match="the network must end in Linear, this one ends in"):
            scaled_by_temperature(model, 2.0)
    for temperature in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="the temperature must be a number above 0"):
            scaled_by_temperature(Linear(3, 3), temperature)


def test_reliability_and_calibration_error_by_hand():
    p, labels = answers([0.95, 0.95, 0.85, 0.65], [True, False, True, True])
    rows = [dataclasses.astuple(row) for row in reliability(p, labels, bins=10)]
    np.testing.assert_allclose(rows, [(0.6, 0.7, 1, 0.65, 1), (0.8, 0.9, 1, 0.85, 1), (0.9, 1, 2, 0.95, 0.5)])
    assert expected_calibration_error(p, labels, bins=10) == pytest.approx((2 * 0.45 + 0.15 + 0.35) / 4)
    assert expected_calibration_error(p, labels, bins=1) == pytest.approx(abs(0.75 - 0.85))


def test_an_edge_belongs_to_the_bin_below_it():
    p, labels = answers([0.5, 0.75, 1.0], [True, True, True])
    assert [(row.low, row.count) for row in reliability(p, labels, bins=4)] == [(0.25, 1), (0.5, 1), (0.75, 1)]
    zeros = np.zeros((2, 3))
    assert [(row.low, row.count) for row in reliability(zeros, [0, 0], bins=4)] == [(0.0, 2)]


def test_calibrated_probabilities_have_a_small_error_and_a_wrong_temperature_a_large_one(rng):
    z, labels = drawn(rng, 50_000)
    assert expected_calibration_error(softmax_forward(z), labels) < 0.01
    assert expected_calibration_error(softmax_forward(3 * z), np.eye(10)[labels]) > 0.1


def test_coverage_against_error_by_hand():
    p, labels = answers([0.9, 0.7, 0.6, 0.8], [True, True, False, False])
    rows = [dataclasses.astuple(row) for row in coverage_against_error(p, labels, (0, 0.7, 0.85, 0.95))]
    assert rows == [(0, 1, 0.5, 0), (0.7, 0.75, pytest.approx(1 / 3), 1), (0.85, 0.25, 0, 3), (0.95, 0, None, 4)]
    assert [row.threshold for row in coverage_against_error(p, labels)] == list(THRESHOLDS)


@pytest.mark.parametrize(("share", "refused"), [(0, 0), (0.01, 1), (0.29, 29), (0.295, 29), (0.999, 99)])
def test_the_threshold_refuses_at_most_its_share(share, refused, rng):
    confidence = rng.permutation(np.linspace(0.5, 1, 100)).astype(np.float32)
    p = np.stack([confidence, 1 - confidence], axis=1)
    threshold = threshold_refusing(p, share)
    assert np.count_nonzero(confidence < threshold) == refused
    assert coverage_against_error(p, np.zeros(100, int), [threshold])[0].refused == refused


def test_equal_confidences_are_not_refused_together():
    p = np.full((50, 2), 0.5)
    assert threshold_refusing(p, 0.5) == 0.5


def test_what_is_no_probability_is_refused(rng):
    z, labels = drawn(rng, 20)
    for judge in (reliability, expected_calibration_error, coverage_against_error):
        with pytest.raises(ValueError, match=r"expected probabilities \(N, C\) from 0 to 1"):
            judge(z, labels)
        with pytest.raises(ValueError, match="do not name a class for each row"):
            judge(softmax_forward(z), labels[1:])
    with pytest.raises(ValueError, match="threshold_refusing: expected probabilities"):
        threshold_refusing(np.full((3, 2), np.nan))
    with pytest.raises(ValueError, match="threshold_refusing: expected probabilities"):
        threshold_refusing(np.zeros((0, 10)))
    with pytest.raises(ValueError, match="there must be at least 1 bin, got 0"):
        reliability(softmax_forward(z), labels, 0)
    for share in (-0.1, 1.0):
        with pytest.raises(ValueError, match="share must be from 0 to less than 1"):
            threshold_refusing(softmax_forward(z), share)


PAGE = Path(__file__).parents[2] / "docs" / "calibration.md"


def test_the_program_of_the_documentation(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(program, {})
    error = re.fullmatch(r"T = \d\.\d{3}, calibration error (0\.\d\d)%\n", capsys.readouterr().out)
    assert error is not None
    assert float(error[1]) <= 0.5
    assert 0 < nural.load("calibrated.safetensors").info["threshold"] < 1


def test_links_of_the_documentation_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", PAGE.read_text()) if "://" not in link]
    assert len(links) > 10
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
