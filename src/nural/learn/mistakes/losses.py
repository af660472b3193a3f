"""Mistakes of losses."""

from nural.learn.mistakes.mistake import Mistake, mistake

#: What people add to a probability before its logarithm.
EPSILONS = [*(f"1e-{k}" for k in range(2, 21)), "2.220446049250313e-16", "1.1920929e-07", "1e-30", "1e-50", "1e-300"]

CE = "cross_entropy_loss"
LOG_P, LOSS, DY = "log_softmax_forward(y)", "-(t * log_p).sum() / n", "(np.exp(log_p) - t) / n"
P = "np.exp(log_p)"
ONE_HOT, ONLY_T = "(t * log_p).sum()", "np.where(t > 0, log_p, 0).sum()"
#: softmax as it is written without care, by what is subtracted first.
LOG_OF_SOFTMAX = "np.log(np.exp(y - {0}) / np.exp(y - {0}).sum(axis=-1, keepdims=True))"
LOG_OF_SUM = "y - {0} - np.log(np.exp(y - {0}).sum(axis=-1, keepdims=True))"
ROW, ALL = "y.max(axis=-1, keepdims=True)", "y.max()"


def _careless(name: str, log_p: str) -> list[Mistake]:
    """With the loss summed over one-hot rows, where 0 · log 0 is no number, and over the labels alone."""
    return [mistake(name, CE, LOG_P, log_p), mistake(name, CE, LOG_P, log_p, ONE_HOT, ONLY_T)]


CROSS_ENTROPY = [
    mistake("loss-summed", CE, LOSS, "-(t * log_p).sum()"),
    mistake("batch-mean-missing", CE, DY, f"({P} - t)"),
    mistake("batch-mean-missing", CE, DY, f"({P} - t)", LOSS, "-(t * log_p).sum()"),
    mistake("batch-mean-twice", CE, DY, f"({P} - t) / n / n"),
    mistake("softmax-over-everything", CE, LOG_P, "y - np.log(np.exp(y).sum())"),
    mistake("softmax-over-batch", CE, LOG_P, "y - np.log(np.exp(y).sum(axis=0))"),
    mistake("softmax-twice", CE, LOG_P, "log_softmax_forward(softmax_forward(y))"),
    mistake(
        "softmax-twice",
        CE,
        LOG_P,
        "log_softmax_forward(softmax_forward(y))",
        DY,
        f"softmax_backward({DY}, softmax_forward(y))",
    ),
    mistake("softmax-twice", CE, DY, "(softmax_forward(np.exp(log_p)) - t) / n"),
    mistake("squared-error-gradient", CE, DY, f"softmax_backward({DY}, {P})"),
    mistake("squared-error-gradient", CE, DY, f"softmax_backward(2 * {DY}, {P})"),
    mistake("squared-error-gradient", CE, DY, f"softmax_backward({DY} / classes, {P})"),
    mistake("squared-error-gradient", CE, DY, f"softmax_backward(2 * {DY} / classes, {P})"),
    mistake("sigmoid-derivative-kept", CE, DY, f"{DY} * {P} * (1 - {P})"),
    mistake("softmax-elementwise", CE, DY, f"-t * (1 - {P}) / n"),
    mistake("label-as-number", CE, "np.eye(classes, dtype=y.dtype)[t]", "t.reshape(-1, 1)"),
    mistake("label-as-number", CE, "t = t if", "labels = t; t = t if", DY, f"({P} - labels.reshape(len(y), -1)) / n"),
    mistake("label-as-number", CE, "t = t if", "labels = t; t = t if", DY, f"({P} - labels) / n"),
    mistake("label-as-number", CE, "np.eye(classes, dtype=y.dtype)[t]", "t"),
    *_careless("softmax-overflow", LOG_OF_SOFTMAX.format("0")),
    *_careless("softmax-overflow", LOG_OF_SUM.format("0")),
    *_careless("log-of-zero", LOG_OF_SOFTMAX.format(ROW)),
    *_careless("maximum-of-everything", LOG_OF_SOFTMAX.format(ALL)),
    *_careless("maximum-of-everything", LOG_OF_SUM.format(ALL)),
    *(mistake("log-epsilon", CE, "* log_p)", f"* np.log({P} + {e}))") for e in EPSILONS),
    *(
        mistake("probability-clipped", CE, "* log_p)", f"* np.log(np.clip({P}, {e}, {top})))")
        for e in EPSILONS
        for top in ("1", f"1 - {e}")
    ),
]

