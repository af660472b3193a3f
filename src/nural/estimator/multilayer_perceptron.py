"""What the estimators share: fitting, with scikit-learn's fitted attributes, over nural's networks."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight

from nural.containers import Sequential
from nural.estimator import arguments, estimator_file, held_out, inputs, stochastic
from nural.estimator.lbfgs import minimise
from nural.estimator.losses import OUTPUT_ACTIVATIONS, weighted_loss
from nural.estimator.network import draw_weights, hidden_layers, linear, weight_name, weighted
from nural.estimator.objective import Objective, Weighted, network_outputs
from nural.optimizers import Optimizer
from nural.task import Task
from nural.training.history import History


class MultilayerPerceptron(BaseEstimator, ABC):
    """Fully connected layers trained as scikit-learn does.

    Arguments that scikit-learn has too mean the same, with the same defaults. ``activation`` may also be one of more
    names, or a sequence with one for each hidden layer. The other arguments have no effect by default:

    Args:
        dropout: The probability that a value of a hidden layer is dropped in training; one number, or one per layer.
        batch_norm: Whether each hidden layer has batch norm before its activation.
        validation_data: ``(X, y)`` to validate with after each epoch. With ``early_stopping`` they are used instead of
            a part of the training data, and `partial_fit` may stop early too.
        schedule: ``step -> learning rate``, such as those of `nural.schedules`, with steps counted from 0; it replaces
            ``learning_rate`` and ``learning_rate_init``.
        callbacks: `nural.Callback` objects, which see the network and `history_`, and may end the training.
        dtype: "float32" or "float64", the type of all computation; None, as in scikit-learn, for the type of X.

    Attributes:
        network_: Nural's network, whose outputs are taken before the output activation. Its arrays are `coefs_` and
            `intercepts_`.
        validation_loss_curve_: The mean loss of the validation data, without the L2 term, after each epoch; None
            without such data.
        history_: The history that `callbacks` saw.
        stopped_early_: Whether ``early_stopping`` ended the training. If so, `partial_fit` changes nothing.
    """

    loss: Any
    hidden_layer_sizes: Any
    activation: Any
    solver: str
    alpha: float
    max_iter: int
    max_fun: int
    random_state: Any
    tol: float
    verbose: Any
    warm_start: bool
    early_stopping: bool
    validation_fraction: float
    dropout: Any
    batch_norm: bool
    validation_data: Any
    schedule: Any
    callbacks: Sequence[Any]
    dtype: str | None
    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    out_activation_: str
    network_: Sequential
    loss_curve_: list[float]
    best_loss_: Any
    validation_scores_: Any
    validation_loss_curve_: Any
    best_validation_score_: Any
    stopped_early_: bool
    history_: History
    _optimizer: Optimizer
    _score_name: str
    _sparse_formats: Any = ("csr", "csc")
    _parameter_constraints = arguments.CONSTRAINTS

    def __init__(self, given: Mapping[str, Any]) -> None:
        for name, value in given.items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    # -- what an estimator says --------------------------------------------------------------------------------

    @abstractmethod
    def _validated(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, np.ndarray]:
        """X as floats, and y as 2-D targets of the loss; sets ``n_features_in_`` and the classes if ``reset``."""

    @abstractmethod
    def _targets(self, y: Any) -> np.ndarray:
        """``y`` as 2-D targets of the loss, for an estimator that has seen data."""

    @abstractmethod
    def _output_activation(self) -> str:
        """The name of the function behind the network, for the data seen."""

    @abstractmethod
    def _task(self) -> Task | None:
        """What the network's outputs stand for; None if a file cannot hold that."""

    @abstractmethod
    def _score_outputs(self, outputs: np.ndarray, y: Any, weight: Any) -> float:
        """The score, given the estimator's outputs, which may not be finite."""

    def _weights_of(self, X: Any, t: np.ndarray, sample_weight: Any, incremental: bool) -> Any:
        """The weights of samples with targets ``t`` of the loss, or None for equal weights."""
        return None if sample_weight is None else _check_sample_weight(sample_weight, X)

    def _labels(self, t: np.ndarray) -> Any:
        """The targets of the score, made of targets of the loss."""
        return t

    def _sizes(self) -> list[int]:
        """The outputs of each layer with weights."""
        return [*arguments.hidden_sizes(self), self.n_outputs_]

    def _build(self, features: int, outputs: int, dtype: Any) -> Sequential:
        """A network whose weights are not drawn yet."""
        sizes = [features, *arguments.hidden_sizes(self)]
        n = len(sizes) - 1
        hidden = hidden_layers(
            sizes, arguments.activations(self, n), arguments.dropout(self, n), self.batch_norm, dtype
        )
        return Sequential(*hidden, linear(sizes[-1], outputs, dtype))

    # -- fitting -----------------------------------------------------------------------------------------------

    def _fit(self, X: Any, y: Any, sample_weight: Any = None, incremental: bool = False) -> Self:
        arguments.require_consistent(self, incremental)
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, t = self._validated(X, y, incremental, reset=first)
        weight = self._weights_of(X, t, sample_weight, incremental)
        if not first and t.shape[1] != self.n_outputs_:
            raise ValueError(f"expected targets with {self.n_outputs_} columns, as before, found {t.shape[1]}")
        self.n_outputs_ = t.shape[1]
        self._random_state = check_random_state(self.random_state)
        if first:
            self._initialize(X, t)
        else:
            self._own_arrays()
        network = self._network()
        arguments.require_fitting_loss(self.loss, network, t)
        objective = Objective(network, weighted_loss(self.loss, self.out_activation_), self.alpha)
        if self.solver == "lbfgs":
            options = {"tol": self.tol, "max_iter": self.max_iter, "max_fun": self.max_fun, "verbose": self.verbose}
            self.loss_, self.n_iter_ = minimise(objective, Weighted(X, t, weight), **options)
        else:
            self._begin_records(first)
            if incremental and self.stopped_early_:
                return self
            self.stopped_early_ = False
            samples, held = held_out.divided(self, Weighted(X, t, weight))
            stochastic.train(self, objective, samples, held, incremental)
        if not all(np.isfinite(value).all() for value in network.params.values()):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                "preprocessed."
            )
        return self

    def _initialize(self, X: Any, t: np.ndarray) -> None:
        """Make a network with new weights, and empty all records."""
        self.n_iter_ = 0
        self.t_ = 0
        self.out_activation_ = self._output_activation()
        self.network_ = self._new_network(X.shape[1], X.dtype)
        layers = weighted(self.network_)
        activations = arguments.activations(self, len(layers) - 1)
        last = activations[-1] if activations else self.activation
        draw_weights(self.network_, self._random_state, [*activations, last])
        self._take_weights()
        self.n_layers_ = len(layers) + 1

    def _begin_records(self, first: bool) -> None:
        """Begin the records of stochastic solvers: for a first training, or after one with settings that keep none."""
        empty = {"loss_curve_": [], "best_loss_": None, "_no_improvement_count": 0, "stopped_early_": False}
        empty |= dict.fromkeys(("validation_scores_", "validation_loss_curve_", "best_validation_score_"))
        for name, value in {**empty, "history_": History()}.items():
            if first or not hasattr(self, name):
                setattr(self, name, value)
        if self.validation_scores_ is None and (self.early_stopping or self.validation_data is not None):
            self.validation_scores_, self.validation_loss_curve_ = [], []
        if self.early_stopping and self.best_validation_score_ is None:
            self.best_validation_score_ = -np.inf
            self._best = stochastic.copied(self.network_)
        if not self.early_stopping and self.best_loss_ is None:
            self.best_loss_ = np.inf

    def _stratifies(self) -> bool:
        """Whether the held-out part is stratified by class."""
        return False

    # -- the network -------------------------------------------------------------------------------------------

    def _new_network(self, features: int, dtype: Any) -> Sequential:
        """A network for the data seen, whose weights are not drawn yet."""
        network = self._build(features, self.n_outputs_, dtype)
        network.task = self._task()
        return network

    def _network(self) -> Sequential:
        """The network, with the weights of ``coefs_`` and ``intercepts_`` if these were replaced."""
        if not hasattr(self, "network_"):
            self.network_ = self._new_network(len(self.coefs_[0]), self.coefs_[0].dtype)
        for i, layer in enumerate(weighted(self.network_)):
            for arrays, name in ((self.coefs_, weight_name(layer)), (self.intercepts_, "b")):
                if arrays[i] is not layer.params[name]:
                    layer.params[name] = arrays[i]
                    arrays[i] = layer.params[name]
        return self.network_

    def _own_arrays(self) -> None:
        """Replace read-only arrays, which joblib can map from a file, by copies, in order to train further."""
        network = self._network()
        arrays = [*network.params.values(), *network.state.values()]
        if not all(array.flags.writeable for array in arrays):
            self.network_ = network.astype(network.dtype)
            self._take_weights()
            if hasattr(self, "_optimizer"):
                self._optimizer = copy.deepcopy(self._optimizer)

    def _take_weights(self) -> None:
        """Let ``coefs_`` and ``intercepts_`` be the network's arrays."""
        layers = weighted(self.network_)
        self.coefs_ = [layer.params[weight_name(layer)] for layer in layers]
        self.intercepts_ = [layer.params["b"] for layer in layers]

    def _input_types(self, first: bool) -> Any:
        """The float types that training data may have: after the first training, only the network's."""
        return arguments.input_types(self) if first else (self._network().dtype,)

    def _logits(self, X: Any) -> np.ndarray:
        """The network's outputs before the output activation, ``(N, n_outputs_)``."""
        return network_outputs(self._network(), self._checked(X))

    def _outputs(self, X: Any) -> np.ndarray:
        """The network's outputs, ``(N, n_outputs_)``."""
        return OUTPUT_ACTIVATIONS[self.out_activation_](self._logits(X))

    def _checked(self, X: Any) -> Any:
        """Samples to predict, as floats of the network's type: an array or a CSR matrix."""
        return inputs.table(self, X, types=(self._network().dtype,), reset=False)[0]

    def __getstate__(self) -> dict[str, Any]:
        """The attributes, each weight once and without the network's scratch arrays."""
        state = dict[str, Any](vars(self))
        if "network_" in state:
            state["network_"] = self._network().replica()
            del state["coefs_"], state["intercepts_"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "network_" in state:
            self._take_weights()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # -- files -------------------------------------------------------------------------------------------------

    def save(self, path: Any, *, force: bool = False) -> None:
        """Write the fitted estimator to one safetensors file; see `nural.estimator.estimator_file`."""
        estimator_file.save(self, path, force)

    @classmethod
    def load(cls, path: Any) -> Self:
        """The estimator that `save` wrote. Unlike a pickle, the file cannot run code."""
        return estimator_file.load(cls, path)

    def _check_solver(self) -> bool:
        """Return True if the solver has a `partial_fit`; raise AttributeError if not."""
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit needs a stochastic solver, 'sgd' or 'adam'; found 'lbfgs'")
        return True
