import math

import numpy as np
import pytest
from web.networks import NETWORKS, built, residual, shipped_kind

import nural
from nural.web.explanation import explain_cell
from nural.web.paths import index_of
from nural.web.trace import trace
from nural.web.weight_uses import explain_weight

networks = pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)


@pytest.fixture
def pixels(rng):
    return rng.uniform(0, 1, 784).astype(np.float32)


def cells_of(found, rng, n=4):
    for step in found.steps.values():
        for cell in rng.permutation(step.output.size)[:n]:
            yield step, index_of(step, int(cell))


def added(part):
    bias = 0.0 if part["bias"] is None else part["bias"]["value"]
    return math.fsum([bias, part["rest"]["value"], *(term["product"] for term in part["terms"])])


@networks
@pytest.mark.parametrize("terms", [0, 3, 10_000])
def test_what_is_shown_adds_up_to_what_the_trace_holds(build, terms, pixels, rng):
    found = trace(built(build), pixels, 7)
    for step, index in cells_of(found, rng):
        explained = explain_cell(found, step.name, index, terms)
        base, last = (found.steps[explained["stations"][i]["step"]] for i in (0, -1))
        if base.name != "ink":
            at = tuple(explained["stations"][0]["index"])
            assert np.float32(added(explained["forward"])) == base.output[at]
        if last.name != found.logits.name:
            at = np.ravel_multi_index(explained["stations"][-1]["index"], base_shape(last))
            assert np.float32(added(explained["backward"])) == last.gradient.reshape(-1)[at]
            if terms == 10_000:  # then the rest is rounding alone
                rounding = 3e-6 * sum(abs(term["product"]) for term in explained["backward"]["terms"])
                assert abs(explained["backward"]["rest"]["value"]) <= rounding + 1e-12
                assert explained["backward"]["rest"]["count"] == 0


def base_shape(step):
    return (28, 28, 1) if step.name == "ink" else step.output.shape


@networks
def test_with_all_terms_the_rest_is_what_float32_rounded(build, pixels, rng):
    found = trace(built(build), pixels, 7)
    for step, index in cells_of(found, rng):
        forward = explain_cell(found, step.name, index, 10_000)["forward"]
        if forward is None:  # of the ink, and of what only reshapes it
            assert step.name in ("ink", "0")
            continue
        size = sum(abs(term["product"]) for term in forward["terms"])
        assert forward["rest"]["count"] == 0
        assert abs(forward["rest"]["value"]) <= 1e-5 * max(size, 1)


@networks
def test_the_terms_are_the_numbers_of_the_trace_and_its_weights(build, pixels, rng):
    found = trace(built(build), pixels, 7)
    for step, index in cells_of(found, rng):
        explained = explain_cell(found, step.name, index, 50)
        for side, numbers in (("forward", "output"), ("backward", "gradient")):
            for term in (explained[side] or {"terms": []})["terms"]:
                array = getattr(found.steps[term["step"]], numbers).reshape(base_shape(found.steps[term["step"]]))
                assert term["value"] == array[tuple(term["index"])]
                if "parameter" in term:
                    assert term["weight"] == found.model.params[term["parameter"]][tuple(term["entry"])]


@networks
def test_the_largest_terms_come_first(build, pixels, rng):
    found = trace(built(build), pixels, 7)
    for step, index in cells_of(found, rng, 2):
        forward = explain_cell(found, step.name, index, 10)["forward"] or {"terms": []}
        sizes = [abs(term["product"]) for term in forward["terms"]]
        assert sizes == sorted(sizes, reverse=True)


def test_a_cell_goes_from_its_sum_through_batch_norm_and_relu(pixels):
    found = trace(built(shipped_kind), pixels, 7)
    open_cell = np.argwhere(found.steps["7"].output > 0)[0].tolist()
    stations = explain_cell(found, "7", open_cell)["stations"]
    assert [station["step"] for station in stations] == ["5", "6", "7"]
    z, norm, a = stations
    scale = norm["gamma"] / math.sqrt(norm["running_var"] + norm["eps"])
    assert norm["slope"] == pytest.approx(scale, rel=1e-6)
    assert norm["value"] == pytest.approx(scale * (z["value"] - norm["running_mean"]) + norm["beta"], rel=1e-4)
    assert a["slope"] == 1
    assert a["value"] == norm["value"]
    assert norm["gradient"] == a["gradient"]
    assert z["gradient"] == pytest.approx(norm["gradient"] * scale, rel=1e-5)
    for name in ("5", "6", "7"):  # the same way, wherever on it one asks
        assert explain_cell(found, name, open_cell)["stations"] == stations


