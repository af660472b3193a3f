"""What a network's outputs say by its task: probabilities, labels, and logits for a loss.

This is the one place where outputs become answers. Inference, the command, the page, the page reader and the
estimators call it; exports write in their own language what `still_to_apply` and `labels` say here.
"""

from typing import Literal

import numpy as np

from nural.activations import LogSoftmax, Sigmoid, Softmax, sigmoid_forward, softmax_forward
from nural.containers import Sequential, computes_as
from nural.graph import Concatenate, Graph
from nural.layer import Layer
from nural.layers.affine import Rescaling
from nural.task import THRESHOLD, Task

Scale = Literal["logits", "log-probabilities", "probabilities"]


def last_layer(model: Layer) -> Layer:
    """The layer whose output is the network's: the last one, also inside nested `Sequential` and `Graph`."""
    while computes_as(model, Sequential, Graph) and model.children:
        model = list(model.children.values())[-1]
    return model


def scale_of(model: Layer) -> Scale:
    """What the outputs are: probabilities behind `Softmax` and `Sigmoid`, their logarithms behind `LogSoftmax`.

    After any other layer they are logits (or values, if the task is a regression). The two columns 1 − p and p of one
    sigmoid, which scikit-learn's converter to ONNX writes for a binary classifier, are probabilities too.
    """
    if computes_as(model, Graph):
        return _scale_in(model, len(model.reads))
    if computes_as(model, Sequential) and model.children:
        return scale_of(model.layers[-1])
    if computes_as(model, Softmax, Sigmoid):
        return "probabilities"
    return "log-probabilities" if computes_as(model, LogSoftmax) else "logits"


def _scale_in(graph: Graph, number: int) -> Scale:
    """The scale of the output of layer ``number`` of a graph; 0 is the input."""
    if number == 0:
        return "logits"
    layer, reads = graph.children[f"layer{number}"], graph.reads[number - 1]
    complement = computes_as(layer, Rescaling) and (layer.scale, layer.offset) == (-1, 1)
    if complement or computes_as(layer, Concatenate):
        alike = all(_scale_in(graph, read) == "probabilities" for read in reads)
        return "probabilities" if alike else "logits"
    return scale_of(layer)


def without_softmax(model: Layer) -> Layer:
    """The network without the `Softmax` or `LogSoftmax` at its end, if any; its probabilities stay the same."""
    if not computes_as(model, Sequential) or not model.children:
        return model
    *before, last = model.layers
    shorter = without_softmax(last)
    if shorter is last and not computes_as(last, Softmax, LogSoftmax):
        return model
    twin = Sequential(*before) if shorter is last else Sequential(*before, shorter)
    twin.task, twin.info = said_task(model), model.info
    return twin


def said_task(model: Layer) -> Task | None:
    """``model.task``, or that of the network inside, if it was wrapped; None if there is none."""
    while model.task is None and computes_as(model, Sequential, Graph) and model.children:
        model = list(model.children.values())[-1]
    return model.task


def task_of(model: Layer, y: np.ndarray, otherwise: Task | None = None) -> Task:
    """What the network is for: its own task, or the one that outputs of this shape suggest.

    Without a task of its own, one output is "binary", several after a `Sigmoid` are "multilabel", others "multiclass".

    Args:
        model: The network.
        y: Its outputs, ``(N, …, C)``; only their shape counts.
        otherwise: The task of a network without one, if more is known than the shape.

    Raises:
        ValueError: the outputs do not fit the task, or the last layer works along another dimension.
    """
    if y.ndim < 2:
        raise ValueError(f"expected outputs (N, …, C), one row for each sample, found {y.shape}")
    last, count = last_layer(model), y.shape[-1]
    task = said_task(model) or otherwise
    if task is None:
        several = "multilabel" if computes_as(last, Sigmoid) else "multiclass"
        task = Task("binary" if count == 1 else several)
    _require_fit(task, count)
    if computes_as(last, Softmax, LogSoftmax) and task.kind != "regression":
        if last.dim not in (-1, y.ndim - 1):
            raise ValueError(f"{last!r} ends the network, but classes lie along the last dimension of {y.shape}")
        if count == 1:
            raise ValueError(f"{last!r} of one output is always the same: end the network in Sigmoid, or in none")
    return task


