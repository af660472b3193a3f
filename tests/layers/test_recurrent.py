import tracemalloc

import numpy as np
import pytest

import nural
from nural import GRU, LSTM, RNN, Linear, Sequential
from nural.cases import relative_error
from nural.layers import gru_backward, gru_forward, lstm_backward, lstm_forward, rnn_backward, rnn_forward

LAYERS = [RNN, LSTM, GRU]
each_layer = pytest.mark.parametrize("kind", LAYERS)
PAIRS = {
    RNN: (rnn_forward, rnn_backward),
    LSTM: (lstm_forward, lstm_backward),
    GRU: (gru_forward, gru_backward),
}
WEIGHTS = "W_ih", "W_hh", "b_ih", "b_hh"


def run_pair(kind, x, params, dy, run="l0"):
    """The pair with one pass's parameters: h, and the gradients of the weights and of x."""
    forward, backward = PAIRS[kind]
    weights = [params.get(f"{name}_{run}") for name in WEIGHTS]
    results = forward(x, *weights)
    results = results if isinstance(results, tuple) else (results,)
    gradients = backward(dy, *weights[:2], x, *results)
    return results[0], dict(zip(WEIGHTS, gradients, strict=False)), gradients[-1]


def test_a_plain_network_by_hand():
    x, W_ih, W_hh = np.array([[[1.0], [2.0], [-9.0]]]), np.array([[2.0]]), np.array([[0.5]])
    h = rnn_forward(x, W_ih, W_hh, np.array([1.0]), np.array([0.5]), np.array([[4.0]]), nonlinearity="relu")
    np.testing.assert_array_equal(h, [[[5.5], [8.25], [0.0]]])
    dy = np.ones((1, 3, 1))
    gradients = rnn_backward(dy, W_ih, W_hh, x, h, np.array([[4.0]]), nonlinearity="relu")
    dW_ih, dW_hh, db_ih, db_hh, dh0, dx = gradients
    assert (dW_ih, dW_hh, db_ih, db_hh, dh0) == (1.5 * 1 + 1 * 2, 1.5 * 4 + 1 * 5.5, 2.5, 2.5, 0.75)
    np.testing.assert_array_equal(dx, [[[3.0], [2.0], [0.0]]])


def test_an_lstm_whose_gates_are_open_adds_up(rng):
    size, wide = 1, 100.0
    b = np.array([wide, wide, 0.0, wide])  # i, f and o are 1, so c_t is the sum of tanh(x)
    W_ih, W_hh = np.array([[0.0, 0.0, 1.0, 0.0]]), np.zeros((size, 4))
    x = rng.standard_normal((2, 5, 1))
    h, c, _ = lstm_forward(x, W_ih, W_hh, b)
    np.testing.assert_allclose(c.swapaxes(0, 1), np.tanh(x).cumsum(axis=1))
    np.testing.assert_allclose(h, np.tanh(c).swapaxes(0, 1))


def test_a_gru_whose_update_gate_is_closed_keeps_its_state(rng):
    b = np.repeat([0.0, 100.0, 0.0], 3)
    h0 = rng.standard_normal((2, 3))
    h, _, _ = gru_forward(rng.standard_normal((2, 5, 4)), rng.standard_normal((4, 9)), np.zeros((3, 9)), b, h0=h0)
    np.testing.assert_allclose(h, np.repeat(h0[:, None], 5, axis=1))


@each_layer
@pytest.mark.parametrize("bias", [True, False])
def test_the_layer_is_the_pair(kind, bias, rng):
    layer = kind(3, 4, bias=bias, rng=rng)
    x, dy = rng.standard_normal((2, 5, 3)).astype(np.float32), rng.standard_normal((2, 5, 4)).astype(np.float32)
    h, gradients, dx = run_pair(kind, x, layer.params, dy)
    for train in (True, False):
        np.testing.assert_array_equal(layer.forward(x, train), h)
        np.testing.assert_array_equal(layer.backward(dy), dx)
    for name, gradient in layer.grads.items():
        np.testing.assert_array_equal(gradient, gradients[name.removesuffix("_l0")])
    assert layer.backward(dy, need_dx=False) is None
    np.testing.assert_array_equal(layer.grads["W_hh_l0"], gradients["W_hh"])


