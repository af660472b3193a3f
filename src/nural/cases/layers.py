"""Every layer in examples, each with the shape of one sample: what the tests write for every target and read back."""

import copy
from collections.abc import Iterator

import numpy as np

from nural.activations import (
    ELU,
    GELU,
    SELU,
    Hardtanh,
    LeakyReLU,
    LogSoftmax,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from nural.containers import Residual, Sequential
from nural.graph import Concatenate, Graph, Sum
from nural.layer import Layer
from nural.layers import (
    GRU,
    LSTM,
    RNN,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Affine,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    GroupNorm,
    LayerNorm,
    Linear,
    MaxPool2d,
    Permute,
    Rescaling,
    Reverse,
    Unflatten,
)

#: Rows, sequences and images of the same number of values in each.
ROW, SEQUENCE, IMAGE = (8,), (5, 4), (7, 6, 3)

#: Of each class of layers what is tried: the layer with its arguments, in the ways that a target may treat differently.
#: One that computes nothing, or could not end a network, has another behind it.
LAYERS: dict[type[Layer], list[tuple[Layer, tuple[int, ...]]]] = {
    Linear: [
        (Linear(8, 3), ROW),
        (Linear(8, 3, bias=False), ROW),
        (Linear(4, 3), SEQUENCE),
        (Linear(4, 3, bias=False), SEQUENCE),
    ],
    Flatten: [
        (Sequential(Flatten(), Linear(126, 3)), IMAGE),
        (Sequential(Flatten(channels_first=True), Linear(126, 3)), IMAGE),
        (Sequential(Flatten(), Tanh()), SEQUENCE),
    ],
    Unflatten: [
        (Sequential(Unflatten(1, (4, 6, 1)), Conv2d(1, 2, 1)), (24,)),
        (Sequential(Unflatten(1, (4, 2, 3)), ReLU()), (24,)),
    ],
    Conv2d: [
        (Conv2d(3, 4, 3), IMAGE),
        (Conv2d(3, 6, (3, 2), stride=(1, 2), padding=(1, 2), dilation=(2, 1), groups=3), (9, 8, 3)),
        (Conv2d(4, 6, (3, 2), stride=(1, 2), padding=((0, 1), (2, 1)), dilation=(2, 1), groups=2), (9, 8, 4)),
        (Conv2d(4, 4, 3, padding="same", groups=4, bias=False), (7, 6, 4)),
        (Conv2d(3, 4, 3, padding=(2, 1), padding_mode="reflect"), IMAGE),
        (Conv2d(3, 4, 3, 2, padding=1, padding_mode="replicate"), IMAGE),
        (Conv2d(3, 4, (2, 4), padding="same", padding_mode="circular"), IMAGE),
    ],
    MaxPool2d: [
        (MaxPool2d(2), IMAGE),
        (MaxPool2d((3, 2), stride=(1, 2), padding=1, dilation=(2, 1), ceil_mode=True), (8, 7, 3)),
        (MaxPool2d(2, stride=3, dilation=4, ceil_mode=True), (9, 9, 2)),
    ],
    AvgPool2d: [
        (AvgPool2d((2, 3)), IMAGE),
        (AvgPool2d(3, 2, 1), (8, 7, 3)),
        (AvgPool2d(3, 2, 1, ceil_mode=True), (8, 8, 3)),
        (AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), (8, 8, 3)),
        (AvgPool2d(3, 2, 1, ceil_mode=True, divisor_override=2), (8, 8, 3)),
    ],
    AdaptiveAvgPool2d: [
        (AdaptiveAvgPool2d((3, 2)), (6, 6, 2)),
        (AdaptiveAvgPool2d((3, None)), (8, 5, 2)),
        (AdaptiveAvgPool2d(1), (7, 5, 2)),
    ],
    AdaptiveMaxPool2d: [(AdaptiveMaxPool2d((3, 2)), (6, 6, 2)), (AdaptiveMaxPool2d((3, 4)), (8, 5, 2))],
    GlobalAvgPool2d: [(GlobalAvgPool2d(), (7, 5, 3))],
    BatchNorm1d: [
        (BatchNorm1d(8), ROW),
        (BatchNorm1d(4), SEQUENCE),
        (BatchNorm1d(8, affine=False), ROW),
        (BatchNorm1d(8, track_running_stats=False), ROW),
    ],
    BatchNorm2d: [
        (BatchNorm2d(3, eps=1e-3, bias=False), IMAGE),
        (BatchNorm2d(3, track_running_stats=False), IMAGE),
    ],
    LayerNorm: [
        (LayerNorm(8), ROW),
        (LayerNorm((5, 4), bias=False), SEQUENCE),
        (LayerNorm((7, 6, 3), eps=1e-3), IMAGE),
        (LayerNorm(4, eps=1e-3, elementwise_affine=False), SEQUENCE),
    ],
    GroupNorm: [
        (GroupNorm(2, 8), ROW),
        (GroupNorm(2, 4, affine=False), SEQUENCE),
        (GroupNorm(3, 3, eps=1e-3), IMAGE),
        (GroupNorm(2, 6, bias=False), (7, 6, 6)),
    ],
    Dropout: [(Sequential(Dropout(0.3), ReLU()), ROW)],
    RNN: [(RNN(4, 3), SEQUENCE), (RNN(4, 3, 2, nonlinearity="relu", bidirectional=True, bias=False), SEQUENCE)],
    LSTM: [(LSTM(4, 3, 2, bidirectional=True), SEQUENCE), (LSTM(4, 3, return_sequences=False), SEQUENCE)],
    GRU: [
        (GRU(4, 3, bias=False), SEQUENCE),
        (GRU(4, 3, 2, bidirectional=True, return_sequences=False), SEQUENCE),
    ],
    Permute: [(Permute((3, 1, 2)), IMAGE)],
    Reverse: [(Reverse(), SEQUENCE)],
    Affine: [(Affine((8,)), ROW), (Affine((3,)), IMAGE), (Affine((7, 1, 1), shift=False), IMAGE)],
    Rescaling: [(Rescaling(1 / 256, -0.5), ROW)],
    ReLU: [(ReLU(), IMAGE)],
    Hardtanh: [(Hardtanh(-0.5, 0.7), ROW), (Hardtanh(0, None), ROW), (Hardtanh(None, 0.7), ROW)],
    LeakyReLU: [(LeakyReLU(0.2), ROW)],
    PReLU: [(PReLU(), IMAGE), (PReLU(3, init=0.1), IMAGE)],
    ELU: [(ELU(1.5), ROW)],
    SELU: [(SELU(), ROW)],
    GELU: [(GELU(), ROW), (GELU(approximate="tanh"), ROW)],
    SiLU: [(SiLU(), ROW)],
    Sigmoid: [(Sigmoid(), ROW)],
    Tanh: [(Tanh(), ROW)],
    Softsign: [(Softsign(), ROW)],
    Softplus: [(Softplus(), ROW), (Softplus(beta=2, threshold=1), ROW)],
    Softmax: [(Softmax(), SEQUENCE), (Sequential(Softmax(1), Linear(4, 3)), SEQUENCE)],
    LogSoftmax: [(LogSoftmax(), ROW), (Sequential(LogSoftmax(1), Linear(4, 3)), SEQUENCE)],
    Sequential: [(Sequential(Linear(8, 5), Sequential(ReLU())), ROW)],
    Residual: [
        (Residual(Sequential(Linear(8, 8), ReLU(), Residual(Linear(8, 8)))), ROW),
        (Residual(Conv2d(3, 4, 3, padding=1), Sequential(BatchNorm2d(3), Conv2d(3, 4, 1))), IMAGE),
    ],
    Sum: [
        (Graph(reads=[[0], [0, 1]], layer1=Linear(8, 8), layer2=Sum()), ROW),
        (Graph(reads=[[0], [0, 1, 0], [2, 1]], layer1=ReLU(), layer2=Sum(), layer3=Sum()), ROW),
    ],
    Concatenate: [
        (Graph(reads=[[0], [0, 1]], layer1=Conv2d(3, 2, 1), layer2=Concatenate()), IMAGE),
        (Graph(reads=[[0], [1, 0, 1]], layer1=Tanh(), layer2=Concatenate(1)), SEQUENCE),
    ],
    Graph: [
        (Graph(reads=[[0], [1], [0, 2, 1]], layer1=Linear(8, 8), layer2=Tanh(), layer3=Concatenate()), ROW),
        (
            Graph(
                reads=[[0], [1], [1], [3, 2]],
                layer1=Conv2d(3, 4, 1),
                layer2=BatchNorm2d(4),
                layer3=ReLU(),
                layer4=Sum(),
            ),
            IMAGE,
        ),
    ],
}


def examples(kind: type[Layer]) -> Iterator[tuple[Sequential, tuple[int, ...]]]:
    """Networks with a layer of this class, whose numbers are not those of the beginning, and the shape of a sample."""
    rng = np.random.default_rng(0)
    for layer, shape in LAYERS[kind]:
        model = copy.deepcopy(layer if type(layer) is Sequential else Sequential(layer))
        for name, value in {**model.params, **model.state}.items():
            positive = name.endswith("var")
            value[...] = rng.uniform(0.5, 1.5, value.shape) if positive else 0.3 * rng.standard_normal(value.shape)
        yield model, shape
