"""The names of `nural.activations` as tools read them; `__init__.py` says where each is loaded from."""

from nural.activations import exponential_units as exponential_units
from nural.activations import gelu as gelu
from nural.activations import rectifiers as rectifiers
from nural.activations import sigmoids as sigmoids
from nural.activations import softmaxes as softmaxes
from nural.activations.exponential_units import ELU, SELU, elu_backward, elu_forward, selu_backward, selu_forward
from nural.activations.gelu import GELU, gelu_backward, gelu_forward
from nural.activations.rectifiers import (
    Hardtanh,
    LeakyReLU,
    PReLU,
    ReLU,
    hardtanh_backward,
    hardtanh_forward,
    leaky_relu_backward,
    leaky_relu_forward,
    prelu_backward,
    prelu_forward,
    relu_backward,
    relu_forward,
)
from nural.activations.sigmoids import (
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
    sigmoid_backward,
    sigmoid_forward,
    silu_backward,
    silu_forward,
    softplus_backward,
    softplus_forward,
    tanh_backward,
    tanh_forward,
)
from nural.activations.softmaxes import (
    LogSoftmax,
    Softmax,
    log_softmax_backward,
    log_softmax_forward,
    softmax_backward,
    softmax_forward,
)

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Hardtanh",
    "LeakyReLU",
    "LogSoftmax",
    "PReLU",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "elu_backward",
    "elu_forward",
    "gelu_backward",
    "gelu_forward",
    "hardtanh_backward",
    "hardtanh_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "log_softmax_backward",
    "log_softmax_forward",
    "prelu_backward",
    "prelu_forward",
    "relu_backward",
    "relu_forward",
    "selu_backward",
    "selu_forward",
    "sigmoid_backward",
    "sigmoid_forward",
    "silu_backward",
    "silu_forward",
    "softmax_backward",
    "softmax_forward",
    "softplus_backward",
    "softplus_forward",
    "tanh_backward",
    "tanh_forward",
]
