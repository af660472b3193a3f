"""Where Keras differs from PyTorch, and nural's arguments for either: the proof of docs/pytorch-and-keras.md.

Keras runs on its PyTorch back end and in float32, since it turns float64 into float32 between its operations; nural and
PyTorch run in float64.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from torch_twins import channels_first, channels_last

import nural
from nural.cases import relative_error
from nural.initializers import orthogonal
from nural.layers import AvgPool2d, MaxPool2d
from nural.layers.convolution import Conv2d
from nural.layers.windows import same_padding

pytestmark = pytest.mark.parity

PAGE = Path(__file__).parents[2] / "docs" / "pytorch-and-keras.md"
TOLERANCE = 1e-10  # of float64
KERAS_TOLERANCE = 1e-5  # of float32


@pytest.fixture(scope="module")
def keras(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))  # where it writes its settings
        import keras

        assert (keras.backend.backend(), keras.config.floatx()) == ("torch", "float32")
        yield keras


def test_the_page_names_tests_that_are_here():
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text()))
    assert len(named) > 10
    assert named <= set(globals())


# -- optimizers ----------------------------------------------------------------------------------------------


def gradients(W, step):
    """Of very different sizes, so that every epsilon matters; the same for all frameworks."""
    rng = np.random.default_rng(step)
    size = 10.0 ** np.linspace(-9, 0, W.shape[0] * W.shape[1]).reshape(W.shape)
    return rng.standard_normal(W.shape) * size


def start():
    return np.random.default_rng(0).standard_normal((5, 4))


def after_ten_steps_of_ours(optimizer, rates=None):
    W = start()
    for step in range(10):
        if rates is not None:
            optimizer.learning_rate = rates[step]
        optimizer.update({"W": W}, {"W": gradients(W, step)})
    return W


def after_ten_steps_of_pytorch(make, rates=None):
    import torch

    W = torch.nn.Parameter(torch.from_numpy(start()))
    optimizer = make(torch.optim)([W])
    for step in range(10):
        if rates is not None:
            optimizer.param_groups[0]["lr"] = rates[step]
        W.grad = torch.from_numpy(gradients(W, step))
        optimizer.step()
    return W.detach().numpy()


def values(variable):
    """A variable of Keras's as an array."""
    return variable.value.detach().numpy()


def after_ten_steps_of_keras(keras, make, rates=None):
    import torch

    W = keras.Variable(start(), dtype="float32")
    optimizer = make(keras.optimizers)
    optimizer.build([W])
    for step in range(10):
        if rates is not None:
            optimizer.learning_rate = rates[step]
        optimizer.apply([torch.from_numpy(gradients(W, step)).float()], [W])
    return values(W)


def three_ways(keras, ours, pytorch, ours_as_keras, in_keras):
    """nural is PyTorch with its own arguments and Keras with others, and these two differ."""
    as_pytorch, as_keras = after_ten_steps_of_ours(ours), after_ten_steps_of_ours(ours_as_keras)
    assert relative_error(as_pytorch, after_ten_steps_of_pytorch(pytorch)) < TOLERANCE
    assert relative_error(as_keras, after_ten_steps_of_keras(keras, in_keras)) < KERAS_TOLERANCE
    assert relative_error(as_pytorch, as_keras) > 100 * KERAS_TOLERANCE


@pytest.mark.parametrize("amsgrad", [False, True])
def test_adam(keras, amsgrad):
    three_ways(
        keras,
        nural.Adam(0.1, amsgrad=amsgrad),
        lambda optim: lambda W: optim.Adam(W, lr=0.1, amsgrad=amsgrad),
        nural.Adam(0.1, amsgrad=amsgrad, eps=1e-7, eps_hat=True),
        lambda optimizers: optimizers.Adam(0.1, amsgrad=amsgrad),
    )


def test_adamw(keras):
    three_ways(
        keras,
        nural.AdamW(0.1),
        lambda optim: lambda W: optim.AdamW(W, lr=0.1),
        nural.AdamW(0.1, weight_decay=0.004, eps=1e-7, eps_hat=True),
        lambda optimizers: optimizers.AdamW(0.1),
    )


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}, {"centered": True}], ids=str)
def test_rmsprop(keras, options):
    three_ways(
        keras,
        nural.RMSProp(0.1, **options),
        lambda optim: lambda W: optim.RMSprop(W, lr=0.1, **options),
        nural.RMSProp(0.1, alpha=0.9, eps=1e-7, eps_inside_sqrt=True, **options),
        lambda optimizers: optimizers.RMSprop(0.1, **options),
    )


