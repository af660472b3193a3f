"""Networks that take images, through every command."""

import json

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

import nural as library


def arrays(path):
    return {name: value.tobytes() for name, value in load_file(path).items()}


def test_a_convolutional_recipe_through_every_command(nural, small_npz):
    nural("train", "--recipe", "cnn-fast", "--data", small_npz, "--epochs", 2, "--out", "run", check=0)
    found = json.loads(nural("evaluate", "--data", small_npz, "--json", check=0).stdout)
    assert found["accuracy"] > 0.85
    drawing = np.zeros((60, 60), np.uint8)
    drawing[10:50, 28:34] = 255
    Image.fromarray(drawing).save(nural.folder / "one.png")
    answer = json.loads(nural("predict", "one.png", "--json", check=0).stdout)
    assert answer["digit"] == 1
    model = library.load(nural.folder / "run" / "model.safetensors")
    assert model.forward(np.zeros((2, 784), np.float32)).shape == (2, 10)


@pytest.mark.parametrize("recipe", ["cnn-fast", "mnist-example"])
def test_resumed_bit_for_bit(nural, tiny_npz, recipe):
    options = ("--data", tiny_npz, "--recipe", recipe, "--epochs", 2, "--threads", 1)
    nural("train", *options, "--out", "whole", check=0)
    process = nural.start("train", *options, "--out", "run")
    for line in process.stdout:
        if line.startswith("epoch"):
            process.kill()
            break
    process.communicate(timeout=60)
    nural("train", "--resume", "run", check=0)
    assert arrays(nural.folder / "run" / "model.safetensors") == arrays(nural.folder / "whole" / "model.safetensors")
    assert (nural.folder / "run" / "history.csv").read_text() == (nural.folder / "whole" / "history.csv").read_text()


@pytest.fixture(scope="session")
def tiny_npz(tmp_path_factory, mnist):
    path = tmp_path_factory.mktemp("data") / "tiny.npz"
    (x, y), _, _ = mnist
    pixels = (256 * x[:500]).astype(np.uint8).reshape(-1, 28, 28)
    np.savez(path, x_train=pixels[:400], y_train=y[:400], x_test=pixels[400:], y_test=y[400:500])
    return path


def test_a_model_that_takes_images_gets_them_from_pixels(nural, tiny_npz):
    images = library.Sequential(library.Conv2d(1, 2, 5), library.Flatten(), library.Linear(24 * 24 * 2, 10))
    pixels = library.Sequential(library.Unflatten(1, (28, 28, 1)), *images.layers)
    found = []
    for name, model in (("images", images), ("pixels", pixels)):
        library.save(model, nural.folder / f"{name}.safetensors")
        result = nural("evaluate", "--model", f"{name}.safetensors", "--data", tiny_npz, "--json", check=0)
        found.append({key: value for key, value in json.loads(result.stdout).items() if key != "model"})
    assert found[0] == found[1]


def test_a_model_of_other_images(nural, one_sentence):
    path = nural.folder / "other.safetensors"
    library.save(library.Sequential(library.Conv2d(3, 2, 5), library.Flatten(), library.Linear(1152, 10)), path)
    sentence = one_sentence(nural("evaluate", "--model", path))
    assert "expected a network that takes 784 pixels or images of shape (28, 28, 1)" in sentence
