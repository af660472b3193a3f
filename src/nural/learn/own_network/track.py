"""A learner's network as a track of the workshop: its functions as exercises, with their tasks and hints."""

import inspect
import re
from dataclasses import replace

from nural.learn.function import REFERENCE
from nural.learn.functions import FUNCTIONS
from nural.learn.own_network import texts
from nural.learn.own_network.network import BLANKS, Network, solution, table
from nural.learn.tracks.exercise import Exercise, exercises
from nural.learn.tracks.track import OWN, Module, Track

LAYERS, NETWORK = "layers.py", "network.py"
LANGUAGES = "en", "zh"
#: Arguments of the reference that a network has to need before a learner sees them.
RARE = "dilation", "groups", "h0", "c0", "nonlinearity", "label_smoothing", "approximate"


def track_of(network: Network) -> Track:
    """The track that a network is."""
    modules = (
        Module(LAYERS, {}, tuple(layer_exercise(network, name) for name in network.functions)),
        Module(NETWORK, {}, tuple(network_exercise(network, name) for name in BLANKS)),
    )
    words = {
        language: {
            "title": texts.TITLE[language].format(source=network.source),
            "introduction": texts.INTRODUCTION[language].format(source=network.source),
        }
        for language in LANGUAGES
    }
    return Track(OWN, 0.0, words, modules)


def layer_exercise(network: Network, name: str) -> Exercise:
    """A function of `layers.py`: the exercise of the tracks, or one made of the reference."""
    known, arguments = exercises().get(name), _def_line(network, name)
    if known:
        return replace(known, arguments=arguments)
    reference = REFERENCE[name]
    body = inspect.getsource(reference).split('"""', 2)[2].strip("\n")
    return Exercise(
        name,
        arguments,
        {language: {"task": _task(name, language), "question": ""} for language in LANGUAGES},
        re.sub("^the gradients? of", "loss.backward() of", FUNCTIONS[name].torch),
        formula=inspect.getdoc(reference) or "",
        line=inspect.cleandoc(body),
    )


def _task(name: str, language: str) -> str:
    """What a function has to do, without how its gradient is computed."""
    function = FUNCTIONS[name]
    if name.endswith("_backward"):
        results = ", ".join(result for result in function.results if result not in function.extras)
        return texts.BACKWARD[language].format(forward=name.replace("_backward", "_forward"), results=results)
    formula = (inspect.getdoc(REFERENCE[name]) or "").partition("; returns")[0].rstrip(".")
    saved = texts.SAVED[language].format(results=", ".join(function.results)) if function.extras else ""
    return f"{formula}{'。' if language == 'zh' else '.'}{saved}"


def _def_line(network: Network, name: str) -> str:
    """The arguments of the reference, without those that nothing in the network needs."""
    used = {setting for part in network.parts for setting in part.settings}
    parameters = inspect.signature(REFERENCE[name]).parameters
    return ", ".join(str(p) for key, p in parameters.items() if key not in RARE or key in used or p.default is p.empty)


def network_exercise(network: Network, name: str) -> Exercise:
    """A function of `network.py`."""
    running = [part for part in network.parts if part.running is not None]
    words = {}
    for language in LANGUAGES:
        of_running = texts.RUNNING[language].format(
            names=", ".join(part.name for part in running),
            share=running[0].running if running else 0,
            unbiased=texts.UNBIASED[language] if running and running[0].correction else "",
        )
        task = texts.TASKS[name][language].format(
            output=network.output,
            loss=network.loss,
            differs=texts.DIFFERS[language] if network.is_another_in_prediction else "",
            running=of_running if running else "",
        )
        words[language] = {"task": task, "question": texts.QUESTIONS[name][language]}
    lines = solution(network, name)
    code = f"def {name}({BLANKS[name]}):\n" + "\n".join(f"    {line}" for line in lines)
    shown = "\n".join(table(network)) if name in ("forward", "backward") else ""
    return Exercise(f"{OWN}/{name}", BLANKS[name], words, formula=shown, line="\n".join(lines), solution=code)
