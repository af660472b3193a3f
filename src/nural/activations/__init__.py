"""Activation functions: each a formula, its gradient beneath it, and the layer that applies them.

They take what NumPy's functions take, numbers and lists too, and keep float32; integers become float64.
``out`` may not overlap another argument: many of these functions read their input again after they have begun to write.
"""

from nural.activations.exponential_units import ELU as ELU
from nural.activations.exponential_units import SELU as SELU
from nural.activations.exponential_units import elu_backward as elu_backward
from nural.activations.exponential_units import elu_forward as elu_forward
from nural.activations.exponential_units import selu_backward as selu_backward
from nural.activations.exponential_units import selu_forward as selu_forward
from nural.activations.gelu import GELU as GELU
from nural.activations.gelu import gelu_backward as gelu_backward
from nural.activations.gelu import gelu_forward as gelu_forward
from nural.activations.rectifiers import Hardtanh as Hardtanh
from nural.activations.rectifiers import LeakyReLU as LeakyReLU
from nural.activations.rectifiers import PReLU as PReLU
from nural.activations.rectifiers import ReLU as ReLU
from nural.activations.rectifiers import hardtanh_backward as hardtanh_backward
from nural.activations.rectifiers import hardtanh_forward as hardtanh_forward
from nural.activations.rectifiers import leaky_relu_backward as leaky_relu_backward
from nural.activations.rectifiers import leaky_relu_forward as leaky_relu_forward
from nural.activations.rectifiers import prelu_backward as prelu_backward
from nural.activations.rectifiers import prelu_forward as prelu_forward
from nural.activations.rectifiers import relu_backward as relu_backward
from nural.activations.rectifiers import relu_forward as relu_forward
from nural.activations.sigmoids import Sigmoid as Sigmoid
from nural.activations.sigmoids import SiLU as SiLU
from nural.activations.sigmoids import Softplus as Softplus
from nural.activations.sigmoids import Softsign as Softsign
from nural.activations.sigmoids import Tanh as Tanh
from nural.activations.sigmoids import sigmoid_backward as sigmoid_backward
from nural.activations.sigmoids import sigmoid_forward as sigmoid_forward
from nural.activations.sigmoids import silu_backward as silu_backward
from nural.activations.sigmoids import silu_forward as silu_forward
from nural.activations.sigmoids import softplus_backward as softplus_backward
from nural.activations.sigmoids import softplus_forward as softplus_forward
from nural.activations.sigmoids import softsign_backward as softsign_backward
from nural.activations.sigmoids import softsign_forward as softsign_forward
from nural.activations.sigmoids import tanh_backward as tanh_backward
from nural.activations.sigmoids import tanh_forward as tanh_forward
from nural.activations.softmaxes import LogSoftmax as LogSoftmax
from nural.activations.softmaxes import Softmax as Softmax
from nural.activations.softmaxes import log_softmax_backward as log_softmax_backward
from nural.activations.softmaxes import log_softmax_forward as log_softmax_forward
from nural.activations.softmaxes import softmax_backward as softmax_backward
from nural.activations.softmaxes import softmax_forward as softmax_forward