@each_layer
def test_the_second_direction_is_the_pair_on_the_reversed_sequence(kind, rng):
    layer = kind(3, 4, bidirectional=True, rng=rng)
    x, dy = rng.standard_normal((2, 5, 3)).astype(np.float32), rng.standard_normal((2, 5, 8)).astype(np.float32)
    there, _, dx_there = run_pair(kind, x, layer.params, dy[..., :4])
    back, _, dx_back = run_pair(kind, x[:, ::-1], layer.params, dy[:, ::-1, 4:], "l0_reverse")
    np.testing.assert_allclose(layer.forward(x), np.concatenate([there, back[:, ::-1]], axis=-1), rtol=1e-6)
    np.testing.assert_allclose(layer.backward(dy), dx_there + dx_back[:, ::-1], rtol=1e-4, atol=1e-6)


@each_layer
def test_two_layers_are_two_layers(kind, rng):
    stack = kind(3, 4, num_layers=2, rng=rng)
    first, second = kind(3, 4), kind(4, 4)
    for name, value in stack.params.items():
        (first if name.endswith("_l0") else second).params[name[:-1] + "0"] = value
    chain = Sequential(first, second)
    x, dy = rng.standard_normal((2, 5, 3)).astype(np.float32), rng.standard_normal((2, 5, 4)).astype(np.float32)
    np.testing.assert_array_equal(stack.forward(x), chain.forward(x))
    np.testing.assert_array_equal(stack.backward(dy), chain.backward(dy))
    np.testing.assert_array_equal(stack.grads["W_ih_l1"], second.grads["W_ih_l0"])


def test_names_and_shapes():
    shapes = LSTM(3, 5, num_layers=2, bidirectional=True).all_shapes()
    one_layer = {"W_ih": (3, 20), "W_hh": (5, 20), "b_ih": (20,), "b_hh": (20,)}
    expected = {f"{name}_{run}": shape for run in ("l0", "l0_reverse") for name, shape in one_layer.items()}
    expected |= {
        f"{name}_{run}": shape
        for run in ("l1", "l1_reverse")
        for name, shape in {**one_layer, "W_ih": (10, 20)}.items()
    }
    assert shapes == expected
    assert GRU(3, 5, bias=False).all_shapes() == {"W_ih_l0": (3, 15), "W_hh_l0": (5, 15)}
    assert RNN(3, 5).all_shapes()["W_ih_l0"] == (3, 5)


@each_layer
def test_weights_begin_between_plus_and_minus_one_over_the_root_of_h(kind):
    for value in kind(30, 100, rng=np.random.default_rng(0)).params.values():
        assert np.abs(value).max() <= 0.1
        assert value.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.1)


@each_layer
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_the_last_step_alone(kind, num_layers, bidirectional, rng):
    settings = {"num_layers": num_layers, "bidirectional": bidirectional}
    every, last = kind(3, 4, **settings), kind(3, 4, **settings, return_sequences=False)
    x = rng.standard_normal((2, 5, 3)).astype(np.float32)
    h, y = every.forward(x), last.forward(x)
    np.testing.assert_array_equal(y[:, :4], h[:, -1, :4])
    np.testing.assert_array_equal(y[:, 4:], h[:, 0, 4:])
    dy, everywhere = rng.standard_normal(y.shape).astype(np.float32), np.zeros_like(h)
    everywhere[:, -1, :4], everywhere[:, 0, 4:] = dy[:, :4], dy[:, 4:]
    np.testing.assert_array_equal(last.backward(dy), every.backward(everywhere))


@each_layer
def test_a_sequence_in_two_halves(kind, rng):
    layer = kind(3, 4, num_layers=2, rng=rng)
    x = rng.standard_normal((2, 6, 3)).astype(np.float32)
    whole = layer.forward(x).copy()
    first = layer.forward(x[:, :2]).copy()
    second = layer.forward(x[:, 2:], initial=layer.final_states())
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, rtol=1e-5, atol=1e-6)


@each_layer
@pytest.mark.parametrize("settings", [{}, {"num_layers": 2, "bias": False}, {"bidirectional": True, "num_layers": 2}])
def test_gradients_of_a_network(kind, settings, rng):
    model = Sequential(kind(3, 4, **settings), kind(8 if "bidirectional" in settings else 4, 5), Linear(5, 2), rng=rng)
    x, t = rng.standard_normal((3, 4, 3)), rng.standard_normal((3, 4, 2))
    assert set(nural.check_gradients(model, x, t, loss=nural.mean_squared_loss)) == {*model.params, "x"}


