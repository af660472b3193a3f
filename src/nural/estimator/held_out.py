"""The validation samples: those of ``validation_data``, or a part of the training samples."""

from typing import Any

from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_consistent_length

from nural.estimator.losses import OUTPUT_ACTIVATIONS, weighted_loss
from nural.estimator.objective import Weighted, network_outputs


def divided(estimator: Any, samples: Weighted) -> tuple[Weighted, Weighted | None]:
    """The training samples and the validation samples.

    Raises:
        ValueError: ``validation_data`` do not fit, or a part is too small or has no weight.
    """
    if estimator.validation_data is not None:
        return samples, _given(estimator)
    if not estimator.early_stopping:
        return samples, None
    arrays = [array for array in samples[:3] if array is not None]
    parts: list[Any] = train_test_split(
        *arrays,
        random_state=estimator._random_state,
        test_size=estimator.validation_fraction,
        stratify=samples.t if estimator._stratifies() else None,
    )
    train, held = Weighted(*parts[::2]), Weighted(*parts[1::2])
    if held.x.shape[0] < 2:
        raise ValueError("The validation set is too small. Increase 'validation_fraction' or the size of your dataset.")
    for part, what in ((train, "to train with"), (held, "that validate")):
        if part.weight is not None and part.weight.sum() == 0:
            raise ValueError(f"the weights of the samples {what} add up to zero; try another random_state")
    return train, held._replace(y=estimator._labels(held.t))


def _given(estimator: Any) -> Weighted:
    if len(estimator.validation_data) != 2:
        raise ValueError(f"validation_data must be (X, y), got {len(estimator.validation_data)} items")
    X, y = estimator.validation_data
    X, t = estimator._checked(X), estimator._targets(y)
    check_consistent_length(X, t)
    if t.shape[1] != estimator.n_outputs_:
        raise ValueError(
            f"expected validation_data whose targets have {estimator.n_outputs_} columns, found {t.shape[1]}"
        )
    return Weighted(X, t, None, estimator._labels(t))


def loss_and_score(estimator: Any, held: Weighted) -> tuple[float, float]:
    """Loss and score of validation samples; the loss is without the L2 term."""
    y = network_outputs(estimator.network_, held.x)
    loss, _ = weighted_loss(estimator.loss, estimator.out_activation_)(y, held.t, held.weight)
    outputs = OUTPUT_ACTIVATIONS[estimator.out_activation_](y)
    return loss, estimator._score_outputs(outputs, held.y, held.weight)