def test_adagrad(keras):
    three_ways(
        keras,
        nural.AdaGrad(0.1),
        lambda optim: lambda W: optim.Adagrad(W, lr=0.1),
        nural.AdaGrad(0.1, initial_accumulator_value=0.1, eps=1e-7, eps_inside_sqrt=True),
        lambda optimizers: optimizers.Adagrad(0.1),
    )


def test_adadelta(keras):
    three_ways(
        keras,
        nural.Adadelta(1.0),
        lambda optim: lambda W: optim.Adadelta(W, lr=1.0),
        nural.Adadelta(1.0, rho=0.95, eps=1e-7),
        lambda optimizers: optimizers.Adadelta(1.0),
    )


def test_weight_decay(keras):
    three_ways(
        keras,
        nural.Adam(0.1, weight_decay=0.2),
        lambda optim: lambda W: optim.Adam(W, lr=0.1, weight_decay=0.2),
        nural.Adam(0.1, weight_decay=0.2, eps=1e-7, eps_hat=True, decoupled_weight_decay=True),
        lambda optimizers: optimizers.Adam(0.1, weight_decay=0.2),
    )


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum(keras, nesterov):
    """The same while the learning rate stays; when it changes, nural does what PyTorch does."""

    def in_keras(optimizers):
        return optimizers.SGD(0.5, momentum=0.9, nesterov=nesterov)

    def in_pytorch(optim):
        return lambda W: optim.SGD(W, lr=0.5, momentum=0.9, nesterov=nesterov)

    def ours(rates=None):
        return after_ten_steps_of_ours(nural.SGD(0.5, momentum=0.9, nesterov=nesterov), rates)

    assert relative_error(ours(), after_ten_steps_of_pytorch(in_pytorch)) < TOLERANCE
    assert relative_error(ours(), after_ten_steps_of_keras(keras, in_keras)) < KERAS_TOLERANCE
    falling = [0.5 * 0.8**step for step in range(10)]
    assert relative_error(ours(falling), after_ten_steps_of_pytorch(in_pytorch, falling)) < TOLERANCE
    assert relative_error(ours(falling), after_ten_steps_of_keras(keras, in_keras, falling)) > 1e-2


def test_clipping_by_norm(keras, rng):
    """Keras's `global_clipnorm` takes all gradients together, as PyTorch and nural do, its `clipnorm` each alone."""
    import torch

    grads = {"W": rng.standard_normal((5, 4)), "b": 3 * rng.standard_normal(4)}

    def in_keras(**limit):
        variables = [keras.Variable(np.zeros(g.shape), dtype="float32") for g in grads.values()]
        optimizer = keras.optimizers.SGD(1.0, **limit)
        optimizer.build(variables)
        optimizer.apply([torch.from_numpy(g.copy()).float() for g in grads.values()], variables)
        return [values(variable) for variable in variables]

    together, alone = in_keras(global_clipnorm=0.5), in_keras(clipnorm=0.5)
    params = {name: np.zeros(g.shape) for name, g in grads.items()}
    nural.Clipped(nural.SGD(1.0), max_norm=0.5).update(params, grads)
    for W, expected, other in zip(params.values(), together, alone, strict=True):
        assert relative_error(W, expected) < KERAS_TOLERANCE
        assert relative_error(W, other) > 1e-2


# -- layers --------------------------------------------------------------------------------------------------


def passes_of_keras(layer, x, training=None):
    """The output, dy, the gradient of x and those of the layer's trainable variables, as arrays."""
    import torch

    tensor = torch.from_numpy(np.array(x, np.float32)).requires_grad_()
    y = layer(tensor, training=training) if training is not None else layer(tensor)
    dy = np.random.default_rng(2).standard_normal(tuple(y.shape)).astype(np.float32)
    y.backward(torch.from_numpy(dy))
    assert tensor.grad is not None
    found = [variable.value.grad.numpy().copy() for variable in layer.trainable_variables]
    return y.detach().numpy(), dy, tensor.grad.numpy(), found


