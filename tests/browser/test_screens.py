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
