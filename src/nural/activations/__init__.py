"""Activation functions: each a formula, its gradient beneath it, and the layer that applies them.

They take what NumPy's functions take, numbers and lists too, and keep float32; integers become float64.
``out`` may not overlap another argument: many of these functions read their input again after they have begun to write.
"""

from nural.lazy import lazy

# A family is loaded when it is needed; see `lazy`.
_NAMES = {
    "exponential_units": (
        "ELU",
        "SELU",
        "elu_backward",
        "elu_forward",
        "selu_backward",
        "selu_forward",
    ),
    "gelu": (
        "GELU",
        "gelu_backward",
        "gelu_forward",
    ),
    "rectifiers": (
        "Hardtanh",
        "LeakyReLU",
        "PReLU",
        "ReLU",
        "hardtanh_backward",
        "hardtanh_forward",
        "leaky_relu_backward",
        "leaky_relu_forward",
        "prelu_backward",
        "prelu_forward",
        "relu_backward",
        "relu_forward",
    ),
    "sigmoids": (
        "Sigmoid",
        "SiLU",
        "Softplus",
        "Tanh",
        "sigmoid_backward",
        "sigmoid_forward",
        "silu_backward",
        "silu_forward",
        "softplus_backward",
        "softplus_forward",
        "tanh_backward",
        "tanh_forward",
    ),
    "softmaxes": (
        "LogSoftmax",
        "Softmax",
        "log_softmax_backward",
        "log_softmax_forward",
        "softmax_backward",
        "softmax_forward",
    ),
}

__all__ = [name for names in _NAMES.values() for name in names]  # pyright: ignore
__getattr__, __dir__ = lazy(__name__, _NAMES)
