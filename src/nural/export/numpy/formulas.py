"""The layers as a file of NumPy alone has them: `nural.export.numpy` copies those that a network uses, as they stand.

Samples are along the first dimension of x, channels along its last.
"""

import math

import numpy as np


def linear(x, W, b=0):
    """y = x W + b."""
    return x @ W + b


def convolution(x, K, b=0, stride=(1, 1), dilation=(1, 1), groups=1):
    """y_rc = b + Σ_ij x_(r·stride + i·dilation, c·stride + j·dilation) K_ij, each group of channels by itself."""
    kernel, ins, outs = K.shape[:2], K.shape[2], K.shape[3] // groups
    y = b
    for i, j in np.ndindex(kernel):
        pixels = under(x, i, j, kernel, stride, dilation)
        parts = [pixels[..., g * ins : (g + 1) * ins] @ K[i, j, :, g * outs : (g + 1) * outs] for g in range(groups)]
        y = y + np.concatenate(parts, axis=-1)
    return y


def max_pooling(x, kernel, stride, dilation=(1, 1)):
    """y_rc = max_ij x_(r·stride + i·dilation, c·stride + j·dilation)."""
    return np.max([under(x, i, j, kernel, stride, dilation) for i, j in np.ndindex(kernel)], axis=0)


def average_pooling(x, kernel, stride, divisor):
    """y_rc = Σ_ij x_(r·stride + i, c·stride + j) / divisor_rc."""
    return np.sum([under(x, i, j, kernel, stride) for i, j in np.ndindex(kernel)], axis=0) / divisor


def under(x, i, j, kernel, stride, dilation=(1, 1)):
    """The pixels of x under position ij of a window that slides over it: one for each place of the window."""
    ends = [size - d * (k - 1) for size, k, d in zip(x.shape[1:3], kernel, dilation, strict=True)]
    top, left = i * dilation[0], j * dilation[1]
    return x[:, top : top + ends[0] : stride[0], left : left + ends[1] : stride[1]]


def adaptive_pooling(x, rows, columns, over):
    """y_rc = mean or max over a bin: it spans the rows from ⌊r H / rows⌋ to ⌈(r + 1) H / rows⌉, and columns alike."""
    down = [slice(r * x.shape[1] // rows, -(-(r + 1) * x.shape[1] // rows)) for r in range(rows)]
    across = [slice(c * x.shape[2] // columns, -(-(c + 1) * x.shape[2] // columns)) for c in range(columns)]
    bins = [[over(x[:, h, w], axis=(1, 2)) for w in across] for h in down]
    return np.moveaxis(np.array(bins), 2, 0)


def global_average_pooling(x):
    """y = mean over the image."""
    return x.mean(axis=(1, 2))


def scale_and_shift(x, scale=1, shift=0):
    """y = x · scale + shift, as batch norm does with its running statistics."""
    return x * scale + shift


def batch_norm(x, gamma=1, beta=0, eps=1e-5):
    """y = γ (x − μ) / √(σ² + ε) + β with the mean and the variance of the samples given, channel by channel."""
    axes = tuple(range(x.ndim - 1))
    return gamma * (x - x.mean(axes)) / np.sqrt(x.var(axes) + x.dtype.type(eps)) + beta


def layer_norm(x, axes, gamma=1, beta=0, eps=1e-5):
    """y = γ (x − μ) / √(σ² + ε) + β with the mean and the variance of each sample over its last dimensions."""
    last = tuple(range(-axes, 0))
    mean, variance = x.mean(last, keepdims=True), x.var(last, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + x.dtype.type(eps)) + beta


def rnn(x, W_ih, W_hh, b_ih=0, b_hh=0, activation=np.tanh):
    """h_t = tanh(x_t W_ih + b_ih + h_(t−1) W_hh + b_hh)."""
    h, steps = np.zeros((len(x), len(W_hh)), x.dtype), []
    for t in range(x.shape[1]):
        h = activation(x[:, t] @ W_ih + b_ih + h @ W_hh + b_hh)
        steps.append(h)
    return np.stack(steps, axis=1)


def lstm(x, W_ih, W_hh, b_ih=0, b_hh=0):
    """c_t = σ(f) c_(t−1) + σ(i) tanh(g) and h_t = σ(o) tanh c_t: i, f, g and o are sums as in a plain network."""
    h = c = np.zeros((len(x), len(W_hh)), x.dtype)
    steps = []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ W_ih + b_ih + h @ W_hh + b_hh, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        steps.append(h)
    return np.stack(steps, axis=1)


def gru(x, W_ih, W_hh, b_ih=0, b_hh=0):
    """r and z = σ(a_t + q_t), n = tanh(a_n + r q_n), h_t = (1 − z) n + z h_(t−1): a of the input, q of the state."""
    h, steps = np.zeros((len(x), len(W_hh)), x.dtype), []
    for t in range(x.shape[1]):
        a_r, a_z, a_n = np.split(x[:, t] @ W_ih + b_ih, 3, axis=-1)
        q_r, q_z, q_n = np.split(h @ W_hh + b_hh, 3, axis=-1)
        z = sigmoid(a_z + q_z)
        h = (1 - z) * np.tanh(a_n + sigmoid(a_r + q_r) * q_n) + z * h
        steps.append(h)
    return np.stack(steps, axis=1)


def relu(x):
    """y = max(x, 0)."""
    return np.maximum(x, 0)


def hardtanh(x, min_val=-np.inf, max_val=np.inf):
    """y = min(max(x, min_val), max_val)."""
    return np.minimum(np.maximum(x, min_val), max_val)


def leaky_relu(x, slope):
    """y = x where x > 0, else slope · x."""
    return np.where(x > 0, x, slope * x)


def elu(x, alpha):
    """y = x where x > 0, else α (eˣ − 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def selu(x):
    """y = λ x where x > 0, else λ α (eˣ − 1)."""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def gelu(x):
    """y = x Φ(x) with the normal distribution Φ(x) = ½ (1 + erf(x / √2))."""
    erf = np.vectorize(math.erf, otypes=[x.dtype])
    return x * (1 + erf(x / np.sqrt(x.dtype.type(2)))) / 2


def gelu_by_tanh(x):
    """y = x ½ (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))) / 2


def sigmoid(x):
    """y = 1 / (1 + e⁻ˣ), as (1 + tanh(x / 2)) / 2, which cannot overflow."""
    return (1 + np.tanh(x / 2)) / 2


def silu(x):
    """y = x σ(x) with the sigmoid σ."""
    return x * sigmoid(x)


def tanh(x):
    """y = tanh x."""
    return np.tanh(x)


def softplus(x, beta, threshold):
    """y = log(1 + e^(βx)) / β, and y = x where βx > threshold."""
    return np.where(beta * x > threshold, x, np.logaddexp(beta * x, 0) / beta).astype(x.dtype)


def softmax(x, axis=-1):
    """y_i = e^(x_i) / Σ_j e^(x_j)."""
    y = np.exp(x - x.max(axis, keepdims=True))
    return y / y.sum(axis, keepdims=True)


def log_softmax(x, axis=-1):
    """y_i = x_i − log Σ_j e^(x_j)."""
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))
