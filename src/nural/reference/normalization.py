"""Batch norm, layer norm, group norm and dropout."""

import numpy as np


def batch_norm_forward(x, gamma=1, beta=0, eps=1e-5):
    """y = γ (x − μ) / √(σ² + ε) + β, μ and σ² of each channel over the batch; returns (y, μ, σ²)."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    return batch_norm_eval_forward(x, mean, variance, gamma, beta, eps), mean, variance


def batch_norm_backward(dy, gamma, x, mean, variance, eps=1e-5):
    """dγ = Σ dy x̂, dβ = Σ dy, dx = γ / √(σ² + ε) (dy − mean dy − x̂ mean (dy x̂)), x̂ = (x − μ) / √(σ² + ε)."""
    axes = tuple(range(x.ndim - 1))
    normalized = (x - mean) / np.sqrt(variance + eps)
    error = dy - dy.mean(axes) - normalized * (dy * normalized).mean(axes)
    return (dy * normalized).sum(axes), dy.sum(axes), gamma / np.sqrt(variance + eps) * error


def batch_norm_eval_forward(x, mean, variance, gamma=1, beta=0, eps=1e-5):
    """y = γ (x − μ) / √(σ² + ε) + β with μ and σ² given: in evaluation, their running averages."""
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


def batch_norm_eval_backward(dy, gamma, x, mean, variance, eps=1e-5):
    """dγ = Σ dy x̂, dβ = Σ dy, dx = γ / √(σ² + ε) dy: μ and σ² are constants here."""
    axes = tuple(range(x.ndim - 1))
    normalized = (x - mean) / np.sqrt(variance + eps)
    return (dy * normalized).sum(axes), dy.sum(axes), gamma / np.sqrt(variance + eps) * dy


def layer_norm_forward(x, gamma=1, beta=0, axes=1, eps=1e-5):
    """y = γ (x − μ) r + β, r = 1 / √(σ² + ε), μ and σ² of each sample over its last axes; returns (y, μ, r)."""
    last = tuple(range(-axes, 0))
    mean, r = x.mean(last, keepdims=True), 1 / np.sqrt(x.var(last, keepdims=True) + eps)
    return gamma * (x - mean) * r + beta, mean.squeeze(last), r.squeeze(last)


def layer_norm_backward(dy, gamma, x, mean, inverse_std, axes=1):
    """dγ = Σ dy x̂, dβ = Σ dy, dx = r (g − mean g − x̂ mean (g x̂)), x̂ = (x − μ) r and g = γ dy."""
    last, samples = tuple(range(-axes, 0)), tuple(range(x.ndim - axes))
    mean, r = np.expand_dims(mean, last), np.expand_dims(inverse_std, last)
    normalized, g = (x - mean) * r, gamma * dy
    dx = r * (g - g.mean(last, keepdims=True) - normalized * (g * normalized).mean(last, keepdims=True))
    return (dy * normalized).sum(samples), dy.sum(samples), dx


def group_norm_forward(x, num_groups, gamma=1, beta=0, eps=1e-5):
    """y = γ (x − μ) r + β, r = 1 / √(σ² + ε), μ and σ² of each sample's groups of channels; returns (y, μ, r)."""
    grouped = x.reshape(len(x), -1, num_groups, x.shape[-1] // num_groups)
    mean, r = grouped.mean((1, 3), keepdims=True), 1 / np.sqrt(grouped.var((1, 3), keepdims=True) + eps)
    return gamma * ((grouped - mean) * r).reshape(x.shape) + beta, mean[:, 0, :, 0], r[:, 0, :, 0]


def group_norm_backward(dy, gamma, x, mean, inverse_std):
    """dγ = Σ dy x̂, dβ = Σ dy, dx = r (g − mean g − x̂ mean (g x̂)), x̂ = (x − μ) r and g = γ dy, means by group."""
    shape = len(x), -1, mean.shape[1], x.shape[-1] // mean.shape[1]
    mean, r = mean[:, None, :, None], inverse_std[:, None, :, None]
    normalized, g = (x.reshape(shape) - mean) * r, (gamma * dy).reshape(shape)
    dx = r * (g - g.mean((1, 3), keepdims=True) - normalized * (g * normalized).mean((1, 3), keepdims=True))
    places = tuple(range(x.ndim - 1))
    return (dy * normalized.reshape(x.shape)).sum(places), dy.sum(places), dx.reshape(x.shape)


def dropout_mask(rng, p, out):
    """0 with probability p, else 1 / (1 − p), so that the mean is 1; p < 1."""
    out[...] = (rng.random(out.shape) >= p) / (1 - p)
    return out


def dropout_forward(x, mask):
    """y = x · mask in training; in evaluation y = x."""
    return x * mask


def dropout_backward(dy, mask):
    """dx = dy · mask."""
    return dy * mask
