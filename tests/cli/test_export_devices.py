"""`nural export` to a page, C and NumPy."""

import json


def test_each_ending_chooses_its_target_and_the_difference_is_said(nural):
    for name, size in (("digits.html", "kB)"), ("digits.c", "digits.h ("), ("digits.py", "kB)")):
        said = nural("export", name, check=0).stdout.splitlines()
        assert said[0].startswith(f"{name} (")
        assert size in said[0]
        assert said[1].startswith("largest difference from the model ")
        assert "on 1,000 MNIST validation digits, by " in said[1]
        assert said[2].startswith("accuracy there 99.")
        assert said[3] == "one sample: 784 values"


def test_bits_and_prefix(nural, one_sentence):
    told = json.loads(nural("export", "a.c", "--bits", "8", "--prefix", "reader", "--json", check=0).stdout)
    assert told["files"] == ["a.c", "a.h"]
    assert (told["function"], told["bits_of_a_weight"]) == ("reader_predict", 8)
    assert 0 < told["largest_difference"] < 0.5
    said = one_sentence(nural("export", "a.html", "--bits", "4"))
    assert said == "nural: a.html: bits makes no difference to HTML; leave it away\n"
    assert one_sentence(nural("export", "a.py", "--bits", "7")).startswith(
        "nural: a.py: weights in NumPy have 32 or 16"
    )
