import numpy as np
import pytest

import nural
from nural.data import Batches, Scaled


@pytest.fixture
def pixels(rng):
    return rng.integers(0, 256, (50, 6), dtype=np.uint8)


def test_what_is_asked_for_is_scaled(pixels):
    scaled = Scaled(pixels, 1 / 256)
    assert len(scaled) == 50
    found = scaled[np.array([3, 1])]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, pixels[[3, 1]].astype(np.float32) / 256)
    assert Scaled(list(pixels), 2, np.float64)[2:4].dtype == np.float64


def test_batches_and_predictions_of_scaled_samples(pixels, small_model, rng):
    floats, labels = pixels.astype(np.float32) / 256, np.arange(50) % 3
    scaled = Scaled(pixels, 1 / 256)
    for source in (floats, scaled):
        (x, y) = next(Batches(source, labels, 20).epoch(np.random.default_rng(3)))
        np.testing.assert_array_equal(x, floats[np.random.default_rng(3).permutation(50)[:20]])
        assert len(y) == 20
    models = small_model(), small_model()
    losses = [nural.fit(m, s, labels, epochs=1).losses for m, s in zip(models, (floats, scaled), strict=True)]
    assert losses[0] == losses[1]
    of_floats, of_scaled = (nural.predict_proba(models[0], s) for s in (floats, scaled))
    np.testing.assert_array_equal(of_floats, of_scaled)
