"""Models as ONNX: ONNX Runtime computes what nural computes."""

import numpy as np
import pytest
from device_layers import said

import nural
from nural.activations import softmax_forward
from nural.cases.layers import LAYERS, examples
from nural.export import ExportError, export_model
from nural.models.recipes import RECIPES
from nural.task import Task

pytestmark = pytest.mark.export

#: Networks in which the order of values changes between layers.
NETWORKS = [
    ("Conv2d(2, 3, 3), ReLU(), MaxPool2d(2), Flatten(), Dropout(), Linear(12, 4)", (6, 6, 2)),
    ("Conv2d(2, 3, 3), Flatten(), Tanh(), Flatten(), LayerNorm(48), Linear(48, 4), Softmax()", (6, 6, 2)),
    ("Conv2d(2, 3, 3), BatchNorm2d(3), PReLU(3), LayerNorm(3), Conv2d(3, 2, 1)", (6, 6, 2)),
    ("Conv2d(2, 3, 3), Flatten(), Softmax(1)", (6, 6, 2)),
    ("Conv2d(2, 3, 3), Flatten(), PReLU(48)", (6, 6, 2)),
    ("Conv2d(2, 3, 3), Flatten()", (6, 6, 2)),
    ("Conv2d(2, 3, 3), Softmax(), Softmax(1), LogSoftmax(2)", (6, 6, 2)),
    ("Conv2d(2, 3, 3), Linear(3, 4), GlobalAvgPool2d(), Linear(4, 2)", (6, 6, 2)),
    ("Unflatten(1, (6, 6, 1)), Linear(1, 3), Conv2d(3, 1, 3), Flatten(), Linear(16, 2)", (36,)),
    ("Unflatten(1, (6, 6, 1)), Conv2d(1, 1, 3), Flatten(), Unflatten(1, (4, 2, 2)), Linear(2, 2)", (36,)),
    ("Residual(Sequential(Conv2d(3, 3, 3, padding=1), BatchNorm2d(3), ReLU()))", (6, 5, 3)),
    ("Residual(Conv2d(2, 3, 3, padding=1), Conv2d(2, 3, 1)), ReLU(), Flatten(), Linear(108, 2)", (6, 6, 2)),
    ("Conv2d(2, 3, 3), Flatten(), Residual(Linear(48, 48)), Linear(48, 2)", (6, 6, 2)),
    ("Conv2d(2, 3, 3), Residual(Linear(3, 3))", (6, 6, 2)),
    ("BatchNorm1d(4), LSTM(4, 3), Linear(3, 2), GRU(2, 3, return_sequences=False), Linear(3, 2)", (5, 4)),
    ("BatchNorm1d(4), Flatten(), Linear(20, 2)", (5, 4)),
    ("Conv2d(2, 3, 3), Affine((3,)), Affine((4, 4, 1)), Rescaling(2), Permute((2, 3, 1))", (6, 6, 2)),
    (
        "Graph(reads=[[0], [1], [1], [1, 2, 3], [4], [4, 5], [6]], layer1=Conv2d(2, 3, 1), layer2=Conv2d(3, 2, 1), "
        "layer3=ReLU(), layer4=Concatenate(), layer5=Tanh(), layer6=Sum(), layer7=Flatten()), Linear(288, 2)",
        (6, 6, 2),
    ),
    ("Graph(reads=[[0], [0, 1], [2, 0, 1]], layer1=ReLU(), layer2=Sum(), layer3=Concatenate(1))", (5, 4)),
]


def run(path, x):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (name,) = (each.name for each in session.get_inputs())
    return np.asarray(session.run(None, {name: x})[0])


#: Each layer in the ways in which ONNX has it.
EXAMPLES = [
    (model, shape)
    for kind in LAYERS
    for model, shape in examples(kind)
    if "track_running_stats=False" not in repr(model)
]


@pytest.mark.parametrize(("model", "shape"), EXAMPLES + NETWORKS, ids=said)
def test_onnx_runtime_computes_the_same(model, shape, built, rng, tmp_path):
    model = built(model) if isinstance(model, str) else model
    written = export_model(model, tmp_path / "model.onnx", input_shape=shape)
    for n in (1, 3):  # N is free
        x = rng.standard_normal((n, *shape), dtype=np.float32)
        y = run(tmp_path / "model.onnx", x)
        assert y.dtype == np.float32
        np.testing.assert_allclose(y, model.forward(x), rtol=1e-5, atol=1e-5)
    assert written.files == (tmp_path / "model.onnx",)
    assert written.largest_difference < 1e-5


@pytest.mark.parametrize("name", [*RECIPES, "the model inside"])
def test_every_recipe_is_the_same_on_mnist(name, mnist, tmp_path):
    if name in RECIPES:
        recipe = RECIPES[name]
        model = recipe.build(np.random.default_rng(0))
        (x, y), *_ = mnist
        optimizer = recipe.optimizer(recipe.learning_rate / 10)
        nural.fit(model, x[:2000], y[:2000], epochs=1, batch_size=100, optimizer=optimizer, loss=recipe.loss)
    else:
        model = nural.load_pretrained()
    export_model(model, tmp_path / "model.onnx")
    x = mnist[1][0][:1000] if name == "mnist-example" else mnist[1][0]
    y = run(tmp_path / "model.onnx", x)
    np.testing.assert_allclose(y, nural.evaluation.outputs(model, x), rtol=1e-5, atol=1e-5)


