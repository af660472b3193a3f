"""The page's own files: small, nothing from elsewhere, nothing that its policy would forbid, no text left out."""

import gzip
import re
from pathlib import Path

import pytest

import nural

STATIC = Path(nural.__file__).parent / "web" / "static"
FILES = sorted(path for path in STATIC.rglob("*") if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]


def keys(name):
    return set(re.findall(r'^  "?([\w. ×-]+?)"?:(?: |$)', (STATIC / "i18n" / f"{name}.js").read_text(), re.MULTILINE))


def test_all_of_it_is_small():
    assert sum(len(gzip.compress(path.read_bytes())) for path in FILES) < 150_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere(path):
    text = path.read_text()
    addresses = set(re.findall(r"(?:https?:)?//[\w-]+\.[\w./-]+", text)) - {"http://www.w3.org/2000/svg"}
    names = {"http://www.w3.org/1998/Math/MathML", "http://www.w3.org/1999/xhtml"}
    assert addresses - names - {address.removeprefix("http:") for address in names} == set()
    assert not re.search(r"\beval\(|new Function|document\.write|innerHTML|\.cssText", text)


def test_the_document_has_no_inline_script_or_style():
    text = (STATIC / "index.html").read_text()
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize(("english", "other"), [("en", "zh"), ("inside-en", "inside-zh")])
def test_both_languages_say_the_same(english, other):
    assert keys(english) == keys(other)
    assert keys(english)


def test_every_text_that_is_asked_for_is_there():
    known = keys("en") | keys("inside-en")
    for path in SCRIPTS:
        asked = set(re.findall(r'\b(?:t|tLabel|tTitle): "([\w. -]+)"|[^\w.]t\("([\w. -]+)"', path.read_text()))
        missing = {key for pair in asked for key in pair if key} - known
        assert not missing, f"{path.name} asks for {missing}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_import_is_there(path):
    for name in re.findall(r'^(?:import|export)[^;]*?"(\.[^"]+)"', path.read_text(), re.MULTILINE):
        assert (path.parent / name).resolve() in FILES, f"{path.name} imports {name}"
