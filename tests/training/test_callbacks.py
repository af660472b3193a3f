import numpy as np
import pytest

from nural import BestModel, EarlyStopping, History, fit, load


def history_of(column, values):
    return History([0.0] * len(values), [{"epoch": i + 1, column: value} for i, value in enumerate(values)])


@pytest.mark.parametrize(
    ("monitor", "values", "stops"),
    [
        ("val_loss", [3.0, 2.0, 2.5], False),
        ("val_loss", [3.0, 2.0, 2.5, 2.1], True),
        ("val_loss", [3.0, 2.0, 2.5, 1.9], False),
        ("val_accuracy", [0.5, 0.9, 0.9, 0.8], True),
        ("val_accuracy", [0.5, 0.6, 0.7, 0.8], False),
    ],
)
def test_early_stopping_waits_for_two_epochs(monitor, values, stops):
    callback = EarlyStopping(monitor, patience=2)
    assert callback.on_epoch(None, history_of(monitor, values)) is stops  # type: ignore[arg-type]


def test_early_stopping_ends_fit(blobs, small_model):
    history = fit(small_model(), *blobs, epochs=50, callbacks=[EarlyStopping("loss", 1, min_delta=10.0)])
    assert history["epoch"] == [1, 2]


def test_best_model_keeps_the_best_epoch(blobs, small_model, tmp_path):
    model = small_model()
    callback = BestModel(tmp_path / "best.safetensors", "val_accuracy")
    callback.on_epoch(model, history_of("val_accuracy", [0.5]))
    best = model.params["0.W"].copy()
    model.params["0.W"] += 1
    callback.on_epoch(model, history_of("val_accuracy", [0.5, 0.4]))
    np.testing.assert_array_equal(load(tmp_path / "best.safetensors").params["0.W"], best)
    callback.on_epoch(model, history_of("val_accuracy", [0.5, 0.4, 0.6]))
    np.testing.assert_array_equal(load(tmp_path / "best.safetensors").params["0.W"], model.params["0.W"])


def test_what_cannot_be_monitored_is_named(blobs, small_model):
    with pytest.raises(ValueError, match="there is no 'val_loss' to monitor; the history has epoch, step"):
        fit(small_model(), *blobs, epochs=1, callbacks=[EarlyStopping()])
    with pytest.raises(ValueError, match="patience must be at least 1"):
        EarlyStopping(patience=0)
