import json
import re
from decimal import Decimal

import numpy as np
import pytest
from playwright.sync_api import expect

import nural
from nural.web.trace import trace

pytestmark = pytest.mark.browser

SEVEN_AS_THREE = "tab=inside&sample=test.0&label=3"
READY = "() => document.querySelectorAll('.column').length > 1"


@pytest.fixture(scope="module")
def traced():
    """What the library computes for the digit that these tests look at."""
    return trace(nural.load_pretrained(), nural.data.load_mnist_datasets()[2][0][0], 3)


TITLES = {"Conv2d": "Convolution", "ReLU": "ReLU", "MaxPool2d": "Max pooling", "Linear": "Logits", "ink": "Ink"}


def place(traced, kind):
    """The last layer of a kind and its cell with the largest error, among those that the page shows at once."""
    kinds = {"ink" if step.layer is None else type(step.layer).__name__: step for step in traced.steps.values()}
    errors = np.abs(array(kinds[kind], "gradient"))[..., :16]
    index = [int(i) for i in np.unravel_index(errors.argmax(), errors.shape)]
    return kinds[kind].name, index


def address_of(name, index):
    return f"{name}:{','.join(map(str, index))}"


def heaviest(traced, parameter):
    """The weight of an array with the largest gradient."""
    gradients = np.abs(traced.model.grads[parameter])
    return tuple(int(i) for i in np.unravel_index(gradients.argmax(), gradients.shape))


def title(name, kind):
    return TITLES[kind] if kind == "ink" else f"{name} {TITLES[kind]}"


@pytest.fixture
def inside(visit):
    def visiting(state=SEVEN_AS_THREE, **options):
        page = visit(state, **options)
        page.wait_for_function(READY)
        return page

    return visiting


def explained(page, title):
    """Wait until a cell's explanation is there."""
    page.locator("cell-explanation h2", has_text=title).wait_for()
    page.wait_for_selector("cell-explanation .lines li")
    return page.locator("cell-explanation")


def of_trace(page, expression):
    """What this JavaScript gives for the page's ``trace``."""
    return page.evaluate(f"import('./inside/tracer.js').then(({{ tracer: {{ trace }} }}) => {expression})")


def until_trace(page, condition):
    """Wait until this holds of it."""
    page.holds(f"import('./inside/tracer.js').then(({{ tracer: {{ trace }} }}) => {condition})")


def lane(page, layer, which):
    """The picture of a lane, as a text."""
    return page.evaluate(f"document.querySelector('[data-layer=\"{layer}\"] .lane.{which} canvas').toDataURL()")


def array(step, numbers):
    found = getattr(step, numbers)
    return found.reshape(28, 28, 1) if step.name == "ink" else found


def adds_up(table):
    """Whether the products that are written add up to the sum that is written, in decimals."""
    texts = [text.replace("−", "-").replace("+", "") for text in table.locator("td.product").all_inner_texts()]
    *parts, total = map(Decimal, texts)
    return sum(parts) == total


@pytest.mark.parametrize("kind", TITLES)
def test_every_number_of_a_cell_is_the_library_s_and_the_terms_add_up(inside, traced, kind):
    name, index = place(traced, kind)
    page = inside(f"{SEVEN_AS_THREE}&cell={address_of(name, index)}")
    shown = explained(page, title(name, kind))
    for station in shown.locator(".way.forward .lines li[data-step]").all():
        step = traced.steps[station.get_attribute("data-step")]
        assert float(station.get_attribute("data-value")) in array(step, "output")
    asked = "index => import('./inside/tracer.js').then(({ tracer }) => tracer.ask('cell', index))"
    answer = page.evaluate(asked, {"step": name, "index": index, "terms": 8})
    for way, numbers in (("forward", "output"), ("backward", "gradient")):
        terms = (answer[way] or {"terms": []})["terms"]
        tables = shown.locator(f".way.{way} table")
        if not terms:
            assert tables.count() == 0
            continue
        rows = tables.locator("tbody tr").all()
        for row, term in zip(rows, terms, strict=False):
            value, weight, product = (float(x.get_attribute("data-value")) for x in row.locator("[data-value]").all())
            assert value == array(traced.steps[term["step"]], numbers)[tuple(term["index"])]
            if "parameter" in term:
                assert weight == traced.model.params[term["parameter"]][tuple(term["entry"])]
            assert product == value * weight
        if answer[way]["kind"] != "max":
            values = [float(x.get_attribute("data-value")) for x in tables.locator("td.product").all()]
            assert np.float32(sum(values[:-1])) == pytest.approx(np.float32(values[-1]), rel=1e-6)
            assert adds_up(tables)
            total = next(station for station in answer["stations"][:: 1 if way == "forward" else -1])
            assert np.float32(values[-1]) == np.float32(total["value" if way == "forward" else "gradient"])


