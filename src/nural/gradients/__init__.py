"""Gradients by finite differences: the proof that a backward pass is the derivative of its forward pass."""

from nural.gradients.check import GradientError, check_gradients
from nural.gradients.numerical import numerical_gradient, slope

__all__ = ["GradientError", "check_gradients", "numerical_gradient", "slope"]