def assert_equal_layers(ours, theirs, x, to_keras=None, train=False, training=None):
    """A layer of nural's and one of Keras's that has been built, with random weights put into both.

    ``to_keras`` gives Keras's weights from nural's, by name; both have nural's order otherwise.
    """
    rng = np.random.default_rng(1)
    ours = ours.astype(np.float64)
    for name, value in ours.params.items():
        ours.params[name] = rng.standard_normal(value.shape) * 0.5
    if to_keras is None:
        to_keras = lambda arrays: list(arrays.values())  # noqa: E731
    for variable, value in zip(theirs.trainable_variables, to_keras(ours.params), strict=True):
        variable.assign(value)
    y, dy, dx, expected = passes_of_keras(theirs, x, training)
    assert relative_error(ours.forward(x, train), y) < KERAS_TOLERANCE
    assert relative_error(ours.backward(dy), dx) < KERAS_TOLERANCE
    for gradient, value in zip(to_keras(ours.grads), expected, strict=True):
        assert relative_error(gradient, value) < KERAS_TOLERANCE
    return ours


def built(layer, shape):
    layer.build(shape)
    return layer


def test_dense(keras, rng):
    x = rng.standard_normal((4, 6))
    assert_equal_layers(nural.Linear(6, 3), built(keras.layers.Dense(3), x.shape), x)
    assert_equal_layers(nural.Linear(6, 3, bias=False), built(keras.layers.Dense(3, use_bias=False), x.shape), x)


@pytest.mark.parametrize("settings", [{}, {"strides": (2, 1)}, {"dilation_rate": 2}, {"groups": 2}], ids=str)
def test_convolution(keras, settings, rng):
    x = rng.standard_normal((2, 7, 6, 4))
    names = {"strides": "stride", "dilation_rate": "dilation", "groups": "groups"}
    ours = Conv2d(4, 6, (3, 2), **{names[name]: value for name, value in settings.items()})
    assert_equal_layers(ours, built(keras.layers.Conv2D(6, (3, 2), **settings), x.shape), x)


@pytest.mark.parametrize("size", [(7, 8), (8, 5)])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 2, 1), (4, 3, 1), ((2, 5), (2, 1), 1), (3, 1, 2)])
def test_same_padding(keras, size, kernel, stride, dilation, rng):
    """Keras pads for ⌈size / stride⌉ windows; PyTorch's "same" has stride 1, where they agree."""
    import torch

    x = rng.standard_normal((2, *size, 3))
    theirs = keras.layers.Conv2D(2, kernel, strides=stride, padding="same", dilation_rate=dilation)
    padding = same_padding(size, kernel, stride, dilation)
    ours = Conv2d(3, 2, kernel, stride, padding=padding, dilation=dilation)
    ours = assert_equal_layers(ours, built(theirs, x.shape), x)
    if stride == 1:
        in_pytorch = Conv2d(3, 2, kernel, padding="same", dilation=dilation).astype(np.float64)
        for name, value in ours.params.items():
            in_pytorch.params[name] = value
        np.testing.assert_array_equal(in_pytorch.forward(x), ours.forward(x))
        kernel_of_theirs = torch.from_numpy(ours.params["K"].transpose(3, 2, 0, 1).copy())
        image, bias = torch.from_numpy(channels_first(x)), torch.from_numpy(ours.params["b"])
        y = torch.nn.functional.conv2d(image, kernel_of_theirs, bias, padding="same", dilation=dilation)
        assert relative_error(in_pytorch.forward(x), channels_last(y.numpy())) < TOLERANCE
    else:
        with pytest.raises(ValueError, match="same"):
            torch.nn.Conv2d(3, 2, kernel, stride, padding="same")