def test_another_label_moves_the_backward_lane_alone(inside):
    page = inside("tab=inside&sample=test.0&label=7")
    layers = [one.get_attribute("data-layer") for one in page.locator(".column").all()]
    before = {layer: (lane(page, layer, "a"), lane(page, layer, "d")) for layer in layers}
    page.locator(".pick", has_text="1").click()
    until_trace(page, "trace.label === 1")
    for layer in layers:
        page.until_true(lambda layer=layer: lane(page, layer, "d") != before[layer][1])
    for layer in layers:
        assert lane(page, layer, "a") == before[layer][0], layer
    page.get_by_role("button", name="nothing said").click()
    page.get_by_text("A drawing has no label").wait_for()
    assert page.locator(".lane.d.empty").count() == len(layers)


def scales(page, model, pixels, label):
    """What the page should write under each lane: the largest number of the layer, forward and backward."""
    found = trace(model, np.asarray(pixels, np.float32), label)
    largest = {
        name: [float(np.abs(numbers).max()) for numbers in (step.output, step.gradient) if numbers is not None]
        for name, step in found.steps.items()
    }
    written = "numbers => import('./components/colour.js').then(({ plain }) => numbers.map((n) => `±${plain(n, 2)}`))"
    return {name: page.evaluate(written, numbers) for name, numbers in largest.items()}


def test_every_scale_is_the_trace_s_after_each_change(inside):
    model = nural.load_pretrained()
    page = inside("tab=inside&sample=test.0")

    def require(label):
        expected = scales(page, model, page.store("pixels"), label)

        def shown():
            columns = page.locator(".column").all()
            written = {c.get_attribute("data-layer"): c.locator(".range").all_inner_texts() for c in columns}
            return all(expected[name] == [text for text in texts if text] for name, texts in written.items())

        page.until_true(shown, f"the scales of label {label}")

    require(None)
    for label in (7, 3):
        page.locator(".pick", has_text=str(label)).click()
        require(label)
    page.get_by_role("button", name="One of MNIST’s").click()
    page.until("source", "value.index !== 0")
    page.locator(".pick", has_text="4").click()
    require(4)
    page.get_by_role("button", name="Take the step").click()
    page.locator("step-lab [data-name=true]").wait_for()
    seen = page.locator(".column .range").all_inner_texts()
    before = scales(page, model, page.store("pixels"), 4)
    assert [text for text in seen if text] != [text for texts in before.values() for text in texts]
    page.get_by_role("button", name="Undo").click()
    require(4)


def test_stepping_back_lights_one_layer_after_another(inside):
    page = inside()
    columns = page.locator(".column").count()
    page.get_by_role("button", name="One layer back").click()
    assert page.locator(".lane.d.empty").count() == columns - 1
    assert "p − t" in page.locator(".lanescard .comment").inner_text()
    page.get_by_role("button", name="One layer back").click()
    assert page.locator(".lane.d.empty").count() == columns - 2
    page.wait_for_function("() => location.hash.includes('step=2')")
    page.get_by_role("button", name="Show all").click()
    assert page.locator(".lane.d.empty").count() == 0
    page.get_by_role("button", name="Play the way back").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_function(f"() => document.querySelectorAll('.lane.d.empty').length < {columns - 1}")


def test_terms_lead_down_to_the_ink_and_back(inside, traced):
    page = inside(f"{SEVEN_AS_THREE}&cell={traced.logits.name}:7")
    explained(page, "Logits")
    way = [page.locator("cell-explanation h2").inner_text()]
    while not way[-1].startswith("Ink"):
        page.locator("cell-explanation .way.forward tbody button.link").first.click()
        page.wait_for_function("old => document.querySelector('cell-explanation h2').innerText !== old", arg=way[-1])
        way.append(page.locator("cell-explanation h2").inner_text())
        assert len(way) <= len(traced.steps)
    assert page.evaluate("document.activeElement.id") == "inside-cell"
    page.get_by_role("button", name="Back to the cell before").click()
    page.wait_for_function("old => document.querySelector('cell-explanation h2').innerText === old", arg=way[-2])


def test_a_click_into_a_lane_chooses_the_cell_under_it(inside):
    page = inside()
    canvas = page.locator("[data-layer='ink'] .lane.a canvas")
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * 10.5 / 28, "y": box["height"] * 7.5 / 28})
    explained(page, "Ink: row 7, column 10")
    assert page.store("inside.cell") == {"name": "ink", "index": [7, 10, 0]}


