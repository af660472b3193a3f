"""Folders in which a track was started, with all functions to write or with the solutions."""

import pytest

from nural.learn.tracks.folder import start


@pytest.fixture
def started(tmp_path):
    """Starts a track in a folder whose path has spaces; ``solved`` writes the solutions into it."""

    def begin(name, language="en", solved=False):
        place = tmp_path / "a folder"
        place.mkdir(exist_ok=True)
        folder = start(name, place, language)
        for module in folder.track.modules:
            if solved:
                (folder.folder / module.file).write_text(module.text(language, solved=True), encoding="utf-8")
        return folder

    return begin


@pytest.fixture
def changed():
    """Replaces a text in a file of a folder, which has to have it."""

    def change(folder, file, old, new):
        path = folder.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change
