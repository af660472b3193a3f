"""Mistakes of batch norm, layer norm and dropout."""

from collections.abc import Callable, Iterator
from typing import Any

from nural.learn.mistakes.mistake import Mistake, instead, mistake
from nural.reference import batch_norm_eval_forward

FORWARD, BACKWARD, EVAL = "batch_norm_forward", "batch_norm_backward", "batch_norm_eval_forward"
STATISTICS = "mean, variance = x.mean(axes), x.var(axes)"
SUMS = "(dy * normalized).sum(axes), dy.sum(axes)"
MEAN_TERM, VARIANCE_TERM = " - dy.mean(axes)", " - normalized * (dy * normalized).mean(axes)"
SCALE, ROOT = "gamma / np.sqrt(variance + eps)", "np.sqrt(variance + eps)"
N = "(x.size // x.shape[-1])"


WRONG_AXES = "-1", "None", "0", "1", "(0, 1)", "(0, 2)", "(1, 2)", "(0, 2, 3)", "(1, 2, 3)"


def _statistics(mean: str, variance: str) -> str:
    return f"mean, variance = {mean}, {variance}"


def _over(axis: str) -> tuple[str, str]:
    return f"x.mean({axis}, keepdims=True)", f"x.var({axis}, keepdims=True)"


def _of_batch(its_mean: bool, its_variance: bool) -> Callable[..., Any]:
    """Prediction with the batch's own statistics."""

    def wrong(x: Any, mean: Any, variance: Any, *more: Any) -> Any:
        axes = tuple(range(x.ndim - 1))
        mean, variance = x.mean(axes) if its_mean else mean, x.var(axes) if its_variance else variance
        return batch_norm_eval_forward(x, mean, variance, *more)

    return wrong


BATCH = [
    mistake("norm-unbiased", FORWARD, STATISTICS, _statistics("x.mean(axes)", "x.var(axes, ddof=1)")),
    mistake("norm-unbiased", FORWARD, "(x, mean, variance, gamma", "(x, mean, x.var(axes, ddof=1), gamma"),
    mistake(
        "norm-epsilon-outside",
        FORWARD,
        "batch_norm_eval_forward(x, mean, variance, gamma, beta, eps)",
        "gamma * (x - mean) / (np.sqrt(variance) + eps) + beta",
    ),
    *(mistake("norm-wrong-axis", FORWARD, STATISTICS, _statistics(*_over(axis))) for axis in WRONG_AXES),
    mistake("norm-wrong-axis", FORWARD, STATISTICS, _statistics("x.mean(-1)", "x.var(-1)")),
    mistake("norm-wrong-axis", FORWARD, STATISTICS, _statistics("x.mean(0)", "x.var(0)")),
    mistake("norm-without-gamma", FORWARD, "gamma, beta", "1, beta"),
    mistake("norm-unbiased", BACKWARD, "(dy * normalized).mean(axes)", f"(dy * normalized).sum(axes) / ({N} - 1)"),
    mistake("norm-unbiased", BACKWARD, ".mean(axes)", f".sum(axes) / ({N} - 1)"),
    mistake("norm-unbiased", BACKWARD, "variance + eps", "x.var(axes, ddof=1) + eps"),
    mistake("norm-without-gamma", BACKWARD, SCALE, f"1 / {ROOT}"),
    mistake("norm-mean-term-missing", BACKWARD, MEAN_TERM, ""),
    mistake("norm-variance-term-missing", BACKWARD, VARIANCE_TERM, ""),
    mistake("norm-epsilon-outside", BACKWARD, ROOT, "(np.sqrt(variance) + eps)"),
    mistake("norm-epsilon-outside", BACKWARD, SCALE, "gamma / (np.sqrt(variance) + eps)"),
    mistake("norm-wrong-axis", BACKWARD, ".mean(axes)", ".mean(-1, keepdims=True)"),
    mistake("norm-wrong-axis", BACKWARD, ".mean(axes)", ".mean(0)"),
    mistake("norm-wrong-axis", BACKWARD, ".mean(axes)", ".mean()"),
    mistake("norm-wrong-axis", BACKWARD, SUMS, "(dy * normalized).sum(-1), dy.sum(-1)"),
    mistake(
        "norm-wrong-axis",
        BACKWARD,
        SUMS,
        "(dy * normalized).sum(-1), dy.sum(-1)",
        ".mean(axes)",
        ".mean(-1, keepdims=True)",
    ),
    mistake("norm-wrong-axis", BACKWARD, SUMS, "(dy * normalized).sum(0), dy.sum(0)"),
    mistake("norm-wrong-axis", BACKWARD, SUMS, "(dy * normalized).sum(-1), dy.sum(axes)"),
    mistake("bias-not-summed", BACKWARD, "dy.sum(axes)", "dy"),
    mistake("bias-not-summed", BACKWARD, SUMS, "dy * normalized, dy"),
    mistake("bias-averaged", BACKWARD, "dy.sum(axes)", "dy.mean(axes)"),
    mistake("batch-mean-twice", BACKWARD, SUMS, "(dy * normalized).mean(axes), dy.mean(axes)"),
    mistake("bias-summed-over-everything", BACKWARD, "dy.sum(axes)", "dy.sum()"),
    mistake("norm-wrong-axis", BACKWARD, "dy.sum(axes)", "dy.sum(-1)"),
    instead("batch-statistics-in-prediction", EVAL)(_of_batch(True, True)),
    instead("batch-statistics-in-prediction", EVAL)(_of_batch(True, False)),
    instead("batch-statistics-in-prediction", EVAL)(_of_batch(False, True)),
    mistake("norm-epsilon-outside", EVAL, ROOT, "(np.sqrt(variance) + eps)"),
    mistake("norm-without-gamma", EVAL, "gamma * ", ""),
]

