"""`ConvolutionalClassifier`, for images."""

import math
import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from nural.containers import Sequential
from nural.estimator import arguments
from nural.estimator.classifier import MLPClassifier
from nural.estimator.multilayer_perceptron import MultilayerPerceptron
from nural.estimator.network import after_weights, hidden_layers, linear
from nural.initializers import zeros
from nural.layer import Layer
from nural.layers import BatchNorm2d, Conv2d, Flatten, MaxPool2d
from nural.losses import Loss
from nural.schedules import Schedule
from nural.training.callbacks import Callback


class ConvolutionalClassifier(MLPClassifier):
    """A classifier of images: convolutions, each followed by pooling, then fully connected layers.

    X is ``(N, H, W)``, ``(N, H, W, C)``, or rows ``(N, H · W · C)`` for pipelines, pixel after pixel. A convolution has
    stride 1 and keeps the size; batch norm, activation, dropout and pooling follow. All other arguments are those of
    `MLPClassifier`; ``activation`` and ``dropout`` may have one value per convolution, then one per fully connected
    layer.

    Args:
        channels: The channels of each convolution.
        kernel_size: Rows and columns of each kernel.
        pool_size: Rows and columns of the windows of max pooling; 1 for no pooling. Windows larger than what is left of
            the image are reduced to that.
        hidden_layer_sizes: The sizes of the fully connected layers.
        image_shape: ``(H, W)`` or ``(H, W, C)``, if X are rows. By default rows are square images of one channel; if
            they cannot be, each is one line of pixels, with a warning.

    Attributes:
        image_shape_: ``(H, W, C)``.

    Source: LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition, section 2.
    """

    _sparse_formats = False
    channels: Any
    kernel_size: Any
    pool_size: Any
    image_shape: Any
    _parameter_constraints = {  # noqa: RUF012
        **MLPClassifier._parameter_constraints,
        "channels": ["array-like", Integral],
        "kernel_size": ["array-like", Integral],
        "pool_size": ["array-like", Integral],
        "image_shape": ["array-like", None],
    }

    def __init__(
        self,
        channels: Any = (16, 32),
        hidden_layer_sizes: Any = (64,),
        activation: Any = "relu",
        *,
        kernel_size: Any = 3,
        pool_size: Any = 2,
        image_shape: Any = None,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        batch_norm: bool = False,
        validation_data: Any = None,
        schedule: Schedule | None = None,
        callbacks: Sequence[Callback] = (),
        dtype: str | None = "float32",
        loss: str | Loss = "log_loss",
        class_weight: Any = None,
    ) -> None:
        MultilayerPerceptron.__init__(self, locals())

    def _validated(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, np.ndarray]:
        if not reset:
            X, t = super()._validated(self._rows(X), y, incremental, reset)
            return X.reshape(-1, *self.image_shape_), t
        shape = _height_width_depth(np.shape(X)[1:]) if _is_images(X) else None
        X, t = super()._validated(X if shape is None else _flat(X), y, incremental, reset)
        self.image_shape_ = self._shape_of(X.shape[1], shape)
        return X.reshape(-1, *self.image_shape_), t

    def _checked(self, X: Any) -> Any:
        return super()._checked(self._rows(X)).reshape(-1, *self.image_shape_)

    def _rows(self, X: Any) -> Any:
        """Images as rows; rows unchanged."""
        if not _is_images(X):
            return X
        found = np.shape(X)[1:]
        if _height_width_depth(found) != self.image_shape_:
            raise ValueError(f"expected images of shape {self.image_shape_}, found {found}")
        return _flat(X)

    def _shape_of(self, size: int, found: tuple[int, int, int] | None) -> tuple[int, int, int]:
        """``(H, W, C)`` of samples of ``size`` values, or of samples that were found to be images of a shape."""
        if self.image_shape is not None:
            given = _height_width_depth(arguments.sizes("image_shape", self.image_shape))
            if found not in (None, given):
                raise ValueError(f"expected images of image_shape {self.image_shape}, found {found}")
            if math.prod(given) != size:
                raise ValueError(f"image_shape {given} has {math.prod(given)} values, X has {size} a row")
            return given
        if found is not None:
            return found
        side = math.isqrt(size)
        if side * side == size:
            return side, side, 1
        warnings.warn(
            f"rows of {size} values are no square images of one channel: each is taken for one line of {size} pixels; "
            f"give image_shape=(H, W, C), or (1, {size}) if that is meant",
            stacklevel=6,  # the line that calls fit
        )
        return 1, size, 1

    def _sizes(self) -> list[int]:
        return [*arguments.sizes("channels", self.channels), *super()._sizes()]

    def _build(self, features: int, outputs: int, dtype: Any) -> Sequential:
        sizes, all_channels = arguments.hidden_sizes(self), arguments.sizes("channels", self.channels)
        n = len(all_channels)
        activations, dropout = arguments.activations(self, n + len(sizes)), arguments.dropout(self, n + len(sizes))
        kernel, pool = _down_across("kernel_size", self.kernel_size), _down_across("pool_size", self.pool_size)
        height, width, depth = self.image_shape_
        layers: list[Layer] = []
        for channels, activation, p in zip(all_channels, activations, dropout, strict=False):
            layers.append(Conv2d(depth, channels, kernel, padding="same", initializer=zeros, dtype=dtype))
            if self.batch_norm:
                layers.append(BatchNorm2d(channels, dtype=dtype))
            layers += after_weights(activation, p)
            down, across = min(pool[0], height), min(pool[1], width)
            if (down, across) != (1, 1):
                layers.append(MaxPool2d((down, across)))
            height, width, depth = height // down, width // across, channels
        sizes = [height * width * depth, *sizes]
        hidden = hidden_layers(sizes, activations[n:], dropout[n:], self.batch_norm, dtype)
        return Sequential(*layers, Flatten(), *hidden, linear(sizes[-1], outputs, dtype))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.three_d_array = True
        return tags


def _height_width_depth(shape: Sequence[int]) -> tuple[int, int, int]:
    """``(H, W, C)`` for ``(H, W)``, with one channel, or for ``(H, W, C)``."""
    if len(shape) not in (2, 3):
        raise ValueError(f"expected the shape of an image, (H, W) or (H, W, C), found {tuple(shape)}")
    height, width, *depth = shape
    return height, width, depth[0] if depth else 1


def _is_images(X: Any) -> bool:
    """Whether X is images instead of rows."""
    return isinstance(X, np.ndarray | list | tuple) and np.ndim(X) > 2


def _flat(X: Any) -> np.ndarray:
    """Images as rows."""
    X = np.asarray(X)
    return X.reshape(len(X), math.prod(X.shape[1:]))


def _down_across(name: str, value: Any) -> tuple[int, int]:
    """One size for both directions, or rows and columns."""
    found = arguments.sizes(name, value)
    if len(found) > 2:
        raise ValueError(f"{name} must be one number or two, got {value!r}")
    return found[0], found[-1]
