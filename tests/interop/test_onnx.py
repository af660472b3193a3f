"""ONNX networks that other programs wrote: nural runs them, trains them and keeps them."""

import io

import numpy as np
import pytest

import nural
from nural.export import export_model
from nural.interop import ConversionError
from nural.models.recipes import RECIPES

onnx = pytest.importorskip("onnx")

from nural.interop.onnx import load  # noqa: E402

pytestmark = [pytest.mark.export, pytest.mark.filterwarnings("ignore")]  # PyTorch's exporters warn of themselves

ROWS, SEQUENCES, IMAGES, DIGITS = (4, 8), (3, 5, 4), (2, 3, 8, 8), (3, 1, 28, 28)


def torch_networks():
    """By name: a builder, the shape of its input, and the types of the layers that it becomes."""
    torch = pytest.importorskip("torch")
    nn = torch.nn

    class Last(nn.Module):
        """A classifier of sequences: by the last step, by the last state, or of every step."""

        def __init__(self, kind, take, **kwargs):
            super().__init__()
            self.inner = kind(4, 6, batch_first=True, **kwargs)
            self.outer = nn.Linear(12 if kwargs.get("bidirectional") else 6, 2)
            self.take = take

        def forward(self, x):
            y, state = self.inner(x)
            h = state[0] if isinstance(state, tuple) else state
            return self.outer({"step": y[:, -1], "state": h[-1], "all": y}[self.take])

    class Block(nn.Module):
        """A residual block that halves the image."""

        def __init__(self, channels):
            super().__init__()
            self.branch = nn.Sequential(
                nn.Conv2d(channels, 2 * channels, 3, 2, 1, bias=False),
                nn.BatchNorm2d(2 * channels),
                nn.ReLU(),
                nn.Conv2d(2 * channels, 2 * channels, 3, 1, 1),
            )
            self.shortcut = nn.Conv2d(channels, 2 * channels, 1, 2)

        def forward(self, x):
            return torch.relu(self.branch(x) + self.shortcut(x))

    class Dense(nn.Module):
        """A layer whose input stands beside its output, as in DenseNet."""

        def __init__(self, channels, more):
            super().__init__()
            self.more = nn.Conv2d(channels, more, 3, padding=1)

        def forward(self, x):
            return torch.cat([x, torch.relu(self.more(x))], 1)

    class View(nn.Module):
        def forward(self, x):
            return x.view(x.size(0), -1)

    return {
        "perceptron": (
            nn.Sequential(
                nn.Linear(8, 6), nn.GELU(), nn.Linear(6, 5, bias=False), nn.SiLU(), nn.Linear(5, 3), nn.Softmax(1)
            ),
            ROWS,
        ),
        "activations": (
            nn.Sequential(
                *(nn.ReLU(), nn.LeakyReLU(0.2), nn.PReLU(), nn.ELU(0.5), nn.SELU(), nn.GELU("tanh"), nn.Sigmoid()),
                *(nn.Tanh(), nn.Softplus(2.0), nn.ReLU6(), nn.LogSoftmax(-1)),
            ),
            ROWS,
        ),
        "of every step": (nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6), nn.Dropout(0.2), nn.Linear(6, 2)), SEQUENCES),
        "lenet": (
            nn.Sequential(
                *(nn.Conv2d(1, 4, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 5, padding=2)),
                *(nn.AvgPool2d(3, 2, 1), View(), nn.Tanh(), nn.Linear(216, 10)),
            ),
            DIGITS,
        ),
        "resnet": (
            nn.Sequential(
                *(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1, ceil_mode=True)),
                *(Block(4), Block(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 5)),
            ),
            IMAGES,
        ),
        "mobilenet": (
            nn.Sequential(
                *(nn.Conv2d(3, 6, 3, 2, 1), nn.ReLU6(), nn.Conv2d(6, 6, 3, 1, 1, groups=6), nn.BatchNorm2d(6)),
                *(nn.ReLU6(), nn.Conv2d(6, 4, 1), nn.AdaptiveAvgPool2d((2, 1)), nn.Flatten(), nn.Linear(8, 5)),
            ),
            IMAGES,
        ),
        "densenet": (nn.Sequential(Dense(3, 4), Dense(7, 2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(144, 5)), IMAGES),
        "padded": (
            nn.Sequential(
                *(nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), nn.PReLU(4)),
                *(nn.Conv2d(4, 2, 3, padding=2, padding_mode="replicate", dilation=2), nn.Softmax(1)),
            ),
            IMAGES,
        ),
        "lstm, last step": (Last(nn.LSTM, "step"), SEQUENCES),
        "lstm, last state": (Last(nn.LSTM, "state", num_layers=2), SEQUENCES),
        "lstm, both ways": (Last(nn.LSTM, "all", num_layers=2, bidirectional=True), SEQUENCES),
        "gru": (Last(nn.GRU, "state", bias=False), SEQUENCES),
        "gru, both ways": (Last(nn.GRU, "all", bidirectional=True), SEQUENCES),
        "rnn": (Last(nn.RNN, "all", nonlinearity="relu"), SEQUENCES),
    }


