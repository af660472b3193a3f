"""Mistakes of RNN, LSTM and GRU, of embedding and attention."""

from collections.abc import Iterator
from itertools import permutations

from nural.learn.mistakes.mistake import Mistake, mistake

SUMS = {
    "dW_ih": ('np.einsum("ntf,nta->fa", x, da)', 'np.einsum("nf,na->fa", x[:, {0}], da[:, {0}])'),
    "dW_hh": ('np.einsum("nth,nta->ha", before, dq)', 'np.einsum("nh,na->ha", before[:, {0}], dq[:, {0}])'),
    "db_ih": ("da.sum(axis=(0, 1))", "da[:, {0}].sum(axis=0)"),
    "db_hh": ("dq.sum(axis=(0, 1))", "dq[:, {0}].sum(axis=0)"),
}
WEIGHTS = "gradients_over_time"


def _of_one_step() -> Iterator[Mistake]:
    """The weights' gradients of the last step, or of the first, which a backward loop reaches last."""
    for some in (list(SUMS), ["dW_ih", "dW_hh"], *([name] for name in SUMS)):
        for step in ("-1", "0"):
            changes = [(right, wrong.format(step)) for right, wrong in (SUMS[name] for name in some)]
            yield mistake("weights-of-last-step", WEIGHTS, *(text for change in changes for text in change))


def _orders(name: str, gates: str, *texts: str) -> Iterator[Mistake]:
    """Each of the texts alone, and all together, with the gates in each other order."""
    right = gates.split()
    for order in permutations(right):
        if list(order) == right:
            continue
        names = dict(zip(right, order, strict=True))

        def exchanged(text: str, names: dict[str, str] = names) -> str:
            head, braces, rest = text.partition("{")
            if not braces:
                return text
            inside, _, tail = rest.partition("}")
            return head + ", ".join(inside.replace("*", names[gate]) for gate in names) + tail

        for some in [[text] for text in texts] + ([list(texts)] if len(texts) > 1 else []):
            changes = [(_plain(text, right), exchanged(text)) for text in some]
            yield mistake("gate-order", name, *(part for change in changes for part in change))


def _plain(text: str, gates: list[str]) -> str:
    head, _, rest = text.partition("{")
    inside, _, tail = rest.partition("}")
    return head + ", ".join(inside.replace("*", gate) for gate in gates) + tail


RNN, LSTM, GRU = "rnn_backward", "lstm_backward", "gru_backward"
ACTIVATION = "activation_backward(dy[:, t] + dh, h[:, t])"
RECURRENT = [
    mistake("state-gradient-lost", RNN, "dy[:, t] + dh", "dy[:, t]"),
    mistake("state-gradient-lost", LSTM, "dh = dy[:, t] + dh", "dh = dy[:, t]"),
    mistake("state-gradient-lost", GRU, "dh = dy[:, t] + dh", "dh = dy[:, t]"),
    mistake("state-gradient-lost", GRU, "dh = dh * z + dq", "dh = dq"),
    mistake("state-gradient-lost", GRU, "dh = dh * z + dq[:, t] @ W_hh.T", "dh = dh * z"),
    mistake(
        "cell-gradient-overwritten",
        LSTM,
        "dc = tanh_backward(dh * o, tanh_c) + dc",
        "dc = tanh_backward(dh * o, tanh_c)",
    ),
    *_of_one_step(),
    *(mistake("weights-not-transposed", name, "@ W_hh.T", "@ W_hh") for name in (RNN, LSTM, GRU)),
    mistake("weights-not-transposed", WEIGHTS, "da @ W_ih.T", "da @ W_ih"),
    mistake("weights-not-transposed", "rnn_forward", "h @ W_hh", "h @ W_hh.T"),
    mistake("sigmoid-derivative-left-out", RNN, ACTIVATION, "dy[:, t] + dh"),
    mistake("tanh-derivative", RNN, ACTIVATION, "(dy[:, t] + dh) * h[:, t]"),
    mistake("tanh-derivative", RNN, ACTIVATION, "(dy[:, t] + dh) * (1 - h[:, t])"),
    mistake("tanh-derivative", RNN, ACTIVATION, "(dy[:, t] + dh) * h[:, t] * (1 - h[:, t])"),
    mistake("derivative-of-output", RNN, ACTIVATION, "(dy[:, t] + dh) * (1 - np.tanh(h[:, t]) ** 2)"),
    mistake("bias-not-summed", WEIGHTS, "da.sum(axis=(0, 1)), dq.sum(axis=(0, 1))", "da.sum(axis=1), dq.sum(axis=1)"),
    mistake("bias-not-summed", WEIGHTS, "da.sum(axis=(0, 1)), dq.sum(axis=(0, 1))", "da.sum(axis=0), dq.sum(axis=0)"),
    mistake("bias-not-summed", WEIGHTS, "da.sum(axis=(0, 1)), dq.sum(axis=(0, 1))", "da, dq"),
    *_orders("lstm_forward", "i f g o", "{*} = np.split"),
    *_orders(LSTM, "i f g o", "{*} = gates[t]", "np.concatenate([{da_*}]"),
    *_orders("gru_forward", "r z n", "{a_*} = np.split", "{q_*} = np.split"),
    *_orders(GRU, "r z n", "{*} = gates[t]", "np.concatenate([{da_*}]"),
    mistake(
        "gate-order",
        GRU,
        "[da_r, da_z, da_n]",
        "[da_z, da_r, da_n]",
        "[da_r, da_z, da_n * r]",
        "[da_z, da_r, da_n * r]",
    ),
]

EMBEDDING = "embedding_backward"
SOFTMAX, ROOT = "softmax_forward(scores)", " / math.sqrt(q.shape[-1])"
OTHERS = [
    mistake("duplicates-lost", EMBEDDING, "np.add.at(dW, idx, dy)", "dW[idx] += dy"),
    mistake("batch-mean-twice", EMBEDDING, "return dW", "return dW / len(idx)"),
    mistake("scale-missing", "attention_forward", ROOT, ""),
    mistake(
        "mask-after-softmax",
        "attention_forward",
        "scores = np.where(mask, scores, -np.inf)",
        "return softmax_forward(scores) * mask @ v, softmax_forward(scores) * mask",
    ),
    mistake(
        "softmax-over-batch", "attention_forward", SOFTMAX, "softmax_forward(scores.swapaxes(-1, -2)).swapaxes(-1, -2)"
    ),
    mistake(
        "softmax-over-everything",
        "attention_forward",
        SOFTMAX,
        "softmax_forward(scores.reshape(len(q), -1)).reshape(scores.shape)",
    ),
    mistake(
        "softmax-over-everything",
        "attention_forward",
        SOFTMAX,
        "softmax_forward(scores.reshape(-1)).reshape(scores.shape)",
    ),
    mistake("scale-missing", "attention_backward", ROOT, ""),
    mistake(
        "softmax-elementwise",
        "attention_backward",
        "softmax_backward(dy @ v.swapaxes(-1, -2), p)",
        "(dy @ v.swapaxes(-1, -2) * p * (1 - p))",
    ),
]
MISTAKES = [*RECURRENT, *OTHERS]
