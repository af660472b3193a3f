import numpy as np
import pytest

from nural.models.recipes import RECIPES
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
