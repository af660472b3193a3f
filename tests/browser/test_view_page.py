import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.conftest import Page
from browser.test_draw import DIGITS

pytestmark = pytest.mark.browser

#: Every view, and Inside with something in it.
TABS = ["draw", "train", "inside", "inside&sample=test.0&label=3&cell=ink:8,14,0", "mistakes"]


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(visit, tab, scheme, width):
    page = visit(f"tab={tab}", width=width, color_scheme=scheme)
    page.wait_for_timeout(500)
    found = Axe().run(page.page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(each["id"], node["html"]) for each in found for node in each["nodes"]] == []


@pytest.mark.parametrize("tab", TABS)
def test_a_phone_does_not_scroll_sideways(visit, tab):
    page = visit(f"tab={tab}", width=360, height=740, is_mobile=True, has_touch=True)
    page.wait_for_timeout(300)
    if "cell" in tab:  # its formula and its table are the widest
        page.wait_for_selector(".lossline math")
        page.wait_for_selector(".terms table")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_address_holds_the_drawing(visit):
    page = visit().draw(*DIGITS[3])
    page.until("answer", "value === 3")
    page.get_by_role("switch", name="Centre of mass").uncheck()
    page.get_by_label("Brush width").fill("3")
    page.until("width", "value === 3")
    pixels = page.drawn_pixels().tolist()
    page.has_address("width=3")
    page.has_address("ink=")
    other = visit(page.url.split("#")[1])
    assert other.until("pixels", "value !== null") == pixels
    assert other.store("switches") == {"box": True, "scale": True, "centre": False}
    page.reload()
    assert page.until("pixels", "value !== null") == pixels


def test_an_address_that_means_nothing_is_a_fresh_page(visit):
    page = visit("tab=none&ink=%F0&width=1e9&language=xx&theme=pink&sample=test.999999&model=none&label=77")
    assert page.store("strokes") == []
    assert page.get_by_role("tab", name="Draw").get_attribute("aria-selected") == "true"
    assert page.store("model") == "pretrained"


def test_a_link_to_a_network_that_is_gone_says_so(visit):
    page = visit("model=snapshot:77")
    said = page.get_by_role("alert").inner_text()
    assert said == "There is no network “yours, at step 77” here, or no longer; the one inside nural is shown."
    assert page.store("model") == "pretrained"


def test_a_link_opened_in_the_same_page(visit):
    page = visit()
    page.evaluate("location.hash = 'ink=TNQAsyQAa4zM'")
    assert page.until("answer", "value !== null") == 7


def test_two_pages_at_once(visit):
    pages = [visit().draw(*DIGITS[digit]) for digit in (7, 4)]
    assert [page.until("answer", "value !== null") for page in pages] == [7, 4]
    for page in pages:
        page.get_by_role("tab", name="Train").click()
    pages[0].get_by_role("button", name="One batch").click()
    for page in pages:
        page.until("training", "value?.step === 1")


def test_languages(visit):
    page = visit(locale="zh-CN")
    assert page.store("language") == "zh"
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    page.get_by_role("tab", name="训练").click()
    page.wait_for_selector("training-form")
    page.locator("#language").select_option("en")
    page.get_by_role("tab", name="Train").wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    page.has_address("language=en")
    texts = page.evaluate(
        """Promise.all(['en', 'zh', 'inside-en', 'inside-zh'].map((name) => import(`./i18n/${name}.js`)))
            .then((modules) => modules.map((module) => Object.keys(module.default)))"""
    )
    for english, chinese in (texts[:2], texts[2:]):
        assert set(english) - set(chinese) == set()


def test_no_text_is_left_as_its_key(visit):
    for tab in TABS:
        page = visit(f"tab={tab}&language=zh")
        page.wait_for_timeout(500)
        keys = page.evaluate(
            """() => [...document.querySelectorAll('[data-t], [data-t-label]')]
                .filter((one) => [one.textContent, one.getAttribute('aria-label')]
                    .some((text) => text && [one.dataset.t, one.dataset.tLabel].includes(text)))
                .map((one) => one.outerHTML.slice(0, 80))"""
        )
        assert [key for key in keys if "sigmoid" not in key] == []


def test_appearance(visit):
    page = visit(color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.locator("#theme").select_option("light")
    light = page.evaluate(colour)
    assert dark != light
    page.has_address("theme=light")


def test_tabs_by_keyboard(visit):
    page = visit()
    page.get_by_role("tab", name="Draw").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-train"
    assert page.store("tab") == "train"
    page.keyboard.press("Home")
    assert page.store("tab") == "draw"


def test_nothing_moves_for_who_wants_less_motion(visit):
    page = visit(reduced_motion="reduce")
    durations = page.evaluate(
        "[...document.querySelectorAll('*')].map((one) => getComputedStyle(one).transitionDuration)"
    )
    assert set(durations) == {"0s"}


def test_without_a_server_the_notice_stays_and_panels_keep_what_they_had(chromium, address):
    context = chromium.new_context()
    page = Page(context.new_page(), address).open("tab=inside&sample=test.0&label=3&cell=ink:7,10,0&language=en")
    page.clock.install()
    page.wait_for_selector("cell-explanation .lines li")
    explained = page.locator("cell-explanation").inner_text()
    columns = page.locator(".column").count()
    context.route("**/*", lambda route: route.abort())
    notice = page.get_by_role("alert")
    for column in (4, 5):
        page.locator("[data-layer=ink] .lane.a canvas").click(position={"x": 10 * column, "y": 80})
        notice.wait_for()
        page.clock.fast_forward(10_000)
    assert notice.inner_text() == "the server is not there any more"
    assert page.locator("cell-explanation").inner_text() == explained
    assert page.locator(".column").count() == columns
    for tab, part in (("Train", "training-form"), ("Mistakes", "confusion-matrix")):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_selector(part, state="attached")
    assert notice.is_visible()
    context.unroute_all()
    page.get_by_role("tab", name="Train").click()
    page.wait_for_selector("training-form select#recipe option[value=mlp]", state="attached")
    notice.wait_for(state="hidden")
    context.close()
