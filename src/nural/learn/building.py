"""A learner's class: made from what its constructor asks for, given our weights, and asked for its gradients."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

#: What constructors and methods call what we give them. The first that fits is taken.
ASKED = {
    "W": ("w", "weight", "weights", "k", "kernel", "filters", "wx"),
    "b": ("b", "bias", "biases"),
    "gamma": ("gamma",),
    "beta": ("beta",),
    "inputs": (
        "input_size",
        "in_features",
        "in_dim",
        "input_dim",
        "n_in",
        "fan_in",
        "d_in",
        "in_size",
        "n_inputs",
        "nin",
    ),
    "outputs": (
        *("output_size", "out_features", "out_dim", "output_dim", "n_out", "fan_out", "d_out", "out_size", "nout"),
        *("n_outputs", "units", "hidden_size", "n_units", "num_units"),
    ),
    "in_channels": ("in_channels", "channels_in", "c_in", "in_ch", "channels"),
    "out_channels": ("out_channels", "channels_out", "c_out", "out_ch", "num_filters", "n_filters"),
    "features": ("num_features", "features", "dim", "n_features", "normalized_shape", "size"),
    "words": ("num_embeddings", "vocab_size", "n_words", "words"),
    "stride": ("stride", "strides", "s"),
    "padding": ("padding", "pad", "p"),
    "kernel_size": ("kernel_size", "pool_size", "ksize", "size", "pool_h", "pool_w", "kernel", "k"),
    "p": ("p", "dropout_ratio", "ratio", "rate", "drop_prob", "drop_rate", "prob", "dropout", "drop"),
    "keep": ("keep_prob", "keep", "keep_ratio"),
    "learning_rate": ("lr", "learning_rate", "eta", "alpha"),
    "momentum": ("momentum", "mu", "gamma", "rho"),
    "beta1": ("beta1", "b1", "beta_1"),
    "beta2": ("beta2", "b2", "beta_2"),
    "alpha": ("decay_rate", "decay", "alpha", "rho", "beta"),
}
Results = tuple[Any, ...]
TRAINING = "train", "training", "is_training", "train_flg", "is_train", "train_mode"


class NotTaken(Exception):
    """A function or a constructor has no argument for a setting of a case."""


def made(cls: Any, given: Mapping[str, Any], needed: Iterable[str] = ()) -> Any:
    """An object of the class, whose constructor gets what it asks for by name, and the rest its defaults.

    Raises:
        NotTaken: It does not ask for something that is ``needed``.
        TypeError: It asks for something that is not known; the message says for what.
    """
    arguments, asked = {}, set()
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        ours = next((ours for ours in given if name.lower().strip("_") in ASKED.get(ours, ())), None)
        wants_flag = isinstance(parameter.default, bool)
        if ours is not None and not wants_flag:
            asked.add(ours)
            arguments[name] = given[ours]
        elif parameter.default is parameter.empty:
            raise TypeError(f"the constructor asks for {name}, and the checker does not know what that is")
    if not set(needed) <= asked:
        raise NotTaken
    return cls(**arguments)


def is_turned(cls: Any) -> bool:
    """Whether a layer of 2 inputs and 3 outputs makes itself a W with a row for each output."""
    try:
        place, key = _find(made(cls, {"inputs": 2, "outputs": 3}), "W", np.empty((2, 3)))
    except Exception:
        return False
    return place is not None and place[key].shape == (3, 2)


def take_weights(layer: Any, weights: Mapping[str, np.ndarray], turn: bool = False) -> dict[str, bool]:
    """Put our weights in place of the layer's own, where it made some; whether its W is our transpose, by name."""
    turned = {}
    for ours, value in weights.items():
        place, key = _find(layer, ours, value)
        if place is None:
            continue
        own = place[key]
        turned[ours] = turn and ours == "W"
        place[key] = (value.T if turned[ours] else value).reshape(own.shape).copy()
    return turned


