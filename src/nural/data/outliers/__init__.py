"""Pictures that are no digits, for a network to learn that it does not know them."""

from nural.data.outliers.mixture import outliers, with_outliers

__all__ = ["outliers", "with_outliers"]
