"""ReduceOnPlateau: its rule, in a training, resumed, and against PyTorch's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nural
from nural.training.history import History


def history_of(values, column="val_loss"):
    return History(epochs=[{"epoch": i + 1, column: value} for i, value in enumerate(values)])


def test_the_rate_falls_after_more_than_patience_epochs_without_improvement():
    plateau = nural.ReduceOnPlateau(1.0, factor=0.5, patience=1)
    found = [plateau.rate_after([3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0][:n]) for n in range(8)]
    assert found == [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]


def test_a_training_follows_it(blobs, small_model):
    plateau = nural.ReduceOnPlateau(0.2, "loss", factor=0.5, patience=0, threshold=10.0, threshold_mode="abs")
    history = nural.fit(small_model(), *blobs, epochs=4, schedule=plateau, callbacks=[plateau])
    assert history["learning_rate"] == [0.2, 0.2, 0.1, 0.05]


def test_a_resumed_training_goes_on_with_the_rate_it_had(blobs, small_model, tmp_path):
    def run(model, epochs, **resume):
        plateau = nural.ReduceOnPlateau(0.2, "loss", factor=0.5, patience=0, threshold=10.0, threshold_mode="abs")
        path = tmp_path / "run.safetensors"
        return nural.fit(model, *blobs, epochs=epochs, schedule=plateau, callbacks=[plateau], checkpoint=path, **resume)

    whole, broken = small_model(), small_model()
    expected = run(whole, 5)
    run(small_model(), 3)
    history = run(broken, 5, resume=True)
    assert history["learning_rate"] == expected["learning_rate"]
    for name, value in broken.params.items():
        np.testing.assert_array_equal(value, whole.params[name])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"factor": 1.0}, "factor must be below 1, got 1.0"),
        ({"patience": -1}, "patience must not be negative, got -1"),
        ({"cooldown": -2}, "cooldown must not be negative, got -2"),
        ({"mode": "up"}, 'mode must be "min" or "max" .* got \'up\''),
        ({"threshold_mode": "both"}, "threshold_mode \"rel\" or \"abs\"; got 'min' and 'both'"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        nural.ReduceOnPlateau(0.1, **arguments)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="there is no 'val_loss' to monitor; the history has epoch, loss"):
        nural.ReduceOnPlateau(0.1).on_epoch(nural.ReLU(), history_of([1.0], "loss"))


@pytest.mark.parity
@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(st.floats(-2, 2) | st.sampled_from([1.0, 1.0001, 0.9999, float("nan")]), min_size=60, max_size=80),
    mode=st.sampled_from(["min", "max"]),
    factor=st.sampled_from([0.1, 0.5, 0.9]),
    patience=st.integers(0, 4),
    threshold=st.sampled_from([0.0, 1e-4, 0.1]),
    threshold_mode=st.sampled_from(["rel", "abs"]),
    cooldown=st.integers(0, 4),
    min_lr=st.sampled_from([0.0, 0.01]),
    eps=st.sampled_from([1e-8, 1e-3]),
)
def test_equals_pytorch(values, min_lr, **options):
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.7)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, min_lr=min_lr, **options)
    plateau = nural.ReduceOnPlateau(0.7, min_lr=min_lr, **options)
    for n, value in enumerate(values, start=1):
        scheduler.step(value)
        assert plateau.rate_after(values[:n]) == optimizer.param_groups[0]["lr"]
