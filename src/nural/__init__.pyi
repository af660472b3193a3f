"""The names of `nural` as tools read them; `__init__.py` says where each is loaded from."""

from nural import activations as activations
from nural import containers as containers
from nural import data as data
from nural import evaluation as evaluation
from nural import gradients as gradients
from nural import initializers as initializers
from nural import layer as layer
from nural import layers as layers
from nural import learn as learn
from nural import losses as losses
from nural import model_file as model_file
from nural import models as models
from nural import optimizers as optimizers
from nural import parallel as parallel
from nural import reference as reference
from nural import schedules as schedules
from nural import task as task
from nural import training as training
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
from nural.evaluation import (
    accuracy,
    confusion_matrix,
    coverage_against_error,
    evaluate,
    expected_calibration_error,
    fit_temperature,
    predict,
    predict_proba,
    reliability,
    scaled_by_temperature,
    threshold_refusing,
)
from nural.gradients import GradientError, check_gradients, numerical_gradient
from nural.layer import Layer
from nural.layers import (
    GRU,
    LSTM,
    RNN,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
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
    Unflatten,
)
from nural.losses import (
    binary_cross_entropy_loss,
    cross_entropy_loss,
    huber_loss,
    mean_absolute_loss,
    mean_squared_loss,
)
from nural.model_file import ModelFileError, load, save
from nural.models import TwoLayerNet, load_pretrained
from nural.optimizers import (
    SGD,
    Adadelta,
    AdaGrad,
    Adam,
    AdamW,
    Clipped,
    ExponentialMovingAverage,
    RMSProp,
    clip_gradients_by_norm,
    clip_gradients_by_value,
)
from nural.parallel import Threads
from nural.task import Task
from nural.training import (
    BestModel,
    Callback,
    DivergedError,
    EarlyStopping,
    History,
    Progress,
    ReduceOnPlateau,
    fit,
    train,
)

__version__: str

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "SELU",
    "SGD",
    "AdaGrad",
    "Adadelta",
    "Adam",
    "AdamW",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "BestModel",
    "Callback",
    "Clipped",
    "Conv2d",
    "DivergedError",
    "Dropout",
    "EarlyStopping",
    "ExponentialMovingAverage",
    "Flatten",
    "GlobalAvgPool2d",
    "GradientError",
    "GroupNorm",
    "Hardtanh",
    "History",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MaxPool2d",
    "ModelFileError",
    "PReLU",
    "Progress",
    "RMSProp",
    "ReLU",
    "ReduceOnPlateau",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "Task",
    "Threads",
    "TwoLayerNet",
    "Unflatten",
    "accuracy",
    "binary_cross_entropy_loss",
    "check_gradients",
    "clip_gradients_by_norm",
    "clip_gradients_by_value",
    "confusion_matrix",
    "coverage_against_error",
    "cross_entropy_loss",
    "data",
    "evaluate",
    "expected_calibration_error",
    "fit",
    "fit_temperature",
    "huber_loss",
    "initializers",
    "learn",
    "load",
    "load_pretrained",
    "mean_absolute_loss",
    "mean_squared_loss",
    "numerical_gradient",
    "predict",
    "predict_proba",
    "reference",
    "reliability",
    "save",
    "scaled_by_temperature",
    "schedules",
    "threshold_refusing",
    "train",
]
