"""What the arguments of the estimators mean, and what they may be."""

import operator
from numbers import Real
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier as Reference
from sklearn.utils._param_validation import Interval, StrOptions

from nural.containers import Sequential
from nural.estimator.network import ACTIVATIONS
from nural.evaluation import targets
from nural.training.callbacks import Callback

#: The values that each argument may have, in scikit-learn's notation; scikit-learn's own for the arguments it has.
CONSTRAINTS: dict[str, Any] = {
    **Reference._parameter_constraints,
    "activation": [StrOptions(set(ACTIVATIONS)), "array-like"],
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
    "batch_norm": ["boolean"],
    "validation_data": [tuple, list, None],
    "schedule": [callable, None],
    "callbacks": [tuple, list],
    "dtype": [StrOptions({"float32", "float64"}), None],
}


def input_types(estimator: Any) -> Any:
    """The float types that X may have; X of any other type becomes the first."""
    return (np.float64, np.float32) if estimator.dtype is None else (np.dtype(estimator.dtype),)


def hidden_sizes(estimator: Any) -> list[int]:
    """The sizes of the hidden layers."""
    return sizes("hidden_layer_sizes", estimator.hidden_layer_sizes)


def sizes(name: str, values: Any) -> list[int]:
    """One whole number or several, all greater than 0.

    Raises:
        ValueError: on behalf of the argument ``name``, they are something else.
    """
    found = np.atleast_1d(np.asarray(values, object)).tolist()
    try:
        whole = [operator.index(size) for size in found]
    except TypeError:
        raise ValueError(f"{name} must hold whole numbers, got {values!r}") from None
    if any(size <= 0 for size in whole):
        raise ValueError(f"{name} must be > 0, got {found}.")
    return whole


def activations(estimator: Any, hidden: int) -> list[str]:
    """One name for each hidden layer."""
    names = [estimator.activation] * hidden if isinstance(estimator.activation, str) else list(estimator.activation)
    if len(names) != hidden:
        raise ValueError(f"activation has {len(names)} names, there are {hidden} hidden layers")
    if unknown := [name for name in names if name not in ACTIVATIONS]:
        raise ValueError(f"there is no activation {unknown[0]!r}; known are {', '.join(ACTIVATIONS)}")
    return names


def dropout(estimator: Any, hidden: int) -> list[float]:
    """One probability for each hidden layer."""
    single = isinstance(estimator.dropout, Real)
    rates = [float(estimator.dropout)] * hidden if single else [float(p) for p in estimator.dropout]
    if not all(0 <= p < 1 for p in rates):
        raise ValueError(f"dropout must be from 0 to less than 1, got {rates}")
    if len(rates) != hidden:
        raise ValueError(f"dropout has {len(rates)} values, there are {hidden} hidden layers")
    return rates


def require_fitting_loss(loss: Any, network: Sequential, t: np.ndarray) -> None:
    """Raise ValueError if ``loss`` is one of nural's, but not for what the network is for.

    Args:
        loss: The argument.
        network: The network, with its task.
        t: Targets of the loss, ``(N, K)``.
    """
    if isinstance(loss, str) or network.task is None:
        return
    targets.require_fitting_loss(network, loss)
    implied, kind = targets.implied_task(loss, t, t), network.task.kind
    if kind == "multiclass" and t.shape[1] == 1:
        return  # a single class, which is certain
    if kind != "regression" and implied is not None and implied.kind != kind:
        name = targets.function_of(loss).__name__
        raise ValueError(f"{name} is a loss of {implied.kind} networks, but the targets are {kind}")


def require_consistent(estimator: Any, incremental: bool) -> None:
    """Raise ValueError if arguments contradict each other."""
    hidden_sizes(estimator)
    if wrong := [callback for callback in estimator.callbacks if not isinstance(callback, Callback)]:
        raise ValueError(f"callbacks must be nural.Callback objects, got {wrong[0]!r}")
    if estimator.early_stopping and incremental and estimator.validation_data is None:
        raise ValueError("partial_fit does not support early_stopping=True unless validation_data is given")
    if estimator.solver == "lbfgs":
        stochastic_only = {
            "dropout": np.any(estimator.dropout),
            "batch_norm": estimator.batch_norm,
            "validation_data": estimator.validation_data is not None,
            "schedule": estimator.schedule is not None,
            "callbacks": len(estimator.callbacks) > 0,
        }
        if used := [name for name, value in stochastic_only.items() if value]:
            raise ValueError(f"solver='lbfgs' does not use {used[0]}; choose 'sgd' or 'adam'")
