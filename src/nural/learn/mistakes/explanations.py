"""What each mistake does to the numbers, and what to do instead: two sentences, with the sizes of the case at hand."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from nural.learn.language import spoken

#: By name. {N}, {M}, … are the sizes of the case that is shown: "N = 3".
EXPLANATIONS = {
    "bias-not-summed": "Your db is dy itself, a row for each of the {N} samples. All samples share one b, so it gets "
    "the sum of their gradients: dy.sum(axis=0).",
    "bias-summed-over-everything": "Your db is one number, the sum of all of dy. Each output has a bias of its own: "
    "sum over the samples alone, dy.sum(axis=0), which leaves one number an output.",
    "bias-averaged": "Yours is the right one divided by {N}, the number of samples. The loss has taken the mean "
    "already, so the bias sums: dy.sum(axis=0).",
    "bias-from-weight-gradient": "Your db is a sum of dW, so that x is in it. y = x W + b does not multiply b by x: "
    "its gradient is the sum of dy over the samples.",
    "bias-over-wrong-axes": "Your db is summed over the wrong axes. Only the axis of the outputs (here the last one, "
    "channels-last) may remain: sum over all others.",
    "batch-mean-missing": "Yours is the right gradient times {N}, the number of samples. The loss is a mean over the "
    "samples, so its gradient is divided by {N} too (unless all your layers divide by it).",
    "batch-mean-twice": "Yours is the right gradient divided by {N}, the number of samples, once more. The loss has "
    "divided by {N} already: only one of the two may.",
    "factor-two-missing": "Yours is half of what is right. The derivative of (y − t)² is 2 (y − t): the 2 is only gone "
    "where the loss is written with ½.",
    "factor-two-too-many": "Yours is twice what is right. A 2 stands in it that the stated formula has not, or a step "
    "of 2h is divided by h.",
    "mean-over-outputs-missing": "Yours is the right one times {M}, the number of outputs. The loss is the mean over "
    "all N·M values, not over the {N} samples alone: divide by y.size.",
    "no-mean-at-all": "Yours is the right gradient times {N} and times {M}. The loss is the mean over all values: "
    "divide by y.size.",
    "weights-not-transposed": "x W goes from the inputs to the outputs; back from dy to dx leads the transpose: "
    "dx = dy Wᵀ. With W itself the shapes do not fit, and where W is square the numbers are wrong.",
    "gradient-transposed": "Your dW is the transpose of the right one. dW has the shape of W, (in, out), and that is "
    "xᵀ dy.",
    "weights-updated-first": "Your dx is computed with weights that were changed before. dx belongs to the W with "
    "which y was computed: compute all gradients first, then update.",
    "sign": "Yours is the right one times −1. An update subtracts the gradient, so with this sign the loss grows.",
    "rate-inside": "Yours is the right gradient times {c}. If that is a learning rate, it belongs in the update, W −= "
    "η g, not in the gradient.",
    "broadcast-to-square": "An array of {N} numbers and one of {N} rows and one column were combined, and NumPy made "
    "{N} × {N} of them. Give both the same shape, with reshape or keepdims=True.",
    "decay-without-two": "The loss has λ‖W‖², whose derivative is 2λW. Yours adds λW: the 2 is only gone where the "
    "loss is written with ½.",
    "decay-sign": "The decay has the wrong sign. It makes weights smaller: 2λW is added to the gradient.",
    "decay-on-bias": "The decay is on b too. It is there to keep W small, and the stated loss has λ‖W‖² alone.",
    "decay-in-moments": "You add λW to the gradient, so that the decay goes through m and v and is divided by √v. "
    "AdamW shrinks W by itself, W −= η λ W, and gives Adam the plain gradient.",
    "decay-without-rate": "The decay is not multiplied by the learning rate. AdamW's is W −= η λ W.",
    "softmax-elementwise": "You take p (1 − p) for each element alone, which is the diagonal of the Jacobian. Each "
    "output of a softmax depends on every input: dx = p (dy − Σ dy p).",
    "softmax-over-everything": "The sum goes over the whole array. Each sample has probabilities of its own: sum over "
    "its {M} classes, axis=-1 with keepdims=True.",
    "softmax-over-batch": "The sum goes over the {N} samples (axis 0). The probabilities of one sample have the sum 1, "
    "not those of one class: axis=-1.",
    "softmax-overflow": "e¹⁰⁰⁰ is more than a float can hold, so large logits give inf, and inf / inf is nan. Subtract "
    "each row's maximum first: that changes no probability.",
    "maximum-of-everything": "You subtract the maximum of the whole array, not that of each row. Where a row lies far "
    "below it, all its exponentials are 0, and 0 / 0 is nan: max(axis=-1, keepdims=True).",
    "log-of-zero": "A probability that is rounded to 0 has no logarithm, so the loss is inf or nan. Compute log p "
    "without p: x − max x − log Σ exp(x − max x).",
    "log-epsilon": "You add a small number before the logarithm, log(p + ε). That is no longer the stated loss: for "
    "small p it is too small, and its gradient is another. Compute log p from the logits instead.",
    "probability-clipped": "You clip the probability before the logarithm, so that the loss stays the same however "
    "wrong the answer. Compute log p from the logits instead, where no p is 0.",
    "softmax-twice": "softmax is taken of what is a softmax already. The probabilities become nearly equal and the "
    "gradients small: apply it once, and give the loss the logits.",
    "label-as-number": "A label is the name of a class, not a number to subtract. Turn labels into one-hot rows, or "
    "subtract 1 at p[n, t_n].",
    "squared-error-gradient": "p − t is the gradient with respect to the logits already: the softmax is in it. You "
    "carry it through the softmax's Jacobian once more, as a squared error of p would need.",
    "loss-summed": "Your loss is the sum over the samples, and the gradient that of their mean. Loss and gradient "
    "belong together: divide the loss as well, here by {N}.",
    "sigmoid-derivative-left-out": "The derivative of the activation is missing. dy is the gradient after it; dx is "
    "dy times its derivative, y (1 − y) for a sigmoid, 1 − y² for tanh.",
    "sigmoid-derivative-kept": "p (1 − p) is in your gradient. With cross-entropy it cancels against the 1 / (p (1 − "
    "p)) of the logarithm: the gradient is p − t.",
    "derivative-of-input": "You compute y (1 − y) with x in place of y. The formula is in terms of the output: y = "
    "σ(x) first, then y (1 − y) (or 1 − y² for tanh).",
    "derivative-of-output": "You take the activation once more, of what is its output already. With y given, the "
    "derivative is y (1 − y) itself (1 − y² for tanh).",
    "tanh-derivative": "The derivative of tanh is 1 − y², y = tanh x. Yours is neither that nor the same by another "
    "formula.",
    "activation-missing": "What is negative passes as it is. Without max(x, 0) between them, two layers are no more "
    "than one: a sum of sums.",
    "relu-reduced": "np.max(x, 0) is the largest of each column: its second argument is an axis. np.maximum(x, 0) "
    "compares each number with 0.",
    "gate-at-zero": "The gate is open everywhere: your dx is dy. After ReLU every y is ≥ 0, so `>= 0` lets all "
    "through; it is `> 0`.",
    "gate-from-gradient": "Your gate looks at the sign of dy. ReLU lets a gradient through where its input was "
    "positive: x > 0.",
    "gradients-not-cleared": "A second call adds to what the first one left. Set the gradients to 0 before each "
    "backward pass, or write `=` where `+=` stands.",
    "integer-arithmetic": "Your numbers are cut to whole ones. Somewhere an array has an integer type (dtype=int, "
    "zeros_like of whole numbers, //), and what is written into it loses its fraction.",
    "one-sided-difference": "You take (f(W + h) − f(W)) / h, whose error is about h f″ / 2. From both sides, (f(W + h) "
    "− f(W − h)) / 2h, it is about h² f‴ / 6.",
    "gradient-averaged-over-positions": "Yours is the right one divided by the number of positions ({OH}, {OW}). "
    "Every window uses the same kernel, so its gradient is the sum over the windows; the loss has taken the mean.",
    "kernel-flipped": "Your kernel is turned by 180°. What networks call a convolution multiplies window and kernel as "
    "they lie: K[i, j] with x[r + i, c + j].",
    "kernel-not-flipped": "Your dx is the right one of a kernel turned by 180°. As a full convolution of dy, dx needs "
    "K[::-1, ::-1]; added up window by window, K as it is.",
    "channels-not-swapped": "Your dx goes through K from its inputs to its outputs. Back from the {M} channels out to "
    "the {C} in leads the transpose of each K[i, j].",
    "stride-ignored": "Your windows are not a stride apart. The window of output (r, c) begins at (r·stride, "
    "c·stride), in the forward and in the backward pass.",
    "padding-not-cut": "Your dx still has the padding around it. x was padded before the windows, so dx is cut to the "
    "shape of x after them.",
    "last-rows-lost": "Rows or columns are lost at the edge. Where the windows do not reach it, dx is 0 there and "
    "still as large as x; and there are ⌊(H + 2p − k) / stride⌋ + 1 windows.",
    "windows-overwrite": "Where windows overlap, only the last one's share is left: `=` stands where `+=` belongs. A "
    "pixel that lies in several windows gets the sum of what they send back.",
    "first-window-only": "Only the first window is computed, the rest is 0. Does the `return` stand inside the loop?",
    "reshape-for-transpose": "The numbers are right, but at other places. reshape keeps the order in memory and moves "
    "no axis: use transpose (or moveaxis) first, then reshape.",
    "pool-ties": "Where the maximum of a window is there more than once, each of them gets all of dy. Σ dx is then "
    "more than Σ dy: one of them gets it (PyTorch: the first).",
    "pool-average-undivided": "Yours is the right one times {KH} · {KW}. An average divides by the pixels of the "
    "window, in the forward pass and in the backward pass.",
    "norm-without-gamma": "γ is left out. y = γ x̂ + β, so dx has a factor γ (in layer norm inside the means).",
    "norm-mean-term-missing": "The mean is taken for a constant. It depends on every sample, so dx loses the mean of "
    "its gradient: dy − mean(dy) − ….",
    "norm-variance-term-missing": "The variance is taken for a constant. It depends on every sample: the term − x̂ · "
    "mean(dy x̂) belongs to dx.",
    "norm-unbiased": "You divide by {N} − 1 (ddof=1). A batch is normalised with its own variance, divided by N; N − "
    "1 is only for the running average.",
    "norm-epsilon-outside": "ε stands outside the root, √v + ε. It belongs to the variance: √(v + ε), which is another "
    "number where the variance is small.",
    "norm-wrong-axis": "You take the statistics (or the sums) over the wrong axis. Batch norm has a mean a feature, "
    "over the samples; layer norm has a mean a sample, over the features.",
    "momentum-exchanged": "The weights of old and new are exchanged: the running average nearly forgets what it was. "
    "running = m · running + (1 − m) · batch with m = 0.9, or PyTorch's with 0.1.",
    "running-statistics-in-training": "In training you normalise with the running averages. There it is the batch's "
    "own mean and variance; the running ones are for prediction.",
    "batch-statistics-in-prediction": "In prediction you normalise with the batch's own mean and variance. Take the "
    "given (running) ones, so that an answer does not depend on who else is in the batch.",
    "dropout-not-scaled": "What is kept is not scaled by 1 / (1 − p). Without that, prediction sees sums that are "
    "larger than in training.",
    "dropout-without-mask": "The mask is left out. What was 0 in the forward pass gets no gradient: both passes "
    "multiply by the same mask.",
    "dropout-in-prediction": "It drops in prediction as well, so that two answers to one input differ. There dropout "
    "passes x as it is.",
    "dropout-keep-exchanged": "p and 1 − p are exchanged. p is the probability that a number becomes 0; what stays is "
    "scaled by 1 / (1 − p).",
    "state-gradient-lost": "The gradient that the next step sends back is not added, so dx is right at the last step "
    "alone. h goes into the output and into the next step: dh = dy + what comes from there.",
    "cell-gradient-overwritten": "The cell's gradient of the next step is lost: `=` stands where `+=` belongs. c goes "
    "into h and into the next cell, dc = … + dc · f of the next step.",
    "gate-order": "The gates are exchanged. The columns of the weights lie as i, f, g, o (in a GRU r, z, n), and "
    "gradients go back in the same order.",
    "weights-of-last-step": "The weights' gradient is that of one step alone. All {T} steps share the weights, so "
    "their gradients are added up: `+=` in the loop.",
    "duplicates-lost": "dW[idx] += d adds once, however often a word comes. np.add.at(dW, idx, d) adds for each of its "
    "places.",
    "scale-missing": "The products are not divided by √d. With {D} features they are as many times larger, and the "
    "softmax becomes hard.",
    "mask-after-softmax": "You mask after the softmax, so the rows do not have the sum 1. Set what is masked to −∞ "
    "before it.",
    "not-bias-corrected": "m and v begin at 0 and are too small at first. Divide them by 1 − βᵗ, which you leave out.",
    "bias-correction-fixed": "You divide by 1 − β at every step, which is right at the first one alone. It is 1 − βᵗ, "
    "t the number of the step.",
    "moment-overwritten": "You keep the corrected moment in place of the running one, and correct it again in the next "
    "step. m̂ and v̂ are for this step; m and v go on as they are.",
    "epsilon-inside-root": "ε stands inside the root, √(v + ε). It is √v + ε: with ε = 1e-8 in the root, gradients "
    "below 1e-4 hardly move a weight.",
    "square-missing": "v is the mean of g, not of g². What is divided by is the root of a mean of squares.",
    "velocity-sign": "Velocity and gradient have opposite signs, so that it goes uphill or brakes itself. v = μ v + g, "
    "W −= η v; or v = μ v − η g, W += v.",
    "step-from-zero": "You count the steps from 0, and 1 − β⁰ = 0 is divided by, or a step is corrected as the one "
    "before. The first step is t = 1.",
    "fan-exchanged": "The number in the root is not the one that is meant. fan_in (here {fan_in}) counts what each "
    "output adds up, fan_out ({fan_out}) where each input goes: He takes fan_in alone, Glorot the sum of both.",
    "variance-for-deviation": "You multiply by the variance. Numbers that are multiplied by s have the variance s²: "
    "take the root.",
    "init-factor-missing": "The number above the fan is another one. With N(0, 1 / fan_in) a sum keeps its variance; "
    "ReLU lets half of it pass, so He has 2 / fan_in; a uniform distribution up to b has b² / 3, so its b has the "
    "threefold.",
    "deviation-for-bound": "Your bound is the standard deviation that is meant. Uniform numbers up to b have the "
    "deviation b / √3, so that the bound is √3 times as much.",
    "not-centred": "Your weights do not have the mean 0. rng.random() lies between 0 and 1: take "
    "rng.standard_normal(shape), or rng.uniform(-b, b, shape).",
    "weights-constant": "All weights are equal. Units with equal weights get equal gradients and stay equal: draw "
    "each by itself.",
    "seed-ignored": "Your numbers do not come from rng. Who gives the same seed wants the same weights, and others "
    "with another: draw with rng, not with np.random.",
    "init-scale-fixed": "Your weights are equally large whatever the shape. The more numbers an output adds up (here "
    "{fan_in}), the smaller each weight must be, or the activations grow from layer to layer.",
    "distribution-exchanged": "The standard deviation is right, the distribution is the other one: *_normal draws "
    "from a normal distribution, *_uniform from a uniform one.",
    "input-changed": "It writes into its argument. Write into a copy, or into a new array.",
}


class _Named(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return key


@cache
def _in_chinese() -> dict[str, str]:
    return tomllib.loads(files("nural.learn.mistakes").joinpath("explanations.zh.toml").read_text(encoding="utf-8"))


def explanation(name: str, sizes: Mapping[str, int], **more: str) -> str:
    """The sentences of a mistake, with these sizes, in the language that is spoken."""
    values = _Named({key: f"{key} = {value}" for key, value in sizes.items()} | more)
    text = _in_chinese().get(name, "") if spoken() == "zh" else ""
    return (text or EXPLANATIONS.get(name, "")).format_map(values)


#: What a factor that is a product of sizes is called, of a gradient.
NAMES = {
    "N": "batch-mean-missing",
    "1/N": "batch-mean-twice",
    "M": "mean-over-outputs-missing",
    "N·M": "no-mean-at-all",
}
#: What a factor that is a number is called.
OF_NUMBERS = {-1: "sign", 2: "factor-two-too-many", 0.5: "factor-two-missing"}
FACTORS = {"−": "sign", "2·": "factor-two-too-many", "½·": "factor-two-missing"}


def of_ratio(ratio: float | str, results: list[str]) -> tuple[list[str], str]:
    """The names of the mistakes that multiply results by this, and what to say if their explanations do not."""
    which, verb = " and ".join(results), "is the right one" if len(results) == 1 else "are the right ones"
    said = f"Your {which} {verb} times {ratio if isinstance(ratio, str) else format(ratio, '.6g')}."
    if isinstance(ratio, str):
        plain, names = ratio, []
        for sign, name in FACTORS.items():
            if ratio.startswith(sign):
                plain, names = ratio.removeprefix(sign), [name]
        name = NAMES.get(plain)
        if plain == "N" and results == ["loss"]:
            name = "loss-summed"
        if plain == "1/N" and results == ["db"]:
            name = "bias-averaged"
        if plain.startswith("1/") and any(size in plain for size in ("OH", "OW")):
            name = "gradient-averaged-over-positions"
        return ([*names, name] if name else names), said
    for number, name in OF_NUMBERS.items():
        if abs(ratio - number) < 1e-3:
            return [name], ""
    if all(name.startswith("d") for name in results) and 0 < abs(ratio) < 1:
        return ["rate-inside"], explanation("rate-inside", {}, c=f"{ratio:.6g}")
    return [], said
