"""A learner's own Keras model as an exercise."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nural.learn.own_network.checking import check_own
from nural.learn.own_network.folder import start_from
from nural.learn.running import NotLoaded

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
NETS = Path(__file__).with_name("keras_nets.py")


@pytest.fixture(autouse=True, scope="module")
def keras(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        import keras

        yield keras


@pytest.mark.parametrize("name", ["mlp", "cnn", "sequences", "functional"])
def test_the_solution_is_right(tmp_path, name):
    verdicts, errors = check_own(start_from(f"{NETS}:{name}", tmp_path / name, solved=True))
    assert not errors
    assert all(verdicts), verdicts


def test_gradients_are_those_of_keras(tmp_path, keras):
    import torch

    folder = start_from(f"{NETS}:cnn", tmp_path / "cnn").folder
    weights, batch, answers = (dict(np.load(folder / f"{name}.npz")) for name in ("weights", "batch", "answers"))
    layers = keras.layers
    first = layers.Conv2D(3, 5, padding="same", activation="tanh")
    rest = [layers.MaxPooling2D(), layers.Conv2D(4, 3, strides=2, padding="same"), layers.LeakyReLU()]
    rest += [layers.GlobalAveragePooling2D(), layers.LayerNormalization(), layers.Dense(10)]
    model = keras.Sequential([keras.Input((28, 28, 1)), first, *rest])
    model.set_weights(list(weights.values()))
    y = model(torch.tensor(batch["x"], dtype=torch.float32))
    torch.nn.functional.cross_entropy(y, torch.tensor(batch["t"], dtype=torch.float32)).backward()
    for name, variable in zip(weights, model.trainable_variables, strict=True):
        right = answers[f"gradients/{name}"]
        np.testing.assert_allclose(variable.value.grad, right, atol=1e-5 * np.abs(right).max())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("branches", "known are chains of layers"),
        ("embedding", "is a Embedding, which is not known here. Known are Dense, "),
    ],
)
def test_what_is_not_known_is_refused_by_name(tmp_path, name, said):
    with pytest.raises(NotLoaded) as refused:
        start_from(f"{NETS}:{name}", tmp_path / "new")
    assert said in str(refused.value)


def test_without_a_back_end_it_is_said_what_helps(tmp_path):
    program = f"from nural.learn.own_network.source import model_of\nmodel_of({str(NETS) + ':mlp'!r})"
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "KERAS_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert "Keras needs a back end, such as PyTorch" in run.stderr
