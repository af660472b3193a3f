"""Schedules, by hand and against PyTorch's schedulers."""

import inspect
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nural import schedules as s


def rates(schedule, steps):
    return [schedule(step) for step in range(steps)]


def test_constant():
    assert rates(s.constant(0.3), 3) == [0.3] * 3


def test_step_decay():
    assert rates(s.step_decay(8.0, 2, gamma=0.5), 6) == [8, 8, 4, 4, 2, 2]


def test_multi_step_takes_its_milestones_in_any_order():
    assert rates(s.multi_step(8.0, [4, 1], gamma=0.5), 6) == [8, 4, 4, 4, 2, 2]


def test_exponential():
    assert rates(s.exponential(8.0, 0.5), 4) == [8, 4, 2, 1]


def test_cosine_goes_from_the_rate_to_the_end():
    assert rates(s.cosine(3.0, 4, eta_min=1.0), 5) == pytest.approx([3, 2 + math.sqrt(0.5), 2, 2 - math.sqrt(0.5), 1])


def test_one_cycle_rises_and_falls():
    cycle = rates(s.one_cycle(1.0, 11, 0.5, "linear", div_factor=10, final_div_factor=100), 13)
    assert cycle[0] == pytest.approx(0.1)
    assert max(cycle) == pytest.approx(0.92, abs=0.02)  # the peak, at 4.5, lies between two steps
    assert cycle[10:] == pytest.approx([0.001] * 3)  # later steps keep the last rate


def test_linear_warmup_comes_before_another_schedule():
    schedule = s.linear_warmup(4, s.step_decay(1.0, 2, gamma=0.5), start_factor=0.2)
    assert rates(schedule, 9) == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1, 0.5, 0.5, 0.25])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: s.step_decay(1.0, 0), "step_decay: step_size must be at least 1, got 0"),
        (lambda: s.cosine(1.0, 0), "cosine: T_max must be at least 1, got 0"),
        (lambda: s.one_cycle(1.0, 0), "one_cycle: total_steps must be at least 1, got 0"),
        (
            lambda: s.one_cycle(1.0, 9, anneal_strategy="square"),
            'anneal_strategy must be "cos" or "linear", got \'square\'',
        ),
        (lambda: s.one_cycle(1.0, 9, pct_start=2), "one_cycle: pct_start must be from 0 to 1, got 2"),
        (lambda: s.one_cycle(1.0, 9, div_factor=0), "div_factor and final_div_factor must be above 0, got 0 and 10000"),
        (lambda: s.one_cycle(1.0, 9, final_div_factor=-1), "must be above 0, got 25 and -1"),
        (lambda: s.linear_warmup(0, s.constant(1.0)), "linear_warmup: total_iters must be at least 1, got 0"),
    ],
)
def test_errors(build, message):
    with pytest.raises(ValueError, match=message):
        build()


# -- PyTorch ---------------------------------------------------------------------------------------------------------


def theirs(build, steps, lr):
    """The learning rates of a scheduler, which ``build`` makes of ``(lr_scheduler, optimizer)``."""
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = build(torch.optim.lr_scheduler, optimizer)
    found = []
    for step in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < steps - 1:
            scheduler.step()
    return found


CASES = {
    "step_decay": (lambda: s.step_decay(0.7, 7, gamma=0.3), lambda lr, o: lr.StepLR(o, 7, gamma=0.3)),
    "multi_step": (
        lambda: s.multi_step(0.7, [30, 5, 5, 61], gamma=0.5),
        lambda lr, o: lr.MultiStepLR(o, [30, 5, 5, 61], gamma=0.5),
    ),
    "exponential": (lambda: s.exponential(0.7, 0.95), lambda lr, o: lr.ExponentialLR(o, 0.95)),
    "cosine": (lambda: s.cosine(0.7, 80, eta_min=0.01), lambda lr, o: lr.CosineAnnealingLR(o, 80, eta_min=0.01)),
    "cosine and up again": (lambda: s.cosine(0.7, 20), lambda lr, o: lr.CosineAnnealingLR(o, 20)),
    "warm-up, constant": (
        lambda: s.linear_warmup(10, s.constant(0.7)),
        lambda lr, o: lr.LinearLR(o, total_iters=10),
    ),
    "warm-up, cosine": (
        lambda: s.linear_warmup(10, s.cosine(0.7, 90, eta_min=0.01), start_factor=0.1),
        lambda lr, o: lr.SequentialLR(
            o,
            [lr.LinearLR(o, start_factor=0.1, total_iters=10), lr.CosineAnnealingLR(o, 90, eta_min=0.01)],
            milestones=[10],
        ),
    ),
    "warm-up, multi-step": (
        lambda: s.linear_warmup(15, s.multi_step(0.7, [10, 40]), start_factor=0.5),
        lambda lr, o: lr.SequentialLR(
            o,
            [lr.LinearLR(o, start_factor=0.5, total_iters=15), lr.MultiStepLR(o, [10, 40])],
            milestones=[15],
        ),
    ),
}


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step:UserWarning")
@pytest.mark.parametrize("name", CASES)
def test_equals_pytorch(name):
    ours, scheduler = CASES[name]
    assert rates(ours(), 90) == pytest.approx(theirs(scheduler, 90, lr=0.7), rel=1e-10, abs=1e-15)


@pytest.mark.parity
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (s.step_decay, "StepLR"),
        (s.multi_step, "MultiStepLR"),
        (s.exponential, "ExponentialLR"),
        (s.cosine, "CosineAnnealingLR"),
        (s.one_cycle, "OneCycleLR"),
        (s.linear_warmup, "LinearLR"),
    ],
)
def test_arguments_have_pytorch_s_names(ours, theirs):
    import torch

    of_theirs = inspect.signature(getattr(torch.optim.lr_scheduler, theirs)).parameters
    ours_only = set(inspect.signature(ours).parameters) - {"learning_rate", "max_learning_rate", "then"}
    assert ours_only <= set(of_theirs)


@pytest.mark.parity
@settings(max_examples=100, deadline=None)
@given(
    steps=st.integers(5, 120),
    pct_start=st.floats(0.05, 0.95),
    div_factor=st.floats(1.5, 100),
    final_div_factor=st.floats(1.5, 1e5),
    anneal=st.sampled_from(["cos", "linear"]),
)
def test_one_cycle_equals_pytorch(steps, pct_start, div_factor, final_div_factor, anneal):
    if not 1e-3 < pct_start * steps - 1 < steps - 1.001:
        return  # where a phase has no length PyTorch divides by zero
    ours = s.one_cycle(0.7, steps, pct_start, anneal, div_factor, final_div_factor)
    expected = theirs(
        lambda lr, optimizer: lr.OneCycleLR(
            optimizer,
            0.7,
            total_steps=steps,
            pct_start=pct_start,
            div_factor=div_factor,
            final_div_factor=final_div_factor,
            anneal_strategy=anneal,
        ),
        steps,
        lr=0.7,
    )
    assert rates(ours, steps) == pytest.approx(expected, rel=1e-10)
