"""Estimators in files: nural's model file, with the estimator's parameters and fitted attributes beside the network."""

from typing import Any

import numpy as np
from sklearn.preprocessing import LabelBinarizer

from nural import model_file
from nural.containers import Sequential
from nural.model_file import ModelFileError

#: Fitted attributes that JSON can hold as they are.
NUMBERS = ["n_iter_", "t_", "n_outputs_", "n_layers_", "out_activation_", "n_features_in_", "loss_", "loss_curve_"]
NUMBERS += ["best_loss_", "best_validation_score_", "validation_scores_", "validation_loss_curve_", "image_shape_"]
NUMBERS += ["_no_improvement_count", "stopped_early_"]
#: Fitted attributes that are arrays of labels or names.
LABELS = ["classes_", "feature_names_in_"]


def save(estimator: Any, path: Any, force: bool = False) -> None:
    """Write a fitted estimator: one safetensors file that `nural.load` reads too, as the network alone.

    What JSON cannot hold is left out, and has its default after `load`: functions, callbacks, validation data, a
    ``random_state`` that is a generator. So are the optimizer's running arrays: training goes on as after `fit`.
    A file that is there and no model of nural's is replaced only with ``force``.

    Raises:
        NotFittedError: there is nothing to save yet.
        ModelFileError: a weight is not finite, or the classes are neither numbers, truth values nor strings.
        OverwriteError: a file is there that is no model of nural's, and would be lost.
        OSError: the file cannot be written.
    """
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(estimator)
    parameters, defaults = estimator.get_params(), type(estimator)().get_params()
    content = {
        "estimator": type(estimator).__name__,
        "parameters": {
            name: _plain(value) for name, value in parameters.items() if _is_plain(value) and value != defaults[name]
        },
        "numbers": {name: _plain(getattr(estimator, name)) for name in NUMBERS if hasattr(estimator, name)},
        "labels": {name: _described(path, getattr(estimator, name)) for name in LABELS if hasattr(estimator, name)},
    }
    if hasattr(estimator, "_label_binarizer"):
        binarizer = estimator._label_binarizer
        content["target"] = {"y_type_": binarizer.y_type_, "sparse_input_": binarizer.sparse_input_}
    network = estimator._network().replica()
    network.info = content
    model_file.save(network, path, force=force)


def load(kind: type[Any], path: Any) -> Any:
    """The estimator of class ``kind`` that `save` wrote to ``path``.

    Raises:
        ModelFileError: the file is missing or damaged, or holds no estimator of this class.
    """
    network = model_file.load(path)
    content = network.info
    found = content.get("estimator", "a model that is no estimator")
    if found != kind.__name__ or not isinstance(network, Sequential):
        raise ModelFileError(f"{path}: expected the estimator {kind.__name__}, found {found}")
    network.info = {}
    try:
        estimator = kind(**{name: _restored(value) for name, value in content["parameters"].items()})
        for name, value in content["numbers"].items():
            if name not in NUMBERS:
                raise ValueError(f"no fitted attribute {name!r}")
            setattr(estimator, name, _restored(value))
        for name, (dtype, values) in content["labels"].items():
            if name not in LABELS:
                raise ValueError(f"no fitted attribute {name!r}")
            setattr(estimator, name, np.array(values, dtype=dtype))
        if "target" in content:
            estimator._label_binarizer = LabelBinarizer()
            estimator._label_binarizer.classes_ = estimator.classes_
            estimator._label_binarizer.y_type_ = content["target"]["y_type_"]
            estimator._label_binarizer.sparse_input_ = content["target"]["sparse_input_"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"{path}: its description of the estimator is damaged ({error})") from error
    estimator.network_ = network
    estimator._take_weights()
    return estimator


def _is_plain(value: Any) -> bool:
    """Whether a parameter can stand in JSON."""
    if isinstance(value, tuple | list):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return False  # its keys would become strings
    return value is None or isinstance(value, str | bool | int | float | np.number | np.bool_)


def _plain(value: Any) -> Any:
    """A number, or a list of numbers, as JSON has it; infinity as a string."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def _restored(value: Any) -> Any:
    return float(value) if value in ("inf", "-inf", "nan") else value


def _described(path: Any, labels: np.ndarray) -> tuple[str, list[Any]]:
    """The type and the values of an array of labels."""
    values = labels.tolist()
    if not all(isinstance(value, str | bool | int | float) for value in values):
        raise ModelFileError(
            f"{path}: not written, because a file cannot hold classes of type {type(values[0]).__name__}"
        )
    return labels.dtype.str, values