def _find(layer: Any, ours: str, value: np.ndarray) -> tuple[Any, Any]:
    """Where a layer holds an array: among its attributes, or in its dictionary or list of parameters."""
    places = [
        vars(layer),
        *(v for k, v in vars(layer).items() if k in ("params", "parameters", "weights") and isinstance(v, dict | list)),
    ]
    for place in places:
        for key, own in place.items() if isinstance(place, dict) else enumerate(place):
            named = isinstance(key, int) or str(key).lower().strip("_") in ASKED[ours]
            if isinstance(own, np.ndarray) and named and own.size == value.size:
                return place, key
    return None, None


def gradient(layer: Any, ours: str, value: np.ndarray, turned: bool = False) -> Any:
    """The layer's gradient of one of its weights, or None."""
    names = ASKED[ours]
    found = None
    for key, own in vars(layer).items():
        plain = key.lower().replace("_", "")
        if any(plain in (f"d{n}", f"grad{n}", f"{n}grad", f"g{n}", f"d{n}s", f"delta{n}") for n in names):
            found = own
        if plain in ("grads", "gradients", "grad", "dparams") and isinstance(own, dict):
            found = next(
                (g for k, g in own.items() if str(k).lower().replace("_", "").removeprefix("d") in names), found
            )
        if plain in ("grads", "gradients") and isinstance(own, list | tuple):
            found = next((g for g in own if np.size(g) == value.size and np.ndim(g) == value.ndim), found)
    return found.T if turned and isinstance(found, np.ndarray) else found


def forward(layer: Any, *args: Any, train: bool | None = None) -> Any:
    """``layer.forward(…)``, or ``layer(…)``; told whether it trains, if it asks."""
    method = layer.forward if hasattr(layer, "forward") else layer
    parameters = inspect.signature(method).parameters
    flag = next((name for name in parameters if name.lower() in TRAINING), None)
    for name in TRAINING:
        if train is not None and isinstance(getattr(layer, name, None), bool):
            setattr(layer, name, train)
    returned = method(*args, **({flag: train} if flag and train is not None else {}))
    return returned[0] if isinstance(returned, tuple) else returned


#: The object of the class that was made last, so that a second call with the same arguments finds it again.
_last: Any = [None, None, {}]


def layer_of(cls: Any, given: dict[str, Any], weights: dict[str, np.ndarray]) -> tuple[Any, dict[str, bool]]:
    """A new layer with these weights, or that of the call before, if it was the first with these arguments."""
    arrays = [np.asarray(value) for value in (*given.values(), *weights.values())]
    key = cls, [(array.shape, array.tobytes()) for array in arrays]
    again, layer, turned = _last
    if again == key:
        _last[0] = None
    else:
        usual = {"stride": given.get("usual stride", 1), "padding": 0}
        needed = [name for name, value in usual.items() if given.get(name, value) != value]
        layer = made(cls, {**given, **weights}, needed)
        turned = take_weights(layer, weights, "inputs" in given and is_turned(cls))
        _last[:] = key, layer, turned
    return layer, turned


def with_weights(cls: Any, given: dict[str, Any], weights: dict[str, np.ndarray], x: Any, dy: Any) -> Results:
    """y, the gradients of the weights, and dx."""
    layer, turned = layer_of(cls, given, weights)
    y = np.array(forward(layer, x, train=True))
    dx: Any = layer.backward(dy)
    gradients = [gradient(layer, name, value, turned.get(name, False)) for name, value in weights.items()]
    if isinstance(dx, tuple | list) and len(dx) > 1 and np.ndim(dx[0]):
        several = list(dx)
        dx = next((r for r in several if np.shape(r) == np.shape(x)), several[-1])
        if all(g is None for g in gradients):
            gradients = [next((r for r in several if np.shape(r) == v.shape), None) for v in weights.values()]
    return y, *gradients, dx
