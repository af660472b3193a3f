"""The texts of a learner's folder: `layers.py` and `network.py` with blanks or solved, and `train.py`."""

import inspect
import math
import textwrap
from collections.abc import Mapping

from nural.data.digits import PIXELS
from nural.learn.function import REFERENCE
from nural.learn.functions import FUNCTIONS
from nural.learn.own_network import texts
from nural.learn.own_network.network import BLANKS, Network, first_line, solution, table

BLANK = "raise NotImplementedError"
#: Arguments of the reference that a network has to need before a learner sees them.
RARE = "dilation", "groups", "h0", "c0", "nonlinearity", "label_smoothing", "approximate"
#: What formulas say of these.
OF_RARE = {"dilation": "·dilation", "groups": ", each group of channels by itself"}
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
(x, t), (x_val, t_val), _ = load_mnist_datasets()
x, x_val = (images.reshape(-1, {shape}).astype(float) for images in (x, x_val))


def accuracy():
    """The share of digits that are read rightly, of those that it does not learn from."""
    return np.mean(predict(x_val, weights).argmax(axis=1) == t_val)
'''
BATCH = """\
batch = np.load("batch.npz")  # put your own data here
x, t = batch["x"], batch["t"]
"""


def layers_text(network: Network, shapes: Mapping[str, tuple[int, ...]], solved: bool = False) -> str:
    """`layers.py`: every function that the network is made of, to be written or as in the reference.

    Args:
        network: What is written.
        shapes: Of the network's weights, for the docstrings.
        solved: Whether the solutions stand there.
    """
    head = texts.LAYERS[network.language].format(source=network.source)
    if solved:
        from nural.export.numpy.target import FORMULAS, formulas_used

        used = formulas_used("\n".join(network.functions))
        formulas = "\n\n".join(text for name, text in FORMULAS.items() if name in used)
        needed = "import math\n\n" if "math." in formulas else ""
        return f"{head}\n{needed}import numpy as np\n\n\n{formulas}"
    blanks = [_function(network, name, shapes) for name in network.functions]
    return f"{head}\nimport numpy as np\n\n\n" + "\n\n".join(blanks)


def _function(network: Network, name: str, shapes: Mapping[str, tuple[int, ...]]) -> str:
    uses = _uses(network, name, shapes)
    lines = textwrap.wrap(_task(network, name), 100)
    torch = FUNCTIONS[name].torch
    if torch.startswith("torch"):
        lines += ["", texts.PYTORCH[network.language].format(torch=torch)]
    lines += ["", *uses] if uses else []
    text = "\n".join(f"    {line}".rstrip() for line in lines).lstrip()
    end = "\n    " if len(lines) > 1 else ""
    return f'def {name}({_def_line(network, name)}):\n    """{text}{end}"""\n    {BLANK}\n'


def _task(network: Network, name: str) -> str:
    """What a function has to do, without how its gradient is computed."""
    if name in texts.LOSSES:
        return texts.LOSSES[name][network.language]
    if name.endswith("_backward"):
        function = FUNCTIONS[name]
        results = ", ".join(result for result in function.results if result not in function.extras)
        forward = name.replace("_backward", "_forward")
        return texts.BACKWARD[network.language].format(forward=forward, results=results)
    formula = " ".join((inspect.getdoc(REFERENCE[name]) or "").split())
    for setting, words in OF_RARE.items():
        formula = formula if setting in _settings(network) else formula.replace(words, "")
    return formula


def _settings(network: Network) -> set[str]:
    return {setting for part in network.parts for setting in part.settings}


def _def_line(network: Network, name: str) -> str:
    """The arguments of the reference, without those that nothing in the network needs."""
    used = _settings(network)
    parameters = inspect.signature(REFERENCE[name]).parameters
    kept = [str(p) for key, p in parameters.items() if key not in RARE or key in used or p.default is p.empty]
    return ", ".join(kept)


def _uses(network: Network, name: str, shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Where the network calls a function, with the shapes."""
    found = []
    for part in network.parts:
        if part.is_written_out or name not in (part.forward, part.backward):
            continue
        arrays = "".join(f", {w} {shapes[f'{part.name}.{w}']}" for w in part.weights)
        settings = "".join(f", {key}={setting}" for key, setting in part.settings.items())
        found.append(f"{part.name}: x {part.x_shape}{arrays}{settings} → y {part.y_shape}")
    return found


def network_text(network: Network, solved: bool = False) -> str:
    """`network.py`: forward, backward, prediction, step and loop, to be written or solved."""
    language = network.language
    drops = [part for part in network.parts if part.given]
    with_weights = next((part for part in network.parts if part.weights), network.parts[0])
    array = with_weights.arrays[0] if with_weights.weights else "fc1.W"
    head = texts.NETWORK[language].format(
        source=network.source,
        table="\n".join(f"    {line}" for line in table(network)),
        name=with_weights.name,
        array=array,
        given=texts.MASKS[language].format(name=drops[0].name) if drops else "",
    )
    body = "\n\n\n".join(_blank(network, name, solved) for name in BLANKS)
    called = [name for name in network.functions if name != "dropout_mask"]
    imports = "".join(f"    {name},\n" for name in sorted(called))
    numpy = "import numpy as np\n\n"
    return f"{head}\n{numpy}from layers import (\n{imports})\n\n\n{body}\n"


def _blank(network: Network, name: str, solved: bool) -> str:
    lines = solution(network, name) if solved else [*first_line(network, name), BLANK]
    body = "\n".join(f"    {line}" for line in lines)
    return f'def {name}({BLANKS[name]}):\n    """{_docstring(network, name)}"""\n{body}'


def _docstring(network: Network, name: str) -> str:
    language, running = network.language, [part for part in network.parts if part.running is not None]
    text = texts.DOCSTRINGS[name][language].format(
        output=network.output,
        loss=network.loss,
        differs=texts.DIFFERS[language] if network.is_another_in_prediction else "",
        running=texts.RUNNING[language].format(names=", ".join(part.name for part in running), share=running[0].running)
        if running
        else "",
    )
    return text + ("\n    " if "\n" in text else "")


def training_text(network: Network) -> str:
    """`train.py`: MNIST, where the network takes digits and has ten outputs; else the batch of the folder."""
    shape = network.parts[0].x_shape[1:]
    digits = math.prod(shape) == PIXELS and network.parts[-1].y_shape[1:] == (10,) and "cross" in network.loss
    drops = [part for part in network.parts if part.given]
    masks = ['values = {"x": x[some]}']
    for part in drops:
        sizes = ", ".join(map(str, part.y_shape[1:]))
        masks.append(f'values["{part.name}.mask"] = dropout_mask(rng, {part.p}, np.empty((size, {sizes})))')
    imports = ["import numpy as np", *(["from nural import load_mnist_datasets"] if digits else []), ""]
    imports += ["from layers import dropout_mask"] if drops else []
    return TRAINING.format(
        head=texts.TRAIN[network.language].format(source=network.source),
        imports="\n".join(imports),
        data=DIGITS.format(shape=", ".join(map(str, shape))) if digits else BATCH,
        and_masks=", and the masks of the dropouts" if drops else "",
        values="\n        ".join(masks),
        scored=", accuracy {accuracy():.2%}" if digits else "",
    )
