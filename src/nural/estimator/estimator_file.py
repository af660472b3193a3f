"""Estimators in files: nural's model file, with the estimator's parameters and fitted attributes beside the network."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.preprocessing import LabelBinarizer

from nural import model_file
from nural.containers import Sequential
from nural.estimator.losses import OUTPUT_ACTIVATIONS
from nural.estimator.network import weighted
from nural.model_file import ModelFileError
from nural.overwriting import MODEL
from nural.task import MOST_CHARACTERS

#: The kind of file whose network gives logarithms of the predictions: `nural.load` would take them for the values.
POISSON = "Poisson regressor"
#: Fitted attributes that JSON can hold, and the types of each.
COUNTS = ["n_iter_", "t_", "n_outputs_", "n_layers_", "n_features_in_", "_no_improvement_count"]
NUMBERS = ["loss_", "best_loss_", "best_validation_score_"]
CURVES = ["loss_curve_", "validation_scores_", "validation_loss_curve_"]
OTHERS = ["out_activation_", "stopped_early_", "image_shape_"]
#: Fitted attributes that are arrays of labels or names.
LABELS = ["classes_", "feature_names_in_"]
#: The types that arrays of labels may have; "str" stands for strings of any length.
LABEL_TYPES = ["str", "object", "bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))]
LABEL_TYPES += ["float16", "float32", "float64"]


def save(estimator: Any, path: Any, force: bool = False) -> None:
    """Write a fitted estimator: one safetensors file that `nural.load` reads too, as the network alone.

    `nural.predict` of that network gives the estimator's predictions. The network of ``loss="poisson"`` gives their
    logarithms, so `nural.load` refuses its file.

    Values that JSON cannot hold are left out, and have their defaults after `load`: functions, callbacks, validation
    data, a ``random_state`` that is a generator. The optimizer's running arrays are left out too: training continues as
    after `fit`.

    Raises:
        NotFittedError: the estimator is not fitted.
        ModelFileError: a weight is not finite, the classes are neither numbers, booleans nor strings, or the
            parameters no longer fit the network.
        OverwriteError: the file exists and is no model of nural's; ``force`` replaces it.
        OSError: the file cannot be written.
    """
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(estimator)
    parameters, defaults = estimator.get_params(), type(estimator)().get_params()
    fitted = [name for name in (*COUNTS, *NUMBERS, *CURVES, *OTHERS) if hasattr(estimator, name)]
    content = {
        "estimator": type(estimator).__name__,
        "parameters": {
            name: _plain(value)
            for name, value in parameters.items()
            if _is_plain(value) and _plain(value) != _plain(defaults[name])
        },
        "numbers": {name: _plain(getattr(estimator, name)) for name in fitted},
        "labels": {name: _described(path, getattr(estimator, name)) for name in LABELS if hasattr(estimator, name)},
    }
    if hasattr(estimator, "_label_binarizer"):
        binarizer = estimator._label_binarizer
        content["target"] = {"y_type_": binarizer.y_type_, "sparse_input_": binarizer.sparse_input_}
    network = estimator._network().replica()
    try:
        _require_network(estimator, network)
    except ValueError as error:
        raise ModelFileError(f"{path}: not written, because {error}; fit again after changing parameters") from error
    network.info = content
    kind = POISSON if estimator.out_activation_ == "exp" else MODEL
    model_file.save(network, path, kind=kind, force=force)


def load(kind: type[Any], path: Any) -> Any:
    """The estimator of class ``kind`` that `save` wrote to ``path``.

    Raises:
        ModelFileError: the file is missing or damaged, or holds no estimator of this class.
    """
    network = model_file.load(path, also=[POISSON])
    content = network.info
    found = content.get("estimator", "a model that is no estimator")
    if found != kind.__name__ or not isinstance(network, Sequential):
        raise ModelFileError(f"{path}: expected the estimator {kind.__name__}, found {found}")
    network.info = {}
    try:
        estimator = kind(**{name: _restored(value) for name, value in content["parameters"].items()})
        estimator._validate_params()
        for name, value in content["numbers"].items():
            setattr(estimator, name, _fitted(name, _restored(value)))
        for name, (type_name, values) in content["labels"].items():
            setattr(estimator, name, _labels(name, type_name, values))
        if "target" in content:
            estimator._label_binarizer = _binarizer(estimator.classes_, content["target"])
        _require_network(estimator, network)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise ModelFileError(f"{path}: its description of the estimator is damaged ({error})") from error
    network.task = estimator._task()
    estimator.network_ = network
    estimator._take_weights()
    return estimator


def _require_network(estimator: Any, network: Sequential) -> None:
    """Raise ValueError unless the network is the one described by the parameters and the fitted attributes."""
    layers = weighted(network)
    expected, found = estimator._sizes(), [layer.shapes["b"][0] for layer in layers]
    if expected != found:  # first, since batch norm would allocate memory for any size
        raise ValueError(f"the parameters describe layers of the sizes {expected}, the network has {found}")
    described = estimator._build(estimator.n_features_in_, estimator.n_outputs_, network.dtype)
    if model_file.as_json(model_file.describe(described)) != model_file.as_json(model_file.describe(network)):
        raise ValueError("the network's layers are not those of the parameters")
    if estimator.n_layers_ != len(layers) + 1:
        raise ValueError(f"n_layers_ is {estimator.n_layers_}, the network has {len(layers) + 1}")
    if estimator.out_activation_ != estimator._output_activation():
        raise ValueError(f"out_activation_ is {estimator.out_activation_}, not {estimator._output_activation()}")
    if hasattr(estimator, "_label_binarizer"):
        count, binary = len(estimator.classes_), estimator._label_binarizer.y_type_ == "binary"
        if (1 if binary and count < 3 else count) != estimator.n_outputs_:
            raise ValueError(f"there are {count} classes and {estimator.n_outputs_} outputs")
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None and len(names) != estimator.n_features_in_:
        raise ValueError(f"there are {len(names)} names of {estimator.n_features_in_} features")


def _binarizer(classes: np.ndarray, target: Any) -> LabelBinarizer:
    """The binarizer that turns classes into the network's outputs and back."""
    if target["y_type_"] not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(f"no kind of targets {target['y_type_']!r}")
    binarizer: Any = LabelBinarizer()
    binarizer.classes_, binarizer.y_type_ = classes, target["y_type_"]
    binarizer.sparse_input_ = bool(target["sparse_input_"])
    return binarizer


