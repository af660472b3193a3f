import numpy as np
from PIL import Image


def test_stages_in_one_picture(nural):
    levels = np.full((100, 80), 230, np.uint8)
    levels[20:80, 35:45] = 40
    Image.fromarray(levels).save(nural.folder / "one.png")
    assert nural("prepare", "one.png", "--out", "stages.png", check=0).stdout == "stages: stages.png\n"
    with Image.open(nural.folder / "stages.png") as picture:
        assert picture.width > 3 * picture.height
    assert nural("prepare", "one.png", check=0).stdout == "stages: prepared.png\n"


def test_no_digit(nural, one_sentence):
    Image.new("L", (50, 50), 200).save(nural.folder / "blank.png")
    assert "blank.png: expected a digit, found an empty picture" in one_sentence(nural("prepare", "blank.png"))
    assert not (nural.folder / "prepared.png").exists()


def test_the_picture_itself_and_pictures_of_others_are_not_replaced(nural, one_sentence):
    levels = np.full((100, 80), 230, np.uint8)
    levels[20:80, 35:45] = 40
    for name in ("one.png", "other.png"):
        Image.fromarray(levels).save(nural.folder / name)
    before = (nural.folder / "one.png").read_bytes()
    said = one_sentence(nural("prepare", "one.png", "--out", "one.png"))
    assert said.startswith("nural: one.png: is the file that is read, and would be lost; name another file")
    said = one_sentence(nural("prepare", "one.png", "--out", "other.png"))
    assert said.startswith("nural: other.png: was not written by nural, and would be lost; name another file")
    assert (nural.folder / "one.png").read_bytes() == (nural.folder / "other.png").read_bytes() == before
    nural("prepare", "one.png", "--out", "other.png", "--force", check=0)
    nural("prepare", "one.png", "--out", "other.png", check=0)
