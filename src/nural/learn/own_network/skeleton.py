"""The texts of a learner's folder: `layers.py` and `network.py` with blanks or solved, and `train.py`."""

import math
from collections.abc import Mapping

from nural.data.digits import PIXELS
from nural.learn.own_network import texts
from nural.learn.own_network.network import BLANKS, Network, first_lines, table
from nural.learn.own_network.track import layer_exercise, network_exercise
from nural.learn.tracks.exercise import Exercise
from nural.learn.tracks.track import docstring_lines
from nural.learn.tracks.words import WORDS
from nural.learn.tracks.wrapping import wrapped

Shapes = Mapping[str, tuple[int, ...]]
TRAINING = '''\
"""{head}"""

{imports}
from network import predict, train

rng = np.random.default_rng(0)
weights = dict(np.load("weights.npz"))
{data}

def batches(count, size=64):
    """Some samples and their targets{and_masks}."""
    for _ in range(count):
        some = rng.integers(len(x), size=size)
        {values}
        yield values, t[some]


for epoch in range(3):
    losses = train(weights, batches(500), learning_rate=0.1)
    print(f"epoch {{epoch + 1}}: loss {{np.mean(losses):.4f}}{scored}")
'''
DIGITS = '''\
(x, labels), (x_val, labels_val), _ = load_mnist_datasets()
x, x_val = (a.reshape(-1, {shape}).astype(float) for a in (x, x_val))
t = to_categorical(labels).astype(float)


def accuracy():
    """The share of the validation digits that are read rightly."""
    return np.mean(predict(x_val, weights).argmax(axis=1) == labels_val)
'''
BATCH = """\
batch = np.load("batch.npz")  # put your own data here
x, t = batch["x"], batch["t"]
"""


def layers_text(network: Network, shapes: Shapes, solved: bool = False) -> str:
    """`layers.py`: every function that the network is made of, to be written or as in the reference.

    Args:
        network: What is written.
        shapes: Of the network's weights, for the docstrings.
        solved: Whether the solutions stand there.
    """
    head = _as_docstring(texts.LAYERS[network.language].format(source=network.source))
    if solved:
        from nural.export.numpy.target import FORMULAS, formulas_used

        used = formulas_used("\n".join(network.functions))
        formulas = "\n\n".join(text for name, text in FORMULAS.items() if name in used)
        needed = "import math\n\n" if "math." in formulas else ""
        return f"{head}\n\n{needed}import numpy as np\n\n\n{formulas}"
    blanks = [
        _function(layer_exercise(network, name), network.language, _uses(network, name, shapes))
        for name in network.functions
    ]
    return f"{head}\n\nimport numpy as np\n\n\n" + "\n\n".join(blanks)


def network_text(network: Network, solved: bool = False) -> str:
    """`network.py`: forward, backward, prediction, step and loop, to be written or solved."""
    drops = [part for part in network.parts if part.given]
    shown = next((part for part in network.parts if part.weights), network.parts[0])
    head = texts.NETWORK[network.language].format(
        source=network.source,
        table="\n".join(f"    {line}" for line in table(network)),
        name=shown.name,
        array=shown.arrays[0] if shown.arrays else "fc1.W",
    )
    head += texts.MASKS[network.language].format(name=drops[0].name) if drops else ""
    imports = "".join(f"    {name},\n" for name in sorted(network.functions) if name != "dropout_mask")
    parts = []
    for name in BLANKS:
        exercise = network_exercise(network, name)
        begins = first_lines(network, name)
        parts.append(exercise.solved() if solved else _function(exercise, network.language, [], begins))
    return f"{_as_docstring(head)}\n\nimport numpy as np\n\nfrom layers import (\n{imports})\n\n\n" + "\n\n".join(parts)


def _as_docstring(text: str) -> str:
    """A module's docstring; its lines that are indented stay as they are."""
    lines = [part for line in text.split("\n") for part in ([line] if line.startswith(" ") else wrapped(line) or [""])]
    return '"""' + "\n".join(lines) + '\n"""'


def _function(exercise: Exercise, language: str, uses: list[str], begins: list[str] | None = None) -> str:
    """The def line, the task, where the network calls it, the lines that are given, and what is not yet written."""
    lines = docstring_lines(exercise, language)
    lines = [*lines[: len(lines) - (not lines[-1])], *([""] if uses else []), *uses]
    docstring = "\n".join(f"    {line}".rstrip() for line in lines).lstrip()
    end = "\n    " if len(lines) > 1 else ""
    unwritten = WORDS[language]["unwritten function"].format(function=exercise.title)
    given = "".join(f"    {line}\n" for line in begins or [])
    blank = f'    raise NotImplementedError("{unwritten}")\n'
    return f'def {exercise.function}({exercise.arguments}):\n    """{docstring}{end}"""\n{given}{blank}'


def _uses(network: Network, name: str, shapes: Shapes) -> list[str]:
    """Where the network calls a function, with the shapes."""
    found = []
    for part in network.parts:
        if part.is_written_out or name not in (part.forward, part.backward):
            continue
        arrays = "".join(f", {w} {shapes[f'{part.name}.{w}']}" for w in part.weights)
        settings = "".join(f", {key}={setting}" for key, setting in part.settings.items())
        first, *rest = wrapped(f"{part.name}: x {part.x_shape}{arrays}{settings} → y {part.y_shape}", 71)
        found += [first, *(f"    {line}" for line in rest)]
    return found


def training_text(network: Network) -> str:
    """`train.py`: MNIST, where the network takes digits and has ten outputs; else the batch of the folder."""
    shape = network.parts[0].x_shape[1:]
    digits = math.prod(shape) == PIXELS and network.parts[-1].y_shape[1:] == (10,) and "cross" in network.loss
    drops = [part for part in network.parts if part.given]
    values = ['values = {"x": x[some]}']
    for part in drops:
        sizes = ", ".join(map(str, part.y_shape[1:]))
        values += [
            f"mask = np.empty((size, {sizes}))",
            f'values["{part.name}.mask"] = dropout_mask(rng, {part.p}, mask)',
        ]
    imports = ["import numpy as np"]
    imports += ["from nural.data import load_mnist_datasets, to_categorical"] if digits else []
    imports += ["", "from layers import dropout_mask"] if drops else [""]
    return TRAINING.format(
        head=texts.TRAIN[network.language].format(source=network.source),
        imports="\n".join(imports),
        data=DIGITS.format(shape=", ".join(map(str, shape))) if digits else BATCH,
        and_masks=", and the masks of the dropouts" if drops else "",
        values="\n        ".join(values),
        scored=", accuracy {accuracy():.2%}" if digits else "",
    )
