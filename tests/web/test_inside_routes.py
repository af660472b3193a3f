import numpy as np
import pytest

import nural
from nural.web.trace import trace

#: The name of the last layer of the model inside.
LOGITS = next(reversed(nural.load_pretrained().children))


@pytest.fixture
def digit(mnist):
    return mnist[2][0][0]


def test_the_trace_arrives_bit_for_bit(ask, digit):
    answer = ask("/api/trace", {"pixels": digit.tolist(), "label": 7, "channels": 4096})
    manifest, arrays = answer.tensors
    found = trace(nural.load_pretrained(), digit, 7)
    assert manifest["loss"] == found.loss
    assert manifest["probabilities"] == pytest.approx(found.probabilities.tolist())
    assert [layer["name"] for layer in manifest["layers"]] == list(found.steps)
    for name, step in found.steps.items():
        assert np.array_equal(arrays[f"a.{name}"].reshape(-1), step.output.reshape(-1))
        assert np.array_equal(arrays[f"d.{name}"].reshape(-1), step.gradient.reshape(-1))


def test_only_the_channels_that_are_looked_at_are_sent(ask, digit):
    steps = trace(nural.load_pretrained(), digit, None).steps
    first, name = [name for name, step in steps.items() if step.output.ndim == 3][1:3]
    body = {"pixels": digit.tolist(), "channels": 3, "whole": [name]}
    manifest, arrays = ask("/api/trace", body).tensors
    assert manifest["loss"] is None
    assert arrays[f"a.{first}"].shape[-1] == 3
    assert arrays[f"a.{name}"].shape == steps[name].output.shape
    assert not any(name.startswith("d.") for name in arrays)


def test_the_file_holds_every_number(ask, digit):
    found = trace(nural.load_pretrained(), digit, 7)
    answer = ask("/api/trace.json", {"pixels": digit.tolist(), "label": 7})
    assert answer.headers["content-disposition"] == 'attachment; filename="nural-trace.json"'
    content = answer.json
    for layer in content["layers"]:
        step = found.steps[layer["name"]]
        assert np.array_equal(np.float32(layer["activation"]), step.output.reshape(-1))
        assert np.array_equal(np.float32(layer["gradient"]), step.gradient.reshape(-1))
    for name, parameter in content["parameters"].items():
        assert np.array_equal(np.float32(parameter["gradient"]), found.model.grads[name].reshape(-1))
        assert np.array_equal(np.float32(parameter["value"]), found.model.params[name].reshape(-1))


def test_a_cell_and_a_weight_and_their_proof(ask, digit):
    body = {"pixels": digit.tolist(), "label": 3}
    cell = ask("/api/inside/cell", body | {"step": LOGITS, "index": [3]}).json
    term = cell["forward"]["terms"][0]
    weight = {"parameter": term["parameter"], "index": term["entry"]}
    assert ask("/api/inside/weight", body | weight).json["value"] == term["weight"]
    assert ask("/api/inside/proof", body | weight).json["relative_error"] < 1e-6
    curve = ask("/api/inside/curve", body | weight | {"span": 0.5, "points": 5}).json
    assert len(curve["losses"]) == 5
    _, arrays = ask("/api/inside/weights", body | {"parameter": term["parameter"]}).tensors
    assert arrays["value"][tuple(term["entry"])] == np.float32(term["weight"])


def test_a_step_is_taken_and_undone_to_the_bit(ask, digit):
    body = {"pixels": digit.tolist(), "label": 3}
    before = ask("/api/trace", body).tensors
    step = ask("/api/inside/step", body | {"rate": 0.01}).json
    after = ask(f"/api/trace?model={step['model']}", body).tensors
    assert step["losses"] == pytest.approx([before[0]["loss"], after[0]["loss"]], rel=1e-5)
    assert step["losses"][1] < step["losses"][0]
    assert step["predicted"] == pytest.approx(-0.01 * before[0]["squared_norm"])
    assert step["true"] == pytest.approx(step["losses"][1] - step["losses"][0])
    again = ask("/api/trace", body).tensors
    assert again[0]["weights"] == before[0]["weights"] == step["weights"][0] != step["weights"][1]
    assert all(np.array_equal(again[1][name], array) for name, array in before[1].items())
    accuracy = ask(f"/api/inside/accuracy?model={step['model']}", {}).json
    assert accuracy["of"] == 1000
    assert 0 < accuracy["correct"] <= 1000