NAMES = ["perceptron", "activations", "of every step", "lenet", "resnet", "mobilenet", "densenet", "padded"]
NAMES += ["lstm, last step", "lstm, last state", "lstm, both ways", "gru", "gru, both ways", "rnn"]


def exported(name, path, dynamo, opset=None):
    """PyTorch's network as a file, and the network."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    network, shape = torch_networks()[name]
    for value in [*network.parameters(), *network.buffers()]:
        if value.is_floating_point():
            value.data += 0.05 * torch.rand_like(value)
    network.eval()
    x = torch.randn(shape)
    if dynamo:
        free = ({0: torch.export.Dim("N")},)
        torch.onnx.export(network, (x,), path, dynamo=True, dynamic_shapes=free, opset_version=opset, verbose=False)
    else:
        free = {"x": {0: "N"}}
        torch.onnx.export(
            network, (x,), path, dynamo=False, input_names=["x"], dynamic_axes=free, opset_version=opset, verbose=False
        )
    return network, shape


def assert_equal(model, network, shape, rng):
    """The same outputs, in the order of dimensions that the model tells, for a batch of another size too."""
    import torch

    axes = model.info["onnx"]
    for n in (shape[0], 1):
        x = rng.standard_normal((n, *shape[1:]), dtype=np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(x)).numpy()
        found = model.forward(x.transpose(axes["input_axes"]))
        np.testing.assert_allclose(found, expected.transpose(axes["output_axes"]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dynamo", [False, True], ids=["the old exporter", "the dynamo exporter"])
@pytest.mark.parametrize("name", NAMES)
def test_pytorchs_exporters(name, dynamo, rng, tmp_path):
    if dynamo and name == "rnn":
        pytest.importorskip("onnxscript")
        exported(name, tmp_path / "model.onnx", dynamo)
        with pytest.raises(ConversionError, match=r"model.onnx: node .*, Slice, cannot be read: it picks entries"):
            load(tmp_path / "model.onnx")  # that exporter writes every step out
        return
    network, shape = exported(name, tmp_path / "model.onnx", dynamo)
    model = load(tmp_path / "model.onnx")
    assert_equal(model, network, shape, rng)
    nural.save(model, tmp_path / "model.safetensors")
    assert_equal(nural.load(tmp_path / "model.safetensors"), network, shape, rng)


@pytest.mark.parametrize(
    ("name", "opset"),
    [
        *(
            ("perceptron", 9),
            ("perceptron", 13),
            ("lenet", 9),
            ("lenet", 18),
        ),
        *(("resnet", 11), ("mobilenet", 10), ("padded", 12), ("lstm, both ways", 9), ("lstm, both ways", 14)),
    ],
)
def test_older_operators(name, opset, rng, tmp_path):
    network, shape = exported(name, tmp_path / "model.onnx", False, opset)
    assert_equal(load(tmp_path / "model.onnx"), network, shape, rng)


def test_a_network_becomes_layers_as_one_would_write_them(tmp_path):
    exported("resnet", tmp_path / "model.onnx", True)
    model = load(tmp_path / "model.onnx")
    kinds = [type(layer).__name__ for layer in model.children.values()]
    assert kinds == [
        *("Conv2d", "ReLU", "MaxPool2d", "Residual", "ReLU", "Residual", "ReLU"),  # its batch norms are in the kernels
        *("GlobalAvgPool2d", "Linear"),
    ]
    assert model.info["onnx"]["input_axes"] == [0, 2, 3, 1]


def test_it_trains_on(tmp_path, mnist):
    exported("lenet", tmp_path / "model.onnx", True)
    model = load(tmp_path / "model.onnx")
    (x, y), *_ = mnist
    x = x[:2000].reshape(-1, 28, 28, 1)
    before = nural.evaluate(model, x, y[:2000])["accuracy"]
    nural.fit(model, x, y[:2000], epochs=3, batch_size=50, optimizer=nural.Adam(3e-3))
    assert before < 0.3
    assert nural.evaluate(model, x, y[:2000])["accuracy"] > 0.8


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("classes", [2, 3, "of several labels"])
@pytest.mark.parametrize("zipmap", [True, False])
def test_scikit_learns_classifiers(activation, classes, zipmap, rng, tmp_path):
    skl2onnx = pytest.importorskip("skl2onnx")
    from sklearn.neural_network import MLPClassifier

    x = rng.standard_normal((60, 5)).astype(np.float32)
    y = rng.random((60, 3)) > 0.5 if isinstance(classes, str) else np.array(["c", "a", "b"])[np.arange(60) % classes]
    classifier = MLPClassifier((6, 4), activation=activation, max_iter=5, random_state=0).fit(x, y)
    proto = skl2onnx.to_onnx(classifier, x[:1], options=None if zipmap else {"zipmap": False})
    (tmp_path / "model.onnx").write_bytes(proto.SerializeToString())
    model = load(tmp_path / "model.onnx")
    np.testing.assert_allclose(model.forward(x), np.asarray(classifier.predict_proba(x)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(nural.predict_proba(model, x), model.forward(x), rtol=1e-6)
    np.testing.assert_array_equal(nural.predict(model, x), classifier.predict(x))
    nural.save(model, tmp_path / "model.safetensors")
    export_model(nural.load(tmp_path / "model.safetensors"), tmp_path / "again.onnx")
    np.testing.assert_array_equal(load(tmp_path / "again.onnx").forward(x), model.forward(x))


def test_scikit_learns_regressor_in_a_pipeline(rng, tmp_path):
    skl2onnx = pytest.importorskip("skl2onnx")
    from sklearn.neural_network import MLPRegressor

    x = rng.standard_normal((60, 5)).astype(np.float32)
    regressor = MLPRegressor(hidden_layer_sizes=(6,), activation="tanh", max_iter=20, random_state=0).fit(
        x, x @ x[0, :5]
    )
    (tmp_path / "model.onnx").write_bytes(skl2onnx.to_onnx(regressor, x[:1]).SerializeToString())
    found = load(tmp_path / "model.onnx").forward(x)
    np.testing.assert_allclose(found[:, 0], np.asarray(regressor.predict(x)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", [*RECIPES, "the model inside"])
def test_what_nural_writes_comes_back(name, mnist, tmp_path):
    model = nural.load_pretrained() if name not in RECIPES else RECIPES[name].build(np.random.default_rng(0))
    export_model(model, tmp_path / "model.onnx")
    again = load(tmp_path / "model.onnx")
    kept = [layer for layer in model.children.values() if not isinstance(layer, nural.Dropout)]
    assert [repr(layer) for layer in again.children.values()] == [repr(layer) for layer in kept]
    x = mnist[1][0][:20]
    np.testing.assert_array_equal(again.forward(x), model.forward(x))


def test_another_output_is_named(rng, tmp_path):
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", 3])
    outputs = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, ["N", 3]) for n in ("a", "b")]
    nodes = [onnx.helper.make_node("Relu", ["x"], ["a"]), onnx.helper.make_node("Tanh", ["a"], ["b"])]
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph(nodes, "two", [x], outputs)), tmp_path / "two.onnx")
    assert repr(load(tmp_path / "two.onnx")) == repr(nural.Sequential(nural.ReLU()))
    assert repr(load(tmp_path / "two.onnx", output="b")) == repr(nural.Sequential(nural.ReLU(), nural.Tanh()))
    with pytest.raises(ConversionError, match=r"two.onnx: there is no output 'c'; there are a, b"):
        load(tmp_path / "two.onnx", output="c")


def one_node(operator, *inputs, shape=("N", 4), **attributes):
    """A graph of one node, whose other inputs are constants."""
    names = [f"c{i}" for i in range(len(inputs))]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(operator, ["x", *names], ["y"], name="only", **attributes)],
        "one",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in zip(names, inputs, strict=True)],
    )
    return onnx.helper.make_model(graph)


def proto_of(nodes, constants, opset, domains=()):
    """A graph from x to y."""
    graph = onnx.helper.make_graph(
        nodes,
        "graph",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", 4])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["N", 4])],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [onnx.helper.make_opsetid("", opset), *(onnx.helper.make_opsetid(domain, 1) for domain in domains)]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8)


FLT_MAX = float(np.finfo(np.float32).max)
BOUNDS = [(0, 6), (0, None), (0, FLT_MAX), (-FLT_MAX, 1), (-FLT_MAX, FLT_MAX), (0, 1e30), (-1e4, 1e4), (-65504, 65504)]
BOUNDS += [(0, float("inf")), (float("-inf"), 1), (None, None), (-0.3, None), (None, -0.3), (0.5, -0.5), (1, 1)]


@pytest.mark.parametrize("how", ["attributes", "inputs", "Max and Min"])
def test_clipping_is_right_for_every_bound(how, rng, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    x = rng.standard_normal((6, 4)).astype(np.float32)
    for low, high in BOUNDS[:-2] if how == "attributes" else BOUNDS:  # which must be in order there
        given = {name: v for name, v in (("min", low), ("max", high)) if v is not None}
        constants = {name: np.array(v, np.float32) for name, v in given.items()}
        if how == "attributes":
            attributes = {name: float(v) for name, v in given.items()}
            proto = proto_of([onnx.helper.make_node("Clip", ["x"], ["y"], **attributes)], {}, 10)
        elif how == "inputs":
            names = [name if name in given else "" for name in ("min", "max")]
            proto = proto_of([onnx.helper.make_node("Clip", ["x", *names], ["y"])], constants, 13)
        else:
            constants = {"min": np.float32(FLT_MAX) * -1, "max": np.array([FLT_MAX], np.float32), **constants}
            nodes = [
                onnx.helper.make_node("Max", ["min", "x"], ["a"]),
                onnx.helper.make_node("Min", ["a", "max"], ["y"]),
            ]
            proto = proto_of(nodes, {name: np.asarray(v) for name, v in constants.items()}, 13)
        onnx.save(proto, tmp_path / "clip.onnx")
        session = onnxruntime.InferenceSession(tmp_path / "clip.onnx", providers=["CPUExecutionProvider"])
        model = load(tmp_path / "clip.onnx")
        np.testing.assert_array_equal(model.forward(x), session.run(None, {"x": x})[0], err_msg=f"{low}, {high}")
        nural.save(model, tmp_path / "clip.safetensors")
        np.testing.assert_array_equal(nural.load(tmp_path / "clip.safetensors").forward(x), model.forward(x))


@pytest.mark.parametrize("dynamo", [False, True], ids=["the old exporter", "the dynamo exporter"])
def test_pytorchs_clamps(dynamo, rng, tmp_path):
    torch = pytest.importorskip("torch")

    class Clamps(torch.nn.Module):
        def forward(self, x):
            x = x.clamp(min=-1.5)
            x = torch.nn.functional.hardtanh(x.clamp(max=1.5).clamp(-65504.0, 65504.0), -1.25, 1.25)
            return torch.nn.functional.relu6(x.clamp(-FLT_MAX, FLT_MAX) + 0.5).clamp(min=0)

    x = rng.standard_normal((6, 4)).astype(np.float32)
    options = {} if dynamo else {"opset_version": 17}
    torch.onnx.export(Clamps(), (torch.from_numpy(x),), tmp_path / "c.onnx", dynamo=dynamo, verbose=False, **options)
    np.testing.assert_array_equal(load(tmp_path / "c.onnx").forward(x), Clamps()(torch.from_numpy(x)).numpy())


def test_quantised_files_are_refused_by_node(rng, tmp_path):
    quantization = pytest.importorskip("onnxruntime.quantization")
    export_model(nural.Linear(4, 3, rng=rng), tmp_path / "m.onnx")
    x = rng.standard_normal((4, 4)).astype(np.float32)

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.batches = iter([{"input": x}])

        def get_next(self):
            return next(self.batches, None)

    for kind in ("QDQ", "QOperator"):
        kinds = quantization.QuantFormat[kind]
        quantization.quantize_static(tmp_path / "m.onnx", tmp_path / "q.onnx", Reader(), quant_format=kinds)
        with pytest.raises(ConversionError, match=r"q.onnx: node \S+, \w*QuantizeLinear, cannot be read: "):
            load(tmp_path / "q.onnx")
    quantization.quantize_dynamic(tmp_path / "m.onnx", tmp_path / "q.onnx")
    with pytest.raises(ConversionError, match=r"q.onnx: node \S+, DynamicQuantizeLinear, cannot be read: "):
        load(tmp_path / "q.onnx")


@pytest.mark.parametrize(
    ("operator", "domain", "opset", "message"),
    [
        ("Foo", "", 13, "node 0, Foo, cannot be read: it cannot be computed ahead (No registered schema for operator"),
        ("DequantizeLinear", "", 13, "node 0, DequantizeLinear, cannot be read: it cannot be computed ahead"),
        ("Foo", "com.microsoft", 13, "node 0, Foo, cannot be read: it is of the domain com.microsoft, of which nural"),
        (
            "Relu",
            "my.own",
            13,
            "node 0, Relu, cannot be read: it is of the domain my.own, of which nural has no operator",
        ),
    ],
)
@pytest.mark.parametrize("constant", [True, False])
def test_operators_that_nobody_knows_are_refused_by_node(operator, domain, opset, message, constant, tmp_path):
    nodes = [onnx.helper.make_node(operator, ["W" if constant else "x"], ["V"], domain=domain)]
    nodes.append(onnx.helper.make_node("Add", ["V", "x"], ["y"]))
    onnx.save(
        proto_of(nodes, {"W": np.ones((1, 4), np.float32)}, opset, [domain] if domain else []), tmp_path / "o.onnx"
    )
    with pytest.raises(ConversionError) as error:
        load(tmp_path / "o.onnx")
    assert (message if constant or domain else f"{operator}, cannot be read: ") in str(error.value)
    assert "\n" not in str(error.value)


ONES = np.ones((4, 4), np.float32)


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (one_node("Cos"), "node only, Cos, cannot be read: nural has no layer for this operator"),
        (one_node("MatMul", np.ones((2, 4, 4), np.float32)), "its second factor has shape (2, 4, 4); nural's has two"),
        (one_node("Gemm", ONES[:3]), "fc_forward: x has 4 features, W of shape (3, 4) takes 3"),
        (one_node("Reshape", np.array([8, -1])), "from shape (2, 4) to (8, 1) it would mix samples"),
        (one_node("Reshape", np.array([-1, 3])), "shape (2, 4) cannot become (2, 3)"),
        (one_node("Softmax", shape=(2, 3, 4), axis=5), "it names dimension 5 of a value that has 3"),
        (one_node("Erf"), "node only, Erf, cannot be read: nural has it only inside GELU"),
        (one_node("Greater", np.float32(1)), "nural has it only inside softplus"),
        (one_node("Add", np.ones((3, 2, 4), np.float32)), "it would spread a value of shape (2, 4) over a constant of"),
        (one_node("Cast", to=onnx.TensorProto.INT64), "it makes floats into something else; nural computes in floats"),
        (one_node("Slice", np.array([1]), np.array([3]), np.array([1])), "it picks [1, 2] of 4"),
        (one_node("Pad", np.array([0, 1, 0, 1])), "nural pads the height and width of images alone"),
        (one_node("Clip", np.float32("nan")), "node only, Clip, cannot be read: its bounds are no numbers"),
        (one_node("Max", np.ones(4, np.float32)), "node only, Max, cannot be read: nural bounds one value by numbers"),
        (one_node("Concat", ONES, axis=0), "c0 does not depend on the network's input; nural computes with it"),
    ],
    ids=lambda value: value.graph.node[0].op_type if isinstance(value, onnx.ModelProto) else "",
)
def test_what_nural_does_not_have_is_refused_by_node(proto, message, tmp_path):
    onnx.save(proto, tmp_path / "one.onnx")
    with pytest.raises(ConversionError) as error:
        load(tmp_path / "one.onnx")
    assert str(error.value).startswith(f"{tmp_path / 'one.onnx'}: ")
    assert message in str(error.value)


def test_files_that_are_no_models(tmp_path):
    with pytest.raises(ConversionError, match=r"none.onnx: there is no such file, expected an ONNX model"):
        load(tmp_path / "none.onnx")
    with pytest.raises(ConversionError, match=r": is a folder, expected an ONNX model"):
        load(tmp_path)
    (tmp_path / "text.onnx").write_text("a text, not a model")
    with pytest.raises(ConversionError, match=r"text.onnx: is no ONNX model"):
        load(tmp_path / "text.onnx")
    (tmp_path / "empty.onnx").write_bytes(b"")
    with pytest.raises(ConversionError, match=r"empty.onnx: is no ONNX model: it has no graph"):
        load(tmp_path / "empty.onnx")


def test_two_inputs_are_named(tmp_path):
    proto = one_node("Relu")
    proto.graph.input.append(onnx.helper.make_tensor_value_info("z", onnx.TensorProto.FLOAT, [1]))
    onnx.save(proto, tmp_path / "two.onnx")
    with pytest.raises(ConversionError, match=r"nural's networks have one input, the file has 2: x, z"):
        load(tmp_path / "two.onnx")


def test_a_file_cut_short_is_refused_or_read(tmp_path):
    buffer = io.BytesIO()
    export_model(nural.load_pretrained(), tmp_path / "whole.onnx")
    buffer.write((tmp_path / "whole.onnx").read_bytes())
    for length in range(0, len(buffer.getvalue()), 997):
        (tmp_path / "cut.onnx").write_bytes(buffer.getvalue()[:length])
        with pytest.raises(ConversionError, match=r"cut.onnx: "):
            load(tmp_path / "cut.onnx")
