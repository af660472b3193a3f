"""Write the MNIST that nural carries, from the tutorial's ``mnist.pkl.gz``.

python tools/encode_mnist.py mnist.pkl.gz src/nural/data/mnist/mnist.safetensors
"""

import argparse
from pathlib import Path

import numpy as np

from nural.atomic_file import write_atomically
from nural.data import load_mnist_datasets
from nural.data.digits import to_float32
from nural.data.embedded_mnist import decode, encode


def main() -> None:
    """Encode, decode again to be sure, then write."""
    parser = argparse.ArgumentParser(description="Encode MNIST for the package, without loss.")
    parser.add_argument("source", type=Path, help="mnist.pkl.gz, whose pixels are multiples of 1/256")
    parser.add_argument("output", type=Path, help="the safetensors file to write")
    arguments = parser.parse_args()

    sets = load_mnist_datasets(arguments.source)  # training, validation and test: MNIST's own order
    x = np.concatenate([pixels for pixels, _ in sets])
    y = np.concatenate([labels for _, labels in sets])
    content = encode(np.rint(x * 256).astype(np.uint8), y.astype(np.uint8))

    decoded = decode(content)
    if not np.array_equal(np.concatenate([to_float32(pixels) for pixels, _ in decoded]), x):
        parser.error(f"{arguments.source}: the encoded pixels differ from its pixels")
    if not np.array_equal(np.concatenate([labels for _, labels in decoded]), y):
        parser.error(f"{arguments.source}: the encoded labels differ from its labels")
    write_atomically(arguments.output, content)
    print(f"{arguments.output}: {len(content):,} bytes, {len(y):,} digits")


if __name__ == "__main__":
    main()
