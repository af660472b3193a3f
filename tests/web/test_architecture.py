import numpy as np
import pytest

from nural.models.recipes import RECIPES
from nural.web.architecture import build, listed
from nural.web.problem import Problem
from nural.web.settings import Settings


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_built_from_its_list(name):
    recipe = RECIPES[name].build(np.random.default_rng(3))
    settings = Settings.of_recipe(RECIPES[name])
    made = build(listed(recipe), settings.initializer, settings.scale, np.random.default_rng(3))
    assert [repr(layer) for layer in made.layers] == [repr(layer) for layer in recipe.children.values()]
    for param, W in recipe.params.items():
        np.testing.assert_allclose(made.params[param], W, rtol=1e-6)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_its_optimizer_rates_and_augmentation(name):
    recipe, settings = RECIPES[name], Settings.of_recipe(RECIPES[name])
    ours, theirs = settings.new_optimizer(), recipe.optimizer(recipe.learning_rate)
    assert type(ours) is type(theirs)
    assert vars(ours) == vars(theirs)
    assert repr(settings.augment()) == repr(recipe.augmentation)
    rate, share = recipe.schedule(recipe.learning_rate, recipe.epochs, 40), settings.share_of_rate(40)
    for step in range(0, 40 * recipe.epochs, 7):
        assert recipe.learning_rate * share(step) == pytest.approx(rate(step))


def test_all_kinds_of_layers_together():
    layers = [
        {"type": "conv", "channels": 4, "size": 5},
        {"type": "batch norm"},
        {"type": "gelu"},
        {"type": "pool", "size": 2},
        {"type": "dropout", "rate": 0.2},
        {"type": "linear", "size": 12},
        {"type": "batch norm"},
        {"type": "leaky relu"},
        {"type": "tanh"},
        {"type": "sigmoid"},
    ]
    model = build(layers)
    assert model.forward(np.zeros((3, 784), np.float32), train=True).shape == (3, 10)
    assert listed(model) == layers


def test_the_scale_multiplies_weights_and_leaves_biases():
    plain, small = (
        build([{"type": "linear", "size": 5}], "torch", scale, np.random.default_rng(0)) for scale in (1, 0.01)
    )
    np.testing.assert_allclose(small.params["0.W"], 0.01 * plain.params["0.W"], rtol=1e-6)
    np.testing.assert_array_equal(small.params["0.b"], plain.params["0.b"])


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ("linear", "layers must be a list of at most 24"),
        ([{"type": "relu"}] * 25, "layers must be a list of at most 24"),
        ([3], "the type of a layer must be one of linear, conv"),
        ([{"type": "attention"}], "the type of a layer must be one of linear, conv"),
        ([{"type": "linear"}], "size must be a whole number from 1 to 2048"),
        ([{"type": "linear", "size": 1e9}], "size must be a whole number from 1 to 2048"),
        ([{"type": "conv", "channels": 2, "size": True}], "size must be a whole number from 1 to 9"),
        ([{"type": "dropout", "rate": 1}], "rate must be a number from 0 to 0.95"),
        ([{"type": "pool", "size": 4}] * 3, "pooling of 4×4 is larger than the image of 1×1 before it"),
        ([{"type": "pool", "size": 4}, {"type": "conv", "channels": 1, "size": 9}], "a kernel of 9×9 is larger"),
        ([{"type": "linear", "size": 3}, {"type": "pool", "size": 2}], "must come before the first fully connected"),
        ([{"type": "linear", "size": 2048}] * 3, "at most 3,000,000"),
        ([{"type": "conv", "channels": 128, "size": 9}] * 2, "at most 3,000,000 and 60,000,000"),
    ],
)
def test_what_cannot_be_built(layers, sentence):
    with pytest.raises(Problem, match=sentence):
        build(layers)
