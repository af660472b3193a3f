"""Images: convolution and pooling, on windows that slide over them."""

import numpy as np


def conv2d_forward(x, K, b=0, stride=1, padding=0, dilation=1, groups=1):
    """y_rc = b + Σ_ij x_(r·stride + i·dilation, c·stride + j·dilation) K_ij, each group of channels by itself."""
    if groups > 1:
        parts = zip(np.split(x, groups, axis=3), np.split(K, groups, axis=3), strict=True)
        return np.concatenate([conv2d_forward(x, K, 0, stride, padding, dilation) for x, K in parts], axis=3) + b
    X = windows(pad2d_forward(x, padding), K.shape[:2], stride, dilation)
    return sum(X[..., i, j] @ K[i, j] for i, j in np.ndindex(K.shape[:2])) + b


def conv2d_backward(dy, K, x, stride=1, padding=0, dilation=1, groups=1):
    """dK_ij = Σ_nrc X_ijᵀ dy, db = Σ_nrc dy, dX_ij = dy K_ijᵀ: a pixel adds up what its windows send back."""
    if groups > 1:
        parts = zip(*(np.split(array, groups, axis=3) for array in (dy, K, x)), strict=True)
        gradients = [conv2d_backward(dy, K, x, stride, padding, dilation) for dy, K, x in parts]
        return tuple(np.concatenate(parts, axis=-1) for parts in zip(*gradients, strict=True))
    x = pad2d_forward(x, padding)
    dK, dx = np.empty_like(K), np.zeros_like(x)
    X, dX = (windows(array, K.shape[:2], stride, dilation) for array in (x, dx))
    for i, j in np.ndindex(K.shape[:2]):
        dK[i, j] = np.einsum("nrcx,nrcy->xy", X[..., i, j], dy)
        dX[..., i, j] += dy @ K[i, j].T
    return dK, dy.sum(axis=(0, 1, 2)), pad2d_backward(dx, padding)


def windows(x, kernel_size, stride=None, dilation=1):
    """X[n, r, c, :, i, j] = x[n, r·stride + i·dilation, c·stride + j·dilation]: a view, so adding to X adds to x."""
    kernel, dilation = down_across(kernel_size), down_across(dilation)
    stride = kernel if stride is None else down_across(stride)
    extent = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    X = np.lib.stride_tricks.sliding_window_view(x, extent, axis=(1, 2), writeable=True)
    return X[:, :: stride[0], :: stride[1], :, :: dilation[0], :: dilation[1]]


def max_pool2d_forward(x, kernel_size, stride=None, padding=0, dilation=1):
    """y_rc = max_ij x_(r·stride + i·dilation, c·stride + j·dilation), with −∞ around the image."""
    x = np.pad(x, ((0, 0), *sides(padding), (0, 0)), constant_values=-np.inf)
    return windows(x, kernel_size, stride, dilation).max(axis=(4, 5))


def max_pool2d_backward(dy, x, y, kernel_size, stride=None, padding=0, dilation=1):
    """dX_ij = dy where X_ij is the maximum of its window, the first one if there are several; else 0."""
    x = np.pad(x, ((0, 0), *sides(padding), (0, 0)), constant_values=-np.inf)
    dx = np.zeros_like(x)
    X, dX = (windows(array, kernel_size, stride, dilation) for array in (x, dx))
    first = (y[..., None, None] == X).reshape(*y.shape, -1).argmax(axis=-1)
    for position, (i, j) in enumerate(np.ndindex(X.shape[4:])):
        dX[..., i, j] += dy * (first == position)
    return pad2d_backward(dx, padding)


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """y_rc = mean_ij x_(r·stride + i, c·stride + j), with zeros around the image."""
    return windows(pad2d_forward(x, padding), kernel_size, stride).mean(axis=(4, 5))


def avg_pool2d_backward(dy, x_shape, kernel_size, stride=None, padding=0):
    """dX_ij = dy / (kh kw)."""
    dx = pad2d_forward(np.zeros(x_shape, dy.dtype), padding)
    dX = windows(dx, kernel_size, stride)
    kh, kw = dX.shape[4:]
    for i, j in np.ndindex(kh, kw):
        dX[..., i, j] += dy / (kh * kw)
    return pad2d_backward(dx, padding)


