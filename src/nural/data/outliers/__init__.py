"""Pictures that are no digits, from which a network learns to be unsure."""

from nural.data.outliers.mixture import outliers, with_outliers

__all__ = ["outliers", "with_outliers"]
