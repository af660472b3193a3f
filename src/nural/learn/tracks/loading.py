"""The modules of a track, run: those of the learner's folder, or those with the solutions."""

import linecache
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from nural.learn.calling import sentence_of
from nural.learn.running import NotLoaded
from nural.learn.tracks.folder import Started
from nural.learn.tracks.track import TWIN


def learners(started: Started) -> dict[str, ModuleType]:
    """The learner's own modules, by name.

    Raises:
        NotLoaded: One is missing or cannot be run; the message is one sentence.
    """
    texts = []
    for module in started.track.modules:
        path = started.folder / module.file
        if module.file != TWIN:
            try:
                texts.append((module.name, path.read_text(encoding="utf-8"), str(path)))
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
                raise NotLoaded(f"{path} cannot be read: {reason}") from None
    return _together(texts, started.folder)


def solutions(started: Started, train: ModuleType, with_twin: bool) -> dict[str, ModuleType]:
    """The modules with the solutions, and the settings that stand in capitals in the learner's train.py."""
    settings = {name: value for name, value in vars(train).items() if name.isupper()}
    texts = []
    for module in started.track.modules:
        if module.file != TWIN or with_twin:
            texts.append((module.name, module.text(started.language, solved=True), f"<solution>/{module.file}"))
    return _together(texts, started.folder, settings)


def _together(
    texts: Iterable[tuple[str, str, str]], folder: Path, settings: dict[str, Any] | None = None
) -> dict[str, ModuleType]:
    """Modules that import one another by these names, each after those that it imports."""
    modules: dict[str, ModuleType] = {}
    before = dict(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        for name, text, filename in texts:
            module = sys.modules[name] = modules[name] = ModuleType(name)
            module.__file__ = filename
            linecache.cache[filename] = len(text), None, text.splitlines(keepends=True), filename
            try:
                exec(compile(text, filename, "exec"), vars(module))
            except SyntaxError as error:
                line = f"line {error.lineno}, `{(error.text or '').strip()}`: {error.msg}"
                raise NotLoaded(f"{Path(filename).name}, {line}") from None
            except Exception as error:
                raise NotLoaded(f"{Path(filename).name} cannot be imported: {sentence_of(error)}") from None
            vars(module).update({name: value for name, value in (settings or {}).items() if name in vars(module)})
    finally:
        sys.path.remove(str(folder))
        for name in modules:
            sys.modules.pop(name)
            if name in before:
                sys.modules[name] = before[name]
    return modules
