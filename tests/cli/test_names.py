"""Files with names that a terminal cannot show, and more than one page in a file."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from nural.cli.names import printable

LATIN = os.fsdecode(b"\xe9t\xe9.png")  # as a disk of another time has it: no UTF-8
NAMES = ["first.png", LATIN, "数字.png", "two\nlines.png", "last.png"]


def drawn(left: int) -> Image.Image:
    levels = np.full((60, 60), 230, np.uint8)
    levels[10:50, left : left + 6] = 20
    return Image.fromarray(levels)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (LATIN, r"\xe9t\xe9.png"),
        ("für 数字.png", "für 数字.png"),
        ("a\nb\x1b[31m\x7f\x9b.png", r"a\x0ab\x1b[31m\x7f\x9b.png"),
        ("\ud800", r"\xd800"),
    ],
)
def test_printable(name, shown):
    assert printable(name) == shown


@pytest.mark.parametrize(("encoding", "chinese"), [("utf-8:strict", "数字"), ("ascii", r"\u6570\u5b57")])
def test_every_picture_is_read_whatever_its_name(nural, encoding, chinese):
    nural.environment["PYTHONIOENCODING"] = encoding
    for name in NAMES:
        drawn(28).save(nural.folder / name, "PNG")
    lines = nural("predict", *NAMES, check=0).stdout.splitlines()
    shown = ["first.png", r"\xe9t\xe9.png", f"{chinese}.png", r"two\x0alines.png", "last.png"]
    assert [line.split(": ")[0] for line in lines] == shown
    answers = [json.loads(line) for line in nural("predict", "--json", *NAMES, check=0).stdout.splitlines()]
    assert [answer["file"] for answer in answers] == NAMES
    missing = nural("predict", f"no{LATIN}", "no\n.png", "last.png", check=2)
    assert missing.stderr.splitlines() == [
        rf"nural: {name}: expected a file or a folder, found nothing of this name"
        for name in (r"no\xe9t\xe9.png", r"no\x0a.png")
    ]
    assert missing.stdout.startswith("last.png: 1 ")


def test_names_in_pictures_folders_and_tables(nural, small_npz):
    nural.environment["PYTHONIOENCODING"] = "ascii"
    data = os.fsdecode(b"d\xe9.npz")
    dollars = r"$\frac$ 数字.png"  # what Matplotlib would take for a formula
    drawn(28).save(nural.folder / dollars, "PNG")
    assert nural("prepare", dollars, check=0).stderr == ""
    (nural.folder / data).write_bytes(small_npz.read_bytes())
    drawn(28).save(nural.folder / LATIN, "PNG")
    assert nural("prepare", LATIN, "--out", f"out{LATIN}", check=0).stdout == "stages: out\\xe9t\\xe9.png\n"
    folder = os.fsdecode(b"r\xe9")
    told = nural("train", "--data", data, "--epochs", 1, "--recipe", "two-layer", "--out", folder, check=0).stdout
    assert "results go to r\\xe9\n" in told
    assert nural("predict", LATIN, "--model", folder, check=0).stdout.startswith(r"\xe9t\xe9.png: ")
    assert nural("recipes", check=0).stdout.isascii()


def test_every_page_of_a_file_is_read(nural):
    blank = Image.new("L", (60, 60), 230)
    drawn(28).save(nural.folder / "scan.tif", save_all=True, append_images=[blank, drawn(10)])
    result = nural("predict", "scan.tif", check=2)
    assert [line.split(" (")[0] for line in result.stdout.splitlines()] == [
        "scan.tif, page 1: 1",
        "scan.tif, page 3: 1",
    ]
    assert result.stderr == "nural: scan.tif, page 2: expected a digit, found an empty picture\n"
    answers = [json.loads(line) for line in nural("predict", "--json", "scan.tif", check=2).stdout.splitlines()]
    assert [list(answer.items())[:2] for answer in answers] == [
        [("file", "scan.tif"), ("page", page)] for page in (1, 3)
    ]
    assert nural("prepare", "scan.tif", "--page", 3, check=0).stdout == "stages, page 3: prepared.png\n"
    assert nural("prepare", "scan.tif", "--page", 4, check=2).stderr == "nural: scan.tif: has no page 4\n"
