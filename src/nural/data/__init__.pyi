"""The names of `nural.data` as tools read them; `__init__.py` says where each is loaded from."""

from nural.data import batches as batches
from nural.data import data_error as data_error
from nural.data import datasets as datasets
from nural.data import idx_folder as idx_folder
from nural.data import image as image
from nural.data import image_file as image_file
from nural.data import mnist_datasets as mnist_datasets
from nural.data import one_hot as one_hot
from nural.data import preparation as preparation
from nural.data import scaled as scaled
from nural.data import strokes as strokes
from nural.data.batches import Batches
from nural.data.data_error import DataError
from nural.data.datasets import DataSets, load_datasets
from nural.data.idx_folder import map_idx
from nural.data.image import prepare, prepare_in_stages
from nural.data.image_file import pages
from nural.data.mnist_datasets import load_mnist_datasets
from nural.data.one_hot import to_categorical
from nural.data.preparation import Preparation, preparation_of
from nural.data.scaled import Scaled
from nural.data.strokes import prepare_strokes, prepare_strokes_in_stages

__all__ = [
    "Batches",
    "DataError",
    "DataSets",
    "Preparation",
    "Scaled",
    "load_datasets",
    "load_mnist_datasets",
    "map_idx",
    "pages",
    "preparation_of",
    "prepare",
    "prepare_in_stages",
    "prepare_strokes",
    "prepare_strokes_in_stages",
    "to_categorical",
]
