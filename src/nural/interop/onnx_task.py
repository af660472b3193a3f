"""The meaning of the outputs of an ONNX file. Imports onnx."""

import json

from nural.interop.onnx_graph import OnnxGraph, attributes_of
from nural.task import Label, Task


def task_in(graph: OnnxGraph, outputs: int) -> Task | None:
    """The task that nural wrote with a graph, or that of a classifier of scikit-learn's; None for other files.

    Args:
        graph: The graph.
        outputs: How many outputs a sample has.
    """
    written = graph.metadata.get("task")
    if written is not None:
        try:
            return Task.from_json(json.loads(written))
        except (ValueError, KeyError, TypeError):
            return None  # a text by another program
    classes = _class_labels(graph)
    if classes is None or len(classes) != outputs or classes == list(range(outputs)):
        return None  # several labels are numbered too; for them the last layer decides
    return Task("multiclass", tuple(classes))


def _class_labels(graph: OnnxGraph) -> list[Label] | None:
    """The labels of a ZipMap over the output, or those from which the label output is picked."""
    for node in graph.graph.node:
        if node.op_type == "ZipMap" and node.input[0] == graph.output:
            found = attributes_of(node)
            strings = [name.decode() for name in found.get("classlabels_strings", [])]
            return strings or list(found.get("classlabels_int64s", []))
    for node in graph.graph.node:
        if node.op_type == "ArrayFeatureExtractor" and node.input[0] in graph.constants:
            labels = graph.constants[node.input[0]].ravel().tolist()
            return [name.decode() if isinstance(name, bytes) else name for name in labels]
    return None
