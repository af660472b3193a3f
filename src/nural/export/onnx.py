"""ONNX files: a graph of ONNX's own operators that computes what the model does in evaluation."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nural.export.answers import answers_of
from nural.export.input_shape import digit_shape, sample_shape
from nural.export.samples import Samples, samples_for
from nural.export.target import Comparison, Options, Target, Written, missing_package
from nural.layer import Layer
from nural.overwriting import ONNX
from nural.predictions import probabilities, said_task
from nural.task import Task

KIND = "ONNX"
#: How many samples are compared: the reference evaluator is slow.
FEW = 64


def make_onnx(model: Layer, path: Path, options: Options) -> Written:
    """A model as ONNX, checked in full by onnx's checker; for options see `Options`.

    Input and output are named ``input`` and ``output``, with preprocessing ``pixels`` and ``probabilities``; both have
    a free first dimension ``N`` and otherwise nural's order: images are ``(N, H, W, C)``. The model's task and its info
    are JSON in the file's metadata.

    Raises:
        ExportError: a layer has no operator in ONNX, or the package onnx is missing.
    """
    find_shape = digit_shape if options.with_preprocessing else sample_shape
    shape = find_shape(model, path, options.input_shape)
    if importlib.util.find_spec("onnx") is None:
        raise missing_package(path, KIND, "the package onnx", "nural[onnx]")
    from onnx import checker

    from nural.export.onnx_layers import express_model

    samples = samples_for(model, shape, path, options)
    answers = answers_of(model, samples.y.shape[1:], path) if options.with_preprocessing else None
    proto = express_model(model, path, shape, answers)
    task = said_task(model)
    if task and answers and task.kind == "binary":
        task = Task("multiclass", task.classes)  # the file gives a probability for each class
    for key, value in (("nural", model.info), ("task", task and task.as_json())):
        if value:
            proto.metadata_props.add(key=key, value=json.dumps(value))
    checker.check_model(proto, full_check=True)
    content = proto.SerializeToString(deterministic=True)
    comparison = _compare(content, samples, options.with_preprocessing)
    operators = sorted({node.op_type for node in proto.graph.node})
    return Written({path: content}, shape, comparison, {"operators": ", ".join(operators)})


def _compare(content: bytes, samples: Samples, with_preprocessing: bool) -> Comparison:
    if with_preprocessing:
        samples = replace(samples, y=probabilities(samples.model, samples.y), truth=None)
    x = samples.pixels if with_preprocessing else samples.x
    if importlib.util.find_spec("onnxruntime") is None:
        return samples.compare(_by_reference(content, x[:FEW]), "onnx's reference")
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found: Any = session.run(None, {session.get_inputs()[0].name: x})[0]
    return samples.compare(found, f"ONNX Runtime {onnxruntime.__version__}")


def _by_reference(content: bytes, x: np.ndarray) -> Any:
    """The outputs, computed by onnx's reference evaluator, which uses NumPy."""
    from onnx.reference import ReferenceEvaluator

    session: Any = ReferenceEvaluator(content)
    return session.run(None, {session.input_names[0]: x})[0]


TARGET = Target("onnx", KIND, (".onnx",), ONNX, make_onnx, frozenset({"with_preprocessing"}))
