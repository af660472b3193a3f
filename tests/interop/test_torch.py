"""PyTorch's models as nural's and back: outputs and gradients, layer by layer and in networks."""

import warnings

import numpy as np
import pytest
from torch_twins import assert_equal_passes, channels_last, images_last, same

import nural
from nural.graph import Concatenate, Graph
from nural.interop import ConversionError
from nural.interop.torch import from_torch, load_torch, to_torch
from nural.layers.adaptive_pooling import GlobalAvgPool2d
from nural.layers.convolution import Conv2d
from nural.layers.max_pooling import MaxPool2d

pytestmark = pytest.mark.parity

IMAGE, ROWS, SEQUENCE = (3, 4, 7, 6), (5, 8), (3, 5, 4)

#: A module, the shape of its input in PyTorch's order, and how that becomes nural's.
SINGLE = [
    ("Linear(8, 3)", ROWS, same),
    ("Linear(4, 3, bias=False)", SEQUENCE, same),
    ("Flatten()", IMAGE, images_last),
    ("Conv2d(4, 6, 3)", IMAGE, images_last),
    ("Conv2d(4, 6, (3, 2), stride=(1, 2), padding=(0, 1), dilation=(2, 1), groups=2)", IMAGE, images_last),
    ("Conv2d(4, 4, 3, padding='same', groups=4, bias=False)", IMAGE, images_last),
    ("Conv2d(4, 5, (2, 4), padding='same', dilation=(1, 2), padding_mode='circular')", IMAGE, images_last),
    ("Conv2d(4, 5, 3, 2, padding=2, padding_mode='reflect')", IMAGE, images_last),
    ("Conv2d(4, 5, 3, padding=(2, 1), padding_mode='replicate')", IMAGE, images_last),
    ("MaxPool2d(2)", IMAGE, images_last),
    ("MaxPool2d((3, 2), stride=(1, 2), padding=1, dilation=(2, 1), ceil_mode=True)", IMAGE, images_last),
    ("AvgPool2d((2, 3))", IMAGE, images_last),
    ("AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)", IMAGE, images_last),
    ("AvgPool2d(3, 2, 1, divisor_override=2)", IMAGE, images_last),
    ("AdaptiveAvgPool2d((3, None))", IMAGE, images_last),
    ("AdaptiveMaxPool2d(3)", IMAGE, images_last),
    ("BatchNorm2d(4)", IMAGE, images_last),
    ("BatchNorm2d(4, eps=1e-3, momentum=None)", IMAGE, images_last),
    ("BatchNorm2d(4, affine=False)", IMAGE, images_last),
    ("BatchNorm2d(4, track_running_stats=False)", IMAGE, images_last),
    ("BatchNorm1d(8, momentum=0.3)", ROWS, same),
    ("BatchNorm1d(5)", SEQUENCE, channels_last),
    ("LayerNorm(8)", ROWS, same),
    ("LayerNorm((5, 4), bias=False)", SEQUENCE, same),
    ("LayerNorm((4, 7, 6), eps=1e-3)", IMAGE, images_last),
    ("LayerNorm(4, elementwise_affine=False)", SEQUENCE, same),
    ("GroupNorm(2, 4)", IMAGE, images_last),
    ("GroupNorm(2, 8, affine=False)", ROWS, same),
    ("Dropout(0.3)", ROWS, same),
    ("Identity()", ROWS, same),
    ("RNN(4, 3, batch_first=True)", SEQUENCE, same),
    ("RNN(4, 3, 2, nonlinearity='relu', bidirectional=True, batch_first=True, bias=False)", SEQUENCE, same),
    ("LSTM(4, 3, batch_first=True)", SEQUENCE, same),
    ("LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)", SEQUENCE, same),
    ("GRU(4, 3, batch_first=True, dropout=0.0)", SEQUENCE, same),
    ("GRU(4, 3, 2, bias=False, bidirectional=True, batch_first=True)", SEQUENCE, same),
    ("ReLU()", IMAGE, images_last),
    ("ReLU(inplace=False)", ROWS, same),
    ("Hardtanh(0, 6)", ROWS, same),
    ("LeakyReLU(0.2)", ROWS, same),
    ("PReLU()", IMAGE, images_last),
    ("PReLU(4, init=0.1)", IMAGE, images_last),
    ("ELU(1.5)", ROWS, same),
    ("SELU()", ROWS, same),
    ("GELU()", ROWS, same),
    ("GELU(approximate='tanh')", ROWS, same),
    ("SiLU()", ROWS, same),
    ("Sigmoid()", ROWS, same),
    ("Tanh()", ROWS, same),
    ("Softplus(beta=2, threshold=3)", ROWS, same),
    ("Softmax(dim=1)", IMAGE, images_last),
    ("Softmax(dim=-1)", SEQUENCE, same),
    ("LogSoftmax(dim=1)", ROWS, same),
    ("LogSoftmax(dim=0)", ROWS, same),
]

