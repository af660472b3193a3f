"""The names of `nural.layers` as tools read them; `__init__.py` says where each is loaded from."""

from nural.graph import Concatenate, Graph, Sum
from nural.layers import adaptive_pooling as adaptive_pooling
from nural.layers import affine as affine
from nural.layers import average_pooling as average_pooling
from nural.layers import batch_norm as batch_norm
from nural.layers import convolution as convolution
from nural.layers import dropout as dropout
from nural.layers import gru as gru
from nural.layers import layer_norm as layer_norm
from nural.layers import linear as linear
from nural.layers import lstm as lstm
from nural.layers import max_pooling as max_pooling
from nural.layers import padding as padding
from nural.layers import permute as permute
from nural.layers import rnn as rnn
from nural.layers import windows as windows
from nural.layers.adaptive_pooling import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    GlobalAvgPool2d,
    adaptive_avg_pool2d_backward,
    adaptive_avg_pool2d_forward,
    adaptive_max_pool2d_backward,
    adaptive_max_pool2d_forward,
    global_avg_pool2d_backward,
    global_avg_pool2d_forward,
)
from nural.layers.affine import Affine, Rescaling
from nural.layers.average_pooling import AvgPool2d, avg_pool2d_backward, avg_pool2d_forward
from nural.layers.batch_norm import (
    BatchNorm1d,
    BatchNorm2d,
    batch_norm_backward,
    batch_norm_eval_backward,
    batch_norm_eval_forward,
    batch_norm_forward,
)
from nural.layers.convolution import Conv2d, conv2d_backward, conv2d_forward
from nural.layers.dropout import Dropout, dropout_backward, dropout_forward, dropout_mask
from nural.layers.gru import GRU, gru_backward, gru_forward
from nural.layers.layer_norm import LayerNorm, layer_norm_backward, layer_norm_forward
from nural.layers.linear import Flatten, Linear, Unflatten, fc_backward, fc_forward
from nural.layers.lstm import LSTM, lstm_backward, lstm_forward
from nural.layers.max_pooling import MaxPool2d, max_pool2d_backward, max_pool2d_forward
from nural.layers.padding import pad2d_backward, pad2d_forward
from nural.layers.permute import Permute, Reverse
from nural.layers.rnn import RNN, rnn_backward, rnn_forward
from nural.layers.windows import same_padding

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "Affine",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "Concatenate",
    "Conv2d",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "Graph",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "Permute",
    "Rescaling",
    "Reverse",
    "Sum",
    "Unflatten",
    "adaptive_avg_pool2d_backward",
    "adaptive_avg_pool2d_forward",
    "adaptive_max_pool2d_backward",
    "adaptive_max_pool2d_forward",
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "batch_norm_backward",
    "batch_norm_eval_backward",
    "batch_norm_eval_forward",
    "batch_norm_forward",
    "conv2d_backward",
    "conv2d_forward",
    "dropout_backward",
    "dropout_forward",
    "dropout_mask",
    "fc_backward",
    "fc_forward",
    "global_avg_pool2d_backward",
    "global_avg_pool2d_forward",
    "gru_backward",
    "gru_forward",
    "layer_norm_backward",
    "layer_norm_forward",
    "lstm_backward",
    "lstm_forward",
    "max_pool2d_backward",
    "max_pool2d_forward",
    "pad2d_backward",
    "pad2d_forward",
    "rnn_backward",
    "rnn_forward",
    "same_padding",
]
