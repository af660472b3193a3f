"""The page in Chromium, opened from disk."""

import base64
import os
import shutil

import numpy as np
import pytest
from device_layers import MANY

import nural
from nural.data import prepare, prepare_strokes
from nural.evaluation.inference import outputs
from nural.export import export_model
from nural.export.folding import fold_batch_norm
from nural.export.html.target import fitted_page, meaning_of
from nural.export.steps import run, steps_of
from nural.task import Task

pytestmark = pytest.mark.browser

#: So that nothing of the browser's own asks the network.
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
#: The function of the page that gives the outputs.
OUTPUTS = "(nural.logits ?? nural.outputs)"
#: A 3, in a field of side 1.
THREE = [
    (0.32, 0.25), (0.45, 0.17), (0.6, 0.2), (0.66, 0.32), (0.58, 0.43), (0.46, 0.47),
    (0.6, 0.5), (0.69, 0.6), (0.66, 0.74), (0.53, 0.82), (0.38, 0.8), (0.3, 0.72),
]  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "the browser tests need chromium on the PATH, or its path in the variable CHROMIUM"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Opens a file; at the end there must have been no error, and no request but that for the file."""
    pages = []

    def open_page(path, **context):
        page = browser.new_context(**context).new_page()
        troubles, requests = [], []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        page.evaluate(f"{OUTPUTS}(new Float32Array(784))")  # when this comes back the page is ready
        pages.append((page, path, troubles, requests))
        return page

    yield open_page
    for page, path, troubles, requests in pages:
        assert troubles == []
        assert requests == [path.as_uri()]
        page.context.close()


@pytest.fixture(scope="module")
def digits_page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "digits.html"
    export_model(nural.load_pretrained(), path)
    return path


def logits_of(page, x):
    """What the page's network makes of digits ``(N, 784)``, handed over as bytes."""
    script = """async (text) => {
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), found = [];
        for (let i = 0; i < bytes.length; i += 784)
            found.push(await OUTPUTS(Float32Array.from(bytes.subarray(i, i + 784), (level) => level / 256)));
        return found;
    }""".replace("OUTPUTS", OUTPUTS)
    return np.array(page.evaluate(script, base64.b64encode((256 * x).astype(np.uint8).tobytes()).decode()))


def draw(page, points):
    box = page.locator("#canvas").bounding_box()
    (x, y), *more = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in more:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()


def test_it_answers_as_python_does_on_mnists_test_set(opened, digits_page, mnist):
    x = mnist[2][0]
    expected = outputs(nural.load_pretrained(), x)
    found = logits_of(opened(digits_page), x)
    assert np.count_nonzero(found.argmax(axis=1) == expected.argmax(axis=1)) >= 9990


def test_every_kind_of_layer(built, opened, tmp_path, mnist):
    x = mnist[2][0][:30]
    model = built(MANY)
    meaning = meaning_of(model, (10,), tmp_path)
    page = fitted_page(fold_batch_norm(steps_of(model, (784,))), meaning, tmp_path / "many.html", (784,))
    (tmp_path / "many.html").write_bytes(page.content)
    np.testing.assert_allclose(logits_of(opened(tmp_path / "many.html"), x), run(page.steps, x), atol=1e-5)


def test_strokes_become_the_pixels_that_python_makes_of_them(opened, digits_page, rng):
    page = opened(digits_page)
    for _ in range(30):
        strokes = [np.cumsum(rng.normal(0, 1, (rng.integers(2, 12), 2)), 0).tolist() for _ in range(rng.integers(1, 4))]
        found = page.evaluate("(strokes) => Array.from(nural.prepareStrokes(strokes))", strokes)
        np.testing.assert_array_equal(np.float32(found).reshape(28, 28), prepare_strokes(strokes))
    assert page.evaluate("nural.prepareStrokes([])") is None
    assert page.evaluate("nural.prepareStrokes([[[1, 2]]])") is None


@pytest.mark.parametrize(
    ("width", "change", "levels"),
    [
        (14, "none", 0),
        (1, "none", 0),
        (60, "none", 0),
        (14, "inverted", 0),
        (14, "dirt", 0),
        (14, "close", 0),
        (14, "shadow", 4),  # Pillow's blur is not quite a Gaussian one
    ],
)
def test_pictures_become_the_pixels_that_python_makes_of_them(opened, digits_page, rng, width, change, levels):
    from PIL import Image, ImageDraw

    image = Image.new("L", (300, 260), 235)
    ImageDraw.Draw(image).line([(60 + 180 * x, 10 + 220 * y) for x, y in THREE], fill=40, width=width, joint="curve")
    grey = np.asarray(image).astype(float)
    if change == "inverted":
        grey = 255 - grey
    elif change == "dirt":
        grey[30:33, 30:33], grey[200:203, 280:284] = 0, 50
        grey += rng.normal(0, 4, grey.shape)
    elif change == "close":
        grey = grey[40:215, 105:190]
    elif change == "shadow":
        grey = grey * np.linspace(0.45, 1, 300) * np.linspace(0.8, 1, 260)[:, None] + rng.normal(0, 3, grey.shape)
    grey = np.clip(grey, 0, 255).astype(np.uint8)
    script = """([levels, width, height]) =>
        Array.from(nural.preparePicture({ levels: Uint8Array.from(levels), width, height }))"""
    found = opened(digits_page).evaluate(script, [grey.ravel().tolist(), grey.shape[1], grey.shape[0]])
    assert np.abs(np.float32(found).reshape(28, 28) - prepare(grey)).max() <= levels / 256


