"""`MLPClassifier`: classes, two or more, or several yes-or-no labels per sample."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import check_is_fitted

from nural.estimator import inputs
from nural.estimator.multilayer_perceptron import MultilayerPerceptron
from nural.losses import Loss
from nural.schedules import Schedule
from nural.task import Task
from nural.training.callbacks import Callback


class MLPClassifier(ClassifierMixin, MultilayerPerceptron):
    """A classifier to replace `sklearn.neural_network.MLPClassifier`, with equal results; see `MultilayerPerceptron`.

    Args:
        loss: "log_loss", or a loss of nural's, such as ``partial(cross_entropy_loss, label_smoothing=0.1)``, which gets
            logits and one-hot rows, or a single column for two classes.
        class_weight: ``{class: weight}``, or "balanced" for weights inverse to the frequency of each class. They
            multiply ``sample_weight``, also in the validation score.

    Attributes:
        classes_: The classes, in the order of the columns of `predict_proba`.
    """

    class_weight: Any
    _score_name = "accuracy"
    _parameter_constraints = {  # noqa: RUF012
        **MultilayerPerceptron._parameter_constraints,
        "loss": [StrOptions({"log_loss"}), callable],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
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
        loss: str | Loss = "log_loss",
        class_weight: Any = None,
    ) -> None:
        super().__init__(locals())

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train with ``X``, ``(N, F)``, dense or sparse, and classes ``y``, ``(N,)``, or labels 0 and 1, ``(N, K)``.

        Args:
            X: Samples.
            y: Their targets.
            sample_weight: The weight of each sample, ``(N,)``.
        """
        return self._fit(X, y, sample_weight)

    @available_if(lambda estimator: estimator._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train for one more epoch, with these samples.

        Args:
            X: Samples.
            y: Their targets.
            sample_weight: The weight of each sample.
            classes: All classes that will ever occur; required in the first call.
        """
        if _check_partial_fit_first_call(self, classes):
            multilabel = type_of_target(y).startswith("multilabel")
            self._label_binarizer = LabelBinarizer().fit(y if multilabel else classes)
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each sample, ``(N,)``, or the labels, ``(N, K)``."""
        check_is_fitted(self)
        return self._classes_of(self._outputs(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, ``(N, C)``, or that of each label, ``(N, K)``."""
        check_is_fitted(self)
        p = self._outputs(X)
        return np.hstack([1 - p, p]) if self.n_outputs_ == 1 else p

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """The logarithm of `predict_proba`."""
        p = self.predict_proba(X)
        return np.log(p, out=p)

    def decision_function(self, X: Any) -> np.ndarray:
        """The logits, whose softmax or sigmoid is `predict_proba`: ``(N, C)``, or ``(N,)`` for two classes."""
        check_is_fitted(self)
        logits = self._logits(X)
        return logits.ravel() if self.n_outputs_ == 1 else logits

    def _validated(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, np.ndarray]:
        X, y = inputs.table(self, X, y, types=self._input_types(reset), reset=reset, multi_output=True)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        elif self.warm_start and set(unique_labels(y)) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {unique_labels(y)}"
            )
        return X, self._targets(y)

    def _targets(self, y: Any) -> np.ndarray:
        found = unique_labels(y)
        if len(np.setdiff1d(found, self.classes_)):
            raise ValueError(f"`y` has classes not in `self.classes_`: those are {self.classes_}, y has {found}")
        return self._label_binarizer.transform(y).astype(bool)

    def _weights_of(self, X: Any, t: np.ndarray, sample_weight: Any, incremental: bool) -> Any:
        weight = super()._weights_of(X, t, sample_weight, incremental)
        if self.class_weight is None:
            return weight
        if incremental and isinstance(self.class_weight, str):
            raise ValueError(
                "partial_fit sees a part of the samples, which does not say what is balanced; give class_weight a dict"
            )
        y = t.astype(int) if self._label_binarizer.y_type_.startswith("multilabel") else self._labels(t)
        weight = np.ones(len(y)) if weight is None else weight.copy()
        counts = weight != 0  # samples of weight 0 do not count
        weight[counts] *= _class_weights(self.class_weight, y[counts], weight[counts])
        if not np.isfinite(weight).all() or not weight.any():
            raise ValueError(
                f"class_weight must leave weights that are finite and not all zero, got {self.class_weight}"
            )
        return weight

    def _output_activation(self) -> str:
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _task(self) -> Task | None:
        if self._label_binarizer.y_type_.startswith("multilabel"):
            return Task("multilabel")
        classes = self._label_binarizer.classes_.tolist()
        if not all(isinstance(name, str | bool | int | float) for name in classes):
            return None
        places = all(type(name) is int for name in classes) and classes == list(range(len(classes)))
        kind = "binary" if len(classes) == 2 else "multiclass"  # a single class is certain
        return Task(kind, None if places and len(classes) > 1 else tuple(classes))

    def _classes_of(self, outputs: np.ndarray) -> Any:
        return self._label_binarizer.inverse_transform(outputs.ravel() if self.n_outputs_ == 1 else outputs)

    def _labels(self, t: np.ndarray) -> Any:
        return self._label_binarizer.inverse_transform(t)

    def _score_outputs(self, outputs: np.ndarray, y: Any, weight: Any) -> float:
        return float(accuracy_score(y, self._classes_of(outputs), sample_weight=weight))

    def _stratifies(self) -> bool:
        return self.n_outputs_ == 1  # as in scikit-learn: only for two classes

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _class_weights(class_weight: Any, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The weight of each sample's class; for "balanced", a sample counts for its class by its weight."""
    if y.ndim > 1 or not isinstance(class_weight, str):
        return compute_sample_weight(class_weight, y)
    classes, places = np.unique(y, return_inverse=True)
    return compute_class_weight(class_weight, classes=classes, y=y, sample_weight=weight)[places]
