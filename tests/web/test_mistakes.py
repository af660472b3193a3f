import numpy as np
import pytest

import nural
from nural.web.mistakes import answers


def test_answers_are_the_librarys(mnist):
    x, y = mnist[2]
    model = nural.load_pretrained()
    reported = []
    found = answers(model, x[:700], y[:700], reported.append)
    assert reported == [500, 700]
    assert np.array_equal(found.predicted, nural.predict(model, x[:700]))
    assert found.confusion.sum() == 700
    right = np.trace(found.confusion) / 700
    assert right == pytest.approx(nural.evaluate(model, x[:700], y[:700])["accuracy"])
    assert found.coverage(0) == (1, pytest.approx(1 - right))


def test_a_higher_threshold_answers_fewer_and_errs_less(mnist):
    x, y = mnist[2]
    found = answers(nural.load_pretrained(), x[:3000], y[:3000])
    (all_of_them, error), (fewer, less) = found.coverage(0), found.coverage(0.95)
    assert fewer < all_of_them
    assert less < error
    assert found.coverage(1.1) == (0, 0)
