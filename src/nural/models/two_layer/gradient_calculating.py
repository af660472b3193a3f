"""The gradient of any function by central differences: ``numerical_gradient(f, W)``."""

from nural.gradients import numerical_gradient

__all__ = ["numerical_gradient"]
