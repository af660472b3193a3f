"""The gradient by central differences, of any function: ``numerical_gradient(f, W)``."""

from nural.gradients import numerical_gradient

__all__ = ["numerical_gradient"]
