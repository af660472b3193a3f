"""A learner's class: made from what its constructor asks for, given our weights, and asked for its gradients."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

#: What constructors and methods call what we give them, without underscores. The first that fits is taken.
ASKED = {
    "W": ("w", "weight", "weights", "k", "kernel", "filters", "wx"),
    "b": ("b", "bias", "biases"),
    "W_ih": ("wih", "wx", "wxh", "weightih", "weightihl0", "wx2h", "win", "w", "u", "kernel"),
    "W_hh": ("whh", "wh", "weighthh", "weighthhl0", "wh2h", "wrec", "w", "u", "v", "recurrentkernel"),
    "b_ih": ("bih", "bx", "bxh", "biasih", "biasihl0"),
    "b_hh": ("bhh", "bh", "biashh", "biashhl0"),
    "b_both": ("b", "bias", "biases", "bh"),
    "gamma": ("gamma",),
    "beta": ("beta",),
    "inputs": (
        *("inputsize", "infeatures", "indim", "inputdim", "nin", "fanin", "din", "insize", "ninputs", "nfeatures"),
        *("embeddingdim", "wordvecsize", "d"),
    ),
    "outputs": (
        *("outputsize", "outfeatures", "outdim", "outputdim", "nout", "fanout", "dout", "outsize", "noutputs"),
        *("units", "hiddensize", "nunits", "numunits", "hiddendim", "hidden", "nhidden", "statesize", "h"),
    ),
    "in_channels": ("inchannels", "channelsin", "cin", "inch", "channels"),
    "out_channels": ("outchannels", "channelsout", "cout", "outch", "numfilters", "nfilters"),
    "features": ("numfeatures", "features", "dim", "nfeatures", "normalizedshape", "size", "embeddingdim"),
    "words": ("numembeddings", "vocabsize", "nwords", "words"),
    "stride": ("stride", "strides", "s"),
    "padding": ("padding", "pad", "p"),
    "kernel_size": ("kernelsize", "poolsize", "ksize", "size", "poolh", "poolw", "kernel", "k"),
    "p": ("p", "dropoutratio", "ratio", "rate", "dropprob", "droprate", "prob", "dropout", "drop"),
    "keep": ("keepprob", "keep", "keepratio"),
    "learning_rate": ("lr", "learningrate", "eta", "alpha"),
    "momentum": ("momentum", "mu", "gamma", "rho"),
    "beta1": ("beta1", "b1"),
    "beta2": ("beta2", "b2"),
    "alpha": ("decayrate", "decay", "alpha", "rho", "beta"),
}
SIZES = "inputs", "outputs", "in_channels", "out_channels", "features", "words", "kernel_size"
Results = tuple[Any, ...]
TRAINING = "train", "training", "is_training", "train_flg", "is_train", "train_mode"


class NotTaken(Exception):
    """A function or a constructor has no argument for a setting of a case."""


def _plain(name: Any) -> str:
    """A name as `ASKED` has it."""
    return str(name).lower().replace("_", "")


def made(cls: Any, given: Mapping[str, Any], needed: Iterable[str] = ()) -> Any:
    """An object of the class, whose constructor gets what it asks for by name, and the rest its defaults.

    Sizes by names that are not known are taken for those that are not asked for otherwise, in their order.

    Raises:
        NotTaken: It does not ask for something that is ``needed``.
        TypeError: It asks for something that is not known; the message says for what.
    """
    arguments, asked, unknown = {}, set(), []
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        ours = next((ours for ours in given if _plain(name) in ASKED.get(ours, ())), None)
        wants_flag = isinstance(parameter.default, bool)
        if ours is not None and not wants_flag:
            asked.add(ours)
            arguments[name] = given[ours]
        elif parameter.default is parameter.empty:
            unknown.append(name)
    sizes = [ours for ours, value in given.items() if isinstance(value, int) and ours in SIZES and ours not in asked]
    if len(unknown) > len(sizes):
        raise TypeError(f"the constructor asks for {unknown[0]}, and the checker does not know what that is")
    arguments |= {name: given[ours] for name, ours in zip(unknown, sizes, strict=False)}
    if not set(needed) <= asked:
        raise NotTaken
    return cls(**arguments)


def is_turned(cls: Any, ours: str = "W", gates: int = 1) -> bool:
    """Whether a layer of 2 inputs and 3 outputs makes itself a W with a row for each output, or each of its gates."""
    try:
        place, key = _find(made(cls, {"inputs": 2, "outputs": 3}), ours, np.empty((2, 3 * gates)))
    except Exception:
        return False
    return place is not None and place[key].shape == (3 * gates, 2)


def take_weights(layer: Any, weights: Mapping[str, np.ndarray], turn: bool = False) -> dict[str, bool]:
    """Put our weights in place of the layer's own, where it made some; whether its W is our transpose, by name."""
    turned: dict[str, bool] = {}
    for ours, (place, key) in _places(layer, weights).items():
        value, own = weights[ours], place[key]
        turned[ours] = turn and value.ndim == 2
        place[key] = (value.T if turned[ours] else value).reshape(own.shape).copy()
    return turned