LAYER, LAYER_BACK = "layer_norm_forward", "layer_norm_backward"
DEVIATION, DX = (
    "1 / np.sqrt(x.var(last, keepdims=True) + eps)",
    "dx = r * (g - g.mean(last, keepdims=True) - normalized * (g * normalized).mean(last, keepdims=True))",
)
OF_LAYER = [
    mistake("norm-unbiased", LAYER, "x.var(last, keepdims=True)", "x.var(last, keepdims=True, ddof=1)"),
    mistake("norm-epsilon-outside", LAYER, DEVIATION, "1 / (np.sqrt(x.var(last, keepdims=True)) + eps)"),
    *(
        mistake(
            "norm-wrong-axis",
            LAYER,
            "x.mean(last",
            f"x.mean({axis}",
            "x.var(last",
            f"x.var({axis}",
            "mean.squeeze(last), r.squeeze(last)",
            "mean.squeeze(), r.squeeze()",
        )
        for axis in ("0", "None", "tuple(range(x.ndim - 1))")
    ),
    mistake("norm-without-gamma", LAYER, "gamma * ", ""),
    mistake("norm-without-gamma", LAYER_BACK, "g = (x - mean) * r, gamma * dy", "g = (x - mean) * r, dy"),
    mistake(
        "norm-without-gamma",
        LAYER_BACK,
        "g = (x - mean) * r, gamma * dy",
        "g = (x - mean) * r, dy",
        "return ",
        "dx = gamma * dx; return ",
    ),
    mistake("norm-mean-term-missing", LAYER_BACK, " - g.mean(last, keepdims=True)", ""),
    mistake("norm-variance-term-missing", LAYER_BACK, " - normalized * (g * normalized).mean(last, keepdims=True)", ""),
    mistake(
        "norm-unbiased",
        LAYER_BACK,
        "(g * normalized).mean(last, keepdims=True)",
        "(g * normalized).sum(last, keepdims=True) / (g.shape[-1] - 1)",
    ),
    mistake("norm-wrong-axis", LAYER_BACK, ".mean(last, keepdims=True)", ".mean(samples)"),
    mistake("norm-wrong-axis", LAYER_BACK, ".mean(last, keepdims=True)", ".mean(0)"),
    mistake("norm-wrong-axis", LAYER_BACK, ".sum(samples)", ".sum(last)"),
    mistake("norm-wrong-axis", LAYER_BACK, "(dy * normalized).sum(samples)", "(dy * normalized).sum(last)"),
    mistake("bias-not-summed", LAYER_BACK, "dy.sum(samples)", "dy"),
    mistake("bias-not-summed", LAYER_BACK, "(dy * normalized).sum(samples), dy.sum(samples)", "dy * normalized, dy"),
    mistake("bias-averaged", LAYER_BACK, "dy.sum(samples)", "dy.mean(samples)"),
    mistake("batch-mean-twice", LAYER_BACK, ".sum(samples)", ".mean(samples)"),
    mistake("bias-summed-over-everything", LAYER_BACK, "dy.sum(samples)", "dy.sum()"),
    mistake("norm-wrong-axis", LAYER_BACK, "dy.sum(samples)", "dy.sum(last)"),
]


def _dropout(name: str, argument: str) -> Iterator[Mistake]:
    """Mistakes that are made with a mask, in either pass."""
    masked = f"{argument} * mask"
    yield mistake("dropout-without-mask", name, masked, f"{argument} * mask.max()")
    yield mistake("dropout-without-mask", name, masked, f"{argument} * 1")
    yield mistake("dropout-without-mask", name, masked, f"{argument} / mask.max()")
    yield mistake("dropout-not-scaled", name, masked, f"{argument} * (mask > 0)")
    yield mistake("dropout-keep-exchanged", name, masked, f"{argument} * (mask == 0)")
    yield mistake("dropout-keep-exchanged", name, masked, f"{argument} * (mask == 0) * mask.max()")


MASK = "(rng.random(out.shape) >= p) / (1 - p)"
DROPOUT = [
    mistake("dropout-not-scaled", "dropout_mask", " / (1 - p)", ""),
    mistake("dropout-keep-exchanged", "dropout_mask", ">= p", "< p"),
    mistake("dropout-keep-exchanged", "dropout_mask", MASK, "(rng.random(out.shape) < p) / p"),
    mistake("dropout-keep-exchanged", "dropout_mask", "/ (1 - p)", "/ p"),
    mistake("dropout-not-scaled", "dropout_mask", MASK, "(rng.random(out.shape) >= p) * (1 - p)"),
    mistake("dropout-without-mask", "dropout_mask", MASK, "1 / (1 - p)"),
    *_dropout("dropout_forward", "x"),
    *_dropout("dropout_backward", "dy"),
]
MISTAKES = [*BATCH, *OF_LAYER, *DROPOUT]
