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