@pytest.mark.parametrize(("kernel", "stride", "size"), [(2, 2, (8, 6)), (3, 2, (7, 5)), ((3, 2), (1, 3), (5, 5))])
def test_pooling(keras, kernel, stride, size, rng):
    """With "same" padding the average does not count what it padded; PyTorch's counts it, unless told otherwise.

    The sizes are such that "same" pads as much before as after: for the others Keras's PyTorch back end repeats the
    outermost pixels.
    """
    import torch

    x = rng.standard_normal((2, *size, 3))
    for theirs, ours in ((keras.layers.MaxPooling2D, MaxPool2d), (keras.layers.AveragePooling2D, AvgPool2d)):
        assert_equal_layers(ours(kernel, stride), theirs(kernel, stride), x)
        padding = same_padding(size, kernel, stride)
        options = {} if ours is MaxPool2d else {"count_include_pad": False}
        assert_equal_layers(ours(kernel, stride, padding, **options), theirs(kernel, stride, "same"), x)
    padded = AvgPool2d(3, 2, 1).forward(x)
    in_pytorch = torch.nn.functional.avg_pool2d(torch.from_numpy(channels_first(x)), 3, 2, 1)
    assert relative_error(padded, channels_last(in_pytorch.numpy())) < TOLERANCE


def test_batch_norm(keras, rng):
    """Epsilon, the share of the batch in the running statistics, and the variance that these take in."""
    import torch

    x = 3 + 2 * rng.standard_normal((4, 3, 2, 5))
    theirs = built(keras.layers.BatchNormalization(), x.shape)
    ours = nural.BatchNorm2d(5, eps=1e-3, momentum=0.01, correction=0)
    ours = assert_equal_layers(ours, theirs, x, train=True, training=True)
    assert relative_error(ours.state["running_mean"], values(theirs.moving_mean)) < KERAS_TOLERANCE
    assert relative_error(ours.state["running_var"], values(theirs.moving_variance)) < KERAS_TOLERANCE
    in_keras = theirs(torch.from_numpy(x).float(), training=False).detach().numpy()
    assert relative_error(ours.forward(x), in_keras) < KERAS_TOLERANCE
    in_pytorch, own = torch.nn.BatchNorm2d(5).double(), nural.BatchNorm2d(5).astype(np.float64)
    y = in_pytorch(torch.from_numpy(channels_first(x))).detach().numpy()
    assert relative_error(own.forward(x, train=True), channels_last(y)) < TOLERANCE
    assert in_pytorch.running_var is not None
    assert relative_error(own.state["running_var"], in_pytorch.running_var.numpy()) < TOLERANCE
    assert relative_error(own.state["running_var"], ours.state["running_var"]) > 1e-2
    unbiased = nural.BatchNorm2d(5, momentum=0.01).astype(np.float64)
    unbiased.forward(x, train=True)
    assert relative_error(unbiased.state["running_var"], values(theirs.moving_variance)) > 10 * KERAS_TOLERANCE


def test_layer_norm(keras, rng):
    import torch

    x = 0.01 * rng.standard_normal((4, 6))
    ours = assert_equal_layers(nural.LayerNorm(6, eps=1e-3), built(keras.layers.LayerNormalization(), x.shape), x)
    in_pytorch = torch.nn.functional.layer_norm(torch.from_numpy(x), (6,)).numpy()
    own = nural.LayerNorm(6).astype(np.float64).forward(x)
    assert relative_error(own, in_pytorch) < TOLERANCE
    ours.params["gamma"], ours.params["beta"] = np.ones(6), np.zeros(6)
    assert relative_error(ours.forward(x), in_pytorch) > 0.1


def test_leaky_relu(keras, rng):
    import torch

    x = rng.standard_normal((4, 6))
    assert_equal_layers(nural.LeakyReLU(0.3), keras.layers.LeakyReLU(), x)
    assert relative_error(nural.LeakyReLU().forward(x), torch.nn.LeakyReLU()(torch.from_numpy(x)).numpy()) < TOLERANCE


def test_prelu(keras, rng):
    """Keras has a slope for each value unless told which dimensions share one, and begins at 0."""
    import torch

    x = rng.standard_normal((2, 3, 4, 5))
    theirs = built(keras.layers.PReLU(shared_axes=[1, 2]), x.shape)
    np.testing.assert_array_equal(nural.PReLU(5, init=0.0).params["a"], values(theirs.alpha)[0, 0])
    assert built(keras.layers.PReLU(), x.shape).alpha.shape == x.shape[1:]
    assert_equal_layers(nural.PReLU(5), theirs, x, lambda arrays: [arrays["a"].reshape(1, 1, 5)])
    np.testing.assert_array_equal(nural.PReLU(5).params["a"], torch.nn.PReLU(5).weight.detach().numpy())


