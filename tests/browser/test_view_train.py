import time

import pytest
from browser.test_draw import DIGITS

pytestmark = pytest.mark.browser

SMALL = {"epochs": "3", "samples": "2000"}


@pytest.fixture
def training(visit):
    """The view, with a drawing pinned and a small training set up, paused before its first step."""

    def begin(recipe="mlp"):
        page = visit().draw(*DIGITS[7])
        page.until("answer", "value === 7")
        page.get_by_role("tab", name="Train").click()
        page.wait_for_selector("training-form select#recipe option[value=mlp]", state="attached")
        page.get_by_label("Recipe").select_option(recipe)
        for name, value in SMALL.items():
            page.locator(f"#train-{name}").fill(value)
            page.locator(f"#train-{name}").press("Tab")
        before = page.until("training", "value !== null")
        first = before["state"] == "none"
        page.get_by_role("button", name="One batch" if first else "New training").click()
        anew = f"value.generation > {before['generation']} && value.step === {int(first)}"
        page.until("training", f"{anew} && value.state === 'paused'")
        return page

    return begin


def points(page, chart):
    """How many points the longest curve of a chart has."""
    paths = page.locator(f"line-chart.{chart} path.curve").evaluate_all("all => all.map(one => one.getAttribute('d'))")
    return max((path.count(",") for path in paths), default=0)


def test_the_curves_grow_and_the_accuracy_rises(training):
    page = training()
    before = points(page, "loss")
    page.get_by_role("button", name="Start").click()
    page.holds(
        f"document.querySelector('line-chart.loss path.curve').getAttribute('d').split(',').length > {before + 1}"
    )
    during = points(page, "loss")
    page.until("training", "value.state === 'finished'")
    page.wait_for_selector("text=All epochs are over")
    assert points(page, "loss") >= during > before
    whole = page.evaluate("fetch('api/training').then((answer) => answer.json())")
    accuracies = [each["validation"]["accuracy"] for each in whole["measurements"] if "validation" in each]
    assert accuracies[0] < 0.5 < 0.75 < accuracies[-1]
    assert f"{100 * accuracies[-1]:.1f}%" in page.locator("nural-train .status").inner_text()
    for chart in ("pinned", "gradients", "updates", "dead"):
        assert points(page, chart) >= 2, chart
    assert page.locator("line-chart.pinned path.curve").count() == 10


def test_one_batch_and_one_epoch(training):
    page = training()
    page.get_by_role("button", name="New training").click()
    page.until("training", "value.step === 0")
    page.get_by_role("button", name="One batch").click()
    page.until("training", "value.step === 1 && value.state === 'paused'")
    page.get_by_role("button", name="One epoch").click()
    page.until("training", "value.epoch === 1 && value.state === 'paused'")


def test_an_answer_that_an_event_overtakes_changes_nothing(training):
    page = training()

    def late(route):
        answer = route.fetch()
        time.sleep(1)
        route.fulfill(response=answer)

    before = page.store("training")["step"]
    page.route("**/api/training/step", late)
    page.get_by_role("button", name="One batch").click()
    page.until("training", f"value.step === {before + 1} && value.state === 'paused'")
    page.wait_for_timeout(1500)
    assert page.get_by_role("button", name="Start").is_visible()


def test_a_snapshot_is_returned_to(training):
    page = training()
    page.get_by_role("button", name="One epoch").click()
    page.until("training", "value.epoch >= 1 && value.state === 'paused'")
    page.holds("document.querySelector('nural-train .snapshots input').max > 1")
    slider = page.locator("nural-train .snapshots input")
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_selector("line-chart.pinned .marker", state="attached")
    page.get_by_role("button", name="Look at this network").click()
    assert page.until("model", "value.startsWith('snapshot:')") == "snapshot:0"
    assert page.store("tab") == "inside"
    assert shown_model(page) == "yours, before training"
    page.get_by_role("tab", name="Train").click()
    page.get_by_role("button", name="Go back to here").click()
    page.until("training", "value.step === 0 && value.state === 'paused'")


def shown_model(page):
    """What the page says of the network that it shows."""
    return page.locator("#model option:checked").inner_text()


def test_the_network_is_looked_at_when_its_training_is_over(training):
    page = training()
    page.locator("#train-epochs").fill("1")
    page.locator("#train-epochs").press("Tab")
    page.until("training", "value.epochs === 1")
    page.get_by_role("button", name="Start").click()
    step = page.until("training", "value.state === 'finished'")["step"]
    page.get_by_role("button", name="Look at this network").click()
    assert (page.store("model"), page.store("tab")) == ("training", "inside")
    page.until_true(lambda: shown_model(page) == f"yours, after {step} steps")
    page.locator(".column").nth(1).wait_for()
    page.evaluate(
        """import('./store.js').then(({ store }) => {
            const names = ['pretrained', ...Array.from({ length: 40 }, (_, i) => `snapshot:${3 * i}`), 'training'];
            store.set({ models: names.map((name) => ({ name })) });
        })"""
    )
    menu = page.locator("#model option").all_inner_texts()
    assert len(set(menu)) == len(menu) == 5
    assert "yours, before training" in menu


def test_the_rate_changes_while_it_runs(training):
    page = training()
    page.locator("#train-epochs").fill("1000")
    page.locator("#train-epochs").press("Tab")
    page.until("training", "value.epochs === 1000")
    page.get_by_role("button", name="Start").click()
    page.until("training", "value.state === 'running'")
    page.locator("#train-learning_rate").fill("0.005")
    page.locator("#train-learning_rate").press("Enter")
    page.until("training", "value.measurement.rate <= 0.005")
    page.get_by_role("button", name="Pause").click()
    page.until("training", "value.state === 'paused'")


def test_layers_of_one_s_own(training):
    page = training()
    page.get_by_role("button", name="Remove layer 4").click()
    page.get_by_role("button", name="Remove layer 3").click()
    page.locator("#layer-0-size").fill("24")
    page.locator("#layer-0-size").press("Tab")
    page.locator("#layer-1-type").select_option("sigmoid")
    page.wait_for_selector("text=These settings begin with a new training")
    page.get_by_role("button", name="New training").click()
    page.until("training", "value.step === 0")
    whole = page.evaluate("fetch('api/training').then((answer) => answer.json())")
    assert [layer["described"] for layer in whole["layers"]] == [
        "Linear(in_features=784, out_features=24)",
        "Sigmoid()",
        "Linear(in_features=24, out_features=10)",
    ]
    assert page.locator(".filters canvas").count() in (0, 24)


def test_a_drawing_is_read_while_it_trains(training):
    page = training("cnn-fast")
    page.locator("#train-epochs").fill("100")
    page.locator("#train-epochs").press("Tab")
    page.get_by_role("button", name="Start").click()
    page.until("training", "value.state === 'running'")
    page.get_by_role("tab", name="Draw").click()
    page.get_by_role("button", name="Clear").click()
    page.draw(*DIGITS[4])
    page.until("answer", "value === 4")
    page.get_by_label("Model").select_option("training")
    page.until("probabilities", "value !== null")
    page.get_by_role("tab", name="Train").click()
    page.get_by_role("button", name="Pause").click()
    page.until("training", "value.state === 'paused'")
