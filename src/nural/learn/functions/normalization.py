"""Batch norm, layer norm and dropout."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.comparing import same
from nural.learn.function import REFERENCE, Function, Pieces, known

#: Shapes with features last; what is special.
SHAPES = [
    *[((3, 2), ""), ((4, 3), ""), ((5, 2), ""), ((6, 4), ""), ((3, 3), "square")],
    *[((2, 3, 2, 3), "images"), ((3, 2, 4, 2), "images")],
]


def _x(draw: Draw, turn: int, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers apart, so that no variance is as small as ε, which some choose otherwise."""
    return draw.apart(*shape) * (1 if turn < 2 else 1.7)


def _affine(draw: Draw, features: int) -> tuple[np.ndarray, np.ndarray]:
    """γ ≠ 1 and β ≠ 0, no two of them equal."""
    return np.arange(2.0, 2 + features), np.arange(1.0, 1 + features)


#: The same for layer norm: of two features the gradient is as small as ε, whichever that is.
ROWS = [
    *[((2, 3), ""), ((3, 4), ""), ((4, 3), ""), ((4, 6), ""), ((3, 3), "square"), ((1, 4), "one sample")],
    ((2, 3, 4), "sequences"),
]
#: Who has no argument for ε may have chosen his own.
EPSILONS = [1e-5, 1e-3, 1e-4, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15]


def near_one_another(
    name: str, args: tuple[np.ndarray, ...], result: str, after: tuple[int, ...] = (), *more: np.ndarray
) -> Case:
    """Numbers so near one another that ε is as large as their variance: it is in the root, whichever it is."""

    def accepts(results: dict[str, Any]) -> bool:
        for eps in EPSILONS:
            right = REFERENCE[name](*args, *after, eps)
            right = right[2] if "backward" in name else right[0] if isinstance(right, tuple) else right
            if result in results and same(results[result], right, 1e-4):
                return True
        return False

    label = "numbers near one another"
    return Case((*args, *more), {"N": 4, "D": 3}, label, special=True, accepts=accepts, means="norm-epsilon-outside")


def _batch_forward(draw: Draw) -> Iterator[Case]:
    for turn, (shape, label) in enumerate(SHAPES):
        sizes = {"N": int(np.prod(shape[:-1])), "D": shape[-1]}
        yield Case((_x(draw, turn, shape), *_affine(draw, shape[-1])), sizes, label)
    yield Case((draw.normal(4, 3), *_affine(draw, 3), 0.5), {"N": 4, "D": 3}, "eps = 0.5")
    x = draw.normal(4, 3) * 1e-3
    yield near_one_another("batch_norm_forward", (x, *_affine(draw, 3)), "y")


def _batch_backward(draw: Draw) -> Iterator[Case]:
    for case in _batch_forward(draw):
        x, gamma, _, *eps = case.args
        axes = tuple(range(x.ndim - 1))
        args = draw.whole(*x.shape), gamma, x, x.mean(axes), x.var(axes)
        if case.special:
            yield near_one_another("batch_norm_backward", args, "dx")
        else:
            yield Case((*args, *eps), case.sizes, case.label)


def _batch_eval(draw: Draw) -> Iterator[Case]:
    for case in _batch_forward(draw):
        x, gamma, beta, *eps = case.args
        if case.special:
            args = x, beta, np.full_like(beta, 1e-6), gamma, beta
            yield near_one_another("batch_norm_eval_forward", args, "y")
        else:
            yield Case((x, beta[::-1] - 2, beta**2 / 2, gamma, beta, *eps), case.sizes, case.label)


def _layer_forward(draw: Draw) -> Iterator[Case]:
    for turn, (shape, label) in enumerate(ROWS):
        sizes = {"N": int(np.prod(shape[:-1])), "D": shape[-1]}
        yield Case((_x(draw, turn, shape), *_affine(draw, shape[-1])), sizes, label)
    yield Case((draw.normal(4, 3), *_affine(draw, 3), 1, 0.5), {"N": 4, "D": 3}, "eps = 0.5")
    x = draw.normal(4, 3) * 1e-3
    yield near_one_another("layer_norm_forward", (x, *_affine(draw, 3)), "y", (1,))
    shape = (2, 3, 2)
    affine = np.arange(1.0, 7).reshape(3, 2), np.ones((3, 2))
    yield Case((draw.normal(*shape), *affine, 2), {"N": 2, "D": 6}, "axes = 2", optional=True)


