"""Digits to learn from: MNIST itself, other people's files and drawings, and the batches made of them."""

from nural.data.batches import Batches
from nural.data.data_error import DataError
from nural.data.image import prepare
from nural.data.mnist_datasets import load_mnist_datasets
from nural.data.one_hot import to_categorical

__all__ = ["Batches", "DataError", "load_mnist_datasets", "prepare", "to_categorical"]
