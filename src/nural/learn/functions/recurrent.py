"""RNN, LSTM and GRU; embedding and attention."""

from collections.abc import Iterator

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import REFERENCE, known

#: Samples, steps, features, hidden units; what is special.
SIZES = [
    *[
        (1, 2, 1, 2, ""),
        (2, 3, 3, 2, ""),
        (3, 4, 2, 3, ""),
        (2, 4, 3, 4, ""),
        (3, 3, 2, 2, "as many features as units"),
    ],
    *[(2, 1, 3, 2, "one step"), (2, 3, 2, 3, "a state before the first step")],
]


def _drawn(draw: Draw, gates: int, states: int) -> Iterator[tuple[tuple[np.ndarray, ...], dict[str, int], str]]:
    """x, the weights, the biases, and the states before the first step where there are some."""
    for n, steps, features, hidden, label in SIZES:
        width = gates * hidden
        shapes = (n, steps, features), (features, width), (hidden, width), (width,), (width,)
        arrays = tuple(np.round(draw.normal(*shape), 1) for shape in shapes)
        if "before" in label:
            arrays += tuple(draw.normal(n, hidden) for _ in range(states))
        yield arrays, {"N": n, "T": steps, "D": features, "H": hidden}, label


def _forward(gates: int, states: int, draw: Draw) -> Iterator[Case]:
    for arrays, sizes, label in _drawn(draw, gates, states):
        yield Case(arrays, sizes, label, may_refuse="before" in label)


def _backward(name: str, gates: int, states: int, draw: Draw) -> Iterator[Case]:
    for arrays, sizes, label in _drawn(draw, gates, states):
        x, W_ih, W_hh, *_ = arrays
        saved = REFERENCE[name](*arrays)
        saved = saved if isinstance(saved, tuple) else (saved,)
        dy = draw.whole(*saved[0].shape)
        yield Case((dy, W_ih, W_hh, x, *saved, *arrays[5:]), sizes, label, may_refuse="before" in label)


#: What is looked up: words that come more than once, in any order, in a row or in a sequence a sample.
WORDS = [
    ([1, 0, 1], 3, 2, ""),
    ([2, 2, 0, 2], 4, 3, ""),
    ([0, 3, 1, 3, 0], 5, 2, ""),
    ([[1, 1, 0], [2, 0, 1]], 4, 2, ""),
    ([[2, 0], [0, 0], [3, 1]], 5, 4, ""),
    ([2, 0, 1], 3, 2, "no word twice"),
]


def _embedding(backward: bool, draw: Draw) -> Iterator[Case]:
    for turn, (words, count, features, label) in enumerate(WORDS):
        idx, W = np.array(words), draw.numbers(turn, count, features)
        args = (draw.numbers(turn, *idx.shape, features), W, idx) if backward else (idx, W)
        group = "one row of indices" if idx.ndim == 1 else "sequences of indices"
        yield Case(args, {"N": len(idx), "V": count, "D": features}, label, group=group)


#: Samples, queries, keys, features, features of the values.
QUERIES = [(1, 2, 3, 4, 2, ""), (2, 3, 2, 4, 3, ""), (2, 4, 5, 3, 2, ""), (1, 3, 3, 2, 2, "as many queries as keys")]


def _attention(backward: bool, draw: Draw) -> Iterator[Case]:
    for turn, (n, queries, keys, d, values, label) in enumerate(QUERIES):
        q, k, v = draw.numbers(turn, n, queries, d), draw.numbers(turn, n, keys, d), draw.numbers(turn, n, keys, values)
        q = q / 2 if turn < 2 else q
        sizes = {"N": n, "Q": queries, "K": keys, "D": d}
        if backward:
            _, p = REFERENCE["attention_forward"](q, k, v)
            yield Case((draw.whole(n, queries, values), q, k, v, p), sizes, label)
        else:
            yield Case((q, k, v), sizes, label)
            mask = np.arange(keys) <= np.arange(queries)[:, None] + max(keys - queries, 0)
            yield Case((q, k, v, mask), sizes, "a mask")


_OF = "the gradients of torch.nn."
FUNCTIONS = [
    known("rnn_forward", "h", lambda draw: _forward(1, 1, draw), "torch.nn.RNN"),
    known(
        "rnn_backward",
        "dW_ih dW_hh db_ih db_hh dh0 dx",
        lambda draw: _backward("rnn_forward", 1, 1, draw),
        _OF + "RNN",
        extras=("dh0",),
    ),
    known("lstm_forward", "h c gates", lambda draw: _forward(4, 2, draw), "torch.nn.LSTM", extras=("c", "gates")),
    known(
        "lstm_backward",
        "dW_ih dW_hh db_ih db_hh dh0 dc0 dx",
        lambda draw: _backward("lstm_forward", 4, 2, draw),
        _OF + "LSTM",
        extras=("dh0", "dc0"),
    ),
    known("gru_forward", "h gates q", lambda draw: _forward(3, 1, draw), "torch.nn.GRU", extras=("gates", "q")),
    known(
        "gru_backward",
        "dW_ih dW_hh db_ih db_hh dh0 dx",
        lambda draw: _backward("gru_forward", 3, 1, draw),
        _OF + "GRU",
        extras=("dh0",),
    ),
    known("embedding_forward", "y", lambda draw: _embedding(False, draw), "torch.nn.functional.embedding"),
    known("embedding_backward", "dW", lambda draw: _embedding(True, draw), "the gradient of torch.nn.Embedding"),
    known(
        "attention_forward",
        "y p",
        lambda draw: _attention(False, draw),
        "torch.nn.functional.scaled_dot_product_attention",
        extras=("p",),
    ),
    known(
        "attention_backward",
        "dq dk dv",
        lambda draw: _attention(True, draw),
        "the gradients of torch.nn.functional.scaled_dot_product_attention",
    ),
]
