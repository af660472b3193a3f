"""The updates of the optimizers, in place: η is the learning rate, g the gradient of W.

The running arrays begin at 0. For weight decay λ, g + λW is given as g.
"""

import numpy as np


def sgd_update(W, g, learning_rate):
    """W ← W − η g."""
    W -= learning_rate * g


def momentum_update(W, g, velocity, learning_rate=0.01, momentum=0.9):
    """v ← μ v + g; W ← W − η v."""
    velocity[...] = momentum * velocity + g
    W -= learning_rate * velocity


def nesterov_update(W, g, velocity, learning_rate=0.01, momentum=0.9):
    """v ← μ v + g; W ← W − η (g + μ v): one step ahead along the velocity."""
    velocity[...] = momentum * velocity + g
    W -= learning_rate * (g + momentum * velocity)


def adagrad_update(W, g, square_sum, learning_rate=0.01, eps=1e-10):
    """s ← s + g²; W ← W − η g / (√s + ε)."""
    square_sum += g**2
    W -= learning_rate * g / (np.sqrt(square_sum) + eps)


def rmsprop_update(W, g, square_mean, learning_rate=0.01, alpha=0.99, eps=1e-8):
    """s ← α s + (1 − α) g²; W ← W − η g / (√s + ε)."""
    square_mean[...] = alpha * square_mean + (1 - alpha) * g**2
    W -= learning_rate * g / (np.sqrt(square_mean) + eps)


def adadelta_update(W, g, square_mean, square_step, learning_rate=1.0, rho=0.9, eps=1e-6):
    """s ← ρ s + (1 − ρ) g²; Δ = √(d + ε) / √(s + ε) g; d ← ρ d + (1 − ρ) Δ²; W ← W − η Δ."""
    square_mean[...] = rho * square_mean + (1 - rho) * g**2
    delta = np.sqrt(square_step + eps) / np.sqrt(square_mean + eps) * g
    square_step[...] = rho * square_step + (1 - rho) * delta**2
    W -= learning_rate * delta


def adam_update(W, g, m, v, step, learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; W ← W − η m̂ / (√v̂ + ε), m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)."""
    m[...] = beta1 * m + (1 - beta1) * g
    v[...] = beta2 * v + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**step), v / (1 - beta2**step)
    W -= learning_rate * m_hat / (np.sqrt(v_hat) + eps)


def adamw_update(W, g, m, v, step, learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    """W ← W − ηλ W, then Adam's update: the decay is not divided by √v̂."""
    W -= learning_rate * weight_decay * W
    adam_update(W, g, m, v, step, learning_rate, beta1, beta2, eps)
