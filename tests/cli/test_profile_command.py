"""`nural profile`."""

import json

import pytest

from nural.models.recipes import RECIPES


@pytest.mark.parametrize("recipe", [name for name in RECIPES if name != "mnist-example"])
def test_json_is_one_object_whose_parts_add_up(nural, recipe):
    content = json.loads(nural("profile", "--recipe", recipe, "--batch-size", 8, "--json", check=0).stdout)
    assert (content["recipe"], content["batch_size"], content["threads"]) == (recipe, 8, 1)
    outer = [row for row in content["rows"] if row["depth"] == 0]
    assert sum(row["share"] for row in outer) == pytest.approx(1)
    assert sum(row["seconds"] for row in outer) == pytest.approx(content["seconds"])
    assert sum(row["operations"] or 0 for row in outer) == content["operations"]
    for row in content["rows"]:
        if row["operations"] is None:
            assert row["part"] in ("loss", "update")
            assert row["rate"] is row["share_of_product_rate"] is None
        else:
            assert row["rate"] == pytest.approx(row["operations"] / row["seconds"])
            assert row["share_of_product_rate"] == pytest.approx(row["rate"] / content["product_rate"])


def test_the_table_fits_a_terminal_of_80_columns(nural):
    nural.environment["COLUMNS"] = "80"
    lines = nural("profile", "--recipe", "walkthrough", "--threads", 2, check=0).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith("batch 32, 2 BLAS threads, medians of ")
    assert lines[2].startswith("one large matrix product: ")
    titles = [line.split()[:2] for line in lines[3:] if line.strip()]
    forward = [["0", "Linear"], ["1", "ReLU"], ["2", "Linear"], ["3", "ReLU"], ["4", "Linear"]]
    shown = [title for title in titles if title[0].isdecimal()]
    assert shown == forward + forward[::-1]
    assert [title[0] for title in titles if title[0] in ("forward", "loss", "backward", "update", "total")] == [
        "forward",
        "loss",
        "backward",
        "update",
        "total",
    ]


def test_an_unknown_recipe_is_one_sentence(nural, one_sentence):
    assert "there is no recipe 'resnet'; there are mlp, " in one_sentence(nural("profile", "--recipe", "resnet"))
