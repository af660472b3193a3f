"""Mistakes of activation functions and of softmax."""

from nural.learn.mistakes.mistake import instead, mistake

SIGMOID, TANH, SUM = "y * (1 - y)", "1 - y**2", "sum(axis=-1, keepdims=True)"
MAX = "x.max(axis=-1, keepdims=True)"

MISTAKES = [
    mistake("activation-missing", "relu_forward", "np.maximum(x, 0)", "x"),
    mistake("relu-reduced", "relu_forward", "np.maximum(x, 0)", "np.max(x, 0)"),
    mistake("relu-reduced", "relu_forward", "np.maximum(x, 0)", "np.maximum(x.max(), 0)"),
    mistake("gate-at-zero", "relu_backward", "dy * (x > 0)", "dy * 1"),
    mistake("gate-from-gradient", "relu_backward", "dy * (x > 0)", "dy * (dy > 0)"),
    mistake("gate-from-gradient", "relu_backward", "dy * (x > 0)", "dy * (dy > 0) * (x > 0)"),
    mistake("sigmoid-derivative-left-out", "sigmoid_backward", SIGMOID, "1"),
    mistake("sigmoid-derivative-left-out", "tanh_backward", f"({TANH})", "1"),
    mistake("derivative-of-output", "sigmoid_backward", SIGMOID, "sigmoid_forward(y) * (1 - sigmoid_forward(y))"),
    mistake("derivative-of-output", "tanh_backward", TANH, "1 - np.tanh(y) ** 2"),
    mistake("tanh-derivative", "tanh_backward", f"({TANH})", "y"),
    mistake("tanh-derivative", "tanh_backward", TANH, "1 - y"),
    mistake("tanh-derivative", "tanh_backward", TANH, "1 - np.tanh(y)"),
    mistake("tanh-derivative", "tanh_backward", TANH, "y * (1 - y)"),
    instead("derivative-of-input", "sigmoid_forward", only="sigmoid_grad")(lambda x: x),
    mistake("softmax-over-everything", "softmax_forward", SUM, "sum()"),
    mistake("softmax-over-batch", "softmax_forward", SUM, "sum(axis=0)"),
    mistake("softmax-over-batch", "softmax_forward", SUM, "sum(axis=0)", MAX, "x.max(axis=0)"),
    mistake("softmax-overflow", "softmax_forward", MAX, "0"),
    mistake("maximum-of-everything", "softmax_forward", MAX, "x.max()"),
    mistake("maximum-of-everything", "softmax_forward", MAX, "x.max(axis=0)"),
    mistake("softmax-twice", "softmax_forward", f"return y / y.{SUM}", f"y = np.exp(y / y.{SUM}); return y / y.{SUM}"),
    mistake("softmax-elementwise", "softmax_backward", f"(dy - (dy * y).{SUM})", "(1 - y) * dy"),
    mistake("softmax-over-everything", "softmax_backward", SUM, "sum()"),
    mistake("softmax-over-batch", "softmax_backward", SUM, "sum(axis=0)"),
    mistake("softmax-twice", "softmax_backward", "return y", "y = softmax_forward(y); return y"),
]
