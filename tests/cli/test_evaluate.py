"""`nural evaluate`: its numbers, and the pictures it writes."""

import json

import numpy as np
import pytest
from PIL import Image

import nural as library

PICTURES = ["confusion", "coverage", "filters", "mistakes", "reliability", "robustness", "saliency"]


def written(folder):
    return sorted(path.name for path in folder.iterdir())


def test_all_numbers(nural, trained, small_npz):
    result = nural("evaluate", "--data", small_npz, "--model", "last", "--json", check=0)
    answer = json.loads(result.stdout)
    x, y = library.data.load_mnist_datasets(small_npz)[2]
    model = library.load(trained / "model.safetensors")
    scores, p = library.evaluate(model, x, y), library.predict_proba(model, x)
    assert answer["digits"] == 500
    assert answer["accuracy"] == pytest.approx(scores["accuracy"])
    assert answer["loss"] == pytest.approx(scores["loss"])
    assert answer["calibration_error"] == pytest.approx(library.expected_calibration_error(p, y))
    matrix = library.confusion_matrix(p.argmax(axis=1), y, 10)
    assert answer["confusion_matrix"] == matrix.tolist()
    assert answer["accuracy_per_class"] == pytest.approx(list(matrix.diagonal() / matrix.sum(axis=1)))
    assert sum(row["count"] for row in answer["reliability"]) == 500
    assert answer["threshold"] == 0
    first = answer["coverage"][0]
    assert (first["threshold"], first["coverage"], first["refused"]) == (0, 1, 0)
    assert first["error"] == pytest.approx(1 - scores["accuracy"])
    assert list(answer["robustness"]) == ["noise", "rotation", "shift"]
    for curve in answer["robustness"].values():
        assert curve["digits"] == 500
        assert curve["accuracy"][curve["levels"].index(0)] == pytest.approx(scores["accuracy"])
        assert min(curve["accuracy"]) < 0.7
    assert "reading 500 digits" in result.stderr


def test_tables_and_pictures(nural, trained, small_npz):
    model = library.load(trained / "model.safetensors")
    model.info["threshold"] = 0.654
    library.save(model, trained / "model.safetensors")
    (trained / "config.json").write_text("{}")
    text = nural("evaluate", "--data", small_npz, "--model", trained, check=0).stdout
    x, y = library.data.load_mnist_datasets(small_npz)[2]
    p = library.predict_proba(model, x)
    assert f"accuracy {100 * library.accuracy(p, y):.2f}%" in text
    assert f"calibration error {100 * library.expected_calibration_error(p, y):.2f}%" in text
    assert "most often taken for" in text
    (row,) = [line for line in text.splitlines() if "0.654, the model’s" in line]
    found = library.coverage_against_error(p, y, [0.654])[0]
    assert f"{100 * found.coverage:.2f}%" in row
    assert f" {found.refused} " in row
    assert written(trained / "evaluation") == [f"{name}.png" for name in PICTURES]
    assert text.splitlines()[-1].startswith("run/evaluation: mistakes.png, confusion.png")
    for path in (trained / "evaluation").iterdir():
        with Image.open(path) as image:
            assert image.width == 1920
            assert 800 <= image.height <= 1080 or path.name in ("mistakes.png", "saliency.png")


def test_pictures_of_a_model_that_is_no_runs_go_to_the_working_folder_or_where_they_should(nural, trained, small_npz):
    options = ("--data", small_npz, "--model", "run/model.safetensors")
    nural("evaluate", *options, check=0)
    assert written(nural.folder) == ["evaluation", "run"]
    nural("evaluate", *options, "--out", "new/slides", check=0)
    assert written(nural.folder / "new" / "slides") == [f"{name}.png" for name in PICTURES]


def test_a_model_whose_first_layer_sees_no_image_has_no_filters(nural, small_npz):
    model = library.Sequential(library.Unflatten(1, (28, 28)), library.LSTM(28, 5), library.Flatten())
    library.save(library.Sequential(*model.layers, library.Linear(140, 10)), nural.folder / "rows.safetensors")
    result = nural("evaluate", "--data", small_npz, "--model", "rows.safetensors", check=0)
    assert written(nural.folder / "evaluation") == [f"{name}.png" for name in PICTURES if name != "filters"]
    assert "no filters.png: the first layer of this model does not look at a grey image" in result.stdout


def test_digits_of_one_class_only(nural, trained, tmp_path, mnist):
    x, y = (part[:300] for part in mnist[0])
    ones = [(256 * x[y == 1]).astype(np.uint8).reshape(-1, 28, 28), y[y == 1]]
    np.savez(tmp_path / "ones.npz", x_train=ones[0], y_train=ones[1], x_test=ones[0], y_test=ones[1])
    result = nural("evaluate", "--data", tmp_path / "ones.npz", "--model", trained, "--json", check=0)
    per_class = json.loads(result.stdout)["accuracy_per_class"]
    assert [digit for digit, accuracy in enumerate(per_class) if accuracy is not None] == [1]


def test_what_evaluate_refuses(nural, trained, small_npz, one_sentence):
    options = ("--data", small_npz, "--model", trained)
    (nural.folder / "file").write_text("")
    assert "file: expected a folder to write to, found a file" in one_sentence(
        nural("evaluate", *options, "--out", "file")
    )
    assert "/proc/none" in one_sentence(nural("evaluate", *options, "--out", "/proc/none"))
    (nural.folder / "confusion.png").write_bytes(b"mine")
    said = one_sentence(nural("evaluate", *options, "--out", "."))
    assert said.startswith("nural: confusion.png: was not written by nural, and would be lost; name another file")
    model = library.load(trained / "model.safetensors")
    for value in model.params.values():
        value[...] = 1e38
    library.save(model, trained / "model.safetensors")
    assert "expected finite outputs for these digits, found others" in one_sentence(nural("evaluate", *options))