# -- recurrent layers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("return_sequences", [True, False])
def test_lstm(keras, return_sequences, rng):
    """Keras has one bias where PyTorch and nural have two; only their sum matters."""
    x = rng.standard_normal((3, 5, 4))
    theirs = built(keras.layers.LSTM(2, return_sequences=return_sequences), x.shape)
    ours = nural.LSTM(4, 2, return_sequences=return_sequences, bias=False)
    without = keras.layers.LSTM(2, return_sequences=return_sequences, use_bias=False)
    assert_equal_layers(ours, built(without, x.shape), x)
    ours = nural.LSTM(4, 2, return_sequences=return_sequences).astype(np.float64)
    kernel, recurrent, bias = (values(variable) for variable in theirs.trainable_variables)
    for name, value in zip(ours.params, (kernel, recurrent, bias, 0 * bias), strict=True):
        ours.params[name] = value
    y, dy, dx, expected = passes_of_keras(theirs, x)
    assert relative_error(ours.forward(x), y) < KERAS_TOLERANCE
    assert relative_error(ours.backward(dy), dx) < KERAS_TOLERANCE
    for name, gradient in zip(("W_ih_l0", "W_hh_l0", "b_ih_l0"), expected, strict=True):
        assert relative_error(ours.grads[name], gradient) < KERAS_TOLERANCE


def keras_order(array):
    """Gates r, z, n as Keras has them: z, r, n."""
    r, z, n = np.split(array, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)


@pytest.mark.parametrize("settings", [{"return_sequences": True}, {}], ids=str)
def test_gru(keras, settings, rng):
    """`reset_after=True`, Keras's default, is PyTorch's formula; its gates are in another order.

    It gives the last step, unless told otherwise.
    """
    x = rng.standard_normal((3, 5, 4))
    theirs = built(keras.layers.GRU(2, **settings, reset_after=True), x.shape)

    def to_keras(arrays):
        biases = np.stack([arrays["b_ih_l0"], arrays["b_hh_l0"]])
        return [keras_order(a) for a in (arrays["W_ih_l0"], arrays["W_hh_l0"], biases)]

    ours = assert_equal_layers(nural.GRU(4, 2, return_sequences=bool(settings)), theirs, x, to_keras)
    before = built(keras.layers.GRU(2, **settings, reset_after=False, use_bias=False), x.shape)
    for variable, value in zip(before.trainable_variables, to_keras(ours.params)[:2], strict=True):
        variable.assign(value)
    without = nural.GRU(4, 2, bias=False, return_sequences=bool(settings)).astype(np.float64)
    for name in without.params:
        without.params[name] = ours.params[name]
    assert relative_error(without.forward(x), passes_of_keras(before, x)[0]) > 1e-3


# -- the beginning -------------------------------------------------------------------------------------------


def assert_same_distribution(a, b):
    """Uniform between the same bounds, judged by some ten thousand draws each."""
    assert np.abs(a).max() == pytest.approx(np.abs(b).max(), rel=2e-3)
    assert np.std(a) == pytest.approx(np.std(b), rel=2e-2)


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_initial_weights(keras, name, rng):
    import torch

    torch.manual_seed(0)
    keras.utils.set_random_seed(0)
    ours = [nural.Linear(150, 80, initializer=name, rng=rng), Conv2d(20, 60, 3, initializer=name, rng=rng)]
    if name == "torch":
        theirs = [torch.nn.Linear(150, 80), torch.nn.Conv2d(20, 60, 3)]
        arrays = [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in theirs]
    else:
        theirs = [
            built(keras.layers.Dense(80), (1, 150)),
            built(keras.layers.Conv2D(60, 3), (1, 9, 9, 20)),
        ]
        arrays = [(values(layer.kernel), values(layer.bias)) for layer in theirs]
    for layer, (weight, bias) in zip(ours, arrays, strict=True):
        W = layer.params["W" if "W" in layer.params else "K"]
        assert_same_distribution(W, weight)
        assert np.any(bias) == np.any(layer.params["b"]) == (name == "torch")
        assert np.abs(bias).max() <= np.abs(weight).max() * 1.01


