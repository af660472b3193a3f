import numpy as np

from nural import plots


def test_confusion_of_a_perfect_model_and_of_one_that_guesses(grey, coloured):
    perfect, guessing = (
        plots.confusion(matrix, "title") for matrix in (np.diag([5, 0] * 5), np.full((10, 10), 7, np.int64))
    )
    assert grey(perfect).shape == (1080, 1920)
    assert coloured(perfect)[1] < 0.01 < 0.3 < coloured(guessing)[1]


def test_confusion_of_any_number_of_classes_with_any_names(grey):
    for count, name in ((2, "a$b$"), (40, "猫"), (5, "a name of many letters, more than fit")):
        names = [f"{name}{i}" for i in range(count)]
        png = plots.confusion(np.eye(count, dtype=np.int64), "title $1", names, "class")
        assert grey(png).shape == (1080, 1920)
