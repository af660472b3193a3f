"""The commands beside `nural train`."""

import importlib.util
import json

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

import nural as library


@pytest.fixture
def pictures(nural, mnist):
    """Five digits as PNG and JPEG, light on dark and dark on light; their labels."""
    _, _, (x, y) = mnist
    files, labels = [], []
    for i, name in enumerate(["0.png", "1.jpg", "2.png", "3.jpeg", "4.png"]):
        pixels = np.kron((256 * x[i]).astype(np.uint8).reshape(28, 28), np.ones((4, 4), np.uint8))
        Image.fromarray(pixels if i % 2 else 255 - pixels).save(nural.folder / name)
        files.append(name)
        labels.append(int(y[i]))
    return files, labels


@pytest.mark.parametrize("model", [(), ("--model", "last")], ids=["the one inside", "the last run's"])
def test_predict(nural, small_npz, pictures, model):
    if model:
        nural("train", "--data", small_npz, "--epochs", 3, "--out", "elsewhere/run", check=0)
    files, labels = pictures
    answers = [json.loads(line) for line in nural("predict", "--json", *files, *model, check=0).stdout.splitlines()]
    assert [answer["file"] for answer in answers] == files
    assert sum(answer["digit"] == label for answer, label in zip(answers, labels, strict=True)) >= 4
    keys = ["file", "answer", "digit", "confidence"]
    assert all(list(answer) == keys and 0 < answer["confidence"] <= 1 for answer in answers)
    plain = nural("predict", files[0], *model, "--threshold", 0, check=0).stdout
    assert plain == f"0.png: {answers[0]['digit']} ({100 * answers[0]['confidence']:.1f}%)\n"


def test_predict_below_the_threshold(nural, trained, pictures, one_sentence):
    files, _ = pictures

    def answers(*options):
        lines = nural("predict", "--json", *files, "--model", trained, *options, check=0).stdout.splitlines()
        return [json.loads(line) for line in lines]

    free = answers()
    assert all(answer["answer"] == str(answer["digit"]) for answer in free)
    between = sorted(answer["confidence"] for answer in free)[2]
    refusing = answers("--threshold", between - 1e-6)
    assert [answer["answer"] == "?" for answer in refusing] == [answer["confidence"] < between for answer in free]
    assert [answer["digit"] for answer in refusing] == [answer["digit"] for answer in free]
    model = library.load(trained / "model.safetensors")
    model.info["threshold"] = 1.0
    library.save(model, trained / "model.safetensors")
    assert [answer["answer"] for answer in answers()] == ["?"] * 5
    assert answers("--threshold", 0) == free
    guess, confidence = free[0]["digit"], free[0]["confidence"]
    plain = nural("predict", files[0], "--model", trained, check=0).stdout
    assert plain == f"0.png: ? perhaps {guess} ({100 * confidence:.1f}%)\n"
    assert nural("predict", files[0], "--threshold", 1.5).returncode == 2


@pytest.mark.parametrize("threshold", ["high", 1.5, True, None])
def test_a_threshold_in_a_model_file_that_is_none(nural, threshold, one_sentence):
    model = library.Sequential(library.Linear(784, 10))
    model.info = {"threshold": threshold}
    library.save(model, nural.folder / "odd.safetensors")
    sentence = one_sentence(nural("predict", "x.png", "--model", "odd.safetensors"))
    assert f"expected a threshold from 0 to 1 in the model's description, found {threshold!r}" in sentence


def test_predict_goes_on_after_a_picture_that_is_none(nural, trained, pictures):
    (nural.folder / "text.png").write_text("no picture")
    Image.new("L", (40, 40), 255).save(nural.folder / "blank.png")
    result = nural("predict", "--json", "text.png", "blank.png", "none.png", pictures[0][0])
    assert result.returncode == 2
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == ["0.png"]
    errors = result.stderr.splitlines()
    assert [line.split(": ")[:2] for line in errors] == [
        ["nural", "text.png"],
        ["nural", "blank.png"],
        ["nural", "none.png"],
    ]


def test_without_a_model(nural, one_sentence):
    message = "no model was trained yet: run `nural train`, or leave --model away"
    assert message in one_sentence(nural("predict", "x.png", "--model", "last"))
    assert message in one_sentence(nural("evaluate", "--model", "last"))


def test_the_last_run_is_gone(nural, trained, one_sentence):
    (trained / "model.safetensors").unlink()
    assert "is gone: name another with --model" in one_sentence(nural("evaluate", "--model", "last"))


def damage(arrays):
    arrays["params.0.b"] = arrays["params.0.b"][:-1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("params.0.b"), "lacks the array params.0.b"),
        (lambda a: a.update(extra=np.zeros(1, np.float32)), "holds the array extra"),
        (damage, "params.0.b has shape"),
        (lambda a: a["params.0.b"].fill(np.nan), "params.0.b holds NaN or infinity"),
    ],
)
def test_model_files_that_are_wrong(nural, trained, change, message, one_sentence):
    from safetensors import safe_open

    path = trained / "model.safetensors"
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    arrays = {name: value.copy() for name, value in load_file(path).items()}
    change(arrays)
    save_file(arrays, path, metadata)
    assert message in one_sentence(nural("evaluate", "--model", "last"))


