import numpy as np
import pytest
from web.networks import built, shipped_kind

import nural
from nural.web.digits import Digits
from nural.web.experiments import BROKEN, KEPT, Experiments, take_step
from nural.web.models import Models
from nural.web.problem import Problem
from nural.web.trace import INK, digest, trace


@pytest.fixture
def pixels(rng):
    return rng.uniform(0, 1, 784).astype(np.float32)


@pytest.fixture(scope="module")
def experiments():
    return Experiments(Models(), Digits())


def sizes(model, pixels):
    """The size of the error from the ink up to the logits."""
    return [float(np.sqrt(np.mean(step.gradient**2))) for step in trace(model, pixels, 7).steps.values()]


def test_a_step_moves_the_loss_as_predicted(pixels):
    model = built(shipped_kind)
    taken = take_step(model, pixels, 7, 1e-4)
    assert taken.predicted < 0
    assert taken.true == pytest.approx(taken.predicted, rel=0.02)
    for name, array in taken.model.params.items():
        moved = model.params[name] - np.float32(1e-4) * taken.before.model.grads[name]
        assert np.array_equal(array, moved), name


def test_a_small_step_is_measured_where_float32_would_round_it_away(mnist):
    model, seven = nural.load_pretrained(), mnist[2][0][0]
    before = trace(model, seven, 7)
    assert before.loss < 1e-5
    taken = take_step(model, seven, 7, 0.01 * before.loss / before.squared_norm)
    assert taken.true == pytest.approx(taken.predicted, rel=0.05)


def test_a_large_step_is_not_what_the_gradient_predicts(pixels):
    taken = take_step(built(shipped_kind), pixels, 7, 10)
    assert abs(taken.true - taken.predicted) > abs(taken.predicted) / 2


def test_a_step_leaves_the_network_as_it_was_to_the_bit(pixels):
    model = built(shipped_kind)
    before = digest(model)
    taken = take_step(model, pixels, 7, 0.1)
    assert digest(model) == before != digest(taken.model)


def test_the_healthy_network_carries_the_error_to_the_ink(pixels, experiments):
    error = sizes(experiments.get("broken:healthy"), pixels)
    assert error[0] > error[-1] / 10


def test_broken_networks_have_six_layers(experiments):
    for name in BROKEN:
        shapes = experiments.get(f"broken:{name}").all_shapes()
        weights = [shape for array, shape in shapes.items() if array.endswith("W")]
        assert weights == [(784, 32), *[(32, 32)] * 4, (32, 10)]


def test_small_sigmoids_let_it_fade(pixels, experiments):
    error = sizes(experiments.get("broken:sigmoids"), pixels)
    assert error[0] < error[-1] / 10_000


def test_dead_rectifiers_let_nothing_through(pixels, experiments):
    found = trace(experiments.get("broken:dead"), pixels, 7)
    assert not found.steps["5"].output.any()
    assert found.steps["5"].gradient.any()
    assert not found.steps["4"].gradient.any()
    assert not found.steps[INK].gradient.any()


def test_a_huge_rate_lets_it_explode(experiments, mnist):
    error = sizes(experiments.get("broken:rate"), mnist[2][0][0])
    assert error[0] > 100 * error[-1]


def test_the_oldest_steps_give_way(experiments):
    names = [experiments.keep(built(shipped_kind)) for _ in range(KEPT + 1)]
    assert len(set(names)) == KEPT + 1
    with pytest.raises(Problem, match="no longer kept"):
        experiments.get(names[0])
    assert isinstance(experiments.get(names[-1]), nural.Sequential)


def test_a_name_that_is_none(experiments):
    for name in ("broken:all", "else"):
        with pytest.raises(Problem, match="no model of this name"):
            experiments.get(name)
    assert set(BROKEN) == {"healthy", "sigmoids", "dead", "rate"}
