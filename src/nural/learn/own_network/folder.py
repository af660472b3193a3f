"""The folder of a learner's network: what is written into it, and what is read of it."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from nural.learn.own_network.answers import Answers, Batch, load_arrays, save_arrays
from nural.learn.own_network.network import Network
from nural.learn.own_network.skeleton import layers_text, network_text, training_text
from nural.learn.own_network.solving import with_saved
from nural.learn.own_network.source import file_and_name, is_keras, model_of
from nural.learn.own_network.track import track_of
from nural.learn.running import NotLoaded
from nural.learn.tracks.folder import Started, require_language

Found = tuple[Network, dict[str, np.ndarray], Batch, Answers]
NETWORK, WEIGHTS, BATCH, ANSWERS = "network.json", "weights.npz", "batch.npz", "answers.npz"


def start_from(
    target: str,
    folder: Path,
    *,
    shape: tuple[int, ...] | None = None,
    loss: str | None = None,
    language: str = "en",
    solved: bool = False,
) -> Started:
    """Write the skeleton of a learner's own model into a new folder.

    Args:
        target: "net.py:Net"; the file is run.
        folder: Where; there must be no files in it.
        shape: Of one sample, as the model takes it; by default guessed from its first layer.
        loss: A function of the reference, by default the one that fits its outputs.
        language: "en" or "zh".
        solved: Whether the solutions stand in place of the blanks.

    Raises:
        NotLoaded: The model cannot be read, or the folder has files; one sentence says why.
    """
    file_and_name(target)
    require_language(language)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotLoaded(f"{folder} has files in it; name a new folder")
    with warnings.catch_warnings():  # what frameworks say of themselves is not for learners
        warnings.simplefilter("ignore")
        network, weights, batch, answers = _read(target, shape, loss)
    network = replace(network, language=language)
    answers = with_saved(network, weights, batch, answers)
    return write(folder, (network, weights, batch, answers), solved)


def write(folder: Path, found: Found, solved: bool = False) -> Started:
    """Write a network into a folder.

    Args:
        folder: Where.
        found: The network, its weights, a batch, and what is right there.
        solved: Whether the solutions stand in place of the blanks.
    """
    network, weights, batch, answers = found
    texts = {
        "layers.py": layers_text(network, {name: array.shape for name, array in weights.items()}, solved),
        "network.py": network_text(network, solved),
        "train.py": training_text(network),
        NETWORK: json.dumps(network.as_json(), indent=1, ensure_ascii=False) + "\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    save_arrays(folder / WEIGHTS, weights)
    save_arrays(folder / BATCH, {**batch.values, "t": batch.t})
    answers.save(folder / ANSWERS)
    started = Started(folder.resolve(), track_of(network), network.language)
    started.save()
    return started


def _read(target: str, shape: tuple[int, ...] | None, loss: str | None) -> Found:
    """The network of a model, its weights, a batch, and what is right there."""
    model = model_of(target)
    if is_keras(model):
        from nural.learn.own_network.keras_model import read_keras as read
    else:
        from nural.learn.own_network.torch_module import read_module as read
    file, name = file_and_name(target)
    return read(model, f"{Path(file).name}:{name}", shape, loss)


def network_in(folder: Path) -> Network:
    """The network of a folder.

    Raises:
        NotLoaded: Its file is missing or damaged.
    """
    try:
        return Network.from_json(json.loads((folder / NETWORK).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotLoaded(f"{folder / NETWORK}: cannot be read: {error}") from None


def opened(folder: Path) -> Found:
    """What `start_from` wrote.

    Raises:
        NotLoaded: It is missing or damaged.
    """
    network, batch = network_in(folder), load_arrays(folder / BATCH)
    try:
        t = batch.pop("t")
        return network, load_arrays(folder / WEIGHTS), Batch(batch, t), Answers.load(folder / ANSWERS)
    except KeyError as error:
        raise NotLoaded(f"{folder}: its .npz files cannot be read: {error} is missing") from None