def test_initial_weights_of_recurrent_layers(keras, rng):
    """Keras: Glorot and orthogonal, biases 0 but those of an LSTM's f, which are 1. PyTorch: all uniform."""
    import torch

    torch.manual_seed(0)
    keras.utils.set_random_seed(0)
    theirs = built(keras.layers.LSTM(40), (1, 5, 60))
    kernel, recurrent, bias = (values(variable) for variable in theirs.trainable_variables)
    ours = nural.LSTM(60, 40, rng=rng)
    in_pytorch = [value.detach().numpy() for value in torch.nn.LSTM(60, 40).parameters()]
    for value, expected in zip(ours.params.values(), in_pytorch, strict=True):
        if value.ndim == 2:
            assert_same_distribution(value, expected)
        assert max(np.abs(value).max(), np.abs(expected).max()) <= 40**-0.5
    ours.params["W_ih_l0"] = nural.initializers.glorot_uniform(rng, (60, 160))
    ours.params["W_hh_l0"] = orthogonal()(rng, (40, 160))
    ours.params["b_ih_l0"] = np.repeat([0, 1, 0, 0], 40)
    ours.params["b_hh_l0"] = np.zeros(160)
    assert_same_distribution(ours.params["W_ih_l0"], kernel)
    for W in (ours.params["W_hh_l0"], recurrent):
        np.testing.assert_allclose(W @ W.T, np.eye(40), atol=1e-5)
    np.testing.assert_array_equal(ours.params["b_ih_l0"], bias)


# -- losses --------------------------------------------------------------------------------------------------


def loss_of(make, y, t, **settings):
    """Keras's loss and its gradient."""
    import torch

    tensor = torch.from_numpy(np.array(y, np.float32)).requires_grad_()
    target = np.asarray(t, np.float32) if np.asarray(t).dtype.kind == "f" else t
    loss = make(torch.from_numpy(target), tensor, **settings)
    loss.backward()
    assert tensor.grad is not None
    return loss.item(), tensor.grad.numpy()


def test_class_weights(keras, rng):
    """PyTorch divides by the sum of the weights, Keras by the number of samples, as nural does for one-hot rows."""
    import torch

    y, labels, w = 2 * rng.standard_normal((6, 4)), rng.integers(0, 4, 6), np.array([0.5, 1.0, 3.0, 2.0])
    one_hot = np.eye(4)[labels]
    make = keras.losses.CategoricalCrossentropy(from_logits=True)
    expected, gradient = loss_of(make, y, one_hot, sample_weight=torch.from_numpy(w[labels]).float())
    loss, dy = nural.cross_entropy_loss(y, one_hot, weight=w)
    assert relative_error(loss, expected) < KERAS_TOLERANCE
    assert relative_error(dy, gradient) < KERAS_TOLERANCE
    in_pytorch = torch.nn.functional.cross_entropy(torch.from_numpy(y), torch.from_numpy(labels), torch.from_numpy(w))
    by_label = nural.cross_entropy_loss(y, labels, weight=w)[0]
    assert relative_error(by_label, in_pytorch.item()) < TOLERANCE
    assert relative_error(by_label, loss) > 1e-2


def test_losses_that_agree(keras, rng):
    y, t, probabilities = 2 * rng.standard_normal((5, 4)), rng.standard_normal((5, 4)), rng.random((5, 4))
    labels, one_hot = np.arange(5) % 4, np.eye(4)[np.arange(5) % 4]
    losses = keras.losses
    both = [
        (losses.SparseCategoricalCrossentropy(from_logits=True), labels, nural.cross_entropy_loss(y, labels)),
        (
            losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
            one_hot,
            nural.cross_entropy_loss(y, one_hot, label_smoothing=0.1),
        ),
        (losses.BinaryCrossentropy(from_logits=True), probabilities, nural.binary_cross_entropy_loss(y, probabilities)),
        (losses.MeanSquaredError(), t, nural.mean_squared_loss(y, t)),
        (losses.MeanAbsoluteError(), t, nural.mean_absolute_loss(y, t)),
        (losses.Huber(delta=0.7), t, nural.huber_loss(y, t, delta=0.7)),
    ]
    for make, target, (loss, dy) in both:
        expected, gradient = loss_of(make, y, target)
        assert relative_error(loss, expected) < KERAS_TOLERANCE, type(make).__name__
        assert relative_error(dy, gradient) < KERAS_TOLERANCE, type(make).__name__
