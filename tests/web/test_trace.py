import numpy as np
import pytest
from web.networks import NETWORKS, built, shipped_kind

import nural
from nural.gradients import slope
from nural.layers import Graph, Sum
from nural.losses import cross_entropy_loss
from nural.web.trace import INK, digest, trace

networks = pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)


@pytest.fixture
def pixels(rng):
    """Ink everywhere, of all levels, so that no cell is zero for want of it."""
    return rng.uniform(0.05, 1, 784).astype(np.float32)


@networks
def test_the_trace_holds_what_the_library_returns(build, pixels):
    model = built(build)
    found = trace(model, pixels, 7)
    x = pixels[None]
    logits = model.forward(x)
    loss, dy = cross_entropy_loss(logits, np.array([7]))
    assert found.loss == loss
    assert np.array_equal(found.logits.output, logits[0])
    assert np.array_equal(found.logits.gradient, dy[0])
    assert np.array_equal(found.steps[INK].gradient, model.backward(dy)[0])
    for name, grads in model.grads.items():
        assert np.array_equal(found.model.grads[name], grads), name
    for name, layer in model.children.items():  # one after the other, as forward goes through them
        x = layer.forward(x)
        if not isinstance(layer, nural.Sequential):
            assert np.array_equal(found.steps[name].output, x[0]), name
    assert {step.output.dtype for step in found.steps.values()} == {np.dtype(np.float32)}


@networks
def test_the_error_at_the_top_is_p_minus_t(build, pixels):
    found = trace(built(build), pixels, 3)
    t = np.eye(10, dtype=np.float32)[3]
    assert found.logits.gradient == pytest.approx(found.probabilities - t, abs=1e-7)
    assert found.loss == pytest.approx(-np.log(found.probabilities[3]), rel=1e-5)


@networks
def test_every_gradient_is_the_slope_of_the_loss_that_the_trace_shows(build, pixels, rng):
    model = built(build).astype(np.float64)
    found = trace(model, pixels, 7)
    assert found.logits.output.dtype == np.float64
    scale = max(np.abs(array).max() for array in found.model.grads.values())

    for name, array in model.params.items():
        for flat in rng.permutation(array.size)[:6]:
            index = np.unravel_index(flat, array.shape)
            measured = slope(lambda _: trace(model, pixels, 7).loss, array, index, 4e-7)
            assert found.model.grads[name][index] == pytest.approx(measured, abs=2e-7 * scale), name
    ink = pixels.astype(np.float64)
    for i in rng.permutation(784)[:12]:
        measured = slope(lambda x: trace(model, x, 7).loss, ink, (i,), 4e-7)
        assert found.steps[INK].gradient[i] == pytest.approx(measured, abs=2e-7 * scale)


@networks
def test_the_gradient_at_every_step_is_the_slope_along_it(build, pixels, rng):
    """What comes back to a step's output, times what a weight below it moves there, is that weight's gradient."""
    model = built(build).astype(np.float64)
    found = trace(model, pixels, 7)
    below = next(iter(model.params))  # the first layer's: it moves all steps
    index = tuple(int(rng.integers(side)) for side in model.params[below].shape)
    h = 1e-7
    model.params[below][index] += h
    moved = trace(model, pixels, 7)
    for name in list(model.children)[1:]:
        if name not in found.steps:
            continue
        along = (moved.steps[name].output - found.steps[name].output) / h
        through = float((found.steps[name].gradient * along).sum())
        assert through == pytest.approx(float(found.model.grads[below][index]), rel=1e-4, abs=1e-7), name


def test_another_label_changes_the_backward_lane_alone(pixels):
    model = built(shipped_kind)
    seven, one = trace(model, pixels, 7), trace(model, pixels, 1)
    for name, step in seven.steps.items():
        assert np.array_equal(step.output, one.steps[name].output)
        assert not np.array_equal(step.gradient, one.steps[name].gradient)


def test_without_a_label_nothing_comes_back(pixels):
    found = trace(built(shipped_kind), pixels, None)
    assert found.loss is None
    assert all(step.gradient is None for step in found.steps.values())


def test_the_model_keeps_its_arrays_and_its_methods(pixels):
    model = built(shipped_kind)
    before, state = digest(model), {name: value.copy() for name, value in model.state.items()}
    found = trace(model, pixels, 7)
    assert digest(model) == before == digest(found.model)
    assert all(np.array_equal(model.state[name], value) for name, value in state.items())
    assert not any("forward" in vars(layer) for layer in found.model.children.values())


def test_a_residual_stands_after_what_is_inside_it(pixels):
    found = trace(built(NETWORKS[1]), pixels, 7)
    assert found.steps["2"].inputs == ("2.branch.2", "1")
    assert found.steps["4"].inputs == ("4.branch.1", "4.shortcut")
    assert [step.name for step in found.consumers("3")] == ["4.branch.0", "4.shortcut"]


def test_a_label_that_the_network_has_not_is_refused(pixels):
    with pytest.raises(ValueError, match="label 12 is outside 0 … 9"):
        trace(built(shipped_kind), pixels, 12)


def test_a_graph_is_traced_layer_by_layer(pixels):
    model = nural.Sequential(
        Graph(reads=[[0], [0], [1, 2]], layer1=nural.Linear(784, 10), layer2=nural.Linear(784, 10), layer3=Sum())
    )
    found = trace(model, pixels, 7)
    assert [*found.steps] == [INK, "0.layer1", "0.layer2", "0.layer3"]
    one, other, total = (found.steps[f"0.layer{i}"] for i in (1, 2, 3))
    assert total.inputs == (one.name, other.name)
    assert np.array_equal(total.output, one.output + other.output)
    assert np.array_equal(one.gradient, total.gradient)
    assert np.array_equal(other.gradient, total.gradient)