#: Networks, given `nn`, and the shape of their input.
NETWORKS = {
    "perceptron": (lambda nn: nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3)), ROWS),
    "perceptron of images": (lambda nn: nn.Sequential(nn.Flatten(), nn.Linear(168, 5), nn.Tanh()), IMAGE),
    "lenet": (
        lambda nn: nn.Sequential(
            nn.Conv2d(4, 6, 3, padding=1),
            nn.Sigmoid(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 5, 2),
            nn.BatchNorm2d(5),
            nn.Dropout(0.4),
            nn.Flatten(),
            nn.Linear(20, 7),
            nn.LogSoftmax(dim=1),
        ),
        IMAGE,
    ),
    "nested": (
        lambda nn: nn.Sequential(
            nn.Sequential(nn.Conv2d(4, 3, 3), nn.ELU(), nn.Sequential(nn.MaxPool2d(2), nn.Flatten())),
            nn.Identity(),
            nn.Sequential(nn.Dropout(0.5), nn.Linear(12, 3)),
        ),
        IMAGE,
    ),
    "layers between Flatten and Linear": (
        lambda nn: nn.Sequential(
            nn.Conv2d(4, 3, 4),
            nn.Flatten(),
            nn.BatchNorm1d(36),
            nn.PReLU(36),
            nn.LayerNorm(36),
            nn.Dropout(0.2),
            nn.Flatten(),
            nn.Linear(36, 3),
        ),
        IMAGE,
    ),
    "Flatten at the end": (lambda nn: nn.Sequential(nn.Conv2d(4, 3, 3), nn.Tanh(), nn.Flatten(), nn.Softplus()), IMAGE),
    "pooling before Flatten": (
        lambda nn: nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3), nn.SiLU()),
        IMAGE,
    ),
    "one pixel": (lambda nn: nn.Sequential(nn.Conv2d(4, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()), IMAGE),
    "softmax over each dimension of images": (
        lambda nn: nn.Sequential(
            nn.Conv2d(4, 3, 3), nn.Softmax(1), nn.LayerNorm((3, 5, 4)), nn.Softmax(-1), nn.LogSoftmax(2), nn.Softmax(-3)
        ),
        IMAGE,
    ),
    "sequences": (
        lambda nn: nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6), nn.GELU(), nn.Flatten(), nn.Linear(30, 2)),
        SEQUENCE,
    ),
}

#: Networks of what is (N, C, L) in PyTorch and (N, L, C) in nural; of rows; and of sequences, (N, T, F) in both.
PLANES = [
    ("BatchNorm1d(5), nn.Flatten(), nn.Linear(20, 3)", (6, 5, 4), channels_last),
    (
        "PReLU(5), nn.Tanh(), nn.BatchNorm1d(5), nn.Flatten(), nn.LayerNorm(20), nn.Linear(20, 3)",
        (6, 5, 4),
        channels_last,
    ),
    ("BatchNorm1d(5), nn.Softmax(1)", (6, 5, 4), channels_last),
    ("BatchNorm1d(5), nn.LogSoftmax(-1), nn.Softmax(2), nn.Softmax(-2)", (6, 5, 4), channels_last),
    ("Tanh(), nn.Softmax(1), nn.Linear(4, 2)", (6, 5, 4), same),
    ("LayerNorm(4), nn.Softmax(2), nn.Flatten(), nn.BatchNorm1d(20), nn.Linear(20, 3)", (6, 5, 4), same),
    ("BatchNorm1d(5), nn.LayerNorm(5), nn.PReLU(5), nn.Linear(5, 3), nn.BatchNorm1d(3), nn.Softmax(1)", (6, 5), same),
]


def build(text):
    import torch
    from torch import nn

    torch.manual_seed(0)
    module = eval(f"nn.{text}", {"nn": nn}) if isinstance(text, str) else text(nn)
    with torch.no_grad():
        for parameter in module.parameters():  # also those that begin at 0 or 1
            parameter.copy_(torch.randn_like(parameter) * 0.4)
        for name, statistic in module.named_buffers():
            if name.endswith("running_var"):
                statistic.uniform_(0.5, 2)
            elif name.endswith("running_mean"):
                statistic.normal_()
    return module