def _require_fit(task: Task, count: int) -> None:
    """Raise ValueError unless the task has as many outputs as the network."""
    if task.kind == "binary" and count != 1:
        raise ValueError(f"the task is binary, which one output answers, but the network has {count} outputs")
    if task.kind == "multiclass" and count == 1 and len(task.classes or ()) != 1:
        raise ValueError("the task is multiclass, which takes an output for each class, but the network has one output")
    for what, given in (("classes", task.classes), ("thresholds", task.thresholds)):
        if given is not None and task.kind != "binary" and len(given) != count:
            raise ValueError(f"the task has {len(given)} {what}, but the network {count} outputs")


def still_to_apply(model: Layer, task: Task) -> Literal["softmax", "sigmoid", "exp"] | None:
    """The function that makes probabilities of the outputs; None if they are probabilities already, or values."""
    scale = scale_of(model)
    if task.kind == "regression" or scale == "probabilities":
        return None
    if scale == "log-probabilities":
        return "exp"
    return "softmax" if task.kind == "multiclass" else "sigmoid"


def probabilities(model: Layer, y: np.ndarray) -> np.ndarray:
    """The probability of each class, or of each label, of outputs ``y`` ``(N, …, C)``.

    For "multiclass" and "multilabel" they are ``(N, …, C)``, for "binary" ``(N, …, 2)``: 1 − p and p. No function is
    applied twice. A "multiclass" network that ends in `Sigmoid` gives rows that need not add up to 1.

    Raises:
        ValueError: the task is a regression, or does not fit the outputs.
    """
    task = task_of(model, y)
    if task.kind == "regression":
        raise ValueError("the task is a regression: the outputs are values, and there are no probabilities of them")
    p = _of_outputs(model, task, y)
    return np.concatenate([1 - p, p], axis=-1) if task.kind == "binary" else p


def _of_outputs(model: Layer, task: Task, y: np.ndarray) -> np.ndarray:
    """A probability for each output."""
    match still_to_apply(model, task):
        case "softmax":
            return softmax_forward(y)
        case "sigmoid":
            return sigmoid_forward(y)
        case "exp":
            return np.exp(y)
    return y


def labels(model: Layer, y: np.ndarray) -> np.ndarray:
    """The answers that outputs ``y`` ``(N, …, C)`` give.

    Returns:
        "multiclass": the class of the largest output, ``(N, …)``. "binary": the second class where p is above the
        threshold, else the first, ``(N, …)``. "multilabel": 1 where p is above its threshold, else 0, ``(N, …, C)``.
        Classes are named as the task names them, by integers if it does not. "regression": the outputs, without the
        last dimension if there is one output.

    Raises:
        ValueError: the task does not fit the outputs.
    """
    task = task_of(model, y)
    if task.kind == "regression":
        return y[..., 0] if y.shape[-1] == 1 else y
    places = label_places(model, task, y)
    return places if task.kind == "multilabel" or task.names is None else task.names[places]


def label_places(model: Layer, task: Task, y: np.ndarray) -> np.ndarray:
    """`labels` as indices of classes, 0, 1, 2, …, whatever their names; the task must not be a regression."""
    if task.kind == "multiclass":
        return y.argmax(axis=-1)
    p = _of_outputs(model, task, y)
    yes = p > np.asarray(task.thresholds or THRESHOLD, p.dtype)
    return (yes[..., 0] if task.kind == "binary" else yes).astype(np.int64)


def logits(model: Layer, y: np.ndarray, of: Literal["softmax", "sigmoid"]) -> np.ndarray:
    """Outputs ``y`` in the form that a loss of logits takes: softmax or sigmoid of the result are their probabilities.

    For softmax this is log p, since softmax(log p) = p if the row adds up to 1; for sigmoid, log p − log(1 − p). A p
    that was rounded to 0 or 1 counts as the nearest probability that the float type has.
    """
    scale = scale_of(model)
    if scale == "logits" or (scale, of) == ("log-probabilities", "softmax"):
        return y
    p = y if scale == "probabilities" else np.exp(y)
    info = np.finfo(y.dtype)
    log_p = np.log(np.maximum(p, info.tiny))
    return log_p if of == "softmax" else log_p - np.log(np.maximum(1 - p, info.epsneg))
