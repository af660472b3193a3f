import numpy as np
import pytest

from nural import History, plots


def history(epochs, validation=True):
    scores = {"val_loss": 0.5, "val_accuracy": 0.9} if validation else {}
    rows = [{"epoch": i + 1, "step": 10 * (i + 1), "learning_rate": 0.1, "loss": 0.4, **scores} for i in range(epochs)]
    return History(list(np.linspace(2, 0.3, 10 * epochs)), rows)


@pytest.mark.parametrize(("epochs", "validation"), [(1, True), (20, True), (3, False)])
def test_learning_curve(epochs, validation, grey, coloured):
    png = plots.learning_curve(history(epochs, validation), "title")
    picture = grey(png)
    assert picture.shape[1] > picture.shape[0] > 300
    assert picture.std() > 5
    assert (coloured(png)[1] > 0) == validation