@each_layer
@pytest.mark.parametrize("bidirectional", [False, True])
def test_gradients_of_a_network_that_reads_a_picture_row_by_row(kind, bidirectional, rng):
    layer = kind(7, 6, bidirectional=bidirectional, return_sequences=False)
    model = Sequential(layer, Linear(12 if bidirectional else 6, 3), rng=rng)
    x, t = rng.standard_normal((4, 5, 7)), rng.integers(0, 3, 4)
    nural.check_gradients(model, x, t)


@each_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_model_file_keeps_it(kind, dtype, tmp_path, rng):
    settings = {"num_layers": 2, "bias": False, "bidirectional": True, "return_sequences": False}
    if kind is RNN:
        settings["nonlinearity"] = "relu"
    model = Sequential(kind(3, 4, **settings, dtype=dtype), Linear(8, 2, dtype=dtype), rng=rng)
    nural.save(model, tmp_path / "m")
    loaded = nural.load(tmp_path / "m")
    x = rng.standard_normal((3, 5, 3)).astype(dtype)
    assert loaded.children["0"].config() == model[0].config()
    assert loaded.forward(x).dtype == dtype
    np.testing.assert_array_equal(loaded.forward(x), model.forward(x))


@each_layer
@pytest.mark.parametrize("settings", [{}, {"num_layers": 2, "bidirectional": True, "return_sequences": False}])
def test_a_short_batch_after_a_full_one_allocates_nothing(kind, settings, rng):
    layer = kind(20, 64, **settings, rng=rng)
    x = rng.standard_normal((80, 10, 20)).astype(np.float32)
    layer.backward(layer.forward(x).copy())
    dy = layer.forward(x[:70]).copy()
    tracemalloc.start()
    y = layer.forward(x[:70])
    dx = layer.backward(dy)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 65536
    fresh = kind(20, 64, **settings, rng=np.random.default_rng(0))
    for name, value in layer.params.items():
        fresh.params[name] = value
    np.testing.assert_array_equal(fresh.forward(x[:70]), y)
    np.testing.assert_array_equal(fresh.backward(dy), dx)
    for name, gradient in layer.grads.items():
        np.testing.assert_array_equal(fresh.grads[name], gradient)


@each_layer
def test_what_is_refused(kind, rng):
    layer = kind(3, 4)
    name = kind.__name__
    for shape in ((5, 3), (2, 5, 4)):
        with pytest.raises(ValueError, match=rf"{name} takes \(N, T, 3\); got shape"):
            layer.forward(np.ones(shape, np.float32))
    for shape in ((0, 5, 3), (2, 0, 3)):
        with pytest.raises(ValueError, match=f"{name.lower()}_forward: the batch is empty"):
            layer.forward(np.ones(shape, np.float32))
    with pytest.raises(ValueError, match=rf"{name}: initial must be . states of \(1, 2, 4\); got"):
        layer.forward(np.ones((2, 5, 3), np.float32), initial=np.ones((2, 4), np.float32))
    with pytest.raises(ValueError, match=rf"{name.lower()}_forward: x of shape \(2, 3\) is not \(N, T, 3\)"):
        PAIRS[kind][0](np.ones((2, 3)), np.ones((3, 4)), np.ones((4, 4)))


def test_a_nonlinearity_that_is_neither():
    with pytest.raises(ValueError, match='RNN: nonlinearity must be "tanh" or "relu", got \'sine\''):
        RNN(3, 4, nonlinearity="sine")
    with pytest.raises(ValueError, match='rnn_forward: nonlinearity must be "tanh" or "relu"'):
        rnn_forward(np.ones((1, 2, 3)), np.ones((3, 4)), np.ones((4, 4)), nonlinearity="sine")


