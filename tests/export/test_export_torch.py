"""Models as PyTorch: the Python that is written builds a module that computes the same, without nural."""

import json
import subprocess
import sys

import numpy as np
import pytest

import nural
from nural.export import ExportError, export_model
from nural.task import Task

pytestmark = pytest.mark.export

#: Networks, the shape of one sample, whether PyTorch has the channels of the input first, and those of the output.
NETWORKS = [
    ("Linear(8, 5), ReLU(), Dropout(0.3), Linear(5, 3), Softmax()", (8,), 0, 0, "float64"),
    ("Conv2d(2, 3, 3), BatchNorm2d(3), PReLU(3), MaxPool2d(2), Flatten(), Linear(12, 4)", (6, 6, 2), 1, 0, "float32"),
    ("Conv2d(2, 3, 3, stride=(2, 1)), SiLU(), AdaptiveAvgPool2d((2, None))", (6, 6, 2), 1, 1, "float32"),
    (
        "Residual(Sequential(Conv2d(2, 3, 1), GELU('tanh')), Conv2d(2, 3, 1)), GlobalAvgPool2d()",
        (6, 5, 2),
        1,
        0,
        "float32",
    ),
    ("Residual(Linear(4, 4)), LayerNorm((5, 4)), GRU(4, 3, return_sequences=False)", (5, 4), 0, 0, "float32"),
    ("BatchNorm1d(4), ELU(0.5)", (5, 4), 1, 1, "float64"),
    ("LSTM(4, 3, 2, bidirectional=True), Linear(6, 2), RNN(2, 2, nonlinearity='relu')", (5, 4), 0, 0, "float64"),
]

SCRIPT = """
import sys, numpy, torch
sys.path.insert(0, sys.argv[1])
import model
numpy.save("y.npy", model.load()(torch.from_numpy(numpy.load("x.npy"))).detach().numpy())
assert not any(name.split(".")[0] == "nural" for name in sys.modules)
"""


@pytest.mark.parametrize(("text", "shape", "first", "last", "dtype"), NETWORKS, ids=[text for text, *_ in NETWORKS])
def test_the_python_that_is_written_computes_the_same(text, shape, first, last, dtype, built, rng, tmp_path):
    model = built(text, dtype)
    x = rng.standard_normal((3, *shape)).astype(dtype)
    written = export_model(model, tmp_path / "model.safetensors", input_shape=shape)
    assert written.files == (tmp_path / "model.safetensors", tmp_path / "model.py")
    np.save(tmp_path / "x.npy", np.moveaxis(x, -1, 1).copy() if first else x)
    subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=tmp_path, check=True)
    y = np.load(tmp_path / "y.npy")
    y = np.moveaxis(y, 1, -1) if last else y
    assert y.dtype == dtype
    allowed = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(y, model.forward(x), rtol=allowed, atol=allowed)
    assert written.largest_difference < allowed


def test_the_model_inside(tmp_path):
    written = export_model(nural.load_pretrained(), tmp_path / "digits.safetensors")
    assert written.largest_difference < 2e-5
    assert written.compared.startswith("on 1,000 MNIST validation digits, by PyTorch")
    text = (tmp_path / "digits.py").read_text()
    assert "nn.Conv2d(in_channels=1, out_channels=32, kernel_size=5, bias=False),\n" in text
    assert len(text.splitlines()) < 60


#: A network's end, its task, and whether PyTorch has the classes first.
TASKS = [
    ("Linear(4, 3), Softmax()", (4,), Task("multiclass", ("für", "b", 2.5))),
    ("Linear(4, 3), LogSoftmax()", (4,), None),
    ("Linear(4, 1)", (4,), Task("binary", ("no", "yes"), (0.2,))),
    ("Linear(4, 3)", (4,), Task("multilabel", ("a", "b", "c"), (0.9, 0.5, 0.0))),
    ("Linear(4, 1)", (4,), Task("regression")),
    ("GRU(4, 4), Linear(4, 3)", (5, 4), Task("multiclass", ("a", "b", "c"))),
    ("Conv2d(4, 2, 1)", (3, 5, 4), Task("multiclass", ("a", "b"))),
]
ANSWERS = """
import sys, json, numpy, torch
sys.path.insert(0, sys.argv[1])
found = []
for i in range(int(sys.argv[2])):
    module = __import__(f"m{i}")
    network, x = module.load(), torch.from_numpy(numpy.load(f"x{i}.npy"))
    answers = module.predict(network, x)
    p = module.predict_proba(network, x).tolist() if hasattr(module, "predict_proba") else None
    found.append([answers if isinstance(answers, list) else answers.tolist(), p])
print(json.dumps(found))
"""


def test_answers_are_nurals(built, rng, tmp_path):
    models, inputs = [], []
    for i, (text, shape, task) in enumerate(TASKS):
        model = built(text)
        model.task = task
        export_model(model, tmp_path / f"m{i}.safetensors", input_shape=shape)
        x = rng.standard_normal((6, *shape)).astype(np.float32)
        np.save(tmp_path / f"x{i}.npy", np.moveaxis(x, -1, 1).copy() if "Conv2d" in text else x)
        models.append(model)
        inputs.append(x)
    command = [sys.executable, "-c", ANSWERS, str(tmp_path), str(len(TASKS))]
    said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    for (answers, p), model, x in zip(json.loads(said), models, inputs, strict=True):
        if p is None:
            np.testing.assert_allclose(answers, nural.predict(model, x), rtol=1e-5)
        else:
            assert answers == nural.predict(model, x).tolist()
            np.testing.assert_allclose(p, nural.predict_proba(model, x), atol=1e-6)


@pytest.mark.parametrize(
    ("model", "shape", "message"),
    [
        (
            nural.Sequential(nural.ReLU(), nural.Conv2d(1, 1, 3, padding=((0, 1), (1, 1)))),
            (6, 6, 1),
            "model.safetensors: cannot express the model as PyTorch: layer 1, Conv2d, has different padding on two",
        ),
        (
            nural.Sequential(nural.Conv2d(2, 3, 3), nural.Flatten()),
            (6, 6, 2),
            "cannot express the model as PyTorch: the model ends with a Flatten of images",
        ),
    ],
)
def test_what_pytorch_does_not_have_is_refused(model, shape, message, tmp_path):
    with pytest.raises(ExportError, match=message):
        export_model(model, tmp_path / "model.safetensors", input_shape=shape)
    assert list(tmp_path.iterdir()) == []


def test_weights_do_not_go_where_the_python_goes(tmp_path):
    with pytest.raises(ExportError, match=r"model.py: is where the Python would be; name the file of the weights"):
        export_model(nural.Linear(2, 2), tmp_path / "model.py", to="torch")
