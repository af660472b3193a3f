"""A fully connected network: the layer, its activations, its losses, and the proof of their gradients."""

import math

import numpy as np


def fc_forward(x, W, b=0):
    """y = x W + b."""
    return x @ W + b


def fc_backward(dy, W, x):
    """dW = xᵀ dy, db = Σ_n dy_n, dx = dy Wᵀ."""
    return x.T @ dy, dy.sum(axis=0), dy @ W.T


# Activations


def relu_forward(x):
    """y = max(x, 0)."""
    return np.maximum(x, 0)


def relu_backward(dy, x):
    """dx = dy where x > 0, else 0."""
    return dy * (x > 0)


def sigmoid_forward(x):
    """y = σ(x) = 1 / (1 + e⁻ˣ), as (1 + tanh(x / 2)) / 2, which cannot overflow."""
    return (1 + np.tanh(x / 2)) / 2


def sigmoid_backward(dy, y):
    """dx = dy · y (1 − y)."""
    return dy * y * (1 - y)


def tanh_forward(x):
    """y = tanh x."""
    return np.tanh(x)


def tanh_backward(dy, y):
    """dx = dy (1 − y²)."""
    return dy * (1 - y**2)


def softsign_forward(x):
    """y = x / (1 + |x|)."""
    return x / (1 + np.abs(x))


def softsign_backward(dy, x):
    """dx = dy / (1 + |x|)²."""
    return dy / (1 + np.abs(x)) ** 2


def softmax_forward(x):
    """y_i = e^(x_i) / Σ_j e^(x_j): the largest x_j is subtracted first, so that nothing overflows."""
    y = np.exp(x - x.max(axis=-1, keepdims=True))
    return y / y.sum(axis=-1, keepdims=True)


def softmax_backward(dy, y):
    """dx_i = y_i (dy_i − Σ_j dy_j y_j)."""
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


def log_softmax_forward(x):
    """y_i = x_i − log Σ_j e^(x_j)."""
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def log_softmax_backward(dy, y):
    """dx_i = dy_i − e^(y_i) Σ_j dy_j."""
    return dy - np.exp(y) * dy.sum(axis=-1, keepdims=True)


def hardtanh_forward(x, min_val=-1.0, max_val=1.0):
    """y = min(max(x, min_val), max_val)."""
    return np.minimum(np.maximum(x, min_val), max_val)


def hardtanh_backward(dy, min_val, max_val, y):
    """dx = dy where min_val < y < max_val, else 0."""
    return dy * ((y > min_val) & (y < max_val))


def leaky_relu_forward(x, negative_slope=0.01):
    """y = x where x > 0, else negative_slope · x."""
    return np.where(x > 0, x, negative_slope * x)


def leaky_relu_backward(dy, negative_slope, x):
    """dx = dy where x > 0, else negative_slope · dy."""
    return np.where(x > 0, dy, negative_slope * dy)


def prelu_forward(x, a):
    """y = x where x > 0, else a · x, with one learned slope a, or one for each channel."""
    return np.where(x > 0, x, a * x)


def prelu_backward(dy, a, x):
    """da = Σ dy · min(x, 0), dx = dy where x > 0, else a · dy."""
    return (dy * np.minimum(x, 0)).reshape(-1, len(a)).sum(axis=0), np.where(x > 0, dy, a * dy)


