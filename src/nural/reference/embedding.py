"""Words and attention: rows of a table, and which of them look at which."""

import math

import numpy as np

from nural.reference.fully_connected import softmax_backward, softmax_forward


def embedding_forward(idx, W):
    """y_n = W[idx_n]: row idx_n of the table W, (words, features); idx holds whole numbers, in any shape."""
    return W[idx]


def embedding_backward(dy, W, idx):
    """dW_i = Σ dy_n over all n with idx_n = i: a word that comes twice adds up."""
    dW = np.zeros_like(W)
    np.add.at(dW, idx, dy)
    return dW


def attention_forward(q, k, v, mask=None):
    """y = p v, p = softmax(q kᵀ / √d) over the keys, and −∞ where the mask is false; returns (y, p)."""
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    p = softmax_forward(scores)
    return p @ v, p


def attention_backward(dy, q, k, v, p):
    """dq = ds k / √d, dk = dsᵀ q / √d, dv = pᵀ dy, ds = the softmax's gradient of dp = dy vᵀ; p holds the mask."""
    ds = softmax_backward(dy @ v.swapaxes(-1, -2), p) / math.sqrt(q.shape[-1])
    return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ dy
