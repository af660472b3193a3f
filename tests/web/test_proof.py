import numpy as np
import pytest
from web.networks import NETWORKS, built, fully_connected, shipped_kind

import nural
from nural.losses import cross_entropy_loss
from nural.web.proof import Moved, central_difference, loss_curve, loss_in_full
from nural.web.trace import trace


@pytest.fixture
def pixels(rng):
    return rng.uniform(0, 1, 784)


@pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)
def test_both_slopes_agree_to_a_millionth(build, pixels, rng):
    model = built(build)
    for name, array in model.params.items():
        index = [int(rng.integers(side)) for side in array.shape]
        proof = central_difference(Moved(model, pixels, 7, name, index))
        if not proof["kinks"]:
            assert proof["relative_error"] < 1e-6, (name, index)


@pytest.mark.parametrize("label", [7, 3])
def test_the_model_inside_on_a_digit_that_it_is_sure_of(label, mnist, rng):
    """For its own answer the loss is near 0, and so are all gradients."""
    x, _ = mnist[1]
    model = nural.load_pretrained()
    for name, array in model.params.items():
        for _ in range(3):
            index = [int(rng.integers(side)) for side in array.shape]
            proof = central_difference(Moved(model, x[0].astype(float), label, name, index))
            assert not proof["kinks"]
            assert proof["relative_error"] < 1e-6, (name, index)


def test_a_kink_between_the_two_points_is_named():
    model = built(fully_connected)
    pixels = np.zeros(784)
    z = trace(model, pixels, 7).steps["3"].output
    model.params["3.b"][5] -= z[5]  # now z is 0, to rounding: the ReLU switches in between, however small the step
    proof = central_difference(Moved(model, pixels, 7, "3.b", [5]))
    assert proof["kinks"] == {"4": 1}
    assert len(proof["skipped"]) == 9


def test_a_moved_maximum_is_a_kink():
    model = nural.Sequential(
        nural.Unflatten(1, (28, 28, 1)),
        nural.Conv2d(1, 1, 1),
        nural.MaxPool2d(28),
        nural.Flatten(),
        nural.Linear(1, 10),
    )
    pixels = np.linspace(0, 1, 784)
    model.params["1.K"][...] = 1e-3
    curve = loss_curve(Moved(model, pixels, 7, "1.K", [0, 0, 0, 0]), 0.01, 11)
    assert [kink["steps"] for kink in curve["kinks"]] == [{"2": 2}]  # of one pixel to another
    assert curve["kinks"][0]["weight"] == pytest.approx(0, abs=0.001)


def test_the_curve_has_the_gradient_as_its_tangent(pixels):
    curve = loss_curve(Moved(built(shipped_kind), pixels, 7, "13.W", [3, 7]), 1e-4, 3)
    (left, _, right), (low, _, high) = curve["weights"], curve["losses"]
    assert (high - low) / (right - left) == pytest.approx(curve["gradient"], rel=1e-6)
    assert curve["losses"][1] == curve["loss"]


def test_the_model_is_not_moved(pixels):
    model = built(shipped_kind)
    before = model.params["13.W"].copy()
    moved = Moved(model, pixels, 7, "13.W", [3, 7])
    moved.at(5.0)
    assert np.array_equal(model.params["13.W"], before)
    assert moved.at(moved.here).loss == moved.start.loss


@pytest.mark.parametrize("label", range(10))
def test_the_loss_in_full_is_cross_entropy(label, pixels):
    found = trace(built(shipped_kind).astype(np.float64), pixels, label)
    assert loss_in_full(found) == pytest.approx(cross_entropy_loss(found.logits.output[None], np.array([label]))[0])


def test_what_is_not_there(pixels):
    model = built(shipped_kind)
    with pytest.raises(KeyError):
        Moved(model, pixels, 7, "13.Q", [0])
    with pytest.raises(IndexError, match="has nothing at"):
        Moved(model, pixels, 7, "13.W", [16, 0])