def test_preprocessing_takes_pixels_and_gives_probabilities(mnist, tmp_path):
    model = nural.load_pretrained()
    written = export_model(model, tmp_path / "digits.onnx", with_preprocessing=True)
    x = mnist[1][0][:200]
    pixels = (256 * x).astype(np.uint8).reshape(-1, 28, 28)
    probabilities = run(tmp_path / "digits.onnx", pixels)
    np.testing.assert_allclose(probabilities, softmax_forward(model.forward(x)), atol=1e-6)
    assert written.largest_difference < 1e-5
    assert written.compared.startswith("on 1,000 MNIST validation digits, by ONNX Runtime")


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Linear(784, 10), Softmax()", None),
        ("Linear(784, 10), LogSoftmax()", Task("multiclass", tuple("abcdefghij"))),
        ("Linear(784, 1)", None),
        ("Linear(784, 1), Sigmoid()", Task("binary", ("no", "yes"))),
        ("Linear(784, 3), Sigmoid()", None),
    ],
)
def test_preprocessing_gives_nurals_probabilities(built, mnist, tmp_path, text, task):
    model = built(text)
    model.task = task
    export_model(model, tmp_path / "m.onnx", with_preprocessing=True)
    x = mnist[1][0][:20]
    found = run(tmp_path / "m.onnx", (256 * x).astype(np.uint8).reshape(-1, 28, 28))
    np.testing.assert_allclose(found, nural.predict_proba(model, x), atol=1e-5)


def test_a_task_comes_back_and_values_have_no_probabilities(built, tmp_path):
    from nural.interop.onnx import load

    model = built("Linear(784, 3)")
    model.task = Task("multilabel", ("a", "b", "c"), (0.1, 0.5, 0.9))
    export_model(model, tmp_path / "m.onnx")
    assert load(tmp_path / "m.onnx").task == model.task
    model.task = Task("regression")
    with pytest.raises(ExportError, match=r"m.onnx: the outputs are values, and there are no probabilities of them"):
        export_model(model, tmp_path / "m.onnx", with_preprocessing=True)


def test_images_and_sequences_of_784_values_are_digits_too(built, tmp_path):
    for text in ("Conv2d(1, 2, 5), GlobalAvgPool2d(), Linear(2, 10)", "GRU(28, 4, return_sequences=False)"):
        model = built(text)
        written = export_model(model, tmp_path / "digits.onnx", with_preprocessing=True)
        assert "1,000 MNIST validation digits" in written.compared
        assert written.largest_difference < 1e-5


def test_transposes_only_where_they_are_needed(tmp_path):
    import onnx

    export_model(nural.load_pretrained(), tmp_path / "digits.onnx")
    operators = [node.op_type for node in onnx.load(tmp_path / "digits.onnx").graph.node]
    assert (operators[:2], operators[-2:]) == (["Reshape", "Conv"], ["Flatten", "Gemm"])
    assert "Transpose" not in operators


def test_double_precision_stays(built, rng, tmp_path):
    model = built("Linear(8, 5), Tanh(), Linear(5, 3), Softmax()", "float64")
    export_model(model, tmp_path / "model.onnx")
    x = rng.standard_normal((4, 8))
    y = run(tmp_path / "model.onnx", x)
    assert y.dtype == np.float64
    np.testing.assert_allclose(y, model.forward(x), rtol=1e-12)


def test_info_and_free_batch_are_in_the_file(tmp_path):
    import onnx

    export_model(nural.load_pretrained(), tmp_path / "digits.onnx")
    file = onnx.load(tmp_path / "digits.onnx")
    (info,) = file.metadata_props
    assert info.key == "nural"
    assert '"recipe": "best"' in info.value
    assert file.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "N"


class Doubled(nural.Layer):
    def forward(self, x, train=False):
        return 2 * x


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            nural.Sequential(nural.Linear(4, 3), nural.Sequential(Doubled())),
            "cannot express layer 1.0, Doubled(), as ONNX: there is no operator for it that nural knows",
        ),
        (
            nural.BatchNorm1d(4, track_running_stats=False),
            "cannot express BatchNorm1d(num_features=4, track_running_stats=False) as ONNX: without running statistics "
            "a sample's output depends on the rest of its batch",
        ),
    ],
)
def test_what_onnx_does_not_have_is_refused_by_name(model, message, tmp_path):
    with pytest.raises(ExportError) as error:
        export_model(model, tmp_path / "model.onnx")
    assert str(error.value) == f"{tmp_path / 'model.onnx'}: {message}"
    assert list(tmp_path.iterdir()) == []


def test_preprocessing_needs_digits(tmp_path):
    with pytest.raises(ExportError, match=r"a network that takes the 784 pixels of a digit, found one of \(4,\)"):
        export_model(nural.Linear(4, 3), tmp_path / "model.onnx", with_preprocessing=True)
