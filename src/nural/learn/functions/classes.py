"""Layers, losses and optimizers as classes: `forward` and `backward`, `update(params, grads)`."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nural.learn.building import NotTaken, forward, gradient, is_turned, made, take_weights
from nural.learn.case import Case, Draw
from nural.learn.comparing import same
from nural.learn.function import REFERENCE, Function, Pieces
from nural.learn.functions import activations, convolution, fully_connected, losses, normalization, optimizers

Results = tuple[Any, ...]
#: The object of the class that was made last, so that a second call with the same arguments finds it again.
_last: Any = [None, None, {}]


def _layer(cls: Any, given: dict[str, Any], weights: dict[str, np.ndarray]) -> tuple[Any, dict[str, bool]]:
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


def _with_weights(cls: Any, given: dict[str, Any], weights: dict[str, np.ndarray], x: Any, dy: Any) -> Results:
    """y, the gradients of the weights, and dx."""
    layer, turned = _layer(cls, given, weights)
    y = np.array(forward(layer, x, train=True))
    dx: Any = layer.backward(dy)
    gradients = [gradient(layer, name, value, turned.get(name, False)) for name, value in weights.items()]
    if isinstance(dx, tuple | list) and len(dx) > 1 and np.ndim(dx[0]):
        several = list(dx)
        dx = next((r for r in several if np.shape(r) == np.shape(x)), several[-1])
        if all(g is None for g in gradients):
            gradients = [next((r for r in several if np.shape(r) == v.shape), None) for v in weights.values()]
    return y, *gradients, dx


# Fully connected


def _linear(cls: Any, x: Any, W: Any, b: Any, dy: Any) -> Results:
    return _with_weights(cls, {"inputs": len(W), "outputs": W.shape[1]}, {"W": W, "b": b}, x, dy)


def _linear_cases(draw: Draw) -> Iterator[Case]:
    for turn, (n, i, o, label) in enumerate(fully_connected.SIZES):
        shapes = (n, i), (i, o), (o,), (n, o)
        yield Case(tuple(draw.numbers(turn, *shape) for shape in shapes), {"N": n, "D": i, "M": o}, label)


# Activations


def saved(f: Pieces, x: Any, y: Any) -> Any:
    """What an activation keeps for the way back: its output."""
    return f["saved"](x, y) if "saved" in f else y


def _activation(name: str, torch: str) -> Function:
    forward_name, backward_name = f"{name.lower()}_forward", f"{name.lower()}_backward"

    def call(cls: Any, x: Any, dy: Any) -> Results:
        layer, _ = _layer(cls, {}, {"W": x})
        y = np.array(forward(layer, x, train=True))
        return y, layer.backward(dy)

    def right(f: Pieces, x: Any, dy: Any) -> Results:
        y = f[forward_name](x)
        return y, f[backward_name](dy, saved(f, x, y))

    def draw(draw: Draw) -> Iterator[Case]:
        for case in next(f for f in activations.FUNCTIONS if f.name == forward_name).draw(draw):
            if not (case.special or case.optional):
                yield Case((*case.args, draw.whole(*case.args[0].shape)), case.sizes, case.label)

    pieces = (forward_name, backward_name, "saved")
    return Function(name, ("y", "dx"), draw, ("x", "dy"), pieces, right, torch, call)


# Losses


def _loss(name: str, piece: str, torch: str) -> Function:
    plain = next(f for f in losses.FUNCTIONS if f.name == piece)

    def call(cls: Any, y: Any, t: Any) -> Results:
        layer, _ = _layer(cls, {}, {"W": y, "b": t})
        loss = np.array(forward(layer, y, t))
        try:
            return loss, layer.backward()
        except TypeError:
            return loss, layer.backward(1)

    return Function(name, ("loss", "dy"), plain.draw, ("y", "t"), (piece,), lambda f, y, t: f[piece](y, t), torch, call)


# Convolution and pooling, whose images are channels-last, or channels-first as in the book


def _last_to_first(x: Any) -> Any:
    return np.ascontiguousarray(np.moveaxis(x, -1, 1))


def _first_to_last(x: Any) -> Any:
    return np.moveaxis(x, 1, -1) if np.ndim(x) == 4 else x


def _in_layout(run: Callable[[bool], Results], shape: tuple[int, ...]) -> Results:
    """Channels-last, if y is then as large as it should be; else channels-first."""
    try:
        results = run(False)
        if np.shape(results[0]) == shape:
            return results
    except NotTaken:
        raise
    except Exception:
        results = None
    try:
        return run(True)
    except Exception:
        if results is None:
            raise
        return results


def _convolution(cls: Any, x: Any, K: Any, b: Any, dy: Any, stride: int = 1, padding: int = 0) -> Results:
    kh, _, c, m = K.shape
    given = {"in_channels": c, "out_channels": m, "kernel_size": kh, "stride": stride, "padding": padding}

    def run(first: bool) -> Results:
        if not first:
            return _with_weights(cls, given, {"W": K, "b": b}, x, dy)
        W = np.ascontiguousarray(K.transpose(3, 2, 0, 1))
        y, dW, db, dx = _with_weights(cls, given, {"W": W, "b": b}, _last_to_first(x), _last_to_first(dy))
        dW = dW.transpose(2, 3, 1, 0) if np.ndim(dW) == 4 else dW
        return _first_to_last(y), dW, db, _first_to_last(dx)

    return _in_layout(run, dy.shape)


def _convolution_cases(draw: Draw) -> Iterator[Case]:
    """Kernels as wide as they are high, for not every constructor can be asked for others."""
    for turn, (n, h, w, c, m, (k, _), stride, padding, label) in enumerate(convolution.SIZES):
        x, K, b = draw.numbers(turn, n, h, w, c), draw.numbers(turn, k, k, c, m), draw.numbers(turn, m)
        settings = () if (stride, padding) == (1, 0) else (stride, padding)
        y = REFERENCE["conv2d_forward"](x, K, b, *settings)
        sizes = {"N": n, "OH": y.shape[1], "OW": y.shape[2], "C": c, "M": m, "KH": k, "KW": k}
        yield Case((x, K, b, draw.numbers(turn, *y.shape), *settings), sizes, label, may_refuse="edge" in label)


def _right_convolution(f: Pieces, x: Any, K: Any, b: Any, dy: Any, *settings: Any) -> Results:
    return f["conv2d_forward"](x, K, b, *settings), *f["conv2d_backward"](dy, K, x, *settings)


def _pool(cls: Any, x: Any, dy: Any, k: int, stride: int, padding: int = 0) -> Results:
    def run(first: bool) -> Results:
        given = {"kernel_size": k, "stride": stride, "padding": padding, "usual stride": k}
        layer, _ = _layer(cls, given, {"W": x})
        images, back = (_last_to_first(x), _last_to_first(dy)) if first else (x, dy)
        y = np.array(forward(layer, images, train=True))
        dx = layer.backward(back) if y.shape == back.shape else np.full(images.shape, np.nan)
        return (_first_to_last(y), _first_to_last(dx)) if first else (y, dx)

    return _in_layout(run, dy.shape)


def _pool_cases(draw: Draw) -> Iterator[Case]:
    for n, h, w, c, k, stride, padding, label in convolution.POOLS:
        s = stride or k
        x = draw.apart(n, h, w, c) + (n * h * w * c if padding else 0)
        settings = (k, s, padding) if padding else (k, s)
        dy = draw.whole(*REFERENCE["max_pool2d_forward"](x, *settings).shape)
        yield Case((x, dy, *settings), {"N": n, "C": c, "KH": k, "KW": k}, label, may_refuse="edge" in label)


def _pooling(name: str, kind: str, torch: str) -> Function:
    def right(f: Pieces, x: Any, dy: Any, *settings: Any) -> Results:
        kept = (x, REFERENCE["max_pool2d_forward"](x, *settings)) if kind == "max_pool2d" else (x.shape,)
        return f[f"{kind}_forward"](x, *settings), f[f"{kind}_backward"](dy, *kept, *settings)

    pieces = (f"{kind}_forward", f"{kind}_backward")
    return Function(name, ("y", "dx"), _pool_cases, ("x", "dy", "kernel_size", "stride"), pieces, right, torch, _pool)


# Batch norm, layer norm, dropout

#: The share of the batch in a running average: what is kept is more than what is new.
NEW = 0.1


def _normalize(cls: Any, x: Any, gamma: Any, beta: Any, dy: Any) -> Results:
    layer = made(cls, {"features": x.shape[-1], "gamma": gamma, "beta": beta})
    take_weights(layer, {"gamma": gamma, "beta": beta})
    before = _running(layer, x)
    y = np.array(forward(layer, x, train=True))
    running = _running(layer, x)
    by_running = [s for s in (before, running, (x[0] * 0, x[0] * 0), (x[0] * 0, x[0] * 0 + 1)) if s is not None]
    training = float(not any(_is_normalized(y, x, *statistics, gamma, beta) for statistics in by_running))
    share, prediction = NEW, 1.0
    dx = np.array(layer.backward(dy))
    gradients = [gradient(layer, name, value) for name, value in (("gamma", gamma), ("beta", beta))]
    gradients = [None if g is None else np.array(g) for g in gradients]
    if running is not None:
        mean = x.mean(0)
        share = min((NEW, 1 - NEW), key=lambda s: abs(s - running[0] @ mean / (mean @ mean)))
        asked = np.array(forward(layer, x, train=False))
        prediction = float(not _is_normalized(asked, x, mean, x.var(0), gamma, beta))
    return y, *gradients, dx, share, training, prediction


def _running(layer: Any, x: Any) -> tuple[Any, Any] | None:
    """The running mean and variance of a layer, if it has them."""
    found = []
    for wanted in ("mean", "var"):
        names = [k for k in vars(layer) if wanted in k.lower() and ("run" in k.lower() or "mov" in k.lower())]
        value = np.array(getattr(layer, names[0]) if names else 0.0)
        found.append(value.ravel() if value.size == x.shape[1] and value.dtype.kind == "f" else None)
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _is_normalized(y: Any, x: Any, mean: Any, variance: Any, gamma: Any, beta: Any) -> bool:
    """Whether y is x with these statistics, with whichever ε."""
    roots = [np.sqrt(variance + eps) for eps in normalization.EPSILONS]
    return any(same(y, gamma * (x - mean) / root + beta, 1e-3) for root in roots)


def _normalize_cases(sizes: list[tuple[int, int]], draw: Draw) -> Iterator[Case]:
    for turn, (n, d) in enumerate(sizes):
        x = draw.apart(n, d) * (1 if turn < 2 else 1.7)
        gamma, beta = np.arange(2.0, 2 + d), np.arange(1.0, 1 + d)
        yield Case((x, gamma, beta, draw.whole(n, d)), {"N": n, "D": d}, "square" if n == d else "")


def _batch_norm_cases(draw: Draw) -> Iterator[Case]:
    yield from _normalize_cases([(3, 2), (4, 3), (5, 2), (6, 4), (3, 3)], draw)
    x, gamma, beta = draw.normal(4, 3) * 1e-3, np.arange(2.0, 5), np.arange(1.0, 4)
    yield normalization.near_one_another("batch_norm_forward", (x, gamma, beta), "y", (), draw.whole(4, 3))


def _right_batch_norm(f: Pieces, x: Any, gamma: Any, beta: Any, dy: Any) -> Results:
    y, mean, variance = f["batch_norm_forward"](x, gamma, beta)
    gradients = f["batch_norm_backward"](dy, gamma, x, mean, variance)
    told = [
        f[name]() if name in f else value for name, value in (("share", NEW), ("training", 1.0), ("prediction", 1.0))
    ]
    return y, *gradients, *told


def _layer_norm(cls: Any, x: Any, gamma: Any, beta: Any, dy: Any) -> Results:
    return _with_weights(cls, {"features": x.shape[-1]}, {"gamma": gamma, "beta": beta}, x, dy)


def _right_layer_norm(f: Pieces, x: Any, gamma: Any, beta: Any, dy: Any) -> Results:
    y, mean, r = f["layer_norm_forward"](x, gamma, beta)
    return y, *f["layer_norm_backward"](dy, gamma, x, mean, r)


def _dropout(cls: Any, p: float) -> Results:
    """Of each pass what is kept is multiplied by, and the share of zeros: all that does not hang on luck."""
    layer = made(cls, {"p": p, "keep": 1 - p})
    x = np.ones((200, 100))
    y = np.array(forward(layer, x.copy(), train=True))
    dx = np.array(layer.backward(x.copy()))
    zeros = y == 0
    dropped = float(dx[zeros].max(initial=0))
    prediction = np.array(forward(layer, x.copy(), train=False))
    constant = np.ptp(prediction) == 0
    return (
        np.array([y.max(), np.round(zeros.mean() * 20) / 20]),
        np.array([float(dx[~zeros].max(initial=0)), dropped]),
        float(prediction.max()) if constant else np.nan,
    )


def _dropout_cases(draw: Draw) -> Iterator[Case]:
    for p in (0.2, 0.7, 0.4):

        def accepts(results: dict[str, Any], p: float = p) -> bool:
            """Scaled in training; or in prediction instead, as the first paper has it."""
            scaled = ([1 / (1 - p), p], [1 / (1 - p), 0], 1), ([1, p], [1, 0], 1 - p)
            return any(
                np.allclose(results["y"], y)
                and np.allclose(results["dx"], dx)
                and np.allclose(results["prediction"], now)
                for y, dx, now in scaled
            )

        yield Case((p,), {}, f"p = {p}", accepts=accepts)


def _right_dropout(f: Pieces, p: float) -> Results:
    return f["of_dropout"](p) if "of_dropout" in f else of_dropout(1 / (1 - p), p)


def of_dropout(scale: float, zeros: float, through: float = 0, prediction: float = 1) -> Results:
    """What a class is described by."""
    return np.array([scale, zeros]), np.array([scale, through]), prediction


# Embedding


def _embedding(cls: Any, idx: Any, W: Any, dy: Any) -> Results:
    layer, _ = _layer(cls, {"words": len(W), "features": W.shape[1]}, {"W": W})
    y = np.array(forward(layer, idx))
    layer.backward(dy)
    return y, gradient(layer, "W", W)


def _embedding_cases(draw: Draw) -> Iterator[Case]:
    for turn, words in enumerate([[1, 0, 1], [2, 2, 0, 2], [0, 3, 1, 3, 0], [2, 0, 1]]):
        W, d = draw.numbers(turn, 4, 2 + turn % 2), 2 + turn % 2
        yield Case((np.array(words), W, draw.numbers(turn, len(words), d)), {"N": len(words), "D": d})


def _right_embedding(f: Pieces, idx: Any, W: Any, dy: Any) -> Results:
    return f["embedding_forward"](idx, W), f["embedding_backward"](dy, W, idx)


# Optimizers


def _optimizer(name: str, piece: str, states: int, settings: dict[str, float], torch: str) -> Function:
    counted = piece == "adam_update"
    plain = optimizers.steps(states, counted)

    def call(cls: Any, W: np.ndarray, gradients: np.ndarray) -> Any:
        optimizer = made(cls, settings)
        params = {"W": W}
        method = getattr(optimizer, "update", None) or optimizer.step
        for g in gradients:
            method(params, {"W": g})
        return params["W"]

    def right(f: Pieces, W: np.ndarray, gradients: np.ndarray) -> Any:
        zeros = [np.zeros_like(W) for _ in range(states)]
        return plain(f[piece], W, gradients, *zeros, *settings.values())[0]

    def draw(draw: Draw) -> Iterator[Case]:
        for turn, shape in enumerate(optimizers.SHAPES):
            count = 1 if turn == 0 else 4
            yield Case(
                (draw.numbers(turn, *shape), optimizers.gradients(draw, turn, count, *shape)), {}, f"{count} steps"
            )

        def accepts(results: dict[str, Any]) -> bool:
            return bool(np.abs(results["W"]).min() > 0.02)

        if counted:
            case = np.zeros(2), np.full((1, 2), 1e-6)
            yield Case(case, {}, optimizers.SMALL, special=True, accepts=accepts, means="epsilon-inside-root")

    return Function(name, ("W",), draw, ("W", "grads"), (piece,), right, torch, call, changes=("W",))


_OF = " and its gradients"
CLASSES = [
    Function(
        "Linear",
        ("y", "dW", "db", "dx"),
        _linear_cases,
        ("x", "W", "b", "dy"),
        ("fc_forward", "fc_backward"),
        lambda f, x, W, b, dy: (f["fc_forward"](x, W, b), *f["fc_backward"](dy, W, x)),
        "torch.nn.Linear" + _OF,
        _linear,
    ),
    _activation("ReLU", "torch.nn.ReLU"),
    _activation("Sigmoid", "torch.nn.Sigmoid"),
    _activation("Tanh", "torch.nn.Tanh"),
    _activation("Softmax", "torch.nn.Softmax"),
    _loss("CrossEntropyLoss", "cross_entropy_loss", "torch.nn.CrossEntropyLoss"),
    _loss("MSELoss", "mean_squared_loss", "torch.nn.MSELoss"),
    Function(
        "Conv2d",
        ("y", "dK", "db", "dx"),
        _convolution_cases,
        ("x", "K", "b", "dy", "stride", "padding"),
        ("conv2d_forward", "conv2d_backward"),
        _right_convolution,
        "torch.nn.Conv2d" + _OF,
        _convolution,
    ),
    _pooling("MaxPool2d", "max_pool2d", "torch.nn.MaxPool2d" + _OF),
    _pooling("AvgPool2d", "avg_pool2d", "torch.nn.AvgPool2d" + _OF),
    Function(
        "BatchNorm",
        ("y", "dgamma", "dbeta", "dx", "running average", "training", "prediction"),
        _batch_norm_cases,
        ("x", "gamma", "beta", "dy"),
        ("batch_norm_forward", "batch_norm_backward", "training", "share", "prediction"),
        _right_batch_norm,
        "torch.nn.BatchNorm1d" + _OF,
        _normalize,
        rtol=1e-4,
    ),
    Function(
        "LayerNorm",
        ("y", "dgamma", "dbeta", "dx"),
        lambda draw: _normalize_cases([(2, 3), (3, 4), (5, 3), (4, 6), (3, 3)], draw),
        ("x", "gamma", "beta", "dy"),
        ("layer_norm_forward", "layer_norm_backward"),
        _right_layer_norm,
        "torch.nn.LayerNorm" + _OF,
        _layer_norm,
        rtol=1e-4,
    ),
    Function(
        "Dropout",
        ("y", "dx", "prediction"),
        _dropout_cases,
        ("p",),
        ("of_dropout",),
        _right_dropout,
        "torch.nn.Dropout",
        _dropout,
        rtol=1e-3,
    ),
    Function(
        "Embedding",
        ("y", "dW"),
        _embedding_cases,
        ("idx", "W", "dy"),
        ("embedding_forward", "embedding_backward"),
        _right_embedding,
        "torch.nn.Embedding" + _OF,
        _embedding,
    ),
    _optimizer("SGD", "sgd_update", 0, {"learning_rate": 0.1}, "torch.optim.SGD"),
    _optimizer("Momentum", "momentum_update", 1, {"learning_rate": 0.1, "momentum": 0.8}, "torch.optim.SGD"),
    _optimizer("AdaGrad", "adagrad_update", 1, {"learning_rate": 0.1}, "torch.optim.Adagrad"),
    _optimizer("RMSProp", "rmsprop_update", 1, {"learning_rate": 0.1, "alpha": 0.9}, "torch.optim.RMSprop"),
    _optimizer("Adam", "adam_update", 2, {"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.95}, "torch.optim.Adam"),
]
#: What else they are called.
ALSO = {
    "Linear": "affine fc dense fullyconnected fullyconnectedlayer fclayer denselayer linearlayer affinelayer",
    "ReLU": "relulayer",
    "Sigmoid": "sigmoidlayer",
    "Tanh": "tanhlayer",
    "Softmax": "softmaxlayer",
    "CrossEntropyLoss": "softmaxwithloss softmaxcrossentropy softmaxcrossentropyloss crossentropy softmaxloss",
    "MSELoss": "mse meansquarederror meansquaredloss squaredloss mseloss",
    "Conv2d": "convolution conv convlayer conv2dlayer convolutionlayer",
    "MaxPool2d": "pooling maxpool maxpooling maxpooling2d maxpoollayer poolinglayer",
    "AvgPool2d": "avgpool averagepooling avgpooling averagepool averagepooling2d",
    "BatchNorm": "batchnormalization batchnorm1d batchnormlayer",
    "LayerNorm": "layernormalization",
    "Dropout": "dropoutlayer",
    "Embedding": "timeembedding embeddinglayer",
    "Momentum": "sgdmomentum momentumsgd",
    "RMSProp": "",
    "AdaGrad": "",
}
NAMES = {name: c.name for c in CLASSES for name in (c.name.lower(), *ALSO.get(c.name, "").split())}
