"""What the files of a learner's network say, in English and in Chinese."""

LAYERS = {
    "en": """The functions that {source} is made of: write each in NumPy.

dy is the derivative of the loss with respect to y; dx, dW and so on likewise. A batch is (N, features), images are \
(N, H, W, channels), sequences (N, steps, features); weights are (in, out), kernels (kh, kw, in, out). \
`nural learn check`, called in this folder, says what is right and what is wrong, and why.""",
    "zh": """{source} 由下面这些函数组成：请用 NumPy 逐个写出。

dy 是损失函数对 y 的导数，dx、dW 等同理。一批样本为 (N, 特征)，图像为 (N, 高, 宽, 通道)，序列为 (N, 时间步, 特征)；\
权重为 (输入, 输出)，卷积核为 (kh, kw, 输入通道, 输出通道)。在本文件夹中运行 `nural learn check`，\
它会指出哪些对、哪些错，以及错在哪里。""",
}
NETWORK = {
    "en": """The network of {source}, made of the functions of layers.py.

{table}

Three dictionaries hold all arrays by name: values["{name}"] is what {name} gives, weights["{array}"] an array of its \
own, and gradients["{name}"] and gradients["{array}"] are the derivatives of the loss with respect to these.""",
    "zh": """{source} 的网络，由 layers.py 中的函数组成。

{table}

所有数组按名字存放在三个字典里：values["{name}"] 是 {name} 的输出，weights["{array}"] 是它的参数，\
gradients["{name}"] 与 gradients["{array}"] 是损失函数对它们的梯度。""",
}
MASKS = {
    "en": ' A dropout finds its mask in values["{name}.mask"].',
    "zh": 'dropout 的掩码已在 values["{name}.mask"] 中给出。',
}
TRAIN = {
    "en": "Train the network of {source} with your functions: python train.py",
    "zh": "用你写的函数训练 {source} 的网络：python train.py",
}
#: The functions of layers.py that no track has as an exercise.
FORWARD = {"en": "{torch}: return y.", "zh": "{torch} 的前向传播：返回 y。"}
BACKWARD = {
    "en": "Backpropagation through {forward}: return {results}, given dy.",
    "zh": "{forward} 的反向传播：由 dy 求梯度，返回 {results}。",
}
#: What a forward pass returns besides.
SAVED = {
    "en": " Return {results}: what is behind y is kept for the way back.",
    "zh": "返回 {results}，y 之后的值留给反向传播使用。",
}
#: The functions of network.py: what is to be done, and the first hint.
TASKS = {
    "forward": {
        "en": 'Forward: put the value of each part into `values`, which holds values["x"] when it comes; '
        "a line a part.",
        "zh": '前向传播：values 中已有 values["x"]；把每一部分的输出依次存入 values，每部分一行。',
    },
    "backward": {
        "en": 'Backward: put all gradients into `gradients`, which holds gradients["{output}"] when it comes. Go from '
        "the last part to the first; each turns the gradient of its value into those of its weights and of what it "
        "read.",
        "zh": '反向传播：gradients 中已有 gradients["{output}"]；从最后一部分到第一部分，'
        "由每一部分输出的梯度求出其参数的梯度和输入的梯度，存入 gradients。",
    },
    "predict": {
        "en": "The network's output for x, as PyTorch gives it after net.eval(){differs}.",
        "zh": "预测：返回网络对 x 的输出，与 PyTorch 中 net.eval() 之后相同{differs}。",
    },
    "step": {
        "en": "One step of gradient descent; return the loss before it. forward, then {loss}, then backward, then "
        "sgd_update of every array of `weights` that has a gradient, in place.{running}",
        "zh": "梯度下降的一步，返回更新之前的损失：先前向传播，再求 {loss}，再反向传播，"
        "最后对 weights 中每个有梯度的数组调用 sgd_update，就地更新。{running}",
    },
    "train": {
        "en": "The loop: a step for each (values, t) of `batches`. Return the losses, one after another.",
        "zh": "训练循环：对 batches 中的每个 (values, t) 走一步，依次返回各步的损失。",
    },
}
QUESTIONS = {
    "forward": {
        "en": "In the table above, which value does a part read, and which arrays of `weights` bear its name?",
        "zh": "看上面的表：每一部分读取哪个值？weights 中哪些数组以它命名？",
    },
    "backward": {
        "en": "What did the part read in the forward pass? Its backward function asks for that, or for what it gave.",
        "zh": "这一部分在前向传播时读取了什么？它的反向传播函数需要的是输入，还是输出？",
    },
    "predict": {
        "en": "Which parts do something else in prediction than in training?",
        "zh": "哪些部分在预测时与训练时不同？",
    },
    "step": {
        "en": "The loss function returns dy as well. Which gradient is that, and who needs it?",
        "zh": "损失函数还返回 dy。它是哪个值的梯度？谁需要它？",
    },
    "train": {
        "en": "What does `step` return, and how often is it called?",
        "zh": "step 返回什么？要调用多少次？",
    },
}
DIFFERS = {
    "en": ": a dropout lets everything through, and a batch norm takes its running averages",
    "zh": "：dropout 让所有值通过，批归一化使用滑动平均的均值与方差",
}
RUNNING = {
    "en": " Last, the running averages of {names}: {share:.6g} of the batch's mean and of its variance{unbiased}; "
    "the rest is what they were.",
    "zh": "最后更新 {names} 的滑动平均：取 {share:.6g} 份本批的均值与方差{unbiased}，其余保留原值。",
}
UNBIASED = {
    "en": ", this times n / (n - 1), n the numbers in a mean",
    "zh": "（方差乘以 n / (n - 1)，n 为求均值的数的个数）",
}
TITLE = {"en": "Your own network: {source}", "zh": "你自己的网络：{source}"}
INTRODUCTION = {
    "en": "{source} as functions of NumPy: you write each of its layers forward and backward, and put them together. "
    "Every value and every gradient is compared with that of your model.",
    "zh": "用 NumPy 函数写出 {source}：逐层写出前向传播与反向传播，再组成网络。"
    "每个中间值和每个梯度都与你的模型逐一比较。",
}
