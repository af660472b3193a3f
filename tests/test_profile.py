"""What `nural.profile.step` says of a training step."""

import tracemalloc

import numpy as np
import pytest

import nural
from nural.layers import GRU, BatchNorm1d, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d
from nural.profile import profile


def profiled(model, *shape, optimizer=None, classes=3, **kwargs):
    rng = np.random.default_rng(0)
    x = rng.random(shape).astype(model.dtype)
    y = rng.integers(classes, size=len(x))
    return profile(model, x, y, optimizer=optimizer or nural.SGD(0.1), seconds=0.01, **kwargs)


def counted(found):
    return {(row.part, row.name): row.operations for row in found.rows}


def test_operations_of_a_fully_connected_network_are_those_counted_by_hand():
    model = nural.Sequential(Linear(6, 16), nural.ReLU(), Linear(16, 3))
    assert counted(profiled(model, 8, 6)) == {
        ("forward", "0"): 2 * 8 * 6 * 16,
        ("forward", "1"): 8 * 16,
        ("forward", "2"): 2 * 8 * 16 * 3,
        ("loss", ""): None,
        ("backward", "2"): 2 * (2 * 8 * 16 * 3),
        ("backward", "1"): 2 * 8 * 16,
        ("backward", "0"): 2 * 8 * 6 * 16,  # the first layer's dx is not computed
        ("update", ""): None,
    }


def test_operations_of_a_convolutional_network_are_those_counted_by_hand():
    model = nural.Sequential(
        Conv2d(2, 4, 3, stride=2, padding=1, groups=2), BatchNorm2d(4), MaxPool2d(2), Flatten(), Linear(16, 3)
    )
    product, images, values = 2 * 5 * (4 * 4) * (3 * 3) * 1 * 4, 2 * 5 * 16 * 3, 5 * 4 * 4 * 4
    assert counted(profiled(model, 5, 8, 8, 2)) == {
        ("forward", "0"): product,
        ("forward", "1"): 6 * values,
        ("forward", "2"): values,
        ("forward", "3"): 0,
        ("forward", "4"): images,
        ("loss", ""): None,
        ("backward", "4"): 2 * images,
        ("backward", "3"): 0,
        ("backward", "2"): values,
        ("backward", "1"): 8 * values,
        ("backward", "0"): product,
        ("update", ""): None,
    }


@pytest.mark.parametrize("need_dx", [False, True])
def test_operations_of_a_recurrent_layer(need_dx):
    layer = GRU(5, 7, num_layers=2, bidirectional=True)
    first, second, state = 5 * 21, 14 * 21, 7 * 21
    forward = 2 * 4 * 10 * 2 * (first + state + second + state)
    backward = 2 * forward - (0 if need_dx else 2 * 4 * 10 * 2 * first)
    assert layer.operations((4, 10, 5), (4, 10, 14), need_dx) == (forward, backward)


def test_a_container_stands_before_the_layers_inside_and_has_their_time_and_operations():
    inner = nural.Sequential(Linear(6, 6), nural.Tanh())
    found = profiled(nural.Sequential(Linear(4, 6), nural.Residual(inner), Linear(6, 3)), 8, 4)
    rows = {row.name: row for row in found.rows if row.part == "forward"}
    assert list(rows) == ["0", "1", "1.branch", "1.branch.0", "1.branch.1", "2"]
    assert [row.depth for row in rows.values()] == [0, 0, 1, 2, 2, 0]
    assert [row.layer for row in rows.values()] == ["Linear", "Residual", "Sequential", "Linear", "Tanh", "Linear"]
    product, tanh, addition = 2 * 8 * 6 * 6, 8 * 6, 8 * 6
    assert rows["1.branch"].operations == product + tanh
    assert rows["1"].operations == product + tanh + addition
    assert rows["1"].seconds > rows["1.branch"].seconds > rows["1.branch.0"].seconds > 0
    inside = rows["1.branch"].buffers
    assert inside is not None
    assert rows["1"].buffers == inside + 2 * 8 * 6 * 4  # its y and dx, float32


def test_the_parts_add_up_to_the_step():
    found = profiled(nural.Sequential(nural.Residual(Linear(4, 4)), Linear(4, 3)), 8, 4)
    outer = [row for row in found.rows if row.depth == 0]
    assert len(outer) < len(found.rows)
    assert found.seconds == pytest.approx(sum(row.seconds for row in outer), rel=1e-12)
    assert found.operations == sum(row.operations or 0 for row in outer)
    assert found.steps >= 10
    assert found.product_rate > 0


class Wasteful(nural.Layer):
    """Allocates a megabyte forward, for a moment, and none backward."""

    def forward(self, x, train=False):
        np.zeros(1 << 20, np.uint8)
        return x

    def backward(self, dy, need_dx=True):
        return dy


def test_bytes_are_those_newly_allocated_whether_kept_or_not():
    model = nural.Sequential(Linear(64, 512), nural.Residual(Wasteful()), nural.ReLU(), Linear(512, 3))
    found = profiled(model, 512, 64)
    allocated = {(row.part, row.name): row.allocated for row in found.rows}
    for name in ("1", "1.branch"):
        assert allocated["forward", name] == pytest.approx(1 << 20, rel=0.02)
        assert allocated["backward", name] < 5_000
    assert allocated["forward", "2"] < 5_000  # its output, of a megabyte, is a buffer
    buffers = {row.name: row.buffers for row in found.rows if row.part == "forward"}
    assert buffers["2"] == 2 * 512 * 512 * 4
    assert not tracemalloc.is_tracing()


def test_the_model_learns_nothing_and_is_left_as_it_was():
    model = nural.Sequential(Linear(4, 6), BatchNorm1d(6), Dropout(0.5), nural.ReLU(), Linear(6, 3))
    before = {name: value.copy() for name, value in model.params.items()}
    optimizer = nural.Adam(0.1)
    found = profiled(model, 8, 4, optimizer=optimizer)
    assert {row.layer for row in found.rows} >= {"Dropout", "BatchNorm1d"}
    for name, value in model.params.items():
        np.testing.assert_array_equal(value, before[name])
    for thing in (model, *model.layers, optimizer):
        assert not {"forward", "backward", "update"} & set(vars(thing))


def test_any_layer_can_be_the_model():
    found = profiled(Linear(4, 3), 8, 4)
    assert [(row.part, row.name) for row in found.rows] == [
        ("forward", "model"),
        ("loss", ""),
        ("backward", "model"),
        ("update", ""),
    ]


def test_layers_are_left_as_they_were_after_an_error():
    model = nural.Sequential(Linear(4, 3))
    with pytest.raises(ValueError, match="fc_forward"):
        profiled(model, 8, 5)
    assert not {"forward", "backward"} & set(vars(model[0]))
    with pytest.raises(ValueError, match="workers and blas must be at least 1, got 1 and 0"):
        profiled(model, 8, 4, threads=0)
