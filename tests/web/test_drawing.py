import io

import numpy as np
import pytest
from PIL import Image

import nural
from nural.data import prepare, prepare_strokes

SEVEN = [[[0.25, 0.2], [0.7, 0.2], [0.45, 0.8]]]
CORNER = [[[0.05, 0.05], [0.2, 0.05], [0.12, 0.25]]]


def probabilities(pixels):
    return nural.predict_proba(nural.load_pretrained(), pixels.reshape(1, -1))[0]


@pytest.mark.parametrize("strokes", [SEVEN, CORNER, [[[0.5, 0.1], [0.5, 0.9]], [[0.2, 0.2]]]])
def test_strokes_are_read_as_the_library_reads_them(ask, strokes):
    pixels = prepare_strokes(strokes)
    answer = ask("/api/read", {"strokes": strokes}).json
    np.testing.assert_array_equal(np.array(answer["pixels"], np.float32), pixels.ravel())
    np.testing.assert_allclose(answer["probabilities"], probabilities(pixels), rtol=1e-6)
    assert answer["threshold"] == nural.load_pretrained().info["threshold"]


def test_an_unsure_answer_is_none(ask):
    found = ask("/api/read", {"pixels": [0.5] * 784}).json
    assert (found["answer"] is None) == (max(found["probabilities"]) < found["threshold"])


def test_the_time_of_a_point_changes_nothing(ask):
    timed = [[[*point, 16 * i] for i, point in enumerate(stroke)] for stroke in SEVEN]
    assert ask("/api/read", {"strokes": timed}).content == ask("/api/read", {"strokes": SEVEN}).content


@pytest.mark.parametrize("switch", ["box", "scale", "centre"])
def test_a_switch_leaves_its_step_out(ask, switch):
    off = ask("/api/read", {"strokes": CORNER, "switches": {switch: False}}).json["pixels"]
    np.testing.assert_array_equal(np.float32(off), prepare_strokes(CORNER, **{switch: False}).ravel())
    assert off != ask("/api/read", {"strokes": CORNER}).json["pixels"]


def test_a_wider_brush_makes_more_ink(ask):
    ink = [sum(ask("/api/read", {"strokes": SEVEN, "width": width}).json["pixels"]) for width in (1.5, 2.4, 4)]
    assert ink == sorted(ink)


def test_stages_come_as_tensors(ask):
    manifest, arrays = ask("/api/read?stages=1", {"strokes": SEVEN}).tensors
    assert list(arrays) == ["pixels", "stage.ink", "stage.box", "stage.scaled", "stage.centred"]
    assert arrays["stage.ink"].shape == (84, 84)
    assert max(arrays["stage.scaled"].shape) == 20
    np.testing.assert_allclose(arrays["stage.centred"] * 255 / 256, arrays["pixels"], rtol=1e-6)
    assert manifest["answer"] == 7


def test_strokes_on_top_of_pixels_are_drawn_where_they_are(ask):
    base = np.zeros((28, 28), np.float32)
    base[3, 4] = 0.75
    pixels = np.reshape(ask("/api/read", {"strokes": CORNER, "base": base.ravel().tolist()}).json["pixels"], (28, 28))
    assert pixels[3, 4] >= 0.75
    assert pixels[10:].max() == 0
    alone = ask("/api/read", {"strokes": [], "base": base.ravel().tolist()}).json["pixels"]
    np.testing.assert_array_equal(np.float32(alone), base.ravel())


def test_a_picture_is_read_as_prepare_reads_it(ask):
    image = Image.new("L", (200, 240), 255)
    image.paste(0, (60, 40, 140, 60))
    image.paste(0, (110, 60, 130, 200))
    content = io.BytesIO()
    image.save(content, "PNG")
    found = ask("/api/read?stages=1", content.getvalue(), headers={"Content-Type": "image/png"})
    _, arrays = found.tensors
    np.testing.assert_array_equal(arrays["pixels"], prepare(image))
    assert {f"stage.{name}" for name in ("upright", "ink", "digit", "box", "scaled", "centred")} < set(arrays)


def test_samples_are_those_of_the_set(ask, mnist):
    manifest, arrays = ask("/api/samples?set=test&index=18").tensors
    np.testing.assert_array_equal(arrays["pixels"][0], mnist[2][0][18])
    assert (manifest["labels"], manifest["indices"]) == ([int(mnist[2][1][18])], [18])
    manifest, _ = ask("/api/samples?set=validation&label=4&count=5").tensors
    assert manifest["labels"] == [4] * 5
    assert ask("/api/samples?seed=3").content == ask("/api/samples?seed=3").content


def test_the_models_are_listed(ask):
    (model,) = [each for each in ask("/api/models").json if each["name"] == "pretrained"]
    assert model["weights"] == 298_602
    assert model["layers"][1].startswith("Conv2d(")


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("/api/read", {}, 400, "strokes must be a list of lists"),
        ("/api/read", {"strokes": []}, 422, "expected a digit, found no points"),
        ("/api/read", {"strokes": [[[0.5, 0.5]]]}, 422, "expected a digit, found a single dot"),
        ("/api/read", {"strokes": [[[0.5, 1.5], [0, 0]]]}, 400, "a point must be"),
        ("/api/read", {"strokes": [[["a", "b"], [0, 0]]]}, 400, "a point must be"),
        ("/api/read", {"strokes": [[[True, 0], [0, 0]]]}, 400, "a point must be"),
        ("/api/read", {"strokes": [[[0, 0]] * 20_001]}, 400, "at most 20000 points"),
        ("/api/read", {"strokes": SEVEN, "width": 100}, 400, "width must be a number from 0.5 to 8"),
        ("/api/read", {"strokes": SEVEN, "switches": {"turn": True}}, 400, "switches must be"),
        ("/api/read", {"pixels": [0] * 783}, 400, "pixels must be a list of 784 numbers"),
        ("/api/read", {"pixels": [2] * 784}, 400, "pixels must be numbers from 0 to 1"),
        ("/api/read?model=none", {"strokes": SEVEN}, 404, "there is no model of this name"),
        ("/api/read", b"{", 400, "the body is no JSON"),
        ("/api/read", b'{"pixels": NaN}', 400, "the body is no JSON"),
        ("/api/read", b"[" * 100_000, 400, "the body is no JSON"),
        ("/api/read", [1], 400, "the body must be a JSON object"),
        ("/api/samples?set=none", None, 400, "set must be one of training, validation, test"),
        ("/api/samples?index=10000", None, 400, "index must be a whole number from 0 to 9999"),
        ("/api/samples?index=-1", None, 400, "index must be a whole number"),
        ("/api/samples?count=61", None, 400, "count must be a whole number from 1 to 60"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(ask, path, body, status, sentence):
    answer = ask(path, body)
    assert answer.status == status
    assert sentence in answer.error


def test_what_is_no_picture(ask):
    answer = ask("/api/read", b"\x89PNG no picture", headers={"Content-Type": "image/png"})
    assert answer.status == 422
    assert "/" not in answer.error