def test_a_closed_gate_lets_nothing_back(pixels):
    found = trace(built(shipped_kind), pixels, 7)
    closed = np.argwhere(found.steps["3"].output == 0)[0].tolist()
    *_, norm, a = explain_cell(found, "3", closed)["stations"]
    assert a["slope"] == 0
    assert norm["gradient"] == 0


def test_a_maximum_names_its_winner_and_those_that_lost(pixels):
    found = trace(built(shipped_kind), pixels, 7)
    index = np.argwhere(found.steps["4"].output > 0)[5].tolist()
    forward = explain_cell(found, "4", index)["forward"]
    assert forward["kind"] == "max"
    assert [term["weight"] for term in forward["terms"]] == [1, 0, 0, 0]
    assert forward["terms"][0]["value"] == forward["total"]
    loser = forward["terms"][1]
    backward = explain_cell(found, "3", loser["index"])["backward"]
    assert [term["weight"] for term in backward["terms"]] == [0]
    assert backward["total"] == 0


def test_a_term_leads_past_layers_that_only_reshape(pixels):
    found = trace(built(shipped_kind), pixels, 7)
    assert {term["step"] for term in explain_cell(found, "10", [3])["forward"]["terms"]} == {"8"}
    assert {term["step"] for term in explain_cell(found, "8", [3, 3, 1])["backward"]["terms"]} == {"10"}
    assert {term["step"] for term in explain_cell(found, "1", [5, 5, 0])["forward"]["terms"]} == {"ink"}
    assert explain_cell(found, "9", [0])["step"] == "8"


def test_a_residual_adds_both_ways(pixels):
    found = trace(built(residual), pixels, 7)
    forward = explain_cell(found, "2", [4, 5, 1])["forward"]
    assert {term["step"] for term in forward["terms"]} == {"1", "2.branch.2"}
    backward = explain_cell(found, "1", [4, 5, 1])["backward"]
    assert {term["step"] for term in backward["terms"]} == {"2", "2.branch.0"}


def test_a_logit_tells_its_p_and_t(pixels):
    found = trace(built(shipped_kind), pixels, 7)
    explained = explain_cell(found, "13", [7])
    assert explained["loss"]["target"] == 1
    difference = explained["loss"]["probability"] - explained["loss"]["target"]
    assert explained["stations"][0]["gradient"] == pytest.approx(difference, abs=1e-7)


def test_a_layer_that_mixes_all_it_gets_has_no_terms(pixels):
    model = nural.Sequential(nural.Linear(784, 6), nural.LayerNorm(6), nural.Linear(6, 10))
    found = trace(model, pixels, 7)
    assert explain_cell(found, "1", [2])["forward"] is None
    assert explain_cell(found, "0", [2])["backward"] is None


def test_a_cell_that_is_not_there(pixels):
    found = trace(built(shipped_kind), pixels, 7)
    with pytest.raises(IndexError, match=r"shape \[10\] has nothing at \[10\]"):
        explain_cell(found, "13", [10])
    with pytest.raises(KeyError):
        explain_cell(found, "99", [0])


@networks
def test_a_weights_uses_add_up_to_its_gradient(build, pixels, rng):
    found = trace(built(build), pixels, 7)
    for name, array in found.model.params.items():
        for flat in rng.permutation(array.size)[:5]:
            index = [int(i) for i in np.unravel_index(flat, array.shape)]
            explained = explain_weight(found, name, index, 10_000)
            grads = found.model.grads[name]
            assert explained["value"] == array[tuple(index)]
            assert np.float32(added(explained["sum"])) == grads[tuple(index)], name
            products = explained["picture"]["products"]
            rounding = 1e-5 * max(np.abs(products).sum(), float(np.abs(grads).max()))
            assert math.fsum(products) == pytest.approx(grads[tuple(index)], abs=rounding), name
            for use in explained["sum"]["terms"][:3]:
                assert use["product"] == use["value"] * use["delta"]


def test_a_gradient_needs_a_label(pixels):
    with pytest.raises(ValueError, match="a gradient needs a label"):
        explain_weight(trace(built(shipped_kind), pixels, None), "1.K", [0, 0, 0, 0])
