"""What the files of a learner's network say, in English and in Chinese."""

LANGUAGES = "en", "zh"

LAYERS = {
    "en": '''"""The functions that {source} is made of: write each in NumPy.

dy is the derivative of the loss with respect to y; dx, dW and so on likewise. A batch is (N, features), images are
(N, H, W, channels), sequences (N, steps, features); weights are (in, out), kernels (kh, kw, in, out).
`nural learn check`, called in this folder, says what is right and what is wrong, and why.
"""
''',
    "zh": '''"""{source} 由这些函数组成：请用 NumPy 逐个写出。

dy 是损失函数对 y 的导数，dx、dW 等同理。一批样本为 (N, 特征)，图像为 (N, 高, 宽, 通道)，序列为 (N, 时间步, 特征)；
权重为 (输入, 输出)，卷积核为 (kh, kw, 输入通道, 输出通道)。在本文件夹中运行 `nural learn check`，
它会指出哪些对、哪些错，以及错在哪里。
"""
''',
}

BACKWARD = {
    "en": "The gradients of {forward}: return {results}, given dy.",
    "zh": "{forward} 的反向传播：由 dy 求梯度，返回 {results}。",
}
PYTORCH = {"en": "PyTorch: {torch}", "zh": "PyTorch 中：{torch}"}

NETWORK = {
    "en": '''"""The network of {source}, made of the functions of layers.py.

{table}

Three dictionaries hold all arrays by name: values["{name}"] is what {name} gives, weights["{array}"] an array of
its own, and gradients["{name}"], gradients["{array}"] are the derivatives of the loss with respect to these.
{given}"""
''',
    "zh": '''"""{source} 的网络，由 layers.py 中的函数组成。

{table}

所有数组按名字存放在三个字典里：values["{name}"] 是 {name} 的输出，weights["{array}"] 是它的参数，
gradients["{name}"] 与 gradients["{array}"] 是损失函数对它们的导数（梯度）。
{given}"""
''',
}
MASKS = {
    "en": 'A dropout finds its mask in values["{name}.mask"].\n',
    "zh": 'dropout 的掩码在 values["{name}.mask"] 中给出。\n',
}

DOCSTRINGS = {
    "forward": {
        "en": """Forward pass: add the value of every part to `values`, which holds values["x"]; one line a part.""",
        "zh": """前向传播：values 中已有 values["x"]，把每一部分的输出依次存入 values，每部分一行。""",
    },
    "backward": {
        "en": """Backward pass: add every gradient to `gradients`, which holds gradients["{output}"]; from the last part
    to the first.""",
        "zh": """反向传播：gradients 中已有 gradients["{output}"]，从最后一部分到第一部分，
    把每个梯度存入 gradients。""",
    },
    "predict": {
        "en": """The output for x, as in evaluation{differs}.""",
        "zh": """预测：x 的输出{differs}。""",
    },
    "step": {
        "en": """One step of gradient descent, which changes `weights` in place; return the loss.

    forward, then {loss}, then backward; then sgd_update for each array that has a gradient{running}.""",
        "zh": """一步梯度下降，就地更新 weights，返回损失。

    先前向传播，再求 {loss}，再反向传播；最后对每个有梯度的数组调用 sgd_update{running}。""",
    },
    "train": {
        "en": """The loop: one step for each (values, t) of `batches`; return the losses, one after another.""",
        "zh": """训练循环：对 batches 中的每个 (values, t) 做一步更新，按顺序返回各步的损失。""",
    },
}
DIFFERS = {
    "en": ": a dropout lets everything through, and a batch norm takes its running averages",
    "zh": "：dropout 不丢弃任何值，批归一化使用滑动平均的均值与方差",
}
RUNNING = {
    "en": """.
    The running averages of {names} take {share} of the batch's mean, and of its variance times n / (n - 1),
    and keep the rest of themselves""",
    "zh": """。
    {names} 的滑动平均：取 {share} 份本批的均值与方差（方差乘以 n / (n - 1)），其余保留原值""",
}
LOSSES = {
    "cross_entropy_loss": {
        "en": "The loss, −mean_n log p_n[t_n] with p = softmax(y), and dy, its derivative with respect to y; "
        "t holds labels: return loss, dy.",
        "zh": "交叉熵损失：−mean_n log p_n[t_n]，其中 p = softmax(y)，t 为标签；返回损失 loss 以及它对 y 的导数 dy。",
    },
    "mean_squared_loss": {
        "en": "The loss, the mean of (y − t)² over all values, and dy, its derivative with respect to y: "
        "return loss, dy.",
        "zh": "均方误差：所有 (y − t)² 的平均；返回损失 loss 以及它对 y 的导数 dy。",
    },
    "binary_cross_entropy_loss": {
        "en": "The loss, −mean (t log p + (1 − t) log(1 − p)) with p = σ(y), and dy, its derivative with respect to y: "
        "return loss, dy.",
        "zh": "二元交叉熵：−mean (t log p + (1 − t) log(1 − p))，其中 p = σ(y)；返回损失 loss 以及它对 y 的导数 dy。",
    },
}
TRAIN = {
    "en": "Train the network of {source} with your functions: python train.py",
    "zh": "用你写的函数训练 {source} 的网络：python train.py",
}
