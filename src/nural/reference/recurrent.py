"""Sequences: RNN, LSTM and GRU, one step after another, and back (backpropagation through time)."""

import numpy as np

from nural.reference.fully_connected import relu_backward, sigmoid_backward, sigmoid_forward, tanh_backward


def rnn_forward(x, W_ih, W_hh, b_ih=0, b_hh=0, h0=None, nonlinearity="tanh"):
    """h_t = tanh(x_t W_ih + b_ih + h_(t−1) W_hh + b_hh), or max(…, 0) for "relu"."""
    h, steps = initial_state(h0, x, W_hh), []
    for t in range(x.shape[1]):
        a = x[:, t] @ W_ih + b_ih + h @ W_hh + b_hh
        h = np.tanh(a) if nonlinearity == "tanh" else np.maximum(a, 0)
        steps.append(h)
    return np.stack(steps, axis=1)


def rnn_backward(dy, W_ih, W_hh, x, h, h0=None, nonlinearity="tanh"):
    """dh_t = dy_t + da_(t+1) W_hhᵀ, da_t = dh_t (1 − h_t²), from the last step to the first."""
    da, dh = np.empty_like(h), 0
    activation_backward = tanh_backward if nonlinearity == "tanh" else relu_backward
    for t in reversed(range(x.shape[1])):
        da[:, t] = activation_backward(dy[:, t] + dh, h[:, t])
        dh = da[:, t] @ W_hh.T
    *dparams, dx = gradients_over_time(da, da, W_ih, W_hh, x, h, h0)
    return *dparams, dh, dx


def lstm_forward(x, W_ih, W_hh, b_ih=0, b_hh=0, h0=None, c0=None):
    """c_t = f c_(t−1) + i g, h_t = o tanh c_t; i, f, o = σ(a_i), σ(a_f), σ(a_o), g = tanh a_g, a as in the RNN."""
    h, c = initial_state(h0, x, W_hh), initial_state(c0, x, W_hh)
    outputs, cells, gates = [], [], []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ W_ih + b_ih + h @ W_hh + b_hh, 4, axis=-1)
        i, f, g, o = sigmoid_forward(i), sigmoid_forward(f), np.tanh(g), sigmoid_forward(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        outputs.append(h)
        cells.append(c)
        gates.append((i, f, g, o))
    return np.stack(outputs, axis=1), np.array(cells), np.array(gates)


def lstm_backward(dy, W_ih, W_hh, x, h, c, gates, h0=None, c0=None):
    """dc_t = dh_t o (1 − tanh² c_t) + dc_(t+1) f_(t+1); di = dc g, df = dc c_(t−1), dg = dc i, do = dh tanh c."""
    da, dh, dc = np.empty((*x.shape[:2], W_ih.shape[1]), x.dtype), 0, 0
    for t in reversed(range(x.shape[1])):
        i, f, g, o = gates[t]
        before = c[t - 1] if t else initial_state(c0, x, W_hh)
        tanh_c = np.tanh(c[t])
        dh = dy[:, t] + dh
        dc = tanh_backward(dh * o, tanh_c) + dc
        da_i, da_f = sigmoid_backward(dc * g, i), sigmoid_backward(dc * before, f)
        da_g, da_o = tanh_backward(dc * i, g), sigmoid_backward(dh * tanh_c, o)
        da[:, t] = np.concatenate([da_i, da_f, da_g, da_o], axis=-1)
        dh, dc = da[:, t] @ W_hh.T, dc * f
    *dparams, dx = gradients_over_time(da, da, W_ih, W_hh, x, h, h0)
    return *dparams, dh, dc, dx


def gru_forward(x, W_ih, W_hh, b_ih=0, b_hh=0, h0=None):
    """h_t = (1 − z) n + z h_(t−1); r, z = σ(a + q), n = tanh(a_n + r q_n), a of the input, q of the state before."""
    h, outputs, gates, q = initial_state(h0, x, W_hh), [], [], []
    for t in range(x.shape[1]):
        a_r, a_z, a_n = np.split(x[:, t] @ W_ih + b_ih, 3, axis=-1)
        q_r, q_z, q_n = np.split(h @ W_hh + b_hh, 3, axis=-1)
        r, z = sigmoid_forward(a_r + q_r), sigmoid_forward(a_z + q_z)
        n = np.tanh(a_n + r * q_n)
        h = (1 - z) * n + z * h
        outputs.append(h)
        gates.append((r, z, n))
        q.append(q_n)
    return np.stack(outputs, axis=1), np.array(gates), np.array(q)


def gru_backward(dy, W_ih, W_hh, x, h, gates, q, h0=None):
    """dz = dh (h_(t−1) − n), dn = dh (1 − z), dr = da_n q_n; dh_(t−1) = dy_(t−1) + dh_t z + dq_t W_hhᵀ."""
    da, dh = np.empty((*x.shape[:2], W_ih.shape[1]), x.dtype), 0
    dq = np.empty_like(da)
    for t in reversed(range(x.shape[1])):
        r, z, n = gates[t]
        before = h[:, t - 1] if t else initial_state(h0, x, W_hh)
        dh = dy[:, t] + dh
        da_z = sigmoid_backward(dh * (before - n), z)
        da_n = tanh_backward(dh * (1 - z), n)
        da_r = sigmoid_backward(da_n * q[t], r)
        da[:, t] = np.concatenate([da_r, da_z, da_n], axis=-1)
        dq[:, t] = np.concatenate([da_r, da_z, da_n * r], axis=-1)
        dh = dh * z + dq[:, t] @ W_hh.T
    *dparams, dx = gradients_over_time(da, dq, W_ih, W_hh, x, h, h0)
    return *dparams, dh, dx


def initial_state(state, x, W_hh):
    """The state before the first step: zeros if none is given."""
    return np.zeros((len(x), len(W_hh)), x.dtype) if state is None else state


def gradients_over_time(da, dq, W_ih, W_hh, x, h, h0):
    """dW_ih = Σ_t x_tᵀ da_t, dW_hh = Σ_t h_(t−1)ᵀ dq_t, db_ih = Σ_t da_t, db_hh = Σ_t dq_t, dx_t = da_t W_ihᵀ."""
    before = np.concatenate([initial_state(h0, x, W_hh)[:, None], h[:, :-1]], axis=1)
    dW_ih, dW_hh = np.einsum("ntf,nta->fa", x, da), np.einsum("nth,nta->ha", before, dq)
    return dW_ih, dW_hh, da.sum(axis=(0, 1)), dq.sum(axis=(0, 1)), da @ W_ih.T
