import numpy as np

from nural import plots


def test_confusion_of_a_perfect_model_and_of_one_that_guesses(grey, coloured):
    perfect, guessing = (
        plots.confusion(matrix, "title") for matrix in (np.diag([5, 0] * 5), np.full((10, 10), 7, np.int64))
    )
    assert grey(perfect).shape == (1080, 1920)
    assert coloured(perfect)[1] < 0.01 < 0.3 < coloured(guessing)[1]
