import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from nural.data import prepare_strokes

pytestmark = pytest.mark.browser


def along(*corners, step=0.05):
    """Points from corner to corner, as a hand makes them."""
    points = []
    for a, b in pairwise(corners):
        count = max(2, round(np.hypot(b[0] - a[0], b[1] - a[1]) / step))
        points += [(a[0] + (b[0] - a[0]) * i / count, a[1] + (b[1] - a[1]) * i / count) for i in range(count)]
    return [*points, corners[-1]]


def arc(x, y, radius_x, radius_y, begin, end, count=24):
    """Points on an ellipse, from one angle to another, in degrees."""
    angles = np.deg2rad(np.linspace(begin, end, count))
    return [(x + radius_x * np.cos(a), y + radius_y * np.sin(a)) for a in angles]


DIGITS = {
    7: [along((0.3, 0.2), (0.7, 0.2), (0.45, 0.8))],
    4: [along((0.55, 0.15), (0.25, 0.6), (0.75, 0.6)), along((0.6, 0.4), (0.58, 0.9))],
    0: [arc(0.5, 0.5, 0.2, 0.3, -90, 270, 32)],
    3: [arc(0.45, 0.32, 0.16, 0.16, -150, 90) + arc(0.45, 0.65, 0.2, 0.17, -90, 150)],
}


@pytest.mark.parametrize("digit", [7, 3])
def test_mouse_and_finger_at_any_resolution_make_the_same_pixels(visit, digit):
    found = {}
    for ratio in (1, 2, 3):
        for way in ("draw", "draw_by_touch"):
            page = visit(width=800, height=1200, device_scale_factor=ratio, has_touch=way == "draw_by_touch")
            getattr(page, way)(*DIGITS[digit])
            page.until("answer", f"value === {digit}")
            found[way, ratio] = page.drawn_pixels()
    first = found["draw", 1]
    for key, pixels in found.items():
        assert np.abs(pixels - first).max() * 256 <= 2, key
    # what few points are kept of a stroke stays near what all of them would have made
    assert np.abs(first - prepare_strokes(DIGITS[digit]).ravel()).mean() < 0.01


def test_the_page_does_not_scroll_under_a_finger(visit):
    page = visit(width=390, height=700, has_touch=True, is_mobile=True)
    page.draw_by_touch(along((0.5, 0.9), (0.5, 0.1)))
    page.until("strokes", "value.length === 1")
    assert page.evaluate("scrollY") == 0


def test_the_bars_and_the_answer_are_the_store_s(visit):
    page = visit().draw(*DIGITS[7])
    probabilities = page.until("probabilities", "value !== null && value[7] > 0.9")
    shares = page.locator(".bars .share").all_inner_texts()
    for share, probability in zip(shares, probabilities, strict=True):
        assert share in (f"{100 * probability:.1f}%", "<0.1%", ">99.9%")
    assert page.locator(".answer").inner_text() == "7"
    page.holds("document.getElementById('announcement').textContent.includes('reads a 7')")


def test_an_unsure_network_answers_with_a_question_mark(visit):
    page = visit()
    page.draw([(0.5, 0.2), (0.2, 0.8)], [(0.7, 0.8), (0.3, 0.8)])
    page.until("probabilities", "value !== null && Math.max(...value) < 0.6")
    assert page.locator(".answer").inner_text() == "?"
    assert "unsure" in page.locator(".verdict p").inner_text()
    threshold = f"{100 * page.store('threshold'):.0f}%"
    assert f"below {threshold} the answer is “?”" in page.locator(".threshold-legend").inner_text()


def test_by_keyboard_alone(visit):
    page = visit()
    page.keyboard.press("Tab")  # the link to the content
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.closest('digit-canvas') === null"):
        page.keyboard.press("Tab")
    for key, times in (("ArrowLeft", 6), ("ArrowUp", 2), (" ", 1), ("ArrowRight", 12), ("ArrowDown", 3), (" ", 1)):
        for _ in range(times):
            page.keyboard.press(key)
    strokes = page.until("strokes", "value.length === 1")
    assert len(strokes[0]) == 3  # two straight lines
    page.keyboard.press("Backspace")
    assert page.until("strokes", "value.length === 0") == []