def elu_forward(x, alpha=1.0):
    """y = x where x > 0, else α (eˣ − 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_backward(dy, alpha, x):
    """dx = dy where x > 0, else α eˣ dy."""
    return np.where(x > 0, dy, alpha * np.exp(np.minimum(x, 0)) * dy)


def selu_forward(x):
    """y = λ x where x > 0, else λ α (eˣ − 1)."""
    return 1.0507009873554805 * elu_forward(x, 1.6732632423543772)


def selu_backward(dy, x):
    """dx = λ dy where x > 0, else λ α eˣ dy."""
    return 1.0507009873554805 * elu_backward(dy, 1.6732632423543772, x)


def gelu_forward(x, approximate="none"):
    """y = x Φ(x)."""
    Phi, _ = normal_distribution(x, approximate)
    return x * Phi


def gelu_backward(dy, approximate, x):
    """dx = dy (Φ(x) + x Φ′(x))."""
    Phi, density = normal_distribution(x, approximate)
    return dy * (Phi + x * density)


def normal_distribution(x, approximate):
    """Φ(x) = ½ erfc(−x / √2) or, by "tanh", ½ (1 + tanh(√(2/π) (x + 0.044715 x³))), and its derivative Φ′(x)."""
    if approximate == "tanh":
        tanh = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
        return (1 + tanh) / 2, (1 - tanh**2) * (1 + 3 * 0.044715 * x**2) / math.sqrt(2 * math.pi)
    erfc = np.vectorize(math.erfc, otypes=[x.dtype])
    return erfc(-x / math.sqrt(2)) / 2, np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def silu_forward(x):
    """y = x σ(x)."""
    return x * sigmoid_forward(x)


def silu_backward(dy, x):
    """dx = dy · σ(x) (1 + x (1 − σ(x)))."""
    sigmoid = sigmoid_forward(x)
    return dy * sigmoid * (1 + x * (1 - sigmoid))


def softplus_forward(x, beta=1.0, threshold=20.0):
    """y = log(1 + e^(βx)) / β, and y = x where βx > threshold."""
    return np.where(beta * x > threshold, x, np.logaddexp(beta * x, 0) / beta)


def softplus_backward(dy, beta, threshold, x):
    """dx = dy · σ(βx), and dx = dy where βx > threshold."""
    return np.where(beta * x > threshold, dy, dy * sigmoid_forward(beta * x))


# Losses: each returns L and dy


def cross_entropy_loss(y, t, label_smoothing=0.0):
    """L = −mean_n Σ_c t_nc log p_nc and dy = (p − t) / N, p = softmax(y); t holds labels, or rows of probabilities."""
    classes = y.shape[-1]
    t = t if t.shape == y.shape else np.eye(classes, dtype=y.dtype)[t]
    t = (1 - label_smoothing) * t + label_smoothing / classes
    log_p, n = log_softmax_forward(y), y.size // classes
    return float(-(t * log_p).sum() / n), (np.exp(log_p) - t) / n


def binary_cross_entropy_loss(y, t):
    """L = −mean (t log σ(y) + (1 − t) log(1 − σ(y))) and dy = (σ(y) − t) / y.size, of logits y."""
    return float(np.mean(np.logaddexp(y, 0) - t * y)), (sigmoid_forward(y) - t) / y.size


def mean_squared_loss(y, t):
    """L = mean (y − t)² and dy = 2 (y − t) / y.size."""
    return float(np.mean((y - t) ** 2)), 2 * (y - t) / y.size


def mean_absolute_loss(y, t):
    """L = mean |y − t| and dy = sign(y − t) / y.size."""
    return float(np.mean(np.abs(y - t))), np.sign(y - t) / y.size


def huber_loss(y, t, delta=1.0):
    """L = mean (½ r² where |r| ≤ δ, else δ (|r| − ½ δ)) and dy = clip(r, −δ, δ) / y.size, r = y − t."""
    clipped = np.clip(y - t, -delta, delta)
    return float(np.mean(clipped * (y - t - clipped / 2))), clipped / y.size


def weight_decay_loss(W, b, weight_decay):
    """L = λ Σ W², to be added to a loss, dW = 2λ W and db = 0: weights are kept small, and biases left alone."""
    return float(weight_decay * np.sum(W**2)), 2 * weight_decay * W, np.zeros_like(b)


# The proof


def numerical_gradient(f, W):
    """∂f/∂W_i ≈ (f(W + h e_i) − f(W − h e_i)) / 2h, one entry after another."""
    gradient, h = np.empty_like(W), float(np.finfo(W.dtype).eps) ** (1 / 3)
    for i in np.ndindex(W.shape):
        here = W[i]
        W[i] = here + h
        above = f(W)
        W[i] = here - h
        below = f(W)
        W[i] = here
        gradient[i] = (above - below) / (2 * h)
    return gradient
