"""ONNX files: a graph of ONNX's own operators that computes what the model does in evaluation."""

import importlib.util
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from nural.activations import softmax_forward
from nural.atomic_file import write_atomically
from nural.export.samples import PIXELS, Samples, sample_shape, samples_for
from nural.export.target import ExportError, Options, Target, Written, missing_package
from nural.layer import Layer

KIND = "ONNX"
#: The reference evaluator takes its time.
FEW = 64


def write_onnx(model: Layer, path: Path, options: Options) -> Written:
    """Write a model as ONNX, checked in full by onnx's checker; see `Options` for what may be asked.

    Input and output are named ``input`` and ``output``, with preprocessing ``pixels`` and ``probabilities``; both have
    a free first dimension ``N`` and else nural's order: images are ``(N, H, W, C)``.

    Raises:
        ExportError: a layer has no operator in ONNX, or the package onnx is missing.
        OSError: the file cannot be written.
    """
    if importlib.util.find_spec("onnx") is None:
        raise missing_package(path, KIND, "the package onnx", "nural[onnx]")
    shape = sample_shape(model, path, options.input_shape)
    if options.with_preprocessing and math.prod(shape) != PIXELS:
        raise ExportError(f"{path}: preprocessing makes 28×28 pixels into {PIXELS} values; the model takes {shape}")
    from onnx import checker

    from nural.export.onnx_layers import express_model

    proto = express_model(model, path, shape, options.with_preprocessing)
    if model.info:
        proto.metadata_props.add(key="nural", value=json.dumps(model.info))
    checker.check_model(proto, full_check=True)
    content = proto.SerializeToString(deterministic=True)
    samples = samples_for(model, shape)
    difference, compared = _compare(content, samples, options.with_preprocessing)
    write_atomically(path, content)
    operators = sorted({node.op_type for node in proto.graph.node})
    return Written((path,), difference, compared, {"operators": ", ".join(operators)})


def _compare(content: bytes, samples: Samples, with_preprocessing: bool) -> tuple[float, str]:
    """The largest difference of an output, and on what and by what it was found."""
    x = samples.pixels if with_preprocessing else samples.x
    y = samples.y
    if with_preprocessing:
        y = softmax_forward(y)
    if importlib.util.find_spec("onnxruntime") is None:
        return _difference(_by_reference(content, x[:FEW]), y[:FEW]), f"on {len(x[:FEW])} samples, by onnx's reference"
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run(None, {session.get_inputs()[0].name: x})[0]
    return _difference(found, y), f"on {samples.what}, by ONNX Runtime {onnxruntime.__version__}"


def _by_reference(content: bytes, x: np.ndarray) -> Any:
    """The outputs by the evaluator in NumPy that comes with onnx."""
    from onnx.reference import ReferenceEvaluator

    session: Any = ReferenceEvaluator(content)
    return session.run(None, {session.input_names[0]: x})[0]


def _difference(found: Any, y: np.ndarray) -> float:
    return float(np.abs(found - y).max())


TARGET = Target("onnx", KIND, (".onnx",), write_onnx, frozenset({"with_preprocessing", "input_shape"}))
