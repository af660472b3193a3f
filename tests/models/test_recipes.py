from dataclasses import replace

import numpy as np
import pytest

from nural.data import DataSets, Preparation
from nural.models.recipes import RECIPES, rescaling_of
from nural.training.loop import train


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_a_recipe_trains_on_rows_of_pixels(recipe, rng):
    model = recipe.build(np.random.default_rng(0))
    n = 2 * recipe.batch_size
    x, y = rng.random((n, 784), dtype=np.float32), rng.integers(0, 10, n)
    schedule = recipe.schedule(recipe.learning_rate, recipe.epochs, 2)
    steps = train(
        model,
        x,
        y,
        epochs=1,
        batch_size=recipe.batch_size,
        optimizer=recipe.optimizer(recipe.learning_rate),
        schedule=schedule,
        loss=recipe.loss,
        augment=recipe.augmentation,
    )
    assert [np.isfinite(progress.loss) for progress in steps] == [True, True]
    rates = [schedule(step) for step in range(2 * recipe.epochs)]
    assert max(rates) == pytest.approx(recipe.learning_rate, rel=0.05)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_what_a_recipe_learns_from(recipe, mnist):
    x, y = mnist[0][0][:200], mnist[0][1][:200]
    more, targets = recipe.training_set(x, y, seed=3)
    assert (
        len(more)
        == len(targets)
        == 200 + round(200 * recipe.variants) + round((200 + round(200 * recipe.variants)) * recipe.outliers)
    )
    np.testing.assert_array_equal(more[:200], x)
    again, _ = recipe.training_set(x, y, seed=3)
    np.testing.assert_array_equal(more, again)


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("mlp", 269_322),
        ("mlp-augmented", 1_863_690),
        ("cnn-fast", 18_426),
        ("cnn", 55_994),
        ("best", 298_602),
        ("mnist-example", 1_199_882),
    ],
)
def test_how_many_weights(name, weights):
    assert sum(p.size for p in RECIPES[name].build(np.random.default_rng(0)).params.values()) == weights


def test_the_rate_of_the_mnist_example_falls_with_each_epoch():
    schedule = RECIPES["mnist-example"].schedule(1.0, 14, 938)
    assert [schedule(step) for step in (0, 937, 938, 2 * 938)] == pytest.approx([1, 1, 0.7, 0.49])


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_networks_are_built_for_the_pictures_and_classes_that_there_are(recipe, rng):
    x = rng.random((2, 33 * 40 * 3), dtype=np.float32)
    model = recipe.build(np.random.default_rng(0), (33, 40, 3), 4, [rescaling_of(x)])
    assert model.forward(x).shape == (2, 4)
    assert recipe.described(model).endswith(("-4", "-4, dropout")) or "-4, " in recipe.described(model)
    assert recipe.network == recipe.described(recipe.build(None))


@pytest.mark.parametrize("name", ["cnn-fast", "cnn", "best", "mnist-example"])
def test_pictures_too_small_for_convolutions(name):
    with pytest.raises(ValueError, match="a kernel that extends over"):
        RECIPES[name].build(None, (3, 3, 1), 4)


def test_rescaled_pictures_are_as_large_as_mnist_s_digits_whatever_their_size_and_light(mnist, rng):
    digits = np.square(mnist[0][0], dtype=np.float64).sum(axis=1).mean()
    for x in (mnist[0][0][:1000], rng.random((50, 12_288)), 0.9 + 0.01 * rng.random((50, 300))):
        rescaled = rescaling_of(x).forward(x)
        assert rescaled.mean() == pytest.approx(0, abs=1e-4)
        assert np.square(rescaled, dtype=np.float64).sum(axis=1).mean() == pytest.approx(digits, rel=0.01)
    assert (rescaling_of(np.full((3, 9), 0.5)).forward(np.full((3, 9), 0.5)) == 0).all()


def test_what_is_for_digits_alone_is_left_out_for_other_pictures(mnist):
    training, validation, test = mnist
    digits = DataSets(training, validation, test, None, Preparation())
    colours = replace(digits, classes=("a", "b"), preparation=Preparation("as is", (28, 28, 3)))
    letters = replace(digits, classes=tuple("abcdefghij"))
    best = RECIPES["best"]
    assert best.suited(digits) is best
    assert (best.suited(colours).variants, best.suited(colours).outliers, best.suited(colours).augmentation) == (
        0,
        0,
        None,
    )
    assert (best.suited(letters).variants, best.suited(letters).augmentation) == (0, best.augmentation)