def test_a_weight_its_uses_and_its_proof(inside, traced):
    name = next(iter(traced.model.params))
    index = heaviest(traced, name)
    page = inside(f"{SEVEN_AS_THREE}&weight={address_of(name, index)}")
    page.wait_for_selector("weight-lab .uses table")
    shown = page.locator("weight-lab")
    weight = traced.model.params[name][index]
    gradient = traced.model.grads[name][index]
    assert float(shown.locator("[data-name=value]").get_attribute("data-value")) == weight
    assert float(shown.locator("[data-name=gradient]").get_attribute("data-value")) == gradient
    assert adds_up(shown.locator(".uses table"))
    shown.get_by_role("button", name="Prove it").click()
    shown.locator(".proof .agree").wait_for()
    assert float(shown.locator("[data-name=error]").get_attribute("data-value")) < 1e-6


def test_the_slider_moves_the_weight_along_the_true_loss(inside, traced):
    page = inside(f"{SEVEN_AS_THREE}&weight={traced.logits.name}.b:3")
    slider = page.locator("weight-lab input[type=range]")
    page.wait_for_function("() => !document.querySelector('weight-lab input[type=range]').disabled")
    slider.press("End")
    reading = page.locator("weight-lab .reading").inner_text().replace("−", "-")
    w, loss, tangent = (float(re.findall(rf"{name} ([+-]?[\d.]+)", reading)[0]) for name in ("w =", "L =", "tangent"))
    bias = traced.logits.layer.params["b"][3]
    moved = nural.load_pretrained().astype(np.float64)
    moved.params[f"{traced.logits.name}.b"][3] = w
    assert w == pytest.approx(bias + max(abs(bias), 0.05), rel=1e-3)
    assert loss == pytest.approx(trace(moved, traced.steps["ink"].output, 3).loss, rel=1e-3)
    assert tangent == pytest.approx(traced.loss + traced.logits.gradient[3] * (w - bias), rel=1e-3)
    page.locator("weight-lab .table summary").click()
    expect(page.locator("weight-lab .table tbody tr")).to_have_count(81, timeout=60_000)


def changes(shown):
    """The change of the loss that was predicted, and the true one."""
    facts = (shown.locator(f"[data-name={name}]") for name in ("predicted", "true"))
    return [float(fact.get_attribute("data-value")) for fact in facts]


@pytest.mark.parametrize("label", [7, 4])
def test_the_first_step_is_as_predicted_and_a_larger_one_shows_where_the_tangent_ends(inside, label):
    page = inside(f"tab=inside&sample=test.0&label={label}")
    shown = page.locator("step-lab")
    shown.get_by_role("button", name="Take the step").click()
    predicted, true = changes(shown)
    assert true == pytest.approx(predicted, rel=0.05)
    shown.get_by_role("button", name="Undo").click()
    shown.get_by_text("Undone, to the last bit").wait_for()
    shown.get_by_label("Rate").fill("1")
    shown.get_by_text("1000% of the loss").wait_for()
    shown.get_by_role("button", name="Take the step").click()
    predicted, true = changes(shown)
    assert abs(true) < 0.5 * abs(predicted)
    shown.get_by_text("The straight line has ended").wait_for()


def test_a_step_and_its_undoing_to_the_bit(inside):
    page = inside()
    arrays = "trace.layers.map(({ name }) => ['a', 'd'].map((lane) => [...trace.tensor(`${lane}.${name}`).data]))"
    everything = f"[trace.weights, trace.loss, {arrays}]"
    before = of_trace(page, everything)
    shown = page.locator("step-lab")
    shown.get_by_role("button", name="Take the step").click()
    predicted, true = changes(shown)
    assert predicted == pytest.approx(-0.01 * before[1])
    assert true == pytest.approx(predicted, rel=0.05)
    shown.get_by_text("The prediction holds within").wait_for()
    shown.locator(".others td", has_text="%").nth(1).wait_for()
    until_trace(page, f"trace.weights !== '{before[0]}'")
    assert of_trace(page, everything)[1] < before[1]
    shown.get_by_role("button", name="Undo").click()
    shown.get_by_text("Undone, to the last bit").wait_for()
    assert of_trace(page, everything) == before