def global_avg_pool2d_forward(x):
    """y = mean over the image."""
    return x.mean(axis=(1, 2))


def global_avg_pool2d_backward(dy, x_shape):
    """dx_hw = dy / (H W)."""
    return np.ones(x_shape, dy.dtype) * dy[:, None, None] / (x_shape[1] * x_shape[2])


def adaptive_avg_pool2d_forward(x, output_size):
    """y_rc = mean of x over bin rc."""
    y = np.empty((len(x), *down_across(output_size), x.shape[3]), x.dtype)
    for r, c, rows, columns in bins(x.shape, output_size):
        y[:, r, c] = x[:, rows, columns].mean(axis=(1, 2))
    return y


def adaptive_avg_pool2d_backward(dy, x_shape, output_size):
    """dx_hw = Σ dy_rc / pixels in bin rc, over the bins with this pixel."""
    dx = np.zeros(x_shape, dy.dtype)
    for r, c, rows, columns in bins(x_shape, output_size):
        dx[:, rows, columns] += dy[:, r : r + 1, c : c + 1] / dx[0, rows, columns, 0].size
    return dx


def adaptive_max_pool2d_forward(x, output_size):
    """y_rc = max of x over bin rc."""
    y = np.empty((len(x), *down_across(output_size), x.shape[3]), x.dtype)
    for r, c, rows, columns in bins(x.shape, output_size):
        y[:, r, c] = x[:, rows, columns].max(axis=(1, 2))
    return y


def adaptive_max_pool2d_backward(dy, x, y, output_size):
    """dx_hw = Σ dy_rc over the bins whose first maximum is this pixel: each bin is the one window of a max pooling."""
    dx = np.zeros_like(x)
    for r, c, rows, columns in bins(x.shape, output_size):
        of_bin, pixels = (slice(None), slice(r, r + 1), slice(c, c + 1)), x[:, rows, columns]
        dx[:, rows, columns] += max_pool2d_backward(dy[of_bin], pixels, y[of_bin], pixels.shape[1:3])
    return dx


def bins(x_shape, output_size):
    """For each r, c: the rows from ⌊r H / oh⌋ up to ⌈(r + 1) H / oh⌉, and the columns likewise."""
    rows, columns = (
        [slice(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]
        for size, count in zip(x_shape[1:3], down_across(output_size), strict=True)
    )
    for r, c in np.ndindex(len(rows), len(columns)):
        yield r, c, rows[r], columns[c]


def pad2d_forward(x, padding, mode="zeros"):
    """y_ij = x_(r(i), c(j)) with the rows r and columns c of `repeated`, or 0 around the image."""
    if mode == "zeros":
        return np.pad(x, ((0, 0), *sides(padding), (0, 0)))
    down, across = sides(padding)
    return x[:, repeated(x.shape[1], down, mode)][:, :, repeated(x.shape[2], across, mode)]


def pad2d_backward(dy, padding, mode="zeros"):
    """dx_hw = Σ dy_ij over all i, j with r(i) = h and c(j) = w."""
    (top, bottom), (left, right) = down, across = sides(padding)
    inside = dy[:, top : dy.shape[1] - bottom, left : dy.shape[2] - right]
    if mode == "zeros":
        return inside
    n, height, width, _ = inside.shape
    dx = np.zeros_like(inside)
    np.add.at(dx, np.ix_(range(n), repeated(height, down, mode), repeated(width, across, mode)), dy)
    return dx


def repeated(size, border, mode):
    """Which of the image's rows (or columns) each one of the padded image repeats."""
    i = np.arange(-border[0], size + border[1])
    mirrored = size - 1 - np.abs(size - 1 - np.abs(i))
    return {"reflect": mirrored, "replicate": np.clip(i, 0, size - 1), "circular": i % size}[mode]


def sides(padding):
    """((top, bottom), (left, right)) of one number, of (down, across), or of themselves."""
    return tuple(down_across(side) for side in down_across(padding))


def down_across(value):
    """A number as the pair (down, across); a pair as it is."""
    return (value, value) if isinstance(value, int) else value
