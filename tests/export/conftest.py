"""Networks to write, made from their text."""

import pytest

import nural


@pytest.fixture
def built(rng):
    """A builder of the network that a text means, with numbers that are not those of the beginning."""

    names = {**vars(nural.layers), **{name: getattr(nural, name) for name in nural.__all__}}

    def build(text, dtype="float32"):
        model = eval(f"Sequential({text})", names)
        for name, value in {**model.params, **model.state}.items():
            positive = name.endswith("var")
            value[...] = rng.uniform(0.5, 1.5, value.shape) if positive else 0.3 * rng.standard_normal(value.shape)
        return model.astype(dtype)

    return build
