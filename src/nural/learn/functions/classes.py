"""What the checker knows as classes, and what else these are called."""

from nural.learn.functions import basic_classes, image_classes, norm_classes, optimizer_classes, recurrent_classes

FAMILIES = basic_classes, image_classes, norm_classes, recurrent_classes, optimizer_classes
CLASSES = [kind for family in FAMILIES for kind in family.CLASSES]
#: What else they are called.
ALSO = {
    "Linear": "affine fc dense fullyconnected fullyconnectedlayer fclayer denselayer linearlayer affinelayer",
    "ReLU": "relulayer",
    "Sigmoid": "sigmoidlayer",
    "Tanh": "tanhlayer",
    "Softmax": "softmaxlayer",
    "CrossEntropyLoss": "softmaxwithloss softmaxcrossentropy softmaxcrossentropyloss crossentropy softmaxloss",
    "MSELoss": "mse meansquarederror meansquaredloss squaredloss mseloss",
    "Conv2d": "convolution conv convlayer conv2dlayer convolutionlayer",
    "MaxPool2d": "pooling maxpool maxpooling maxpooling2d maxpoollayer poolinglayer",
    "AvgPool2d": "avgpool averagepooling avgpooling averagepool averagepooling2d",
    "BatchNorm": "batchnormalization batchnorm1d batchnormlayer",
    "LayerNorm": "layernormalization",
    "Dropout": "dropoutlayer",
    "Embedding": "timeembedding embeddinglayer",
    "RNN": "timernn rnnlayer vanillarnn simplernn elmanrnn",
    "LSTM": "timelstm lstmlayer",
    "GRU": "timegru grulayer",
    "Momentum": "sgdmomentum momentumsgd",
    "RMSProp": "",
    "AdaGrad": "",
}
NAMES = {name: c.name for c in CLASSES for name in (c.name.lower(), *ALSO.get(c.name, "").split())}
