"""The package onnx's own tests of nodes, for the operators that nural has: they pass, or are refused for a reason."""

import re
import warnings
from pathlib import Path

import pytest

onnx = pytest.importorskip("onnx")

from nural.interop import ConversionError  # noqa: E402

pytestmark = pytest.mark.export

#: Operators whose nodes nural has as layers. Others are read only as a part of something larger, and have no test here.
OPERATORS = {
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Clip",
    "Conv",
    "Div",
    "Dropout",
    "Elu",
    "Flatten",
    "GRU",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GroupNormalization",
    "Identity",
    "InstanceNormalization",
    "LSTM",
    "LayerNormalization",
    "LeakyRelu",
    "LogSoftmax",
    "MatMul",
    "MaxPool",
    "Mul",
    "PRelu",
    "RNN",
    "Relu",
    "Reshape",
    "Selu",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Squeeze",
    "Sub",
    "Sum",
    "Swish",
    "Tanh",
    "Transpose",
    "Unsqueeze",
}
#: Tests that cannot pass, and why: what nural does not have. The node is refused then.
REFUSED = {
    r"averagepool_3d|maxpool_3d|Conv3d|BatchNorm3d|AvgPool3d|MaxPool3d": "images of three dimensions",
    r"averagepool_2d_dilations": "average pooling with dilation",
    r"averagepool_2d_pads|maxpool_2d_pads$": "padding over half of a window, which PyTorch refuses too",
    r"batchnorm_.*training_mode|training_dropout(?!_zero)": "training, in which nural's layers have their own way",
    r"flatten_(axis[023]|negative_axis[421])$": "samples mixed",
    r"reshape_(reordered_all|one_dim|allowzero)|_squeeze$": "samples mixed",
    r"gru_(seq_length|bidirectional|reverse)": "the reset gate before the product (linear_before_reset = 0)",
    r"layer_normalization_.*(axis0|axis_negative_4|2d_axis_negative_2|3d_axis_negative_3)": "over the batch",
    r"lstm_with_peepholes": "peepholes",
    r"matmul_(3d|4d$|bcast|1d)": "a second factor that is not one matrix",
    r"prelu_example": "a slope for each entry",
    r"operator_addmm": "a sum of a product and a second input",
    r"operator_non_float_params": "a product with a second input",
}
#: Tests of types that no network computes with.
OTHER_TYPES = r"_u?int\d+|_sequence$|_opt$|identity_(sequence|opt)"
#: How many of a node's outputs nural computes, where not all: not the mask of a dropout, the places of maxima, the
#: statistics of a layer norm, the cell of an LSTM.
COMPUTED = {"Dropout": 1, "MaxPool": 1, "LayerNormalization": 1, "LSTM": 2}


def node_tests():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own cases overflow here and there
        from onnx.backend.test.loader import load_model_tests

        return [
            case
            for kind in ("node", "pytorch-converted", "pytorch-operator")
            for case in load_model_tests(kind=kind)
            if {node.op_type for node in _model(case).graph.node} - {"Constant", "Shape"} <= OPERATORS
            and not re.search(OTHER_TYPES, case.name)
            and any(node.op_type in OPERATORS for node in _model(case).graph.node)
            and not case.name.endswith("expanded")
        ]


def _model(case):
    return case.model if case.model is not None else onnx.load(Path(case.model_dir) / "model.onnx")


def _data(case):
    """Inputs and expected outputs."""
    from onnx.backend.test.runner import _normalize_tensor

    if case.model is not None:
        return [tuple(list(map(_normalize_tensor, part)) for part in pair) for pair in case.data_sets]
    found = []
    for folder in sorted(Path(case.model_dir).glob("test_data_set_*")):
        parts = []
        for kind in ("input", "output"):
            files = sorted(folder.glob(f"{kind}_*.pb"), key=lambda path: int(path.stem.split("_")[1]))
            parts.append([onnx.numpy_helper.to_array(onnx.load_tensor(path)) for path in files])
        found.append(tuple(parts))
    return found


@pytest.fixture(scope="module")
def cases():
    """Loaded when they are run, not when pytest looks for tests: that takes seconds."""
    return node_tests()


def check(case):
    """Raise if nural's outputs are not those of the test; ConversionError if the node is refused."""
    from onnx.backend.test.runner import Runner
    from onnx_backend import NuralBackend

    model = onnx.ModelProto.FromString(_model(case).SerializeToString())
    (*_, node) = model.graph.node
    computed = node.output[: COMPUTED.get(node.op_type, len(node.output))]
    kept = [i for i, output in enumerate(model.graph.output) if output.name in computed]
    outputs = [model.graph.output[i] for i in kept]
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    for inputs, expected in _data(case):
        found = NuralBackend.prepare(model).run(inputs)
        Runner.assert_similar_outputs([expected[i] for i in kept], found, case.rtol, case.atol)


def test_they_pass_or_are_refused(cases):
    failures = {}
    for case in cases:
        expected = any(re.search(pattern, case.name) for pattern in REFUSED)
        try:
            check(case)
            refused = False
        except ConversionError as error:
            refused = re.match(r"the test's model: node .*cannot be read: ", str(error)) is not None
        except AssertionError as error:
            failures[case.name] = str(error)
            continue
        if refused is not expected:
            failures[case.name] = "refused" if refused else "not refused"
    assert failures == {}


def test_each_reason_is_needed_and_most_tests_pass(cases):
    names = [case.name for case in cases]
    refused = {pattern: [name for name in names if re.search(pattern, name)] for pattern in REFUSED}
    assert [pattern for pattern, found in refused.items() if not found] == []
    count = len(set().union(*refused.values()))
    assert (len(names) - count, count) == (241, 63)  # as docs/export.md says
