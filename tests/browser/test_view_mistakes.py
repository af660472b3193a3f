import re

import numpy as np
import pytest

import nural

pytestmark = pytest.mark.browser

PAGE = "tab=mistakes&language=en"


@pytest.fixture(scope="module")
def read():
    """The test set's labels, and what the model inside answers."""
    x, y = nural.data.load_mnist_datasets()[2]
    return y, nural.predict_proba(nural.load_pretrained(), x)


@pytest.fixture
def mistakes(visit):
    def visiting(state=PAGE, **options):
        page = visit(state, **options)
        page.wait_for_selector("confusion-matrix td.right", timeout=60_000)
        return page

    return visiting


def test_how_many_digits_have_been_read_is_told_while_it_lasts(visit):
    page = visit(f"{PAGE}&set=validation")  # first of all here, before the server knows the answers
    bar = page.get_by_role("progressbar", name="Digits read")
    bar.wait_for()
    page.until_true(lambda: 0 < float(bar.get_attribute("value") or bar.evaluate("one => one.value")) < 10_000)
    page.locator(".summary", has_text="of 10,000 digits").wait_for()
    page.wait_for_selector("confusion-matrix td.right", timeout=60_000)
    bar.wait_for(state="hidden")


def test_the_matrix_is_the_library_s(mistakes, read):
    page = mistakes()
    y, p = read
    texts = page.locator("confusion-matrix td:not(.corner)").all_inner_texts()
    shown = np.array([int(text) for text in texts]).reshape(10, 10)
    assert np.array_equal(shown, nural.confusion_matrix(p.argmax(1), y, 10))
    right = int(np.trace(shown))
    assert f"{right:,} of 10,000" in page.locator(".summary").inner_text()


def test_from_a_cell_to_its_digits_and_one_of_them_inside(mistakes, read):
    y, p = read
    wrong = nural.confusion_matrix(p.argmax(1), y, 10) * (1 - np.eye(10, dtype=int))
    label, answer = divmod(int(wrong.argmax()), 10)
    page = mistakes()
    page.locator(f"[data-cell='{label}{answer}']").click()
    page.locator("#mistakes-digits", has_text=f"{label} read as {answer}").wait_for()
    page.wait_for_function(f"() => document.querySelectorAll('.digitcard').length === {wrong.max()}")
    indices = [int(card.get_attribute("data-index")) for card in page.locator(".digitcard").all()]
    assert set(indices) == set(np.flatnonzero((y == label) & (p.argmax(1) == answer)))
    assert list(p[indices, answer]) == sorted(p[indices, answer], reverse=True)
    page.locator(".digitcard").first.click()
    page.wait_for_function("() => document.querySelectorAll('.column').length > 1")
    assert page.store("tab") == "inside"
    assert page.store("label") == label
    assert page.store("source") == {"kind": "sample", "set": "test", "index": indices[0]}


def test_the_threshold_trades_coverage_for_error(mistakes, read):
    y, p = read
    page = mistakes()
    slider = page.get_by_role("slider", name="Threshold")
    for threshold in (0.0, 0.9):
        slider.fill(str(threshold))
        answered = p.max(1) >= threshold
        wrong = int((answered & (p.argmax(1) != y)).sum())
        text = page.locator(".coverage-reading").inner_text()
        assert int(re.findall(r"(\d+) mistakes", text)[0]) == pytest.approx(wrong, abs=1)
        assert int(re.findall(r"(\d+) digits", text)[0]) == pytest.approx(int((~answered).sum()), abs=1)
    page.wait_for_function("() => location.hash.includes('threshold=0.9')")


def test_two_networks_on_one_digit(mistakes):
    page = mistakes(f"{PAGE}&sample=test.0")
    page.until("pixels", "value !== null")
    page.get_by_text("There is only one network so far").wait_for()
    page.get_by_role("tab", name="Train").click()
    page.get_by_role("button", name="One batch").click()
    page.until("models", "value.length > 1")
    page.get_by_role("tab", name="Mistakes").click()
    assert page.locator("two-models").get_by_label("Second").input_value() == "training"
    page.locator("two-models > p", has_text=re.compile("same answer|They differ")).wait_for()
    page.get_by_role("button", name="Find digits that only one reads rightly").click()
    page.locator("two-models digit-gallery .digitcard").first.wait_for(timeout=60_000)


def test_the_address_holds_the_cell_and_the_threshold(mistakes):
    page = mistakes(f"{PAGE}&confused=49&threshold=0.8&set=validation")
    page.locator("#mistakes-digits", has_text="4 read as 9").wait_for()
    assert page.store("mistakes.set") == "validation"
    assert page.get_by_role("slider", name="Threshold").input_value() == "0.8"


def test_the_pictures_of_the_documentation(mistakes, picture):
    page = mistakes(f"{PAGE}&confused=49&sample=test.0")
    page.wait_for_selector(".digitcard")
    page.wait_for_timeout(300)
    page.locator(".confusion").screenshot(path=picture("page-mistakes.png"))
    page.locator(".coverage").screenshot(path=picture("page-coverage.png"))