both_types = pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-5)], ids=["float64", "float32"]
)


@both_types
@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize(("text", "shape", "to_ours"), SINGLE, ids=[row[0] for row in SINGLE])
def test_each_module_there_and_back(text, shape, to_ours, train, dtype, tolerance, rng):
    import torch

    module = build(text).to(getattr(torch, dtype))
    x = (3 * rng.standard_normal(shape)).astype(dtype)
    input_shape = to_ours(x).shape[1:]
    model = from_torch(module, input_shape=input_shape)
    how = {"train": train, "to_ours": to_ours, "input_shape": input_shape}
    back = to_torch(model, input_shape=input_shape)
    assert type(back) is type(module) or text == "Identity()"
    for name, value in module.state_dict().items():
        assert torch.equal(back.state_dict()[name], value), name
    if "dim=1" not in text:  # of which only input_shape tells what it is
        np.testing.assert_array_equal(from_torch(module).forward(to_ours(x)), model.forward(to_ours(x)))
    assert_equal_passes(module, model, x, tolerance, **how)
    assert_equal_passes(back, from_torch(back, input_shape=input_shape), x, tolerance, **how)


@both_types
@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_there_and_back(name, train, dtype, tolerance, rng):
    import torch

    network, shape = NETWORKS[name]
    module = build(network).to(getattr(torch, dtype))
    x = rng.standard_normal(shape).astype(dtype)
    assert_equal_passes(module, from_torch(module), x, tolerance, train=train)
    back = to_torch(from_torch(module))
    assert_equal_passes(back, from_torch(back), x, tolerance, train=train)


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize(("text", "shape", "to_ours"), PLANES, ids=[row[0] for row in PLANES])
def test_rows_and_sequences_there_and_back(text, shape, to_ours, train, rng):
    module = build(lambda nn: eval(f"nn.Sequential(nn.{text})", {"nn": nn})).double()
    x = rng.standard_normal(shape)
    input_shape = to_ours(x).shape[1:]
    model = from_torch(module, input_shape=input_shape)

    def in_our_order(array):
        return to_ours(array) if array.ndim == 3 else same(array)

    how = {"train": train, "to_ours": in_our_order, "input_shape": input_shape}
    assert_equal_passes(module, model, x, 1e-10, **how)
    back = to_torch(model, input_shape=input_shape)
    assert_equal_passes(back, from_torch(back, input_shape=input_shape), x, 1e-10, **how)


#: Models of nural's that no from_torch made, the shape of their input and the shape that to_torch must know.
OURS = {
    "flattened images": (
        lambda: nural.Sequential(Conv2d(2, 3, 3), nural.ReLU(), nural.Flatten(), nural.Linear(36, 4)),
        (5, 6, 5, 2),
        None,
    ),
    "rows of pixels": (
        lambda: nural.Sequential(
            nural.Unflatten(1, (6, 5, 1)), Conv2d(1, 3, 3), nural.ReLU(), nural.Flatten(), nural.Linear(36, 4)
        ),
        (5, 30),
        None,
    ),
    "flattened input": (lambda: nural.Sequential(nural.Flatten(), nural.Linear(24, 4)), (5, 4, 3, 2), (4, 3, 2)),
    "pooled input": (
        lambda: nural.Sequential(MaxPool2d(2), nural.Flatten(), nural.Linear(8, 4), nural.Softmax()),
        (5, 4, 4, 2),
        (4, 4, 2),
    ),
    "global average": (
        lambda: nural.Sequential(Conv2d(2, 3, 3), GlobalAvgPool2d(), nural.Linear(3, 2)),
        (5, 4, 4, 2),
        None,
    ),
    "residual": (
        lambda: nural.Sequential(
            nural.Residual(
                nural.Sequential(Conv2d(2, 3, 3, padding=1, bias=False), nural.BatchNorm2d(3), nural.ReLU()),
                Conv2d(2, 3, 1),
            ),
            nural.Residual(Conv2d(3, 3, 3, padding=((1, 1), (1, 1)))),
            nural.Flatten(),
            nural.Residual(nural.Sequential(nural.LayerNorm(36), nural.Dropout(0.2))),
            nural.Linear(36, 2),
        ),
        (5, 4, 3, 2),
        None,
    ),
    "digit read row by row": (
        lambda: nural.Sequential(
            nural.LSTM(5, 4, 2, bidirectional=True, return_sequences=False), nural.Linear(8, 3), nural.LogSoftmax()
        ),
        (4, 6, 5),
        None,
    ),
    "stacked": (
        lambda: nural.Sequential(
            nural.RNN(5, 4), nural.GRU(4, 3, bidirectional=True), nural.LayerNorm(6), nural.Softmax(1)
        ),
        (4, 6, 5),
        None,
    ),
    "last state alone": (lambda: nural.GRU(5, 4, return_sequences=False), (4, 6, 5), None),
}


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", OURS)
def test_models_of_ours_there_and_back(name, train, rng):
    make, shape, input_shape = OURS[name]
    model = make().astype(np.float64)
    module = to_torch(model, input_shape=input_shape)
    x = rng.standard_normal(shape)
    x = np.moveaxis(x, -1, 1) if len(shape) == 4 else x
    again = from_torch(module, input_shape=input_shape)
    assert_equal_passes(module, again, x, 1e-10, train=train, input_shape=input_shape)
    module = to_torch(model, input_shape=input_shape)
    assert_equal_passes(module, model, x, 1e-10, train=train, input_shape=input_shape)