def test_broken_networks_are_models_too(ask, digit):
    names = ask("/api/inside/broken").json
    for name in names:
        manifest, _ = ask(f"/api/trace?model=broken:{name}", {"pixels": digit.tolist(), "label": 7}).tensors
        assert manifest["layers"][-1]["shape"] == [10]


def test_mistakes_and_their_digits(ask, mnist):
    manifest, arrays = ask("/api/mistakes?set=test").tensors
    assert manifest["set"] == "test"
    assert ask("/api/mistakes/progress?set=test").json == {"read": 0}
    assert arrays["confusion"].sum() == 10_000
    wrong = np.flatnonzero(arrays["labels"] != arrays["answers"])[:3]
    answer = ask(f"/api/mistakes/digits?set=test&indices={','.join(map(str, wrong))}")
    shown, pixels = answer.tensors
    assert np.array_equal(pixels["pixels"], mnist[2][0][wrong])
    assert shown["labels"] == mnist[2][1][wrong].tolist()


BODY = {"pixels": [0.0] * 784, "label": 7}
WEIGHT = BODY | {"parameter": f"{LOGITS}.b", "index": [1]}


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("/api/trace", {"pixels": [0.0]}, 400, "pixels must be a list of 784 numbers"),
        ("/api/trace", BODY | {"label": 10}, 400, "label must be a whole number from 0 to 9"),
        ("/api/trace", BODY | {"channels": 0}, 400, "channels must be a whole number from 1 to 4096"),
        ("/api/trace", BODY | {"whole": "4"}, 400, "whole must be a list of layers' names"),
        ("/api/trace?model=none", BODY, 404, "there is no model of this name; /api/models lists those that there are"),
        ("/api/trace?model=step:999", BODY, 404, "this step is no longer kept; take it again"),
        ("/api/inside/cell", BODY | {"step": "none", "index": [0]}, 404, "there is nothing named 'none'"),
        ("/api/inside/cell", BODY | {"step": LOGITS, "index": [10]}, 404, "an array of shape [10] has nothing at [10]"),
        ("/api/inside/cell", BODY | {"step": LOGITS, "index": [-1]}, 404, "an array of shape [10] has nothing at [-1]"),
        ("/api/inside/cell", BODY | {"step": LOGITS, "index": [True]}, 400, "index must be a list of whole numbers"),
        ("/api/inside/cell", BODY | {"step": 8, "index": [1]}, 400, "step must be a name"),
        ("/api/inside/weight", BODY | {"parameter": "0.Q", "index": [1]}, 404, "there is nothing named '0.Q'"),
        ("/api/inside/weight", {"pixels": [0.0] * 784}, 400, "label must be a whole number from 0 to 9"),
        ("/api/inside/step", BODY | {"rate": -1}, 400, "rate must be a number from 0 to 1e+06"),
        (
            "/api/inside/curve",
            WEIGHT,
            400,
            "span must be a number from 1e-09 to 1e+06",
        ),
    ],
)
def test_what_cannot_be_answered_is_told_in_one_sentence(ask, path, body, status, sentence):
    answer = ask(path, body)
    assert (answer.status, answer.json) == (status, {"error": sentence})


@pytest.mark.parametrize("indices", ["", "x", "10000", "-1", ",".join(["1"] * 201)])
def test_digits_that_are_not_there(ask, indices):
    answer = ask(f"/api/mistakes/digits?set=test&indices={indices}")
    assert answer.status == 400
    assert "at most 200 whole numbers below 10000" in answer.json["error"]
