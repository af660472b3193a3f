"""Folders of one's own pictures through every command: what `train` did to them, the others do."""

import importlib.util
import json
import re
import sys

import numpy as np
import pytest
from PIL import Image

import nural as library


def scan(digit, rng, dark):
    """A digit of MNIST three times as large, somewhere on a grey sheet."""
    ink = np.asarray(Image.fromarray((256 * digit.reshape(28, 28)).astype(np.uint8)).resize((60, 60)), np.float32)
    sheet = np.full((100, 90), 20, np.float32)
    top, left = rng.integers(5, 35), rng.integers(2, 28)
    sheet[top : top + 60, left : left + 60] += 0.8 * ink
    return Image.fromarray((255 - sheet if dark else sheet).astype(np.uint8))


def write_scans(folder, digits, labels, dark):
    rng = np.random.default_rng(0)
    for number, (digit, label) in enumerate(zip(digits, labels, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        scan(digit, rng, dark).save(folder / str(label) / f"{number}.png")


@pytest.mark.parametrize("dark", [True, False], ids=["dark on light", "light on dark"])
def test_scans_of_digits_are_predicted_as_well_as_they_were_learned(nural, mnist, dark):
    (x, y), _, (x_new, y_new) = mnist
    write_scans(nural.folder / "scans", x[:500], y[:500], dark)
    write_scans(nural.folder / "new", x_new[:80], y_new[:80], dark)
    learned = nural("train", "--data", "scans", "--batch-size", 32, "--out", "run", "--json", check=0)
    assert "have the form of MNIST's digits, which `nural prepare` gives: 28×28 pixels, grey" in learned.stderr
    accuracy = json.loads(learned.stdout)["test_accuracy"]
    files = sorted((nural.folder / "new").glob("*/*.png"))
    answers = map(json.loads, nural("predict", "--json", "--model", "run", *files, check=0).stdout.splitlines())
    right = np.mean([answer["digit"] == int(path.parent.name) for answer, path in zip(answers, files, strict=True)])
    assert accuracy > 0.8
    assert right > accuracy - 0.1
    assert library.load(nural.folder / "run" / "model.safetensors").info["preparation"] == {"kind": "digit"}
    if dark:
        judged = json.loads(nural("evaluate", "--model", "run", "--data", "scans", "--json", check=0).stdout)
        assert judged["accuracy"] == accuracy


CLASSES = ("brown bear", "cat", "猫 [b]")


@pytest.fixture(scope="session")
def animals(tmp_path_factory):
    """Noise in 64×64 pixels with a square in each class's own place and colour; a few that are not learned from."""
    folder = tmp_path_factory.mktemp("animals")
    rng = np.random.default_rng(0)
    for i in range(93):
        place = i % 3
        pixels = rng.integers(130, 230, (64, 64, 3))
        pixels[20 * place : 20 * place + 20, 10:50, place] = 20
        path = folder / ("learn" if i < 84 else "new") / CLASSES[place] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    return folder


@pytest.mark.parametrize("recipe", ["mlp", "cnn-fast"])
def test_colour_pictures_of_named_classes(nural, animals, recipe):
    learned = nural("train", "--data", animals / "learn", "--recipe", recipe, "--epochs", 6, "--out", "run", check=0)
    assert "60 pictures to learn from, 12 to validate, 12 to test" in learned.stdout
    assert "classes: brown bear, cat, 猫 [b]\n" in learned.stdout
    assert "pictures are kept as they are: 64×64 pixels, in colour\n" in learned.stdout
    accuracy = re.search(r"test accuracy (\d+\.\d\d)% on 12 pictures never seen before", learned.stdout)
    assert accuracy
    assert float(accuracy[1]) == 100
    model = library.load(nural.folder / "run" / "model.safetensors")
    assert model.info["preparation"] == {"kind": "as is", "shape": [64, 64, 3]}
    assert model.task == library.Task("multiclass", CLASSES)

    files = sorted((animals / "new").glob("*/*.png"))
    answers = [json.loads(line) for line in nural("predict", "--json", *files, "--model", "last").stdout.splitlines()]
    assert [answer["class"] for answer in answers] == [path.parent.name for path in files]
    plain = nural("predict", files[-1], "--model", "run", check=0).stdout
    assert plain == f"{files[-1]}: 猫 [b] ({100 * answers[-1]['confidence']:.1f}%)\n"
    rows = np.stack([library.data.Preparation.from_json(model.info["preparation"])(path) for path in files])
    assert library.predict(model, rows).tolist() == [path.parent.name for path in files]

    judged = nural("evaluate", "--model", "run", "--data", animals / "learn", check=0).stdout
    assert "accuracy 100.00%" in judged
    assert re.search(r"brown bear +│ \d+ +│ \d+ +│ 100.00%", judged)
    assert "mistakes.png, confusion.png, reliability.png, coverage.png" in judged
    assert "no robustness.png: it is of grey pictures of 28×28 pixels" in judged


def test_what_a_model_of_other_pictures_is_not_for(nural, animals, one_sentence):
    nural("train", "--data", animals / "learn", "--epochs", 1, "--out", "run", check=0)
    said = "expected a network whose classes are the digits 0 to 9, found brown bear, cat, 猫 [b] in pictures of 64×64"
    assert said in one_sentence(nural("serve", "--no-browser", "--model", "run"))
    if importlib.util.find_spec("cv2"):
        assert said in one_sentence(nural("read", "page.png", "--model", "run"))
    assert "this model tells apart brown bear, cat, 猫 [b] in pictures of 64×64 pixels" in one_sentence(
        nural("evaluate", "--model", "run")
    )
    page = one_sentence(nural("export", "run", "page.html"))
    assert "a page prepares what is drawn as digits, and this model takes pictures as they are" in page
    Image.new("RGB", (32, 32)).save(nural.folder / "small.png")
    small = one_sentence(nural("predict", "small.png", "--model", "run"))
    assert "small.png: expected 64×64 pixels, as of all pictures that are kept as they are, found 32×32" in small
    (nural.folder / "others" / "dog").mkdir(parents=True)
    others = one_sentence(nural("evaluate", "--model", "run", "--data", "others"))
    assert "dog: expected one of the classes brown bear, cat, 猫 [b], found another one" in others


def test_an_export_answers_with_the_names(nural, animals):
    nural("train", "--data", animals / "learn", "--epochs", 3, "--out", "run", check=0)
    written = nural("export", "run", "animals.py", "--data", animals / "learn", "--json", check=0)
    assert json.loads(written.stdout)["compared"].startswith("on 12 test samples of learn")
    files = sorted((animals / "new").glob("*/*.png"))
    rows = np.stack([library.data.Preparation("as is", (64, 64, 3))(path) for path in files])
    sys.path.insert(0, str(nural.folder))
    try:
        import animals as exported  # pyright: ignore[reportMissingImports]
    finally:
        sys.path.remove(str(nural.folder))
        sys.modules.pop("animals", None)
    model = library.load(nural.folder / "run" / "model.safetensors")
    assert list(exported.predict(rows)) == library.predict(model, rows).tolist()


def test_what_is_for_digits_alone_is_left_out_and_said(nural, animals):
    result = nural("train", "--data", animals / "learn", "--recipe", "cnn", "--epochs", 1, check=0)
    assert "without distortion, which cnn has for digits alone\n" in result.stdout
    assert "2304-10" not in result.stdout


def test_data_shows_the_classes(nural, animals, one_sentence):
    table = nural("data", "--data", animals / "learn", check=0).stdout
    assert re.search(r"images of 猫 \[b\] +│ +\d+ +│", table)
    with Image.open(nural.folder / "samples.png") as image:
        assert image.width == 1920
    lines = nural("data", "--data", animals / "learn", "--json", "--out", "x.png", check=0).stdout.splitlines()
    assert [json.loads(line)["pictures"] for line in lines] == [60, 12, 12]
    assert json.loads(lines[0])["classes"] == list(CLASSES)
    message = "--augment: changes digits of 28×28 pixels, grey, these are of 64×64 pixels, in colour"
    assert message in one_sentence(nural("data", "--data", animals / "learn", "--augment", "affine"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--pictures", "digits"), "--pictures must be one of auto, prepare, as-is, got digits"),
        (("--recipe", "best", "--data", "tiny"), "recipe best cannot learn from 8×8 pixels, grey: Conv2d: a kernel"),
        (("--data", "one class"), "expected pictures of two classes at least to learn from, found cat alone"),
        (("--pictures", "prepare", "--data", "tiny"), "a/0.png: expected a digit, found an empty picture"),
    ],
)
def test_pictures_that_nothing_can_be_learned_from(nural, arguments, message, one_sentence):
    for folder, names in (("tiny", "ab"), ("one class", ["cat"])):
        for name in names:
            (nural.folder / folder / name).mkdir(parents=True)
            for i in range(12):
                Image.new("L", (8, 8), 100).save(nural.folder / folder / name / f"{i}.png")
    assert message in one_sentence(nural("train", *arguments))
    assert not (nural.folder / "runs").exists()


def test_a_model_whose_preparation_is_none_of_nural_s(nural, one_sentence):
    model = library.Sequential(library.Linear(784, 10))
    model.info = {"preparation": "grey"}
    library.save(model, nural.folder / "odd.safetensors")
    message = "odd.safetensors: expected a preparation of pictures in the model's description, found 'grey'"
    assert message in one_sentence(nural("predict", "x.png", "--model", "odd.safetensors"))
