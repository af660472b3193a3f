"""C files: compiled with every warning an error and with sanitizers, they compute what nural computes."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from device_layers import LAYERS, MANY

import nural
from nural.evaluation.inference import outputs, predict, predict_proba
from nural.export import ExportError, export_model
from nural.models.networks import lenet

#: The strictest that gcc and clang share; addresses and undefined behaviour are watched while it runs.
FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wshadow", "-Wconversion", "-O1"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
PROGRAM = """
#include <stdio.h>
#include "@.h"
int main(void)
{
    static float x[NAME_INPUTS], logits[NAME_CLASSES], probabilities[NAME_CLASSES];
    while (fread(x, sizeof x, 1, stdin) == 1) {
        const float answer = (float)name_predict(x, logits);
        name_probabilities(logits, probabilities);
        fwrite(&answer, sizeof answer, 1, stdout);
        fwrite(logits, sizeof logits, 1, stdout);
        fwrite(probabilities, sizeof probabilities, 1, stdout);
    }
    return 0;
}
"""


@pytest.fixture
def computed(tmp_path):
    """Compiles ``name.c`` of the folder and gives ``(labels, logits, probabilities)`` for samples."""

    def compute(x, name="name", prefix=None):
        prefix = prefix or name
        program = PROGRAM.replace("@", name).replace("NAME", prefix.upper()).replace("name_", f"{prefix}_")
        (tmp_path / "main.c").write_text(program)
        compiler = shutil.which("gcc") or "cc"
        subprocess.run([compiler, *FLAGS, *SANITIZERS, f"{name}.c", "main.c", "-o", "run"], cwd=tmp_path, check=True)
        given = np.ascontiguousarray(x, np.float32).tobytes()
        said = subprocess.run([tmp_path / "run"], input=given, capture_output=True, check=True).stdout
        rows = np.frombuffer(said, np.float32).reshape(len(x), -1)
        classes = (rows.shape[1] - 1) // 2
        return rows[:, 0].astype(int), rows[:, 1 : 1 + classes], rows[:, 1 + classes :]

    return compute


@pytest.mark.export
@pytest.mark.parametrize(("text", "shape"), LAYERS)
@pytest.mark.parametrize("bits", [32, 8])
def test_every_layer(built, computed, rng, tmp_path, text, shape, bits):
    model = built(text)
    x = rng.standard_normal((20, *shape)).astype(np.float32)
    written = export_model(model, tmp_path / "name.c", input_shape=shape, bits=bits)
    labels, logits, probabilities = computed(x)
    y = outputs(model, x).reshape(len(x), -1)
    np.testing.assert_allclose(logits, y, atol=1e-5 if bits == 32 else 2 * written.largest_difference + 1e-5)
    np.testing.assert_array_equal(labels, logits.argmax(axis=1))
    np.testing.assert_allclose(probabilities, nural.activations.softmax_forward(logits), atol=1e-6)


@pytest.mark.export
@pytest.mark.parametrize("bits", [32, 8])
def test_a_thousand_digits(computed, mnist, tmp_path, bits):
    x = mnist[2][0][:1000]
    model = nural.load_pretrained()
    written = export_model(model, tmp_path / "name.c", bits=bits)
    labels, logits, probabilities = computed(x)
    np.testing.assert_array_equal(labels, predict(model, x))
    assert np.abs(logits - outputs(model, x)).max() < (1e-4 if bits == 32 else 2 * written.largest_difference)
    np.testing.assert_allclose(probabilities, predict_proba(model, x), atol=1e-5 if bits == 32 else 0.05)


@pytest.mark.export
def test_many_layers_at_once(built, computed, mnist, tmp_path):
    x = mnist[2][0][:50]
    model = built(MANY)
    written = export_model(model, tmp_path / "name.c")
    np.testing.assert_allclose(computed(x)[1], outputs(model, x), atol=1e-5)
    assert written.details["bytes_of_buffers"] > 0


@pytest.mark.export
def test_it_needs_no_library(tmp_path):
    export_model(nural.load_pretrained(), tmp_path / "name.c", bits=8)
    compiler = shutil.which("gcc") or "cc"
    subprocess.run([compiler, *FLAGS, "-ffreestanding", "-c", "name.c", "-o", "name.o"], cwd=tmp_path, check=True)
    symbols = subprocess.run(["nm", "-u", "name.o"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert set(symbols.split()) <= {"U", "memset", "memcpy"}  # which gcc puts in for loops


def test_what_is_written(tmp_path, rng):
    written = export_model(lenet(rng), tmp_path / "7 digits.c")
    assert [file.name for file in written.files] == ["7 digits.c", "7 digits.h"]
    source, header = (file.read_text() for file in written.files)
    assert "int model_7_digits_predict(const float x[784], float logits[10]);" in header
    assert "#ifndef MODEL_7_DIGITS_H" in header
    assert "#include" not in header
    assert [line for line in source.splitlines() if "#include" in line] == ['#include "7 digits.h"']
    assert "malloc" not in source
    assert "average_pooling" not in source
    assert source.count("    static float ") == 2
    assert written.details["bytes_of_constants"] == 4 * 18_426
    assert json.dumps(written.details)


def test_the_prefix(tmp_path):
    export_model(nural.load_pretrained(), tmp_path / "digits.c", prefix="reader", bits=8)
    assert "int reader_predict(" in (tmp_path / "digits.h").read_text()
    assert "typedef signed char weight;" in (tmp_path / "digits.c").read_text()
    with pytest.raises(ExportError, match=r"a prefix of C names begins with a letter and has .* got 'my-reader'"):
        export_model(nural.load_pretrained(), tmp_path / "digits.c", prefix="my-reader")


@pytest.mark.parametrize(
    ("text", "shape", "message"),
    [
        (
            "ReLU(), LSTM(4, 2)",
            (3, 4),
            r"name.c: cannot express layer 1, LSTM\(.*\), as C: there is no function for it",
        ),
        ("Conv2d(1, 2, 3, padding=1, padding_mode='reflect')", (5, 5, 1), "there is no padding_mode 'reflect' there"),
        ("Residual(BatchNorm2d(1, track_running_stats=False))", (5, 5, 1), "layer 0.branch, .* no running statistics"),
        ("Softmax(dim=1)", (5, 4), "there is no dim 1 there, only the last"),
        ("Flatten()", (5, 4), "name.c: the model has no layer that computes anything"),
    ],
)
def test_what_cannot_be_expressed_is_named_and_nothing_is_written(built, tmp_path, text, shape, message):
    with pytest.raises(ExportError, match=message):
        export_model(built(text), tmp_path / "name.c", input_shape=shape)
    assert not list(tmp_path.iterdir())


def test_refusals(tmp_path):
    with pytest.raises(ExportError, match=r"m.c: weights in C have 32 or 8 bits, not 16"):
        export_model(nural.Linear(2, 2), tmp_path / "m.c", bits=16)
    with pytest.raises(ExportError, match=r"m.h: is the header's name; name the C file, m.c"):
        export_model(nural.Linear(2, 2), tmp_path / "m.h", to="c")
