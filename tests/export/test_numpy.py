"""A file that needs only NumPy: it is run, with nural out of reach."""

import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from device_layers import MANY

import nural
from nural.evaluation.inference import outputs, predict, predict_proba
from nural.export import ExportError, export_model
from nural.models.networks import lenet
from nural.task import Task


def test_many_layers_at_once(built, tmp_path):
    assert export_model(built(MANY), tmp_path / "layers.py").largest_difference < 1e-5


def test_the_file_says_what_it_does_and_only_that(tmp_path, rng):
    export_model(lenet(rng), tmp_path / "digits.py")
    text = (tmp_path / "digits.py").read_text()
    assert '"""y = max(x, 0)."""' in text
    assert 'x = conv2d_forward(x, K=W["1.K"]' in text
    assert "lstm" not in text
    assert "sigmoid" not in text
    assert [line for line in text.splitlines() if line.startswith(("import", "from"))] == [
        "import base64",
        "import math",
        "import sys",
        "import numpy as np",
    ]


def test_it_runs_without_nural_as_a_command_and_as_a_module(tmp_path, mnist):
    digits = mnist[2][0][:20]
    export_model(nural.load_pretrained(), tmp_path / "digits.py")
    np.save(tmp_path / "digits.npy", (256 * digits).astype(np.uint8).reshape(-1, 28, 28))
    np.save(tmp_path / "one.npy", digits[0].reshape(28, 28))
    program = (
        "import sys, numpy; sys.modules['nural'] = None; import digits; "
        "numpy.save('p', digits.predict_proba(numpy.load('digits.npy')))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    expected = predict_proba(nural.load_pretrained(), digits)
    np.testing.assert_allclose(np.load(tmp_path / "p.npy"), expected, atol=1e-5)
    command = [sys.executable, "-I", "digits.py", "one.npy"]
    said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert said == f"{expected[0].argmax()} ({100 * expected[0].max():.1f}%)\n"


def test_half_the_bits(tmp_path, rng):
    model = lenet(rng)
    sizes, differences = [], []
    for bits in (32, 16):
        written = export_model(model, tmp_path / "digits.py", bits=bits)
        sizes.append((tmp_path / "digits.py").stat().st_size)
        differences.append(written.largest_difference)
    assert sizes[1] < 0.6 * sizes[0]
    assert differences[0] < 1e-5 < differences[1] < 0.05


def test_a_network_in_float64_is_compared_with_itself(built, tmp_path, rng):
    model = built("Linear(6, 4), BatchNorm1d(4), Tanh()", "float64")
    written = export_model(model, tmp_path / "small.py")
    assert 0 < written.largest_difference < 1e-5
    names = {}
    exec((tmp_path / "small.py").read_text(), names)
    x = rng.standard_normal((3, 6))
    np.testing.assert_allclose(names["logits"](x), outputs(model, x), atol=1e-5)


#: A network's end, its task, and what the command prints for one sample.
TASKS = [
    ("Linear(4, 3), Softmax()", Task("multiclass", ("für", "数字", 'a"b')), r'(für|数字|a"b) \(\d+\.\d%\)'),
    ("Linear(4, 3), LogSoftmax()", Task("multiclass", (1, 2, 3)), r"[123] \(\d+\.\d%\)"),
    ("Linear(4, 3)", Task("multiclass", (True, "b", 2.5)), r"(True|b|2.5) \(\d+\.\d%\)"),
    ("Linear(4, 1)", None, r"[01] \(\d+\.\d%\)"),
    ("Linear(4, 1), Sigmoid()", Task("binary", ("no", "yes"), (0.2,)), r"(no|yes) \(\d+\.\d%\)"),
    ("Linear(4, 3)", Task("multilabel", ("a", "b", "c"), (0.9, 0.5, 0.0)), r"\[[01] [01] [01]\]"),
    ("Linear(4, 1)", Task("regression"), r"-?\d+\.\d+"),
    ("Unflatten(1, (2, 2)), Linear(2, 3)", Task("multiclass", ("a", "b", "c")), r"\['[abc]' '[abc]'\]"),
]


@pytest.mark.parametrize(("text", "task", "printed"), TASKS)
def test_answers_are_nurals(built, rng, tmp_path, text, task, printed):
    model = built(f"Linear(4, 4), {text}")
    model.task = task
    export_model(model, tmp_path / "m.py")
    names: dict[str, Any] = {"__name__": "m"}
    exec((tmp_path / "m.py").read_text(), names)
    x = rng.standard_normal((50, 4)).astype(np.float32)
    expected = predict(model, x)
    found = names["predict"](x)
    assert found.shape == expected.shape
    if task is not None and task.kind == "regression":
        np.testing.assert_allclose(found, expected, rtol=1e-5)
        assert "predict_proba" not in names
    else:
        assert found.tolist() == expected.tolist()
        np.testing.assert_allclose(names["predict_proba"](x), predict_proba(model, x), atol=1e-6)
    np.save(tmp_path / "one.npy", x[:1])
    said = subprocess.run([sys.executable, "m.py", "one.npy"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert re.fullmatch(printed, said.stdout.strip())


def test_an_array_of_another_shape_is_refused_and_only_pixels_are_scaled(built, tmp_path):
    export_model(built("Linear(4, 3)"), tmp_path / "m.py")
    names: dict[str, Any] = {"__name__": "m"}
    exec((tmp_path / "m.py").read_text(), names)
    for shape in ((2, 6), (3,), (5, 2)):
        with pytest.raises(ValueError, match=r"expected samples of shape \(4,\), found an array of shape"):
            names["predict"](np.zeros(shape))
    whole = np.array([[1, 2, 3, 200]], np.uint8)
    np.testing.assert_array_equal(names["predict_proba"](whole), names["predict_proba"](whole.astype(float)))


def test_refusals(built, tmp_path):
    with pytest.raises(ExportError, match=r"digits.py: weights in NumPy have 32 or 16 bits, not 8"):
        export_model(built("Linear(2, 2)"), tmp_path / "digits.py", bits=8)

    class Twice(nural.Layer):
        def forward(self, x, train=False):
            return 2 * x

    with pytest.raises(ExportError, match=r"m.py: cannot express layer 1, Twice\(\), as NumPy: there is no formula"):
        export_model(nural.Sequential(nural.Linear(2, 2), Twice()), tmp_path / "m.py")
    assert not list(tmp_path.iterdir())
