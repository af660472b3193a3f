"""The pictures of the documentation: `pytest -m browser tests/browser/test_pictures.py --pictures docs/images`."""

import pytest
from browser.test_draw import DIGITS

pytestmark = pytest.mark.browser


def test_draw(visit, picture):
    page = visit(height=1000).draw(*DIGITS[3])
    page.until("answer", "value === 3")
    page.until("stages", "value !== null")
    page.locator(".sample").first.wait_for()
    page.mouse.move(5, 5)
    page.wait_for_timeout(500)
    page.screenshot(path=picture("page-draw.png"), full_page=True)


def test_train(visit, picture):
    page = visit(height=1000).draw(*DIGITS[3])
    page.until("answer", "value === 3")
    page.get_by_role("tab", name="Train").click()
    page.wait_for_selector("training-form select#recipe option[value=cnn-fast]", state="attached")
    page.get_by_label("Recipe").select_option("cnn-fast")
    page.get_by_role("button", name="Start").click()
    page.until("training", "value !== null && value.epoch > 0.5")
    page.get_by_role("button", name="Pause").click()
    page.until("training", "value.state === 'paused'")
    page.wait_for_timeout(1000)
    page.screenshot(path=picture("page-train.png"), full_page=True)