def test_ink_follows_its_gradient_and_comes_back(inside):
    page = inside()
    before = page.store("pixels")
    shown = page.locator("ink-lab")
    shown.get_by_role("button", name="One step").click()
    after = np.array(page.until("pixels", f"value.some((level, i) => level !== {json.dumps(before)}[i])"))
    moved = after - np.array(before)
    assert 0 < np.abs(moved).max() <= 0.1 + 1e-6
    assert after.min() >= 0
    assert after.max() <= 1
    shown.get_by_role("button", name="Let it run").click()
    until_trace(page, "trace.probabilities[3] > 0.5")
    if shown.get_by_role("button", name="Stop").is_visible():
        shown.get_by_role("button", name="Stop").click()
    shown.get_by_role("button", name="My ink again").click()
    page.until_true(lambda: page.store("pixels") == before)


def test_the_pen_adds_ink_to_the_paper(inside):
    page = inside()
    before = page.store("pixels")
    canvas = page.locator("ink-lab .pen canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 150, steps=5)
    page.mouse.up()
    page.until_true(lambda: np.subtract(page.store("pixels"), before).max() > 0.2)
    difference = np.subtract(page.store("pixels"), before)
    assert difference.min() >= 0
    assert set(np.flatnonzero(difference) // 28) <= {20, 21, 22}


@pytest.mark.parametrize(("name", "ratio"), [("sigmoids", (0, 1e-4)), ("dead", (0, 1e-30)), ("rate", (100, 1e9))])
def test_broken_networks_let_the_error_fade_die_or_explode(inside, name, ratio):
    page = inside()
    page.locator(f"[data-name={name}]").press("Enter")  # a click may miss it while the page grows
    page.until("inside.network", f"value === 'broken:{name}'")
    until_trace(page, "trace.layers.length === 12")
    sizes = of_trace(page, "trace.layers.map(({ gradient }) => gradient.rms)")
    assert ratio[0] <= sizes[0] / sizes[-1] < ratio[1]
    page.wait_for_function(f"() => decodeURIComponent(location.hash).includes('broken:{name}')")


def test_the_page_names_the_network_that_it_shows(inside):
    page = inside()
    chosen = page.locator("#model option:checked")
    page.locator("[data-name=dead]").press("Enter")
    expect(chosen).to_have_text("broken: Dead ReLUs")
    page.get_by_role("tab", name="Draw").click()
    expect(chosen).to_have_text("the one inside nural")
    page.get_by_role("tab", name="Inside").click()
    expect(chosen).to_have_text("broken: Dead ReLUs")
    page.locator("#model").select_option("pretrained")
    page.until("inside.network", "value === null")
    until_trace(page, "trace.layers.length > 12")
    page.get_by_role("button", name="Take the step").click()
    expect(chosen).to_have_text("the one inside nural, after a step")
    page.get_by_role("button", name="Undo").click()
    expect(chosen).to_have_text("the one inside nural")


def test_without_an_image_there_is_one_sentence(visit):
    page = visit("tab=inside")
    page.get_by_text("Draw a digit, here or in the first tab.").wait_for()
    cards = page.locator("nural-inside .card").all()
    assert len(cards) > 5
    assert [card.is_visible() for card in cards] == [True] + [False] * (len(cards) - 1)


def test_a_probability_near_1_is_written_by_what_it_lacks(inside):
    page = inside("tab=inside&sample=test.0&label=7")
    until_trace(page, "trace.label === 7")
    loss = of_trace(page, "trace.loss")
    text = page.locator(".lossline .formula").text_content().replace("\xa0", " ").replace("−", "-")
    written = re.fullmatch(r"L=-log p\(7\)=-log \(1-([\d.e-]+)\)=([\d.e-]+)", text)
    assert written, text
    assert float(written[1]) == pytest.approx(1 - np.exp(-loss), rel=1e-3)
    assert float(written[2]) == pytest.approx(loss, rel=1e-3)


def test_places_without_a_cell_are_no_zeros(inside):
    page = inside(f"{SEVEN_AS_THREE}&broken=broken:healthy")
    name = of_trace(page, "trace.layers.find(({ shape }) => shape.length === 1 && shape[0] === 32).name")
    page.holds(f"document.querySelector('[data-layer=\"{name}\"]') !== null")
    levels = page.evaluate(
        """name => ['a', 'd'].map((lane) => {
            const canvas = document.querySelector(`[data-layer="${name}"] .lane.${lane} canvas`);
            const { width, height } = canvas;
            const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
            context.drawImage(canvas, 0, 0);
            const opacity = (row) => context.getImageData(width * 5.5 / 6, height * (row + 0.5) / 6, 1, 1).data[3];
            return [0, 1, 2, 3, 4, 5].map(opacity);
        })""",
        name,
    )
    assert levels == [[255, 255, 0, 0, 0, 0]] * 2  # 32 numbers in six columns of six


def test_no_centring_moves_the_digit_and_puts_it_back(inside):
    page = inside()
    before = page.store("pixels")
    button = page.locator("[data-name=centring]")
    button.click()
    page.until_true(lambda: page.store("pixels") != before)
    moved = np.array(page.store("pixels")).reshape(28, 28)
    assert np.array_equal(moved[:21, :21], np.array(before).reshape(28, 28)[7:, 7:])
    page.until_true(lambda: button.get_attribute("aria-pressed") == "true")
    button.click()
    page.until_true(lambda: page.store("pixels") == before)


def test_the_trace_as_a_file(inside, traced):
    page = inside()
    with page.expect_download() as download:
        page.get_by_role("button", name="Trace as JSON").click()
    content = json.loads(download.value.path().read_text())
    assert content["loss"] == traced.loss
    assert np.array_equal(np.float32(content["layers"][-1]["activation"]), traced.logits.output)


def test_by_keyboard_alone_from_drawing_to_explanation(visit, traced):
    page = visit("language=en")
    canvas = page.locator("digit-canvas canvas")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    for key, times in (("ArrowRight", 8), ("ArrowDown", 14)):
        for _ in range(times):
            page.keyboard.press(key)
    page.keyboard.press("Space")
    page.until("pixels", "value !== null")
    for _ in range(60):  # back to the tabs, as a person would
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.id") == "tab-draw":
            break
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert page.store("tab") == "inside"
    page.wait_for_selector("nural-inside")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "inside-label":
            break
    page.keyboard.press("ArrowDown")  # the next digit: one is chosen
    assert page.store("label") is not None
    page.wait_for_function(READY)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "strip":
            break
    page.keyboard.press("ArrowUp")
    assert page.store("inside.cell")["name"] == traced.logits.name
    page.keyboard.press("Shift+ArrowLeft")
    before = page.store("inside.cell")
    assert before["name"] == page.locator(".column").nth(-2).get_attribute("data-layer")
    page.keyboard.press("ArrowDown")
    assert page.store("inside.cell") != before
    explained(page, before["name"])
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "inside-cell"
    page.wait_for_function("() => document.getElementById('announcement').textContent.includes('error')")


def test_the_address_holds_what_is_looked_at(inside, traced):
    name, index = place(traced, "Conv2d")
    cell, weight = address_of(name, index), f"{name}.K:0,1,0,7"
    state = f"{SEVEN_AS_THREE}&cell={cell}&weight={weight}&scale=shared&log=1&step=3"
    page = inside(state)
    explained(page, "Convolution")
    page.reload()
    explained(page, f"{name} Convolution: row {index[0]}, column {index[1]}, channel {index[2]}")
    assert page.store("inside.scale") == "shared"
    assert page.store("inside.log") is True
    assert page.store("inside.step") == 3
    assert page.store("label") == 3
    page.locator("weight-lab h2", has_text=f"{name}.K[0,1,0,7]").wait_for()


@pytest.mark.parametrize(
    "state", ["cell=99:1", "cell=ink:99,1,1", "cell=ink:4&weight=1.K:99,9,9,9", "weight=1.Q:1", "step=400"]
)
def test_an_address_that_names_nothing_shows_the_rest(inside, state):
    page = inside(f"{SEVEN_AS_THREE}&{state}")
    page.wait_for_timeout(400)
    assert page.locator(".column").count() > 1


def test_the_pictures_of_the_documentation(inside, traced, picture):
    name, index = place(traced, "Conv2d")
    page = inside(f"{SEVEN_AS_THREE}&cell={address_of(name, index)}", height=1020)
    explained(page, "Convolution")
    page.wait_for_timeout(400)
    page.locator(".lanescard").screenshot(path=picture("page-inside.png"))
    page.locator("cell-explanation").screenshot(path=picture("page-cell.png"))
    weight = address_of(f"{name}.K", heaviest(traced, f"{name}.K"))
    page = inside(f"{SEVEN_AS_THREE}&weight={weight}")
    page.wait_for_selector("weight-lab .uses table")
    page.wait_for_function("() => !document.querySelector('weight-lab input[type=range]').disabled")
    page.get_by_role("button", name="Prove it").click()
    page.locator(".proof .agree").wait_for()
    page.locator("weight-lab input[type=range]").fill("62")
    page.locator("weight-lab").screenshot(path=picture("page-weight.png"))
    page.locator("[data-name=sigmoids]").click()
    until_trace(page, "trace.layers.length === 12")
    page.wait_for_timeout(200)
    page.locator("break-lab").screenshot(path=picture("page-broken.png"))
