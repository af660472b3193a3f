"""A learner's folder is judged: each function of `layers.py`, and what `network.py` makes of them."""

import contextlib
import io
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nural.learn.checking import CONVENTION, check_file
from nural.learn.finding import loaded
from nural.learn.own_network.folder import opened
from nural.learn.own_network.judging import Judge
from nural.learn.own_network.network import BLANKS
from nural.learn.running import SECONDS, NotLoaded, elsewhere, expect
from nural.learn.verdict import Verdict, Verdicts


def check_network(folder: Path, seconds: float = SECONDS) -> Verdicts:
    """The verdicts on every function of a folder that `nural learn from-torch` wrote.

    Raises:
        NotLoaded: A file is missing, or cannot be run; the message is one sentence.
    """
    network, weights, batch, answers = opened(folder)
    functions = [v for v in check_file(folder / "layers.py", seconds=seconds) if v.function in network.functions]
    wrong = {v.function: v.mistake for v in functions if v.wrong}
    divided_later = any(CONVENTION in (v.message, *v.notes) for v in functions)
    judge = Judge(network, weights, batch, answers, wrong, divided_later)
    found: list[Verdict] = []
    while left := list(BLANKS)[len(found) :]:
        with elsewhere(_work, judge, folder, left) as receive:
            refused = expect(receive, seconds, "network.py runs for more than {} s when it is imported")
            if refused:
                raise NotLoaded(refused)
            for name in left:
                verdict = expect(receive, seconds, "It is still running after {} s: is there a loop that does not end?")
                if isinstance(verdict, str):
                    found.append(Verdict(name, False, {name: "missing"}, None, verdict, kind=name))
                    break
                found.append(verdict)
    return Verdicts([*functions, *found])


def _work(judge: Judge, folder: Path, names: list[str], send: Callable[[Any], None]) -> None:
    """What happens in the other process: the file is run, and its functions are judged."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("layers", "network"):
            sys.modules.pop(name, None)
        sys.path.insert(0, str(folder.resolve()))
        try:
            module = loaded(folder / "network.py")
        except NotLoaded as error:
            return send(str(error))
        finally:
            sys.path.remove(str(folder.resolve()))
        send("")
        for name in names:
            send(judge.verdict(name, module))
    return None
