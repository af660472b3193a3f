"""Arguments of constructors: PyTorch's places, NumPy's numbers, and what is refused before any array is there."""

import numpy as np
import pytest

import nural
from nural import (
    GRU,
    LSTM,
    RNN,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2d,
)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: MaxPool2d(0), ValueError, "MaxPool2d: kernel_size must be a whole number, at least 1"),
        (lambda: MaxPool2d("a"), ValueError, "MaxPool2d: kernel_size must be a whole number"),
        (lambda: MaxPool2d(2, 0), ValueError, "MaxPool2d: stride must be"),
        (lambda: MaxPool2d(2, padding=2), ValueError, "MaxPool2d: padding can be at most half of the kernel size"),
        (lambda: MaxPool2d(2, dilation=0), ValueError, "MaxPool2d: dilation must be"),
        (lambda: AvgPool2d(2, divisor_override=0), ValueError, "AvgPool2d: divisor_override must not be 0"),
        (lambda: AdaptiveAvgPool2d(0), ValueError, "AdaptiveAvgPool2d: output_size must be"),
        (lambda: AdaptiveMaxPool2d("a"), ValueError, "AdaptiveMaxPool2d: output_size must be"),
        (lambda: Linear(2.5, 3), TypeError, "Linear: in_features must be a whole number, got 2.5"),  # type: ignore
        (lambda: Linear(3, -1), ValueError, "Linear: out_features must be at least 1, got -1"),
        (lambda: Linear(0, 2), ValueError, "Linear: in_features must be at least 1, got 0"),
        (lambda: Linear(2, 3, initializer="foo"), ValueError, "Linear: initializer must be a function or one of torch"),
        (lambda: LSTM(3, 4, 0), ValueError, "LSTM: num_layers must be at least 1, got 0"),
        (lambda: GRU(3, "4"), TypeError, "GRU: hidden_size must be a whole number, got '4'"),  # type: ignore
        (lambda: RNN(0, 4), ValueError, "RNN: input_size must be at least 1"),
        (lambda: BatchNorm2d(0), ValueError, "BatchNorm2d: num_features must be at least 1, got 0"),
        (lambda: LayerNorm(()), ValueError, "LayerNorm: normalized_shape is empty"),
        (lambda: LayerNorm((3, 0)), ValueError, "LayerNorm: normalized_shape must be at least 1, got 0"),
        (lambda: Conv2d(1, 2, 3, initializer="foo"), ValueError, "Conv2d: initializer must be a function or one of"),
        (lambda: Conv2d(1.5, 2, 3), TypeError, "Conv2d: in_channels must be a whole number, got 1.5"),  # type: ignore
        (lambda: Flatten(0), ValueError, "Flatten: nural has only start_dim=1, got 0"),
        (lambda: Flatten(1, 2), ValueError, "Flatten: nural has only end_dim=-1, got 2"),
        (lambda: MaxPool2d(2, 2, 0, 1, True), ValueError, "MaxPool2d: nural has only return_indices=False, got True"),
        (lambda: AdaptiveMaxPool2d(2, True), ValueError, "AdaptiveMaxPool2d: nural has only return_indices=False"),
        (lambda: Dropout(0.5, True), ValueError, "Dropout: nural has only inplace=False, got True"),
        (lambda: LSTM(3, 4, batch_first=False), ValueError, "LSTM: nural has only batch_first=True, got False"),
        (lambda: RNN(3, 4, 2, dropout=0.5), ValueError, "RNN: nural has only dropout=0.0, got 0.5"),
    ],
)
def test_what_is_refused_at_construction(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_pytorchs_arguments_in_their_places(tmp_path):
    assert Flatten(1).config() == {"channels_first": False}
    assert MaxPool2d(3, 2, 1, 1, False, True).ceil_mode is True
    assert Dropout(0.5, False).config() == {"p": 0.5}
    for kind in (RNN, LSTM, GRU):
        assert "batch_first" not in kind(3, 4, batch_first=True, dropout=0.0).config()
    model = nural.Sequential(MaxPool2d(3, 2, ceil_mode=True), Flatten(1), Dropout())
    nural.save(model, tmp_path / "m")
    assert repr(nural.load(tmp_path / "m")) == repr(model)


def test_numpys_numbers():
    assert LayerNorm(np.int64(3)).normalized_shape == (3,)  # type: ignore[arg-type]
    assert LayerNorm(np.array([2, 3])).normalized_shape == (2, 3)  # type: ignore[arg-type]
    layer = BatchNorm1d(np.int32(3), affine=np.bool_(True))  # type: ignore[arg-type]
    assert list(layer.params) == ["gamma", "beta"]
    assert layer.affine is True
    assert type(layer.num_features) is int
    assert Linear(np.int64(2), np.int64(3), bias=np.bool_(False)).config()["bias"] is False  # type: ignore[arg-type]
    assert type(Conv2d(np.int64(2), np.int64(4), 3, groups=np.int64(2)).groups) is int  # type: ignore[arg-type]


def test_a_tuple_of_one_counts_for_both(rng):
    x = rng.standard_normal((2, 7, 6, 1)).astype(np.float32)
    np.testing.assert_array_equal(MaxPool2d((3,), (2,)).forward(x), MaxPool2d(3, 2).forward(x))
    np.testing.assert_array_equal(AvgPool2d(3, stride=()).forward(x), AvgPool2d(3).forward(x))
    one, both = Conv2d(1, 2, (3,), padding=(1,), stride=(2,)), Conv2d(1, 2, 3, padding=1, stride=2)
    np.testing.assert_array_equal(one.forward(x), both.forward(x))
