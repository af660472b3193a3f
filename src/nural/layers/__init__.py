"""Layers that own weights or shapes, one file a family: each a function, its gradient beneath it, and the layer.

The functions take what NumPy's functions take: lists, rows of lists, lists of arrays, memory maps, numbers of any byte
order. float32 stays float32. Integers and booleans become the type of the floats beside them, so of the weights, and
float64 where there are none; in a layer they become its ``dtype``.
"""

from nural.graph import Concatenate, Graph, Sum
from nural.lazy import lazy

# A family is loaded when it is needed; see `lazy`.
_NAMES = {
    "adaptive_pooling": (
        "AdaptiveAvgPool2d",
        "AdaptiveMaxPool2d",
        "GlobalAvgPool2d",
        "adaptive_avg_pool2d_backward",
        "adaptive_avg_pool2d_forward",
        "adaptive_max_pool2d_backward",
        "adaptive_max_pool2d_forward",
        "global_avg_pool2d_backward",
        "global_avg_pool2d_forward",
    ),
    "affine": (
        "Affine",
        "Rescaling",
    ),
    "average_pooling": (
        "AvgPool2d",
        "avg_pool2d_backward",
        "avg_pool2d_forward",
    ),
    "batch_norm": (
        "BatchNorm1d",
        "BatchNorm2d",
        "batch_norm_backward",
        "batch_norm_eval_backward",
        "batch_norm_eval_forward",
        "batch_norm_forward",
    ),
    "convolution": (
        "Conv2d",
        "conv2d_backward",
        "conv2d_forward",
    ),
    "dropout": (
        "Dropout",
        "dropout_backward",
        "dropout_forward",
        "dropout_mask",
    ),
    "gru": (
        "GRU",
        "gru_backward",
        "gru_forward",
    ),
    "layer_norm": (
        "LayerNorm",
        "layer_norm_backward",
        "layer_norm_forward",
    ),
    "linear": (
        "Flatten",
        "Linear",
        "Unflatten",
        "fc_backward",
        "fc_forward",
    ),
    "lstm": (
        "LSTM",
        "lstm_backward",
        "lstm_forward",
    ),
    "max_pooling": (
        "MaxPool2d",
        "max_pool2d_backward",
        "max_pool2d_forward",
    ),
    "padding": (
        "pad2d_backward",
        "pad2d_forward",
    ),
    "permute": (
        "Permute",
        "Reverse",
    ),
    "rnn": (
        "RNN",
        "rnn_backward",
        "rnn_forward",
    ),
    "windows": ("same_padding",),
}

__all__ = ["Concatenate", "Graph", "Sum", *(name for names in _NAMES.values() for name in names)]  # pyright: ignore
__getattr__, __dir__ = lazy(__name__, _NAMES)