def test_a_recurrent_layer_alone_is_pytorch_s_own():
    import torch

    module = to_torch(nural.LSTM(3, 4))
    assert type(module) is torch.nn.LSTM
    assert module.batch_first
    assert module(torch.zeros(2, 5, 3))[1][0].shape == (1, 2, 4)


def test_time_first_is_read_batch_first(rng):
    import torch

    module = torch.nn.GRU(3, 4).double()
    x = rng.standard_normal((5, 2, 3))
    y = from_torch(module).forward(x.swapaxes(0, 1))
    np.testing.assert_allclose(y.swapaxes(0, 1), module(torch.from_numpy(x))[0].detach().numpy(), rtol=1e-12)


def test_the_result_owns_its_arrays_and_torch_s_generator_stays():
    import torch

    module = torch.nn.Linear(3, 2)
    model = from_torch(module)
    before = model.params["W"].copy()
    state = torch.random.get_rng_state()
    back = to_torch(model)
    assert torch.equal(torch.random.get_rng_state(), state)
    with torch.no_grad():
        module.weight.fill_(0)
        back.weight.fill_(0)
    np.testing.assert_array_equal(model.params["W"], before)
    assert model.params["W"].dtype == np.float32


def test_half_precision_becomes_float32():
    import torch

    for dtype in (torch.bfloat16, torch.float16):
        module = torch.nn.Linear(3, 2, dtype=dtype)
        np.testing.assert_array_equal(from_torch(module).params["W"], module.weight.detach().float().numpy().T)


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float32", "float64"])
def test_each_precision_of_a_safetensors_file(name, tmp_path):
    import torch
    from safetensors.torch import save_file

    weight = torch.randn(3, 2).to(getattr(torch, name))
    save_file({"weight": weight, "none": torch.zeros(0, 3)}, tmp_path / "w.safetensors")
    found = load_torch(tmp_path / "w.safetensors")["weight"]
    assert found.dtype == (np.float64 if name == "float64" else np.float32)
    np.testing.assert_array_equal(found, weight.double().numpy())
    save_file({"weight": weight.to(torch.float8_e4m3fn)}, tmp_path / "w.safetensors")
    with pytest.raises(ConversionError, match="weight is of type F8_E4M3, expected an array of numbers"):
        load_torch(tmp_path / "w.safetensors")


def test_files_that_begin_like_others(tmp_path):
    """A header of 640 bytes has the length \\x80\\x02, as a pickle begins; a pickle of protocol 5 begins otherwise."""
    import torch
    from safetensors.numpy import save_file

    arrays = {"weight": np.ones((1, 1), np.float32)}
    save_file(arrays, tmp_path / "w.safetensors", metadata={"note": ""})
    size = 640 - int.from_bytes((tmp_path / "w.safetensors").read_bytes()[:8], "little")
    save_file(arrays, tmp_path / "w.safetensors", metadata={"note": size * "x"})
    assert (tmp_path / "w.safetensors").read_bytes()[:2] == b"\x80\x02"
    assert load_torch(tmp_path / "w.safetensors") == arrays
    state = {"weight": torch.ones(1, 1)}
    torch.save(state, tmp_path / "w.pt", pickle_protocol=5, _use_new_zipfile_serialization=False)
    with pytest.raises(ConversionError, match=r"is a damaged file of torch\.save|would run code"):
        load_torch(tmp_path / "w.pt")


