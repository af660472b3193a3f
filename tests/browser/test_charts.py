"""The curves of a training, drawn from numbers that a test gives."""

import pytest

pytestmark = pytest.mark.browser

DRAW = """async (chart) => {
    await import('./components/line-chart.js');
    const made = document.createElement('line-chart');
    document.getElementById('main').replaceChildren(made);
    made.show(chart);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const texts = (which) => [...made.querySelectorAll(`.tick.${which}`)].map((one) => one.textContent);
    const curve = made.querySelector('path.curve').getAttribute('d').split(/[ML]/).slice(1);
    const points = curve.map((point) => point.split(',').map(Number));
    return { x: texts('x'), y: texts('y'), note: made.querySelector('.note').textContent, points };
}"""


@pytest.fixture
def draw(visit):
    page = visit("language=en")

    def drawing(values, last=None, **chart):
        points = [[i * (last or len(values)) / len(values), value] for i, value in enumerate(values)]
        return page.evaluate(DRAW, {"series": [{"name": "a", "points": points, "colour": 0}]} | chart)

    return drawing


def test_what_diverges_does_not_press_the_rest_to_the_ground(draw):
    drawn = draw([2.3, 1.9, 1.2, 0.7, 3.0, 1e9, 1e27], logarithmic=True)
    assert not any("e2" in tick for tick in drawn["y"])
    heights = [y for _, y in drawn["points"]]
    assert max(heights[:5]) - min(heights[:5]) > 15
    assert heights[5] == heights[6] < min(heights[:5])
    assert "up to 1e27" in drawn["note"]


def test_no_tick_is_written_like_another(draw):
    for values in ([100.2, 100.9, 101.4], [0.0], [2.31, 0.4, 0.004], [1e-7, 2e-7], [1234, 5678]):
        for last in (0.004, 1, 12.5, 1500):
            for chart in ({}, {"range": [min(values), max(values) + 0.05]}):
                drawn = draw(values, last, until=last, **chart)
                for axis in "xy":
                    assert len(set(drawn[axis])) == len(drawn[axis]) > 0, drawn[axis]