def _layer_backward(draw: Draw) -> Iterator[Case]:
    for case in _layer_forward(draw):
        x, gamma, _, *settings = case.args
        if case.special or len(settings) > 1:
            continue
        axes = int(settings[0]) if settings else 1
        last = tuple(range(-axes, 0))
        saved = x.mean(last), 1 / np.sqrt(x.var(last) + 1e-5)
        settings = [] if axes == 1 else [axes]
        yield Case((draw.whole(*x.shape), gamma, x, *saved, *settings), case.sizes, case.label, optional=case.optional)


def _masks(draw: Draw) -> Iterator[Case]:
    for p in (0.2, 0.7, 0.4):
        yield Case((np.random.default_rng(0), p, np.ones((200, 100))), {}, f"p = {p}")


def described_mask(f: Any, rng: Any, p: float, out: np.ndarray) -> Any:
    """The largest number of a mask, and the share of zeros to within a twentieth: all that does not hang on luck."""
    returned = f(rng, p, out)
    mask = np.asarray(out if returned is None else returned, float)
    scale = mask.max() if mask.shape == out.shape and set(np.unique(mask)) <= {0, mask.max()} else np.nan
    return np.array([scale, np.round((mask == 0).mean() * 20) / 20])


def _right_mask(f: Pieces, rng: Any, p: float, out: np.ndarray) -> Any:
    return described_mask(f["dropout_mask"], rng, p, out)


def _masked(draw: Draw) -> Iterator[Case]:
    for shape, p, label in [((2, 3), 0.5, ""), ((3, 4), 0.2, ""), ((4, 5), 0.75, ""), ((1, 4), 0.5, "one sample")]:
        mask = (np.arange(np.prod(shape)) * 3 % 5 > 1).reshape(shape) / (1 - p)
        yield Case((draw.whole(*shape), mask), {"N": shape[0]}, label)


#: Shapes of x, and groups of its channels.
GROUPS = [((2, 2, 1, 4), 2), ((1, 2, 3, 4), 4), ((3, 2, 2, 6), 3), ((2, 3, 4, 6), 2)]


def _group(draw: Draw, backward: bool) -> Iterator[Case]:
    for turn, (shape, groups) in enumerate(GROUPS):
        x, sizes = draw.numbers(turn, *shape), {"N": shape[0], "G": groups, "C": shape[-1]}
        gamma, beta = np.arange(2.0, 2 + shape[-1]), np.arange(1.0, 1 + shape[-1])
        saved = REFERENCE["group_norm_forward"](x, groups)[1:]
        yield Case((draw.whole(*shape), gamma, x, *saved) if backward else (x, groups, gamma, beta), sizes)


_OF = "the gradients of torch.nn.functional."
FUNCTIONS = [
    known(
        "batch_norm_forward",
        "y mean variance",
        _batch_forward,
        "torch.nn.functional.batch_norm",
        extras=("mean", "variance"),
        rtol=1e-4,
    ),
    known("batch_norm_backward", "dgamma dbeta dx", _batch_backward, _OF + "batch_norm", rtol=1e-4),
    known("batch_norm_eval_forward", "y", _batch_eval, "torch.nn.functional.batch_norm", rtol=1e-4),
    known(
        "layer_norm_forward",
        "y mean inverse_std",
        _layer_forward,
        "torch.nn.functional.layer_norm",
        extras=("mean", "inverse_std"),
        rtol=1e-4,
    ),
    known("layer_norm_backward", "dgamma dbeta dx", _layer_backward, _OF + "layer_norm", rtol=1e-4),
    known(
        "group_norm_forward",
        "y mean inverse_std",
        lambda draw: _group(draw, False),
        "torch.nn.functional.group_norm",
        extras=("mean", "inverse_std"),
        rtol=1e-4,
    ),
    known("group_norm_backward", "dgamma dbeta dx", lambda draw: _group(draw, True), _OF + "group_norm", rtol=1e-4),
    Function(
        "dropout_mask",
        ("mask",),
        _masks,
        ("rng", "p", "out"),
        ("dropout_mask",),
        _right_mask,
        call=described_mask,
        changes=("out",),
        rtol=1e-3,
    ),
    known("dropout_forward", "y", _masked, "torch.nn.functional.dropout"),
    known("dropout_backward", "dx", _masked, "the gradient of torch.nn.functional.dropout"),
]