class TestStateDict:
    """The second form: arrays for a model that is there."""

    def example(self):
        """PyTorch's MNIST example network, smaller, with names of its own and functions between its modules."""
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv1 = nn.Conv2d(1, 4, 3, 1)
                self.conv2 = nn.Conv2d(4, 6, 3, 1)
                self.bn = nn.BatchNorm2d(6)
                self.dropout1 = nn.Dropout(0.25)
                self.fc1 = nn.Linear(54, 8)
                self.fc2 = nn.Linear(8, 10)

            def forward(self, x):
                import torch.nn.functional as F

                x = F.max_pool2d(self.bn(self.conv2(F.relu(self.conv1(x)))), 2)
                x = torch_flatten(self.dropout1(x))
                return F.log_softmax(self.fc2(F.relu(self.fc1(x))), dim=1)

        def torch_flatten(x):
            return x.flatten(1)

        return Net().eval()

    def model(self):
        return nural.Sequential(
            Conv2d(1, 4, 3),
            nural.ReLU(),
            Conv2d(4, 6, 3),
            nural.BatchNorm2d(6),
            MaxPool2d(2),
            nural.Dropout(0.25),
            nural.Flatten(),
            nural.Linear(54, 8),
            nural.ReLU(),
            nural.Linear(8, 10),
            nural.LogSoftmax(),
        )

    @pytest.mark.parametrize("how", ["tensors", "module", "arrays", "torch.save", "legacy torch.save", "safetensors"])
    def test_every_source(self, how, tmp_path, rng):
        import torch
        from safetensors.torch import save_file

        module, path = self.example(), tmp_path / "weights"
        state = module.state_dict()
        source = {
            "tensors": lambda: state,
            "module": lambda: module,
            "arrays": lambda: {name: value.numpy() for name, value in state.items()},
            "torch.save": lambda: torch.save(state, path) or path,
            "legacy torch.save": lambda: torch.save(state, path, _use_new_zipfile_serialization=False) or str(path),
            "safetensors": lambda: save_file(state, path) or path,
        }[how]()
        model = self.model()
        assert from_torch(source, model) is model
        x = rng.standard_normal((3, 1, 10, 10)).astype(np.float32)
        expected = module(torch.from_numpy(x)).detach().numpy()
        np.testing.assert_allclose(model.forward(images_last(x)), expected, atol=1e-6)

    def test_a_graph_whose_ways_are_put_side_by_side_and_flattened(self, rng):
        import torch
        from torch import nn

        module = nn.ModuleDict(
            {"layer1": nn.Conv2d(1, 2, 3, padding=1), "layer3": nn.Conv2d(2, 3, 1), "layer6": nn.Linear(80, 4)}
        )
        layers = Conv2d(1, 2, 3, padding=1), nural.ReLU(), Conv2d(2, 3, 1), Concatenate(), nural.Flatten()
        named = {f"layer{i}": layer for i, layer in enumerate((*layers, nural.Linear(80, 4)), start=1)}
        model = Graph(reads=[[0], [1], [1], [2, 3], [4], [5]], **named)
        from_torch(module.state_dict(), model)
        x = rng.standard_normal((3, 1, 4, 4)).astype(np.float32)
        one = module["layer1"](torch.from_numpy(x))
        both = torch.cat([one.relu(), module["layer3"](one)], 1)
        expected = module["layer6"](both.flatten(1)).detach().numpy()
        np.testing.assert_allclose(model.forward(images_last(x)), expected, atol=1e-6)
        model.children["layer4"].axis = 1
        with pytest.raises(ConversionError, match="layer layer6, Linear, reads flattened images"):
            from_torch(module.state_dict(), model)
        with pytest.raises(ConversionError, match="Graph has no module in PyTorch"):
            to_torch(Graph(reads=[[0]], layer1=nural.ReLU()))

    def test_equal_names_decide(self):
        import torch
        from torch import nn

        first, second = nn.Linear(3, 3), nn.Linear(3, 3)
        module = nn.Sequential(first, second)
        state = dict(reversed(module.state_dict().items()))
        model = from_torch(state, nural.Sequential(nural.Linear(3, 3), nural.Linear(3, 3)))
        np.testing.assert_array_equal(model.params["0.W"], first.weight.detach().numpy().T)
        assert torch.equal(to_torch(model)[1].weight, second.weight)

    def test_names_in_a_safetensors_file_come_in_natural_order(self, tmp_path):
        import torch
        from safetensors.torch import save_file

        save_file({f"layer.{i}.weight": torch.full((1, 1), float(i)) for i in (10, 2, 1)}, tmp_path / "w.safetensors")
        assert list(load_torch(tmp_path / "w.safetensors")) == ["layer.1.weight", "layer.2.weight", "layer.10.weight"]

    def test_equal_shapes_in_a_safetensors_file(self, tmp_path):
        """Its names come sorted, which may not be the order of the layers."""
        from safetensors.numpy import save_file

        arrays = {name: np.full((1, 1), value, np.float32) for value, name in enumerate(("query", "key"))}
        model = nural.Sequential(nural.Linear(1, 1, bias=False), nural.Linear(1, 1, bias=False))
        save_file({f"{name}.weight": array for name, array in arrays.items()}, tmp_path / "w.safetensors")
        for source in (tmp_path / "w.safetensors", load_torch(tmp_path / "w.safetensors")):
            with pytest.raises(ConversionError, match=r"key and query fit Linear.* at 0 equally well"):
                from_torch(source, model)
        from_torch({f"{name}.weight": arrays[name] for name in ("query", "key")}, model)
        assert [W.item() for W in model.params.values()] == [0, 1]
        save_file({f"fc{i}.weight": np.full((1, 1), i, np.float32) for i in (10, 9)}, tmp_path / "w.safetensors")
        from_torch(tmp_path / "w.safetensors", model)
        assert [W.item() for W in model.params.values()] == [9, 10]

    def test_arrays_that_do_not_fit_change_nothing(self):
        model = nural.Sequential(nural.Linear(3, 2), nural.ReLU(), nural.Linear(2, 1))
        before = model.params["0.W"].copy()
        good = {"0.weight": np.ones((2, 3)), "0.bias": np.ones(2), "2.weight": np.ones((1, 2)), "2.bias": np.ones(1)}
        wrong = [
            ({"2.weight": np.ones((1, 3))}, r"2\.weight has shape \(1, 3\).*needs \(1, 2\)"),
            ({"2.extra": np.ones(1)}, r"holds 2\.extra, which Linear\(in_features=2, out_features=1\) does not have"),
            ({"3.weight": np.ones(1)}, r"the model has no layer for 3\.weight"),
            ({"2.bias": np.array("text")}, "2.bias is of type .*, expected an array of numbers"),
        ]
        for change, message in wrong:
            with pytest.raises(ConversionError, match=message):
                from_torch(good | change, model)
        with pytest.raises(ConversionError, match=r"lacks 2\.bias"):
            from_torch({name: value for name, value in good.items() if name != "2.bias"}, model)
        with pytest.raises(ConversionError, match=r"no module that is left has the arrays of Linear.* at 2"):
            from_torch({"a.weight": np.ones((2, 3)), "a.bias": np.ones(2)}, model)
        np.testing.assert_array_equal(model.params["0.W"], before)

    def test_a_source_of_another_kind(self):
        with pytest.raises(ConversionError, match="got a int, expected a state_dict, a module or a path"):
            from_torch(3, nural.Linear(1, 1))
        with pytest.raises(ConversionError, match="got a dict alone, which does not say what its layers do"):
            from_torch({})


