"""Layers that own weights or shapes, one file a family: each a function, its gradient beneath it, and the layer.

The functions take what NumPy's functions take: lists, rows of lists, lists of arrays, memory maps, numbers of any byte
order. float32 stays float32. Integers and booleans become the type of the floats beside them, so of the weights, and
float64 where there are none; in a layer they become its ``dtype``.
"""

from nural.graph import Concatenate as Concatenate
from nural.graph import Graph as Graph
from nural.graph import Sum as Sum
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d as AdaptiveAvgPool2d
from nural.layers.adaptive_pooling import AdaptiveMaxPool2d as AdaptiveMaxPool2d
from nural.layers.adaptive_pooling import GlobalAvgPool2d as GlobalAvgPool2d
from nural.layers.adaptive_pooling import adaptive_avg_pool2d_backward as adaptive_avg_pool2d_backward
from nural.layers.adaptive_pooling import adaptive_avg_pool2d_forward as adaptive_avg_pool2d_forward
from nural.layers.adaptive_pooling import adaptive_max_pool2d_backward as adaptive_max_pool2d_backward
from nural.layers.adaptive_pooling import adaptive_max_pool2d_forward as adaptive_max_pool2d_forward
from nural.layers.adaptive_pooling import global_avg_pool2d_backward as global_avg_pool2d_backward
from nural.layers.adaptive_pooling import global_avg_pool2d_forward as global_avg_pool2d_forward
from nural.layers.affine import Affine as Affine
from nural.layers.affine import Rescaling as Rescaling
from nural.layers.average_pooling import AvgPool2d as AvgPool2d
from nural.layers.average_pooling import avg_pool2d_backward as avg_pool2d_backward
from nural.layers.average_pooling import avg_pool2d_forward as avg_pool2d_forward
from nural.layers.batch_norm import BatchNorm1d as BatchNorm1d
from nural.layers.batch_norm import BatchNorm2d as BatchNorm2d
from nural.layers.batch_norm import batch_norm_backward as batch_norm_backward
from nural.layers.batch_norm import batch_norm_eval_backward as batch_norm_eval_backward
from nural.layers.batch_norm import batch_norm_eval_forward as batch_norm_eval_forward
from nural.layers.batch_norm import batch_norm_forward as batch_norm_forward
from nural.layers.convolution import Conv2d as Conv2d
from nural.layers.convolution import conv2d_backward as conv2d_backward
from nural.layers.convolution import conv2d_forward as conv2d_forward
from nural.layers.dropout import Dropout as Dropout
from nural.layers.dropout import dropout_backward as dropout_backward
from nural.layers.dropout import dropout_forward as dropout_forward
from nural.layers.dropout import dropout_mask as dropout_mask
from nural.layers.group_norm import GroupNorm as GroupNorm
from nural.layers.group_norm import group_norm_backward as group_norm_backward
from nural.layers.group_norm import group_norm_forward as group_norm_forward
from nural.layers.gru import GRU as GRU
from nural.layers.gru import gru_backward as gru_backward
from nural.layers.gru import gru_forward as gru_forward
from nural.layers.layer_norm import LayerNorm as LayerNorm
from nural.layers.layer_norm import layer_norm_backward as layer_norm_backward
from nural.layers.layer_norm import layer_norm_forward as layer_norm_forward
from nural.layers.linear import Flatten as Flatten
from nural.layers.linear import Linear as Linear
from nural.layers.linear import Unflatten as Unflatten
from nural.layers.linear import fc_backward as fc_backward
from nural.layers.linear import fc_forward as fc_forward
from nural.layers.lstm import LSTM as LSTM
from nural.layers.lstm import lstm_backward as lstm_backward
from nural.layers.lstm import lstm_forward as lstm_forward
from nural.layers.max_pooling import MaxPool2d as MaxPool2d
from nural.layers.max_pooling import max_pool2d_backward as max_pool2d_backward
from nural.layers.max_pooling import max_pool2d_forward as max_pool2d_forward
from nural.layers.padding import pad2d_backward as pad2d_backward
from nural.layers.padding import pad2d_forward as pad2d_forward
from nural.layers.permute import Permute as Permute
from nural.layers.permute import Reverse as Reverse
from nural.layers.rnn import RNN as RNN
from nural.layers.rnn import rnn_backward as rnn_backward
from nural.layers.rnn import rnn_forward as rnn_forward
from nural.layers.windows import same_padding as same_padding
