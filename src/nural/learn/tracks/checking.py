"""Every function of a started folder is judged: in its module, or in the notebook if it is written there."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from nural.learn.checking import in_one_convention
from nural.learn.finding import found_for
from nural.learn.judging import judged
from nural.learn.running import SECONDS, NotLoaded, reports
from nural.learn.tracks.folder import NOTEBOOK, Started
from nural.learn.verdict import Verdict, Verdicts


def check_folder(started: Started, seconds: float = SECONDS) -> tuple[Verdicts, list[str]]:
    """The verdicts on all functions of the track, in its order, and a sentence for each file that cannot be run.

    What is right is kept as done, what is wrong no longer is.
    """
    verdicts: dict[str, Verdict] = {}
    errors = []
    for module in started.track.modules:
        wanted = {exercise.title: exercise.name for exercise in module.exercises}
        errors += _judge(started.folder / module.file, wanted, verdicts, seconds)
    unwritten = {e.title: e.name for e in started.track.exercises if verdicts[e.title].unwritten}
    in_notebook: dict[str, Verdict] = {}
    if unwritten and (started.folder / NOTEBOOK).is_file():
        errors += _judge(started.folder / NOTEBOOK, unwritten, in_notebook, seconds)
    for title, verdict in in_notebook.items():
        if not verdict.unwritten:
            verdicts[title] = verdict
    all_of_them = in_one_convention(verdicts[exercise.title] for exercise in started.track.exercises)
    done = {verdict.function for verdict in all_of_them if verdict.right}
    if done != started.done:
        started.done = done
        started.save()
    return Verdicts(all_of_them), errors


def _judge(path: Path, wanted: dict[str, str], verdicts: dict[str, Verdict], seconds: float) -> list[str]:
    """Add the verdicts on the wanted functions of a file; the sentence, if it cannot be run."""
    if not wanted:
        return []
    error, said = [], f"{path.name} has no such function any more"
    try:
        find: Callable[[], list] = partial(found_for, path, wanted)
        for title, kind, report in reports(find, seconds):
            verdicts[title] = judged(title, kind, report)
    except NotLoaded as failure:
        said = f"{path.name} cannot be run"
        error = [str(failure)]
    for title, kind in wanted.items():
        if title not in verdicts:
            verdicts[title] = Verdict(title, False, {}, None, said, kind=kind)
    return error