def _places(layer: Any, weights: Mapping[str, np.ndarray]) -> dict[str, tuple[Any, Any]]:
    """Where a layer holds these arrays, each in a place of its own; those that it does not hold are left out."""
    found: dict[str, tuple[Any, Any]] = {}
    for ours, value in weights.items():
        place, key = _find(layer, ours, value, [(id(p), k) for p, k in found.values()])
        if place is not None:
            found[ours] = place, key
    return found


def _find(layer: Any, ours: str, value: np.ndarray, taken: Sequence[tuple[int, Any]] = ()) -> tuple[Any, Any]:
    """Where a layer holds an array: among its attributes, or in its dictionary or list of parameters."""
    places = [
        vars(layer),
        *(v for k, v in vars(layer).items() if k in ("params", "parameters", "weights") and isinstance(v, dict | list)),
    ]
    for place in places:
        for key, own in place.items() if isinstance(place, dict) else enumerate(place):
            named = isinstance(key, int) or _plain(key) in ASKED[ours]
            if isinstance(own, np.ndarray) and named and own.size == value.size and (id(place), key) not in taken:
                return place, key
    return None, None


def gradient(layer: Any, ours: str, value: np.ndarray, turned: bool = False) -> Any:
    """The layer's gradient of one of its weights, or None."""
    names = ASKED[ours]
    found = None
    for key, own in sorted(vars(layer).items(), key=lambda item: getattr(item[1], "size", 0) == value.size):
        plain = _plain(key)
        if any(plain in (f"d{n}", f"grad{n}", f"{n}grad", f"g{n}", f"d{n}s", f"delta{n}") for n in names):
            found = own
        if plain in ("grads", "gradients", "grad", "dparams") and isinstance(own, dict):
            found = next((g for k, g in own.items() if _plain(k).removeprefix("d") in names), found)
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
        turn = False
        if "inputs" in given:
            first, W = next(iter(weights.items()))
            turn = is_turned(cls, first, W.shape[1] // given["outputs"])
        turned = take_weights(layer, weights, turn)
        _last[:] = key, layer, turned
    return layer, turned


def holds(cls: Any, given: dict[str, Any], weights: Mapping[str, np.ndarray]) -> bool:
    """Whether a layer of the class holds arrays that are called so."""
    return _places(made(cls, given), weights).keys() == weights.keys()


def with_weights(
    cls: Any, given: dict[str, Any], weights: dict[str, np.ndarray], x: Any, dy: Any, *states: Any
) -> Results:
    """y, the gradients of the weights, and dx; the states before the first step are given to who asks for them."""
    layer, turned = layer_of(cls, given, weights)
    y = np.array(forward(layer, x, *states, train=True))
    dx: Any = layer.backward(dy)
    gradients = [gradient(layer, name, value, turned.get(name, False)) for name, value in weights.items()]
    if isinstance(dx, tuple | list) and len(dx) > 1 and np.ndim(dx[0]):
        several = list(dx)
        dx = next((r for r in several if np.shape(r) == np.shape(x)), several[-1])
        if all(g is None for g in gradients):
            gradients = [next((r for r in several if np.shape(r) == v.shape), None) for v in weights.values()]
    return y, *gradients, dx
