"""Digits to learn from: MNIST itself, other people's files and drawings, and the batches made of them."""

from nural.lazy import lazy

# A reader is loaded when it is needed; see `lazy`.
_NAMES = {
    "batches": ("Batches",),
    "data_error": ("DataError",),
    "datasets": ("DataSets", "load_datasets"),
    "idx_folder": ("map_idx",),
    "image": ("prepare", "prepare_in_stages"),
    "image_file": ("pages",),
    "mnist_datasets": ("load_mnist_datasets",),
    "one_hot": ("to_categorical",),
    "preparation": ("Preparation", "preparation_of"),
    "scaled": ("Scaled",),
    "strokes": ("prepare_strokes", "prepare_strokes_in_stages"),
}

__all__ = [name for names in _NAMES.values() for name in names]  # pyright: ignore
__getattr__, __dir__ = lazy(__name__, _NAMES)
