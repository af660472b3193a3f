"""The page on the screens that people have: what happens is in sight, and nothing is larger than the screen."""

import pytest

pytestmark = pytest.mark.browser

#: Width and height: a desktop, a small one, a phone, the same on its side, and a laptop magnified to 200%.
SCREENS = [(1440, 900), (1024, 768), (390, 844), (844, 390), (720, 450)]
SEVEN_AS_THREE = "tab=inside&sample=test.0&label=3"
BOX = "(one) => { const box = one.getBoundingClientRect(); return [box.left, box.right, box.top, box.bottom]; }"


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}x{screen[1]}")
def screen(request):
    return dict(zip(("width", "height"), request.param, strict=True))


@pytest.fixture
def inside(visit, screen):
    def visiting(state=SEVEN_AS_THREE):
        page = visit(state, **screen, has_touch=screen["width"] < 1000)
        page.locator(".column").nth(1).wait_for()
        return page

    return visiting


def in_sight(page, locator):
    """Whether the whole of it is on the screen."""
    left, right, top, bottom = locator.evaluate(BOX)
    size = page.viewport_size
    return left >= 0 and top >= 0 and right <= size["width"] + 1 and bottom <= size["height"] + 1


def test_the_view_follows_the_way_back(inside):
    page = inside()
    page.get_by_role("button", name="Play the way back").click()
    page.until("inside.step", "value === 2")
    page.get_by_role("button", name="Pause").press("Enter")
    columns = page.locator(".column").count()
    page.get_by_role("slider", name="How far the error has come back").fill("7")
    column = page.locator(".column").nth(columns - 7)
    page.until_true(lambda: in_sight(page, column.locator(".lane.d")), "the layer's error")
    assert in_sight(page, column.locator(".lane.a"))
    assert in_sight(page, page.locator(".lanescard .comment"))


def test_a_click_s_explanation_opens_beneath_the_error_lane(inside):
    page = inside()
    column = page.locator(".column").nth(1)
    column.locator(".lane.d canvas").click(position={"x": 20, "y": 20})
    page.locator("cell-explanation h2", has_text="Convolution").wait_for()

    def shown():
        bottom = page.viewport_size["height"]
        title, mark = (where.evaluate(BOX) for where in (page.locator("#inside-cell"), column.locator(".lane.d .mark")))
        return title[3] < 0.8 * bottom and mark[2] >= 0

    page.until_true(shown, "the cell and the beginning of its explanation")


WIDER = """() => [...document.querySelectorAll('main *')].filter((one) => {
    const { right } = one.getBoundingClientRect();
    return right > innerWidth + 1 && one.checkVisibility() && !one.closest('.strip, .scroll');
}).map((one) => one.outerHTML.slice(0, 90))"""
CUT_OFF = """() => [...document.querySelectorAll('.lines, .terms, .lossline')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.outerHTML.slice(0, 90))"""


def test_a_finger_finds_a_place_beside_the_drawing(visit, screen):
    page = visit("sample=test.0", **screen)
    left, right, top, bottom = page.locator("digit-canvas").evaluate(BOX)
    assert left >= 24
    assert screen["width"] - right >= 24
    assert bottom - top <= 0.7 * screen["height"]
    assert page.evaluate(WIDER) == []


@pytest.mark.parametrize("kind", ["Batch norm", "ReLU"])
def test_formulas_and_terms_fit_the_screen(inside, kind):
    page = inside()
    name = page.locator(".column", has=page.get_by_text(kind, exact=True)).nth(1).get_attribute("data-layer")
    page.evaluate("hash => { location.hash = hash; }", f"{SEVEN_AS_THREE}&cell={name}:3,2,1")
    page.locator("cell-explanation .lines li").first.wait_for()
    page.locator("cell-explanation .terms").first.wait_for()
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(WIDER) == []


def test_cells_of_the_first_layer_can_be_told_apart_on_a_small_screen(inside, screen):
    page = inside()
    ink, first = (page.locator(".column").nth(i).locator(".lane.a").evaluate(BOX) for i in (0, 1))
    small = screen["width"] <= 720 or screen["height"] <= 500
    side_by_side = 4 if not small else 4 if ink[3] - ink[2] < 140 else 2
    cell = (first[1] - first[0]) / side_by_side / 24
    assert cell > (3 if small else 1.7)
    assert page.evaluate("document.documentElement.scrollHeight") < (4400 if small else 3000)
