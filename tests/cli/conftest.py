"""A command run as a user runs it, on a data set small enough to learn in a second."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nural as library
from nural.cli.model import remember_run
from nural.models.recipes import RECIPES


@pytest.fixture(scope="session")
def matplotlib_cache(tmp_path_factory):
    """Matplotlib lists the machine's fonts once, not anew in every test's home."""
    return tmp_path_factory.mktemp("matplotlib")


class Command:
    """``nural …`` in a folder and with a home of its own."""

    def __init__(self, folder, home, matplotlib_cache):
        self.folder, self.home = folder, home
        self.environment = {**os.environ, **home, "COLUMNS": "120", "MPLCONFIGDIR": str(matplotlib_cache)}
        self.program = str(Path(sys.executable).with_name("nural"))

    def __call__(self, *arguments, check=None):
        """Run it to its end; with ``check``, that must be its exit code."""
        command = [self.program, *map(str, arguments)]
        result = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120
        )
        if check is not None:
            assert result.returncode == check, result.stdout + result.stderr
        return result

    def start(self, *arguments):
        """Start it, with its output unbuffered."""
        return subprocess.Popen(
            [self.program, *map(str, arguments)],
            cwd=self.folder,
            env={**self.environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def nural(tmp_path, matplotlib_cache):
    work = tmp_path / "work"
    work.mkdir()
    return Command(work, {"XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}, matplotlib_cache)


@pytest.fixture(scope="session")
def small_npz(tmp_path_factory, mnist):
    """3,000 digits to learn from and 500 to test, as Keras stores them."""
    path = tmp_path_factory.mktemp("data") / "small.npz"
    (x, y), _, (x_test, y_test) = mnist
    pixels = [(256 * part).astype(np.uint8).reshape(-1, 28, 28) for part in (x[:3000], x_test[:500])]
    np.savez(path, x_train=pixels[0], y_train=y[:3000], x_test=pixels[1], y_test=y_test[:500])
    return path


@pytest.fixture
def one_sentence():
    """Checks that a command failed as it should, with exit code 2 and one line on stderr, which it returns."""

    def check(result):
        assert result.returncode == 2, result.stdout + result.stderr
        assert result.stderr.startswith("nural: "), result.stderr
        assert result.stderr.count("\n") == 1, result.stderr
        return result.stderr

    return check


@pytest.fixture(scope="session")
def trained_once(small_npz, tmp_path_factory):
    """A model after three epochs on the small data set, in a folder as `nural train` leaves it."""
    folder = tmp_path_factory.mktemp("trained")
    (x, y), _, _ = library.data.load_mnist_datasets(small_npz)
    model = RECIPES["mlp"].build(np.random.default_rng(0))
    library.fit(model, x, y, epochs=3, optimizer=library.SGD(0.1))
    library.save(model, folder / "model.safetensors")
    return folder


@pytest.fixture
def trained(nural, trained_once, monkeypatch):
    """The same, as the last run of this test's user."""
    folder = shutil.copytree(trained_once, nural.folder / "run")
    for name, value in nural.home.items():
        monkeypatch.setenv(name, value)
    remember_run(folder)
    return folder