class TestRefused:
    """What nural lacks is named, with its place."""

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("InstanceNorm2d(4)", "the module is a InstanceNorm2d, which nural does not have"),
            ("Sequential(nn.ReLU(), nn.Sequential(nn.Linear(2, 2), nn.Hardswish()))", "module 1.1 is a Hardswish"),
            ("Sequential(nn.ModuleList([nn.ReLU()]))", "module 0 is a ModuleList"),
            ("utils.parametrizations.weight_norm(nn.Linear(2, 2))", "the module is a ParametrizedLinear"),
            ("Sequential(nn.MaxPool2d(2, return_indices=True))", "layer 0, MaxPool2d, has return_indices=True"),
            ("AdaptiveMaxPool2d(2, return_indices=True)", "AdaptiveMaxPool2d has return_indices=True"),
            ("LSTM(2, 3, proj_size=1)", "LSTM has proj_size=1; nural has only proj_size=0"),
            ("GRU(2, 3, 2, dropout=0.5)", "GRU has dropout=0.5"),
            ("Flatten(0)", "Flatten has start_dim=0; nural has only start_dim=1"),
            ("Flatten(1, 2)", "Flatten has end_dim=2"),
            ("Unflatten(2, (1, 2, 3))", "Unflatten has dim=2; nural has only dim=1"),
            ("Unflatten(1, (3, 2, 2))", r"Unflatten makes samples of shape \(3, 2, 2\): PyTorch and nural order"),
            ("Softmax()", "Softmax has dim=None, which PyTorch guesses"),
            ("Softmax(2)", "Softmax has dim=2, and nothing before it tells"),
            ("Linear(2, 2, dtype=torch.complex64)", "Linear holds torch.complex64"),
            ("Sequential(nn.Conv2d(1, 2, 3), nn.Linear(4, 4))", "layer 1, Linear, gets images"),
            ("Sequential(nn.Conv2d(1, 2, 3), nn.LayerNorm(4))", "layer 1, LayerNorm, gets images"),
            ("Softmax(1)", "Softmax has dim=1, and nothing before it tells .*: pass input_shape"),
            ("Sequential(nn.BatchNorm1d(2), nn.Flatten())", "layer 1, Flatten, gets channels.*: pass input_shape"),
            ("Sequential(nn.BatchNorm1d(5), nn.LogSoftmax(-1))", "layer 1, LogSoftmax, has dim=-1, and nothing"),
            ("Sequential(nn.BatchNorm1d(4), nn.LayerNorm(4))", "layer 1, LayerNorm, gets channels.*: pass input_shape"),
            ("Sequential(nn.PReLU(4), nn.Linear(4, 2))", "layer 1, Linear, gets channels.*: pass input_shape"),
            ("Sequential(nn.Tanh(), nn.Softmax(1))", "layer 1, Softmax, has dim=1, and nothing before it tells"),
            ("Sequential(nn.Linear(4, 4), nn.Conv2d(4, 2, 3))", "layer 1, Conv2d, gets rows or sequences"),
            ("Sequential(nn.LSTM(4, 4), nn.BatchNorm1d(4))", "layer 1, BatchNorm1d, gets sequences"),
            ("utils.weight_norm(nn.Linear(2, 2))", r"Linear has hooks \(WeightNorm\)"),
            ("utils.spectral_norm(nn.Linear(2, 2))", r"Linear has hooks \(SpectralNorm\)"),
            ("utils.prune.l1_unstructured(nn.Linear(2, 2), 'weight', 1)", r"Linear has hooks \(L1Unstructured\)"),
            ("Sequential(nn.Linear(2, 2, device='meta'))", '0.weight is on the device "meta"'),
        ],
    )
    def test_modules(self, text, message):
        import torch
        import torch.nn.utils.prune
        from torch import nn

        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # weight_norm is deprecated
            module = eval(f"nn.{text}", {"nn": nn, "torch": torch})
        with pytest.raises(ConversionError, match=message):
            from_torch(module)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("Linear(4, 5), nn.BatchNorm1d(5)", "layer 1, BatchNorm1d, gets sequences"),
            ("Linear(4, 5), nn.PReLU(5)", "layer 1, PReLU, gets sequences"),
            ("BatchNorm1d(4), nn.LayerNorm(4)", r"layer 1, LayerNorm, gets sequences, \(N, C, L\) in PyTorch"),
            ("BatchNorm1d(4), nn.Linear(4, 4)", "layer 1, Linear, gets sequences"),
            ("BatchNorm1d(4), nn.GRU(4, 4)", "layer 1, GRU, gets sequences"),
            ("BatchNorm1d(4), nn.Flatten()", "the model ends with a Flatten of images, or of sequences of channels"),
        ],
    )
    def test_what_takes_sequences_in_another_order(self, text, message):
        from torch import nn

        with pytest.raises(ConversionError, match=message):
            from_torch(eval(f"nn.Sequential(nn.{text})", {"nn": nn}), input_shape=(5, 4))

    def test_what_was_added_to_a_module(self):
        from torch import nn

        from nural.interop.torch_modules import Residual

        class Doubled(Residual):
            def forward(self, x):
                return 2 * super().forward(x)

        with pytest.raises(ConversionError, match="the module is a Doubled"):
            from_torch(Doubled(nn.ReLU()))
        for register in ("register_forward_hook", "register_forward_pre_hook"):
            hooked = nn.Sequential(nn.Linear(2, 2))
            getattr(hooked, register)(lambda *args: None)
            with pytest.raises(ConversionError, match="Sequential has hooks"):
                from_torch(hooked)

    def test_shared_parameters(self):
        from torch import nn

        shared = nn.Linear(2, 2)
        with pytest.raises(ConversionError, match="layer 2, Linear, shares its arrays with layer 0"):
            from_torch(nn.Sequential(shared, nn.ReLU(), shared))
        statistics = nn.BatchNorm1d(2, affine=False)
        with pytest.raises(ConversionError, match="layer 2, BatchNorm1d, shares its arrays with layer 0"):
            from_torch(nn.Sequential(statistics, nn.ReLU(), statistics))
        relu = nn.ReLU()
        assert len(from_torch(nn.Sequential(relu, nn.Linear(2, 2), relu))) == 3  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("layer", "message"),
        [
            (Conv2d(1, 2, 3, padding=((1, 0), (0, 0))), "Conv2d has different padding on two sides"),
            (nural.BatchNorm2d(3, correction=0), "BatchNorm2d has correction=0; PyTorch has only 1"),
            (nural.Sequential(Conv2d(1, 2, 3), nural.Linear(2, 2)), "layer 1, Linear, gets images"),
            (nural.Sequential(Conv2d(1, 2, 3), nural.LayerNorm(2)), "layer 1, LayerNorm, gets images"),
            (nural.Sequential(Conv2d(1, 2, 3), nural.Flatten()), "the model ends with a Flatten of images"),
            (
                nural.Sequential(MaxPool2d(2), nural.Flatten(), nural.Linear(4, 2)),
                r"layer 2, Linear, reads flattened images .* pass input_shape=\(H, W, C\)",
            ),
            (nural.Softmax(1), "Softmax has dim=1, and nothing before it tells"),
            (nural.Sequential(nural.LSTM(3, 4), nural.BatchNorm1d(4)), "layer 1, BatchNorm1d, gets sequences"),
            (nural.Sequential(nural.LSTM(3, 4), nural.PReLU(4)), "layer 1, PReLU, gets sequences"),
            (
                nural.Sequential(
                    Conv2d(1, 2, 2),
                    nural.Residual(nural.Flatten(), nural.Sequential(GlobalAvgPool2d(), nural.Linear(2, 8))),
                ),
                "1: the two ways of this Residual order their values differently",
            ),
        ],
    )
    def test_layers(self, layer, message):
        with pytest.raises(ConversionError, match=message):
            to_torch(layer)

    def test_a_layer_of_someone_else_s(self):
        class Mine(nural.Layer):
            pass

        with pytest.raises(ConversionError, match="layer 0, Mine, has no module in PyTorch"):
            to_torch(nural.Sequential(Mine()))