def test_a_model_of_another_architecture(nural, one_sentence):
    path = nural.folder / "other.safetensors"
    library.save(library.Sequential(library.Linear(10, 10)), path)
    assert "expected a network that takes 784 pixels" in one_sentence(nural("evaluate", "--model", path))
    library.save(library.Sequential(library.Linear(784, 3)), path)
    assert "whose classes are the digits 0 to 9, found 0, 1, 2 in" in one_sentence(nural("serve", "--model", path))


def test_what_a_model_is_for(nural, pictures, one_sentence):
    inside, path = library.load_pretrained(), nural.folder / "other.safetensors"
    answers = [json.loads(line) for line in nural("predict", "--json", *pictures[0], check=0).stdout.splitlines()]
    names = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    softmax = library.Sequential(inside, library.Softmax())
    softmax.task, softmax.info = library.Task("multiclass", names), inside.info
    library.save(softmax, path)
    named = nural("predict", "--json", *pictures[0], "--model", path, check=0).stdout.splitlines()
    for line, answer in zip(map(json.loads, named), answers, strict=True):
        assert line["class"] == names[answer["digit"]]
        assert line["confidence"] == pytest.approx(answer["confidence"], abs=1e-5)
    reading = [["read", "0.png"]] if importlib.util.find_spec("cv2") else []
    for command in (["serve", "--no-browser"], *reading):
        assert "classes are the digits 0 to 9, found zero, one" in one_sentence(nural(*command, "--model", path))
    assert "this model tells apart zero, one" in one_sentence(nural("evaluate", "--model", path))
    inside.task = library.Task("regression")
    library.save(inside, path)
    found = one_sentence(nural("predict", "0.png", "--model", path))
    assert "expected a network that names one of several classes, found a regression network" in found
    one = library.Sequential(library.Linear(784, 1))
    animals = ("cat", "dog")
    one.task = library.Task("binary", animals)
    library.save(one, path)
    p = library.predict_proba(one, library.data.prepare(nural.folder / "0.png").reshape(1, -1))[0]
    expected = f"0.png: {animals[p.argmax()]} ({100 * p.max():.1f}%)\n"
    assert nural("predict", "0.png", "--model", path, check=0).stdout == expected


def test_data(nural, small_npz, one_sentence):
    assert "2,500" in nural("data", "--data", small_npz, check=0).stdout
    with Image.open(nural.folder / "samples.png") as image:
        assert min(image.size) > 500
    lines = nural("data", "--data", small_npz, "--json", "--out", "other.png", check=0).stdout.splitlines()
    sets = {row["set"]: row for row in map(json.loads, lines)}
    assert {name: row["digits"] for name, row in sets.items()} == {"training": 2500, "validation": 500, "test": 500}
    assert sum(sets["training"]["counts"]) == 2500
    one_sentence(nural("data", "--data", small_npz, "--out", "/proc/none/x.png"))


def test_data_augmented(nural, small_npz, one_sentence):
    nural("data", "--data", small_npz, "--out", "plain.png", check=0)
    for names in ("affine,elastic", "shift, rotation,scale,shear,thickness,noise,erasing"):
        nural("data", "--data", small_npz, "--augment", names, "--out", "changed.png", check=0)
        with Image.open(nural.folder / "plain.png") as plain, Image.open(nural.folder / "changed.png") as changed:
            assert changed.size == plain.size
            assert changed.tobytes() != plain.tobytes()
    assert "found 'blur'" in one_sentence(nural("data", "--data", small_npz, "--augment", "affine,blur"))


def test_recipes(nural):
    assert "784-256-256-10" in nural("recipes", check=0).stdout
    names = [json.loads(line)["name"] for line in nural("recipes", "--json", check=0).stdout.splitlines()]
    assert names[:3] == ["mlp", "walkthrough", "two-layer"]


def test_check(nural):
    rows = [json.loads(line) for line in nural("check", "--json", check=0).stdout.splitlines()]
    assert {"fc", "relu", "softmax"} <= {row["pair"] for row in rows}
    assert all(row["right"] and row["error"] < 1e-6 for row in rows)


@pytest.mark.parametrize("command", ["train", "recipes", "evaluate", "predict", "prepare", "data", "check", "parity"])
def test_help_has_examples(nural, command):
    text = nural(command, "--help", check=0).stdout
    assert "Example" in text
    assert f"nural {command}" in text


def test_python_m_nural(nural):
    import subprocess
    import sys

    result = subprocess.run([sys.executable, "-m", "nural", "recipes"], capture_output=True, text=True, check=True)
    assert "walkthrough" in result.stdout