def _is_plain(value: Any) -> bool:
    """Whether JSON can hold a parameter."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biufU"
    if isinstance(value, tuple | list):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return False  # its keys would become strings
    return value is None or isinstance(value, str | bool | int | float | np.number | np.bool_)


def _plain(value: Any) -> Any:
    """A number, or a list of numbers, as JSON can hold it, with infinity as a string."""
    if isinstance(value, tuple | list | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def _restored(value: Any) -> Any:
    """The value that `_plain` was given; sequences become tuples."""
    if isinstance(value, list):
        return tuple(_restored(item) for item in value)
    return float(value) if value in ("inf", "-inf", "nan") else value


def _fitted(name: str, value: Any) -> Any:
    """A fitted attribute, after a check of its type."""
    if name in COUNTS:
        right = type(value) is int and value >= 0
    elif name in NUMBERS:
        right = value is None or isinstance(value, Real)
    elif name in CURVES:
        right = value is None or all(isinstance(item, Real) for item in value)
        value = value if value is None else list(value)
    elif name == "image_shape_":
        right = len(value) == 3 and all(type(size) is int and size > 0 for size in value)
    elif name == "out_activation_":
        right = value in OUTPUT_ACTIVATIONS
    elif name == "stopped_early_":
        right = isinstance(value, bool)
    else:
        raise ValueError(f"no fitted attribute {name!r}")
    if not right:
        raise ValueError(f"{name} cannot be {value!r}")
    return value


def _described(path: Any, labels: np.ndarray) -> tuple[str, list[Any]]:
    """The type and the values of an array of labels."""
    values = labels.tolist()
    if not all(isinstance(value, str | bool | int | float) for value in values):
        raise ModelFileError(
            f"{path}: not written, because a file cannot hold classes of type {type(values[0]).__name__}"
        )
    return "str" if labels.dtype.kind == "U" else labels.dtype.name, values


def _labels(name: str, type_name: str, values: Any) -> np.ndarray:
    """The labels that `_described` was given; the array is as wide as the longest string, whatever the file says."""
    if name not in LABELS or type_name not in LABEL_TYPES:
        raise ValueError(f"no labels {name!r} of type {type_name!r}")
    if not values or not all(isinstance(value, str | bool | int | float) for value in values):
        raise ValueError(f"{name} must be a list of labels")
    if type_name == "str" and len(values) * max(map(len, values)) > MOST_CHARACTERS:
        raise ValueError(f"an array of {name} would have more than {MOST_CHARACTERS} characters")
    labels = np.array(values, dtype=np.dtype(type_name))
    if labels.tolist() != values:
        raise ValueError(f"{name} are not of type {type_name}")
    if name == "classes_" and not np.array_equal(np.unique(labels), labels):
        raise ValueError("classes_ are not in order, or repeat")
    return labels
