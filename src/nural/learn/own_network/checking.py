"""A learner's folder is judged: each function of `layers.py`, and what `network.py` makes of them."""

import contextlib
import io
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nural.learn.checking import CONVENTION, in_one_convention
from nural.learn.finding import loaded
from nural.learn.own_network.folder import opened
from nural.learn.own_network.judging import Judge
from nural.learn.own_network.network import BLANKS
from nural.learn.own_network.saying import say
from nural.learn.own_network.track import LAYERS, NETWORK
from nural.learn.running import SECONDS, NotLoaded, elsewhere, expect
from nural.learn.tracks.checking import judge_file
from nural.learn.tracks.folder import Started
from nural.learn.verdict import Verdict, Verdicts


def check_own(started: Started, file: str = "", seconds: float = SECONDS) -> tuple[Verdicts, list[str]]:
    """The verdicts on the functions of a learner's own network, and a sentence for each file that cannot be run.

    What is right is kept as done in progress.json.

    Args:
        started: The folder.
        file: The one file whose functions are judged; both by default.
        seconds: How long each function may run.

    Raises:
        NotLoaded: One of the files that `nural learn from-torch` wrote is missing or damaged.
    """
    network, weights, batch, answers = opened(started.folder)
    judged: dict[str, Verdict] = {}
    errors = judge_file(started.folder / LAYERS, {name: name for name in network.functions}, judged, seconds)
    functions = in_one_convention(judged.values())
    verdicts = functions if file != NETWORK else []
    if file != LAYERS and not errors:
        wrong = {v.function: v.mistake for v in functions if v.wrong}
        divided_later = any(CONVENTION in (v.message, *v.notes) for v in functions)
        judge = Judge(network, weights, batch, answers, wrong, divided_later)
        try:
            verdicts = [*verdicts, *_of_network(judge, started.folder, seconds)]
        except NotLoaded as error:
            errors.append(str(error))
    started.keep(verdicts)
    return Verdicts(verdicts), errors


def _of_network(judge: Judge, folder: Path, seconds: float) -> list[Verdict]:
    """The verdicts on the functions of `network.py`, which run in a process of their own."""
    found: list[Verdict] = []
    while left := list(BLANKS)[len(found) :]:
        with elsewhere(_work, judge, folder, left) as receive:
            refused = expect(receive, seconds, "network.py runs for more than {} s when it is imported")
            if refused:
                raise NotLoaded(refused)
            endless = say("endless", seconds="{}")
            for name in left:
                verdict = expect(receive, seconds, endless)
                if isinstance(verdict, str):
                    found.append(Verdict(name, False, {name: "missing"}, None, verdict, kind=name))
                    break
                found.append(verdict)
    return found


def _work(judge: Judge, folder: Path, names: list[str], send: Callable[[Any], None]) -> None:
    """What happens there: the file is run, and its functions are judged."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("layers", "network"):
            sys.modules.pop(name, None)
        sys.path.insert(0, str(folder.resolve()))
        try:
            module = loaded(folder / NETWORK)
        except NotLoaded as error:
            return send(str(error))
        finally:
            sys.path.remove(str(folder.resolve()))
        send("")
        for name in names:
            send(judge.verdict(name, module))
    return None
