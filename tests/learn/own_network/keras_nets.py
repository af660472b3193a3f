"""Networks as learners write them in Keras."""

import keras
from keras import layers

mlp = keras.Sequential(
    [
        *(keras.Input((28 * 28,)), layers.Dense(16, activation="relu"), layers.BatchNormalization()),
        *(layers.Dropout(0.2), layers.Dense(10, activation="softmax")),
    ]
)
cnn = keras.Sequential(
    [
        *(keras.Input((28, 28, 1)), layers.Conv2D(3, 5, padding="same", activation="tanh"), layers.MaxPooling2D()),
        *(layers.Conv2D(4, 3, strides=2, padding="same"), layers.LeakyReLU(), layers.GlobalAveragePooling2D()),
        *(layers.LayerNormalization(), layers.Dense(10)),
    ]
)
sequences = keras.Sequential(
    [
        *(keras.Input((7, 3)), layers.GRU(4, return_sequences=True), layers.SimpleRNN(6, return_sequences=True)),
        *(layers.LSTM(4), layers.Dense(1, activation="sigmoid")),
    ]
)
x = keras.Input((8,))
functional = keras.Model(x, layers.Dense(3)(layers.Dense(4, "elu")(x)))
branches = keras.Model(x, layers.Dense(2)(layers.add([layers.Dense(4)(x), layers.Dense(4)(x)])))
embedding = keras.Sequential([keras.Input((7,)), layers.Embedding(9, 4), layers.Flatten(), layers.Dense(2)])
