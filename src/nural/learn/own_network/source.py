"""The learner's own model, of the file that the learner named: `net.py:Net`."""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

from nural.learn.finding import loaded
from nural.learn.running import NotLoaded


def model_of(target: str) -> Any:
    """The model of "net.py:Net": a class that is made without arguments, a function that makes one, or one itself.

    The file is run.

    Raises:
        NotLoaded: There is none; one sentence says why.
    """
    place, name = file_and_name(target)
    seeded()
    try:
        module = loaded(Path(place))
    except NotLoaded as error:
        raise NotLoaded(f"{error}{_advice(str(error))}") from None
    found = getattr(module, name, None)
    if found is None:
        names = [n for n, value in vars(module).items() if is_model(value) or _makes_model(value, module)]
        raise NotLoaded(f"{place} has no {name}; it has {', '.join(names) or 'no model'}")
    if callable(found) and not is_model(found):
        try:
            found = found()
        except TypeError as error:
            raise NotLoaded(
                f"{target} cannot be made without arguments ({error}); give one a name in the file, such as "
                f"model = {name}(…), and name that"
            ) from None
    if not is_model(found):
        raise NotLoaded(f"{target} is a {type(found).__name__}, not a torch.nn.Module or a Keras model")
    return found


def file_and_name(target: str) -> tuple[str, str]:
    """The file of "net.py:Net", and the name in it.

    Raises:
        NotLoaded: It has not this form.
    """
    place, _, name = target.rpartition(":")
    if not place.endswith((".py", ".ipynb")):
        raise NotLoaded(f"name a model as FILE:NAME, such as net.py:Net; got {target}")
    return place, name


def is_keras(model: Any) -> bool:
    """Whether it is a Keras model; on its PyTorch back end it is a PyTorch module as well."""
    return any(cls.__module__.partition(".")[0] == "keras" for cls in type(model).__mro__)


def is_model(found: Any) -> bool:
    """Whether it is a PyTorch module or a Keras model."""
    kinds = {(cls.__module__.partition(".")[0], cls.__name__) for cls in type(found).__mro__}
    return ("torch", "Module") in kinds or ("keras", "Model") in kinds


def _advice(sentence: str) -> str:
    """What helps where a framework cannot be imported."""
    missing = re.search(r"No module named '(\w+)", sentence)
    if missing and missing[1] in ("tensorflow", "jax") and "keras" in sentence:
        return ": Keras needs a back end, such as PyTorch with the environment variable KERAS_BACKEND=torch"
    if missing and missing[1] in ("torch", "keras"):
        return f": pip install {missing[1]}"
    return ""


def _makes_model(found: Any, module: Any) -> bool:
    if not inspect.isclass(found) or found.__module__ != module.__name__:
        return False
    return any(cls.__name__ in ("Module", "Model") for cls in found.__mro__)


def seeded() -> None:
    """Seed PyTorch, where there is one, so that a class draws the same weights each time."""
    try:
        importlib.import_module("torch").manual_seed(0)
    except ImportError:
        return
