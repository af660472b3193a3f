"""One Python file that needs only NumPy: the formula of each layer that a network has, and its weights."""

from nural.export.numpy.target import TARGET

__all__ = ["TARGET"]
