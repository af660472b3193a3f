"""`nural read`."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

SCRIPT = "import sys; sys.modules['cv2'] = None; from nural.cli.app import app; app(['read', 'page.png'])"


def test_without_opencv_the_error_names_the_extra():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "nural: reading pages needs OpenCV: pip install 'nural[photo]'\n"


@pytest.fixture
def pages(nural):
    """A page with a drawn one, and an empty one."""
    pytest.importorskip("cv2")
    levels = np.full((300, 400), 230, np.uint8)
    levels[100:160, 100:108] = levels[100:160, 140:148] = levels[100:160, 300:308] = 40
    Image.fromarray(levels).save(nural.folder / "ones.png")
    Image.new("L", (400, 300), 230).save(nural.folder / "empty.png")


@pytest.mark.usefixtures("pages")
def test_text_json_and_picture(nural):
    assert nural("read", "ones.png", check=0).stdout == "11 1\n"
    result = nural("read", "ones.png", "--json", "--annotate", "read.png", check=0)
    found = json.loads(result.stdout)
    assert (found["file"], found["width"], found["height"]) == ("ones.png", 400, 300)
    (line,) = found["lines"]
    assert line["text"] == "11 1"
    assert [digit["digit"] for digit in line["digits"]] == [1, 1, 1]
    assert np.abs(np.array(line["digits"][2]["box"]) - (300, 100, 308, 160)).max() <= 3
    assert all(0.5 < digit["confidence"] <= 1 for digit in line["digits"])
    drawn = np.asarray(Image.open(nural.folder / "read.png").convert("RGB")).astype(int)
    assert drawn.shape == (300, 400, 3)
    assert (np.ptp(drawn, axis=2) > 50).any()


@pytest.mark.usefixtures("pages")
def test_the_page_itself_is_not_drawn_over(nural, one_sentence):
    before = (nural.folder / "ones.png").read_bytes()
    said = one_sentence(nural("read", "ones.png", "--annotate", "ones.png"))
    assert said.startswith("nural: ones.png: is the file that is read, and would be lost; name another file")
    said = one_sentence(nural("read", "ones.png", "--annotate", "empty.png"))
    assert said.startswith("nural: empty.png: was not written by nural, and would be lost")
    assert (nural.folder / "ones.png").read_bytes() == before
    for _ in range(2):
        nural("read", "ones.png", "--annotate", "read.png", check=0)


@pytest.mark.usefixtures("pages")
def test_digits_below_the_threshold(nural):
    assert nural("read", "ones.png", "--threshold", 1, check=0).stdout == "?? ?\n"


@pytest.mark.usefixtures("pages")
def test_several_files_of_which_one_is_empty_and_one_is_missing(nural):
    result = nural("read", "ones.png", "missing.png", "empty.png", check=2)
    assert result.stdout == "ones.png:\n11 1\nempty.png:\n"
    assert result.stderr.splitlines() == [
        "nural: missing.png: expected a file or a folder, found nothing of this name",
        "nural: empty.png: no digits found",
    ]
    assert nural("read", "empty.png", check=0).stdout == ""


@pytest.mark.usefixtures("pages")
def test_one_picture_cannot_show_two_pages(nural, one_sentence):
    sentence = one_sentence(nural("read", "ones.png", "empty.png", "--annotate", "read.png"))
    assert "--annotate: expected one photo to draw over, found 2" in sentence


@pytest.mark.usefixtures("pages")
def test_every_page_of_a_file(nural, one_sentence):
    with Image.open(nural.folder / "ones.png") as ones, Image.open(nural.folder / "empty.png") as empty:
        ones.save(nural.folder / "scan.tif", save_all=True, append_images=[empty, ones])
    result = nural("read", "scan.tif", check=0)
    assert result.stdout == "scan.tif, page 1:\n11 1\nscan.tif, page 2:\nscan.tif, page 3:\n11 1\n"
    assert result.stderr == "nural: scan.tif, page 2: no digits found\n"
    found = [json.loads(line) for line in nural("read", "scan.tif", "--json", check=0).stdout.splitlines()]
    assert [(each["file"], each["page"], len(each["lines"])) for each in found] == [
        ("scan.tif", 1, 1),
        ("scan.tif", 2, 0),
        ("scan.tif", 3, 1),
    ]
    sentence = one_sentence(nural("read", "scan.tif", "--annotate", "read.png"))
    assert "--annotate: expected a photo of one page to draw over, found several in scan.tif" in sentence
