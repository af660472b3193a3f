"""One version everywhere, and a package that says it is typed."""

from pathlib import Path

import nural

ROOT = Path(__file__).parents[1]


def test_the_version_is_the_same_everywhere():
    assert f"version: {nural.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## {nural.__version__}" in (ROOT / "CHANGELOG.md").read_text()
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text()


def test_the_package_is_typed():
    assert (Path(nural.__file__).parent / "py.typed").exists()