def test_two_arrows_at_once_draw_a_diagonal(visit):
    page = visit()
    page.locator("digit-canvas canvas").focus()
    page.keyboard.press(" ")
    page.keyboard.down("ArrowDown")
    page.keyboard.down("ArrowLeft")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
        page.keyboard.down("ArrowLeft")
    page.keyboard.up("ArrowDown")
    page.keyboard.press(" ")
    (stroke,) = page.until("strokes", "value.length === 1")
    assert stroke[-1][0] < stroke[0][0]
    assert stroke[-1][1] > stroke[0][1]


def test_undo_eraser_and_clear(visit):
    page = visit().draw(*DIGITS[4])
    drawn = page.store("strokes")
    page.get_by_role("button", name="Eraser").click()
    page.draw(along((0.2, 0.45), (0.9, 0.45)))
    cut = page.store("strokes")
    assert len(cut) > len(drawn)
    assert all(abs(y - 0.45) > 0.06 for stroke in cut for _, y, _ in stroke)
    page.get_by_role("button", name="Undo").click()
    assert page.store("strokes") == drawn
    page.get_by_role("button", name="Clear").click()
    assert page.until("pixels", "value === null") is None
    assert page.locator(".answer").inner_text() == "–"
    page.get_by_role("button", name="Undo").click()
    assert page.store("strokes") == drawn
    page.until("answer", "value === 4")


def test_a_wider_brush(visit):
    page = visit().draw(*DIGITS[7])
    thin = page.drawn_pixels().sum()
    page.get_by_label("Brush width").fill("4.5")
    page.until("width", "value === 4.5")
    page.until("pixels", f"value.reduce((a, b) => a + b) > {thin * 1.3}")


@pytest.mark.parametrize(("name", "switch"), [("Box", "box"), ("20×20", "scale"), ("Centre of mass", "centre")])
def test_a_switch_leaves_a_step_out(visit, name, switch):
    page = visit().draw(along((0.1, 0.1), (0.3, 0.1), (0.18, 0.38)))
    page.until("pixels", "value !== null")
    strokes = [[point[:2] for point in stroke] for stroke in page.store("strokes")]
    page.get_by_role("switch", name=name).uncheck()
    expected = prepare_strokes(strokes, **{switch: False}).ravel()
    page.until_true(lambda: np.allclose(page.store("pixels"), expected, rtol=0, atol=1e-6))
    page.has_address(f"without={switch}")


def test_the_strip_shows_each_stage(visit):
    page = visit().draw(*DIGITS[7])
    page.until("stages", "value !== null")
    page.holds("document.querySelectorAll('stage-strip .empty').length === 0")
    labels = page.locator("stage-strip canvas").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert [label.split(":")[0] for label in labels] == [
        "Ink",
        "Box",
        "20×20",
        "Centre of mass",
        "What the network sees",
    ]
    assert labels[-1].endswith("28×28 pixels")


def test_a_sample_is_read_and_drawn_on(visit, mnist):
    page = visit("sample=test.18")
    page.until("pixels", "value !== null")
    np.testing.assert_array_equal(np.float32(page.store("pixels")), mnist[2][0][18])
    page.locator(".sample").first.click()
    index = page.until("source", "value.index !== 18")["index"]
    page.until("base", "value !== null")
    np.testing.assert_array_equal(np.float32(page.until("pixels", "value !== null")), mnist[2][0][index])
    page.draw(along((0.05, 0.05), (0.05, 0.2)))
    page.until("pixels", "value[28 + 1] > 0.5 || value[2 * 28 + 1] > 0.5")
    page.has_address(f"sample=test.{index}")


def photograph():
    image = Image.new("L", (300, 300), 230)
    image.paste(30, (90, 60, 210, 85))
    image.paste(30, (170, 85, 200, 240))
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def test_a_picture_is_opened(visit):
    page = visit()
    file = {"name": "7.png", "mimeType": "image/png", "buffer": photograph()}
    page.locator("input[type=file]").set_input_files(file)
    assert page.until("source", "value?.kind === 'image'")
    assert page.until("answer", "value !== null") == 7


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_a_picture_is_dropped_or_pasted(visit, event):
    page = visit()
    page.evaluate(
        """([event, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "7.png", { type: "image/png" }));
            const options = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
            const Kind = event === "drop" ? DragEvent : ClipboardEvent;
            document.body.dispatchEvent(new Kind(event, options));
        }""",
        [event, list(photograph())],
    )
    assert page.until("answer", "value !== null") == 7