MSE, SQUARE, SLOPE = "mean_squared_loss", "np.mean((y - t) ** 2)", "2 * (y - t) / y.size"
MEAN_SQUARED = [
    mistake("factor-two-missing", MSE, SLOPE, "(y - t) / y.size"),
    mistake("factor-two-missing", MSE, SLOPE, "(y - t) / y.size", SQUARE, f"{SQUARE} / 2"),
    mistake("mean-over-outputs-missing", MSE, SLOPE, "2 * (y - t) / len(y)"),
    mistake("mean-over-outputs-missing", MSE, SLOPE, "2 * (y - t) / len(y)", SQUARE, "np.sum((y - t) ** 2) / len(y)"),
    mistake("mean-over-outputs-missing", MSE, SQUARE, "np.sum((y - t) ** 2) / len(y)"),
    mistake("batch-mean-missing", MSE, SLOPE, "2 * (y - t) / y.shape[1]"),
    mistake("no-mean-at-all", MSE, SLOPE, "2 * (y - t)"),
    mistake("no-mean-at-all", MSE, SLOPE, "2 * (y - t)", SQUARE, "np.sum((y - t) ** 2)"),
    mistake("loss-summed", MSE, SQUARE, "np.sum((y - t) ** 2)"),
    mistake("factor-two-too-many", MSE, SLOPE, f"2 * {SLOPE}"),
    mistake("broadcast-to-square", MSE, "(y - t)", "(y - t.squeeze())"),
    mistake("broadcast-to-square", MSE, "(y - t)", "(y - t.ravel())"),
    mistake("broadcast-to-square", MSE, "(y - t)", "(y.ravel() - t)"),
    mistake(
        "sigmoid-derivative-left-out",
        MSE,
        "(y - t) ** 2",
        "(1 / (1 + np.exp(-y)) - t) ** 2",
        "2 * (y",
        "2 * (1 / (1 + np.exp(-y))",
    ),
]

BCE, MEAN, GAP = "binary_cross_entropy_loss", "np.logaddexp(y, 0) - t * y", "(sigmoid_forward(y) - t) / y.size"
NAIVE = "1 / (1 + np.exp(-y))"
BINARY = [
    mistake("batch-mean-missing", BCE, GAP, "(sigmoid_forward(y) - t)"),
    mistake("batch-mean-missing", BCE, GAP, "(sigmoid_forward(y) - t)", f"np.mean({MEAN})", f"np.sum({MEAN})"),
    mistake("batch-mean-missing", BCE, GAP, "(sigmoid_forward(y) - t) / y.shape[1]"),
    mistake("mean-over-outputs-missing", BCE, GAP, "(sigmoid_forward(y) - t) / len(y)"),
    mistake(
        "mean-over-outputs-missing",
        BCE,
        GAP,
        "(sigmoid_forward(y) - t) / len(y)",
        f"np.mean({MEAN})",
        f"np.sum({MEAN}) / len(y)",
    ),
    mistake("mean-over-outputs-missing", BCE, f"np.mean({MEAN})", f"np.sum({MEAN}) / len(y)"),
    mistake("loss-summed", BCE, f"np.mean({MEAN})", f"np.sum({MEAN})"),
    mistake("sigmoid-derivative-kept", BCE, GAP, f"{GAP} * sigmoid_forward(y) * (1 - sigmoid_forward(y))"),
    mistake(
        "softmax-twice",
        BCE,
        MEAN,
        "np.logaddexp(sigmoid_forward(y), 0) - t * sigmoid_forward(y)",
        "(sigmoid_forward(y) - t)",
        "(sigmoid_forward(sigmoid_forward(y)) - t)",
    ),
    mistake(
        "softmax-twice",
        BCE,
        MEAN,
        "np.logaddexp(sigmoid_forward(y), 0) - t * sigmoid_forward(y)",
        GAP,
        "sigmoid_backward((sigmoid_forward(sigmoid_forward(y)) - t) / y.size, sigmoid_forward(y))",
    ),
    mistake("squared-error-gradient", BCE, GAP, f"2 * {GAP} * sigmoid_forward(y) * (1 - sigmoid_forward(y))"),
    mistake("broadcast-to-square", BCE, "- t", "- t.squeeze()"),
    mistake("softmax-overflow", BCE, "np.logaddexp(y, 0)", "np.log(1 + np.exp(y))"),
    mistake(
        "softmax-overflow",
        BCE,
        MEAN,
        "-t * np.log(np.exp(y) / (1 + np.exp(y))) - (1 - t) * np.log(1 - np.exp(y) / (1 + np.exp(y)))",
        GAP,
        "(np.exp(y) / (1 + np.exp(y)) - t) / y.size",
    ),
    mistake("log-of-zero", BCE, MEAN, "-t * np.log(1 / (1 + np.exp(-y))) - (1 - t) * np.log(1 - 1 / (1 + np.exp(-y)))"),
    *(
        mistake(
            "log-epsilon",
            BCE,
            MEAN,
            f"-t * np.log(1 / (1 + np.exp(-y)) + {e}) - (1 - t) * np.log(1 - 1 / (1 + np.exp(-y)) + {e})",
        )
        for e in EPSILONS
    ),
    *(
        mistake(
            "probability-clipped",
            BCE,
            MEAN,
            f"-t * np.log(np.clip({NAIVE}, {e}, {top})) - (1 - t) * np.log(np.clip(1 - {NAIVE}, {e}, 1))",
        )
        for e in EPSILONS
        for top in ("1", f"1 - {e}")
    ),
]

MISTAKES = [*CROSS_ENTROPY, *MEAN_SQUARED, *BINARY]