class TestFiles:
    """`load_torch` and files that are none."""

    def refused(self, path, message):
        with pytest.raises(ConversionError, match=message) as caught:
            load_torch(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_missing(self, tmp_path):
        self.refused(tmp_path / "none.pt", "there is no such file")
        self.refused(tmp_path, "is a folder")

    @pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 no archive", b"\x80\x02.", b"\x08" + bytes(30)])
    def test_damaged(self, content, tmp_path):
        path = tmp_path / "damaged"
        path.write_bytes(content)
        self.refused(path, "damaged|neither a safetensors file|holds")

    def test_a_whole_module_is_not_built(self, tmp_path):
        import torch

        torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pt")
        self.refused(tmp_path / "module.pt", "would run code from the file; expected what torch.save")

    def test_something_else(self, tmp_path):
        import torch

        path = tmp_path / "other.pt"
        torch.save([torch.zeros(2)], path)
        self.refused(path, "holds a list, expected a state_dict")
        torch.save({"epoch": 3, "model": {"weight": torch.zeros(2)}}, path)
        self.refused(path, "holds 'epoch', which is no array")

    def test_pickled_code_is_not_run(self, tmp_path):
        import os
        import pickle

        class Evil:
            def __reduce__(self):
                return os.mkdir, (str(tmp_path / "ran"),)

        (tmp_path / "evil.pt").write_bytes(pickle.dumps(Evil(), protocol=2))
        self.refused(tmp_path / "evil.pt", "would run code|damaged")
        assert not (tmp_path / "ran").exists()


def test_arrays_need_no_pytorch(tmp_path):
    """A safetensors file fills a model where PyTorch is missing; what needs it says so."""
    import subprocess
    import sys

    from safetensors.numpy import save_file

    save_file({"0.weight": np.ones((2, 3), np.float32)}, tmp_path / "w.safetensors")
    script = """if True:
        import sys
        sys.modules["torch"] = None
        import nural
        from nural.interop.torch import from_torch, to_torch
        model = from_torch("w.safetensors", nural.Sequential(nural.Linear(3, 2, bias=False)))
        assert (model.params["0.W"] == 1).all()
        try:
            to_torch(model)
        except ImportError as error:
            print(error)
    """
    found = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout == "nural.interop.torch needs PyTorch for this: pip install torch\n"
