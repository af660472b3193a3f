"""nural: neural networks in NumPy alone, with forward and backward passes written out by hand."""

from nural.late import late

__version__ = "0.1.0"

# Nothing is loaded before it is used, so that `import nural` takes no longer than `import numpy`; see `late`.
_NAMES = {
    "activations": (
        "ELU",
        "GELU",
        "SELU",
        "LeakyReLU",
        "LogSoftmax",
        "PReLU",
        "ReLU",
        "SiLU",
        "Sigmoid",
        "Softmax",
        "Softplus",
        "Tanh",
    ),
    "containers": (
        "Residual",
        "Sequential",
    ),
    "data": (),
    "evaluation": (
        "accuracy",
        "confusion_matrix",
        "coverage_against_error",
        "evaluate",
        "expected_calibration_error",
        "fit_temperature",
        "predict",
        "predict_proba",
        "reliability",
        "scaled_by_temperature",
        "threshold_refusing",
    ),
    "gradients": (
        "GradientError",
        "check_gradients",
        "numerical_gradient",
    ),
    "initializers": (),
    "layer": ("Layer",),
    "learn": (),
    "layers": (
        "GRU",
        "LSTM",
        "RNN",
        "AdaptiveAvgPool2d",
        "AdaptiveMaxPool2d",
        "AvgPool2d",
        "BatchNorm1d",
        "BatchNorm2d",
        "Conv2d",
        "Dropout",
        "Flatten",
        "GlobalAvgPool2d",
        "LayerNorm",
        "Linear",
        "MaxPool2d",
        "Unflatten",
    ),
    "losses": (
        "binary_cross_entropy_loss",
        "cross_entropy_loss",
        "huber_loss",
        "mean_absolute_loss",
        "mean_squared_loss",
    ),
    "model_file": (
        "ModelFileError",
        "load",
        "save",
    ),
    "models": (
        "TwoLayerNet",
        "load_pretrained",
    ),
    "optimizers": (
        "SGD",
        "AdaGrad",
        "Adadelta",
        "Adam",
        "AdamW",
        "Clipped",
        "ExponentialMovingAverage",
        "RMSProp",
        "clip_gradients_by_norm",
        "clip_gradients_by_value",
    ),
    "parallel": ("Threads",),
    "reference": (),
    "schedules": (),
    "training": (
        "BestModel",
        "Callback",
        "DivergedError",
        "EarlyStopping",
        "History",
        "Progress",
        "ReduceOnPlateau",
        "fit",
        "train",
    ),
}

__all__ = [
    *(name for names in _NAMES.values() for name in names),
    "data",
    "initializers",
    "learn",
    "reference",
    "schedules",
]  # pyright: ignore
__getattr__, __dir__ = late(__name__, _NAMES)
