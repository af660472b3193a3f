"""`MLPRegressor`: one number per sample, or several."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils import check_array, column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from nural.estimator import inputs
from nural.estimator.multilayer_perceptron import MultilayerPerceptron
from nural.losses import Loss
from nural.schedules import Schedule
from nural.task import Task
from nural.training.callbacks import Callback


class MLPRegressor(RegressorMixin, MultilayerPerceptron):
    """A regressor to replace `sklearn.neural_network.MLPRegressor`, with equal results; see `MultilayerPerceptron`.

    Args:
        loss: "squared_error", "poisson", or a loss of nural's, such as `huber_loss`.
    """

    _score_name = "r2"
    _parameter_constraints = {  # noqa: RUF012
        **MultilayerPerceptron._parameter_constraints,
        "loss": [StrOptions({"squared_error", "poisson"}), callable],
    }

    def __init__(
        self,
        loss: str | Loss = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        batch_norm: bool = False,
        validation_data: Any = None,
        schedule: Schedule | None = None,
        callbacks: Sequence[Callback] = (),
        dtype: str | None = None,
    ) -> None:
        super().__init__(locals())

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train with ``X``, ``(N, F)``, dense or sparse, and numbers ``y``, ``(N,)`` or ``(N, K)``.

        Args:
            X: Samples.
            y: Their targets.
            sample_weight: The weight of each sample, ``(N,)``.
        """
        return self._fit(X, y, sample_weight)

    @available_if(lambda estimator: estimator._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one more epoch, with these samples.

        Args:
            X: Samples.
            y: Their targets.
            sample_weight: The weight of each sample.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> np.ndarray:
        """The numbers for each sample, ``(N,)`` or ``(N, K)``."""
        check_is_fitted(self)
        return self._numbers_of(self._outputs(X))

    def _validated(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, np.ndarray]:
        types = self._input_types(reset)
        X, y = inputs.table(self, X, y, types=types, reset=reset, multi_output=True, y_numeric=True)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y.reshape(len(y), -1)

    def _targets(self, y: Any) -> np.ndarray:
        y = check_array(y, ensure_2d=False)
        return y.reshape(len(y), -1)

    def _output_activation(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _task(self) -> Task:
        return Task("regression")

    def _numbers_of(self, outputs: np.ndarray) -> np.ndarray:
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    def _score_outputs(self, outputs: np.ndarray, y: Any, weight: Any) -> float:
        if not np.isfinite(outputs).all():
            return float("nan")
        return float(r2_score(y, self._numbers_of(outputs), sample_weight=weight))
