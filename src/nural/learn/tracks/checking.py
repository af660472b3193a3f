"""The functions of a started folder are judged: in their modules, and in the notebook those that are written there."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from nural.learn.checking import in_one_convention
from nural.learn.finding import found_for
from nural.learn.functions import KINDS, OF_TRACKS
from nural.learn.judging import judged
from nural.learn.language import said, speaking
from nural.learn.running import SECONDS, NotLoaded, reports
from nural.learn.tracks.folder import NOTEBOOK, Started
from nural.learn.tracks.track import OWN
from nural.learn.verdict import Verdict, Verdicts

Judged = dict[str, Verdict]


def check_folder(started: Started, file: str = "", seconds: float = SECONDS) -> tuple[Verdicts, list[str]]:
    """The verdicts on the functions of the track, in its order, and a sentence for each file that cannot be run.

    What is right is kept as done in progress.json; what is wrong, or empty again, no longer is.

    Args:
        started: The folder.
        file: The one file whose functions are judged; all of them by default.
        seconds: How long each function may run.
    """
    with speaking(started.language):
        if started.track.name == OWN:
            from nural.learn.own_network.checking import check_own

            return check_own(started, file, seconds)
        return _check(started, file, seconds)


def _check(started: Started, file: str, seconds: float) -> tuple[Verdicts, list[str]]:
    wanted = {exercise.title: exercise.name for exercise in started.track.exercises}
    verdicts: Judged = {}
    errors = []
    if file != NOTEBOOK:
        for module in started.track.modules:
            if module.exercises and file in ("", module.file):
                titles = [exercise.title for exercise in module.exercises]
                errors += judge_file(started.folder / module.file, {t: wanted[t] for t in titles}, verdicts, seconds)
    if file in ("", NOTEBOOK) and (started.folder / NOTEBOOK).is_file():
        there: Judged = {}
        unwritten = {title for title, verdict in verdicts.items() if verdict.unwritten}
        rest = {title: kind for title, kind in wanted.items() if title in unwritten or file == NOTEBOOK}
        errors += judge_file(started.folder / NOTEBOOK, rest, there, seconds) if rest else []
        verdicts = there | verdicts | {title: v for title, v in there.items() if not v.unwritten}
    in_order = in_one_convention(verdicts[title] for title in wanted if title in verdicts)
    in_order = _causes_first(started, in_order)
    started.keep(in_order)
    return Verdicts(in_order), list(dict.fromkeys(errors))


def _causes_first(started: Started, verdicts: list[Verdict]) -> list[Verdict]:
    """The verdicts, where what is wrong with the track's own functions is first sought in those that they call."""
    wrong = {verdict.function for verdict in verdicts if verdict.wrong}
    calls = {e.title: e.calls() & wrong - {e.title} for e in started.track.exercises if e.name in OF_TRACKS}
    return [
        replace(v, mistake=None, mistakes=(), example=None, message=said("calls", functions=causes))
        if v.wrong and (causes := ", ".join(sorted(calls.get(v.function, ()))))
        else v
        for v in verdicts
    ]


def judge_file(path: Path, wanted: dict[str, str], verdicts: Judged, seconds: float) -> list[str]:
    """Add the verdicts on the wanted functions of a file; a sentence, if it cannot be run."""
    try:
        for title, kind, report in reports(partial(found_for, path, wanted), seconds):
            verdicts[title] = judged(title, kind, report)
    except NotLoaded as error:
        return [str(error)]
    for title, kind in wanted.items():
        missing = dict.fromkeys(KINDS[kind].results, "missing")
        message = said("gone", file=path.name, function=title)
        verdicts.setdefault(title, Verdict(title, False, missing, None, message, kind=kind))
    return []