def test_repr():
    assert repr(LSTM(28, 64, return_sequences=False)) == "LSTM(input_size=28, hidden_size=64, return_sequences=False)"
    assert repr(RNN(3, 4, 2, "relu")) == "RNN(input_size=3, hidden_size=4, num_layers=2, nonlinearity='relu')"


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_gates_learn_to_remember_the_first_step(kind, rng):
    x = rng.standard_normal((500, 8, 2)).astype(np.float32)
    t = (x[:, 0, 0] > 0).astype(np.int64)
    model = Sequential(kind(2, 16, return_sequences=False), Linear(16, 2))
    nural.fit(model, x, t, epochs=30, batch_size=25, optimizer=nural.SGD(0.2, momentum=0.9))
    assert nural.evaluate(model, x, t)["accuracy"] > 0.95


def theirs_like(ours, torch, **settings):
    """PyTorch's layer with the weights of ours."""
    dtype = getattr(torch, ours.dtype.name)
    theirs = getattr(torch.nn, type(ours).__name__)(
        ours.input_size, ours.hidden_size, ours.num_layers, batch_first=True, dtype=dtype, **settings
    )
    for name, weight in theirs.named_parameters():
        value = ours.params[name.replace("weight", "W").replace("bias", "b")]
        weight.data = torch.from_numpy(value.T.copy())
    return theirs


@pytest.mark.parity
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)])
@pytest.mark.parametrize("begins", ["from zero", "from given states"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2, 3])
@pytest.mark.parametrize(("kind", "extra"), [(RNN, {}), (RNN, {"nonlinearity": "relu"}), (LSTM, {}), (GRU, {})])
def test_equals_pytorch(kind, extra, num_layers, bidirectional, bias, begins, dtype, tolerance, rng):
    import torch

    torch.set_num_threads(1)
    settings = {"bias": bias, "bidirectional": bidirectional, **extra}
    ours = kind(3, 5, num_layers, **settings, dtype=dtype, rng=rng)
    theirs = theirs_like(ours, torch, **settings)
    x = rng.standard_normal((4, 6, 3)).astype(dtype)
    states = rng.standard_normal((2, num_layers * (1 + bidirectional), 4, 5)).astype(dtype)
    initial = None if begins == "from zero" else tuple(states) if kind is LSTM else states[0]
    given = torch.from_numpy(x).requires_grad_()
    as_tensors = tuple(map(torch.from_numpy, states)) if kind is LSTM else torch.from_numpy(states[0])
    h, final = theirs(given, None if initial is None else as_tensors)
    dy = rng.standard_normal(h.shape).astype(dtype)
    h.backward(torch.from_numpy(dy))
    assert given.grad is not None
    assert relative_error(ours.forward(x, train=True, initial=initial), h.detach().numpy()) < tolerance
    assert relative_error(ours.backward(dy), given.grad.numpy()) < tolerance
    for name, weight in theirs.named_parameters():
        gradient = ours.grads[name.replace("weight", "W").replace("bias", "b")]
        assert relative_error(gradient.T, weight.grad.numpy()) < tolerance, name
    found, expected = (ours.final_states(), final) if kind is LSTM else ([ours.final_states()], [final])
    for mine, its in zip(found, expected, strict=True):
        assert relative_error(mine, its.detach().numpy()) < tolerance


@pytest.mark.parity
@each_layer
def test_a_training_follows_pytorch_s(kind, rng):
    import torch

    torch.set_num_threads(1)
    ours = Sequential(kind(4, 8, return_sequences=False), Linear(8, 3)).astype(np.float64)
    recurrent, last = theirs_like(ours[0], torch), torch.nn.Linear(8, 3).double()
    last.weight.data = torch.from_numpy(ours[1].params["W"].T.copy())
    last.bias.data = torch.from_numpy(ours[1].params["b"].copy())
    descent = torch.optim.SGD([*recurrent.parameters(), *last.parameters()], lr=0.2)
    optimizer = nural.SGD(0.2)
    for _ in range(30):
        x, t = rng.standard_normal((8, 5, 4)), rng.integers(0, 3, 8)
        loss = torch.nn.functional.cross_entropy(last(recurrent(torch.from_numpy(x))[0][:, -1]), torch.from_numpy(t))
        descent.zero_grad()
        loss.backward()
        descent.step()
        value, dy = nural.cross_entropy_loss(ours.forward(x, train=True), t)
        ours.backward(dy, need_dx=False)
        optimizer.update(ours.params, ours.grads)
        assert value == pytest.approx(loss.item(), abs=1e-12)