def test_a_digit_is_drawn_undone_and_cleared(opened, digits_page):
    page = opened(digits_page, viewport={"width": 1000, "height": 900}, locale="en-GB")
    digit = page.locator("#digit")
    assert digit.text_content() == "–"
    assert page.locator("#undo").is_disabled()
    draw(page, THREE)
    assert digit.text_content() == "3"
    assert page.locator("#hint").is_hidden()
    assert "sure" in page.locator("#certainty").text_content()
    assert page.locator("li.first").text_content().startswith("3")
    assert page.locator("li").count() == 10
    draw(page, [(0.1, 0.1), (0.9, 0.9)])
    page.keyboard.press("Control+z")
    assert digit.text_content() == "3"
    page.get_by_role("button", name="Clear").click()
    assert digit.text_content() == "–"


def test_below_the_threshold_there_is_a_question_mark(built, tmp_path, opened):
    model = built("Linear(784, 10)")
    for value in model.params.values():
        value *= 0.001  # all digits are about as probable
    model.info = {"threshold": 0.6}
    export_model(model, tmp_path / "unsure.html")
    page = opened(tmp_path / "unsure.html", locale="en")
    draw(page, THREE)
    assert page.locator("#digit").text_content() == "?"
    assert page.locator("#certainty").text_content().startswith("Not sure; perhaps ")


def test_classes_have_their_names_and_a_softmax_is_not_applied_twice(tmp_path, opened):
    digits = nural.load_pretrained()
    names = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "<b>nine")
    model = nural.Sequential(digits, nural.Softmax())
    model.task = Task("multiclass", names)
    export_model(model, tmp_path / "named.html")
    page = opened(tmp_path / "named.html", viewport={"width": 1000, "height": 900}, locale="en")
    assert page.locator("h1").text_content() == f"Draw one of these: {', '.join(names)}"
    draw(page, THREE)
    assert page.locator("#digit").text_content() == "three"
    assert page.locator("li span:first-child").all_text_contents() == list(names)
    p = nural.predict_proba(digits, prepare_strokes([THREE]).reshape(1, -1))[0, 3]
    shown = float(page.locator("li.first span:last-child").text_content().removesuffix("%"))
    assert shown == pytest.approx(100 * p, abs=1)


def test_a_browser_that_cannot_unpack_the_network_is_told_so(browser, digits_page):
    page = browser.new_page(locale="en")
    page.add_init_script("delete globalThis.DecompressionStream")
    page.goto(digits_page.as_uri())
    page.get_by_text("This browser is too old to unpack the network").wait_for()
    page.close()


def test_a_digit_is_drawn_with_the_keyboard(opened, digits_page):
    page = opened(digits_page, locale="en")
    page.locator("#canvas").focus()
    for key in [*["ArrowUp"] * 9, " ", *["ArrowDown"] * 18, " "]:
        page.keyboard.press(key)
    assert page.locator("#digit").text_content() == "1"
    page.keyboard.press("Backspace")
    assert page.locator("#digit").text_content() == "–"


def test_a_picture_is_opened_dropped_or_pasted(opened, digits_page, tmp_path):
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (200, 200), (250, 248, 240))
    points = [(200 * x, 200 * y) for x, y in THREE]
    ImageDraw.Draw(image).line(points, fill=(20, 30, 90), width=12, joint="curve")
    image.save(tmp_path / "three.png")
    page = opened(digits_page, locale="en")
    page.set_input_files("#file", tmp_path / "three.png")
    page.locator("#digit", has_text="3").wait_for()
    content = base64.b64encode((tmp_path / "three.png").read_bytes()).decode()
    for event in ("drop", "paste"):
        page.get_by_role("button", name="Clear").click()
        page.evaluate(
            """([kind, text]) => {
                const data = new DataTransfer();
                const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
                data.items.add(new File([bytes], "three.png", { type: "image/png" }));
                const options = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
                document.dispatchEvent(new (kind === "drop" ? DragEvent : ClipboardEvent)(kind, options));
            }""",
            [event, content],
        )
        page.locator("#digit", has_text="3").wait_for()
    (tmp_path / "no.png").write_bytes(b"no picture")
    page.set_input_files("#file", tmp_path / "no.png")
    page.get_by_text("This is no picture that the browser can read.").wait_for()
    assert page.locator("#digit").text_content() == "–"


def test_on_a_telephone_in_chinese_it_fits_and_does_not_scroll_under_the_finger(opened, digits_page):
    phone = {"width": 360, "height": 640}
    page = opened(digits_page, viewport=phone, has_touch=True, is_mobile=True, locale="zh-CN", color_scheme="dark")
    assert page.locator("h1").text_content() == "写一个数字"
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    touches = page.context.new_cdp_session(page)
    box = page.locator("#canvas").bounding_box()
    x = box["x"] + box["width"] / 2
    for i in range(12):
        at = {"x": x, "y": box["y"] + (0.9 - 0.07 * i) * box["height"]}
        touches.send("Input.dispatchTouchEvent", {"type": "touchMove" if i else "touchStart", "touchPoints": [at]})
    touches.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.locator("#digit", has_text="1").wait_for()
    assert page.evaluate("scrollY") == 0
