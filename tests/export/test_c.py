"""C files: compiled with every warning an error and with sanitizers, they compute what nural computes."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from device_layers import EXAMPLES, MANY, said

import nural
from nural.evaluation.inference import outputs, predict, predict_proba
from nural.export import ExportError, export_model
from nural.export.answers import answers_of
from nural.models.networks import lenet
from nural.predictions import labels, probabilities
from nural.task import Task

#: The strictest that gcc and clang share; addresses and undefined behaviour are watched while it runs.
FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wshadow", "-Wconversion", "-O1"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
PROGRAM = """
#include <stdio.h>
#include "@.h"
int main(void)
{
    static float x[NAME_INPUTS], outputs[NAME_OUTPUTS], probabilities[NAME_OUTPUTS];
    static int answers[NAME_OUTPUTS];
    while (fread(x, sizeof x, 1, stdin) == 1) {
        CALL;
        fwrite(answers, sizeof answers, 1, stdout);
        fwrite(outputs, sizeof outputs, 1, stdout);
        fwrite(probabilities, sizeof probabilities, 1, stdout);
    }
    return 0;
}
"""
ONE = "answers[0] = name_predict(x, outputs); name_probabilities(outputs, probabilities)"
SEVERAL = "name_predict(x, outputs, answers); name_probabilities(outputs, probabilities)"
VALUES = "name_predict(x, outputs)"


@pytest.fixture
def computed(tmp_path):
    """Compiles ``name.c`` of the folder and gives ``(answers, outputs, probabilities)`` for samples."""

    def compute(x, call=ONE):
        program = PROGRAM.replace("CALL", call).replace("@", "name").replace("NAME", "name".upper())
        (tmp_path / "main.c").write_text(program)
        compiler = shutil.which("gcc") or "cc"
        subprocess.run([compiler, *FLAGS, *SANITIZERS, "name.c", "main.c", "-o", "run"], cwd=tmp_path, check=True)
        given = np.ascontiguousarray(x, np.float32).tobytes()
        said = subprocess.run([tmp_path / "run"], input=given, capture_output=True, check=True).stdout
        rows = np.frombuffer(said, np.float32).reshape(len(x), -1)
        answers, y, p = np.split(rows, 3, axis=1)
        return answers.copy().view(np.int32), y, p

    return compute


@pytest.mark.export
@pytest.mark.parametrize(("model", "shape"), EXAMPLES, ids=said)
@pytest.mark.parametrize("bits", [32, 8])
def test_every_layer(computed, rng, tmp_path, model, shape, bits):
    x = rng.standard_normal((20, *shape)).astype(np.float32)
    y = outputs(model, x)
    written = export_model(model, tmp_path / "name.c", input_shape=shape, bits=bits, data=(x, predict(model, x)))
    assert written.comparison.accuracy_of_the_model == 1
    one = y[0].size == y.shape[-1] and not isinstance(model[-1], nural.Sigmoid)
    answers, found, p = computed(x, ONE if one else SEVERAL)
    found = found.reshape(y.shape)
    np.testing.assert_allclose(found, y, atol=1e-5 if bits == 32 else 2 * written.largest_difference + 1e-5)
    expected = labels(model, found).reshape(len(x), -1)
    np.testing.assert_array_equal(answers[:, : expected.shape[1]], expected)
    np.testing.assert_allclose(p.reshape(y.shape), probabilities(model, found), atol=1e-6)


@pytest.mark.export
@pytest.mark.parametrize("bits", [32, 8])
def test_a_thousand_digits(computed, mnist, tmp_path, bits):
    x = mnist[2][0][:1000]
    model = nural.load_pretrained()
    written = export_model(model, tmp_path / "name.c", bits=bits)
    answers, logits, p = computed(x)
    np.testing.assert_array_equal(answers[:, 0], predict(model, x))
    assert np.abs(logits - outputs(model, x)).max() < (1e-4 if bits == 32 else 2 * written.largest_difference)
    np.testing.assert_allclose(p, predict_proba(model, x), atol=1e-5 if bits == 32 else 0.05)
    assert written.comparison.accuracy > 0.995
    assert written.comparison.accuracy_of_the_model > 0.995


#: A network's end, and its task.
TASKS = [
    ("Linear(4, 1)", None, ONE),
    ("Linear(4, 1), Sigmoid()", Task("binary", ("no", "yes"), (0.2,)), ONE),
    ("Linear(4, 3)", Task("multilabel", ("a", "b", "c"), (0.9, 0.5, 0.0)), SEVERAL),
    ("Linear(4, 3), Softmax()", Task("multiclass", ('say "?\\', "für", "数字")), ONE),
    ("Linear(4, 3), LogSoftmax()", Task("multiclass", (1, 2, 3)), ONE),
    ("Linear(4, 2)", Task("regression"), VALUES),
    ("Unflatten(1, (2, 2)), Linear(2, 3)", None, SEVERAL),
    ("Unflatten(1, (2, 2)), Linear(2, 1)", None, SEVERAL),
]


@pytest.mark.export
@pytest.mark.parametrize(("text", "task", "call"), TASKS, ids=[text for text, *_ in TASKS])
def test_every_task(built, computed, rng, tmp_path, text, task, call):
    model = built(f"Linear(4, 4), {text}")
    model.task = task
    export_model(model, tmp_path / "name.c")
    x = rng.standard_normal((50, 4)).astype(np.float32)
    y = outputs(model, x)
    answers, found, p = computed(x, call)
    np.testing.assert_allclose(found, y.reshape(len(x), -1), atol=1e-5)
    if call == VALUES:
        return
    known = answers_of(model, y.shape[1:], tmp_path)
    names = known.task.names
    expected = predict(model, x).reshape(len(x), -1)
    answers = answers[:, : expected.shape[1]]
    named = names is not None and known.task.kind != "multilabel"
    np.testing.assert_array_equal(np.array(names)[answers] if named else answers, expected)
    p = p.reshape(y.shape)
    p = np.concatenate([1 - p, p], -1) if known.task.kind == "binary" else p
    np.testing.assert_allclose(p, predict_proba(model, x), atol=1e-6)


@pytest.mark.export
def test_the_names_of_classes(built, tmp_path):
    model = built("Linear(4, 3)")
    model.task = Task("multiclass", ('say "?\\', "für", "数字"))
    export_model(model, tmp_path / "name.c")
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\n#include "name.h"\n'
        "int main(void) { int i; for (i = 0; i < NAME_CLASSES; i++) puts(name_classes[i]); return 0; }\n"
    )
    compiler = shutil.which("gcc") or "cc"
    subprocess.run([compiler, *FLAGS, "name.c", "main.c", "-o", "run"], cwd=tmp_path, check=True)
    said = subprocess.run([tmp_path / "run"], capture_output=True, check=True).stdout.decode()
    assert said.splitlines() == ['say "?\\', "für", "数字"]


def test_8_bits_of_a_network_of_no_digits_are_judged_on_data_or_not_at_all(built, rng, tmp_path):
    model = built("Linear(8, 3)")
    written = export_model(model, tmp_path / "m.c", bits=8)
    assert written.largest_difference is None
    assert written.compared.endswith("give samples and their answers with --data")
    x = rng.standard_normal((200, 8)).astype(np.float32)
    y = predict(model, x)
    y[:20] = (y[:20] + 1) % 3
    np.savez(tmp_path / "data.npz", x=x, y=y)
    written = export_model(model, tmp_path / "m.c", bits=8, data=tmp_path / "data.npz")
    assert written.comparison.accuracy_of_the_model == 0.9
    assert 0.85 < written.comparison.accuracy < 0.95
    assert written.compared == "on 200 samples of data.npz, by nural with the weights that the file holds"
    with pytest.raises(ExportError, match=r"m.c: expected data of shape \(N, 8\), found \(200, 7\)"):
        export_model(model, tmp_path / "m.c", bits=8, data=(x[:, 1:], y))
    with pytest.raises(ExportError, match=r"m.c: the data's answers do not fit the network's: "):
        export_model(model, tmp_path / "m.c", bits=8, data=(x, y + 3))


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
        ("Softmax(dim=1), Linear(4, 2)", (5, 4), "there is no dim 1 there, only the last"),
        (
            "Softmax(dim=1)",
            (5, 4),
            r"name.c: Softmax\(dim=1\) ends the network, but classes lie along",
        ),
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
