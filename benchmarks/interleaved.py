"""Contestants of a workload, each in a process of its own, timed one after the other, round by round.

A process each, because the thread pools of two libraries in one process get in each other's way: who is not on turn
sleeps in a read. Compilation and the first run are not timed. Ratios are taken within a round; the median over the
rounds counts. Of a peer's ways to run (threads, memory layout) the one with the smallest median time counts.
"""

import argparse
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

PAUSE = 0.2  # seconds before each turn, in which the threads of the one before go to sleep

#: Called in the contestant's process: sets threads, loads data, compiles. What it returns is timed.
Prepare = Callable[[], Callable[[], object]]


@dataclass(frozen=True)
class Contestant:
    """One way to do the work. ``calls`` is how often a run does it; times are those of one."""

    who: str
    how: str
    prepare: Prepare
    calls: int = 1

    @property
    def name(self) -> str:
        return f"{self.who}, {self.how}" if self.how else self.who


@dataclass(frozen=True)
class Goal:
    """To be at least ``limit`` times as fast as a peer at its best."""

    against: str
    limit: float
    judged: str = "threads auto"  # which of nural's ways to run is to reach the goal

    def value(self, ours: Sequence[float], theirs: Sequence[float]) -> float:
        return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))

    def met(self, value: float) -> bool:
        return value >= self.limit

    def shown(self, value: float) -> str:
        return f"{value:.2f} ×"

    def __str__(self) -> str:
        return f"≥ {self.limit:g} × as fast"


class TimeGoal(Goal):
    """To take at most ``limit`` times as long."""

    def value(self, ours: Sequence[float], theirs: Sequence[float]) -> float:
        return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))

    def met(self, value: float) -> bool:
        return value <= self.limit

    def __str__(self) -> str:
        return f"≤ {self.limit:g} × the time"


class ExtraTimeGoal(TimeGoal):
    """To take at most ``limit`` seconds longer."""

    def value(self, ours: Sequence[float], theirs: Sequence[float]) -> float:
        return statistics.median(a - b for a, b in zip(ours, theirs, strict=True))

    def shown(self, value: float) -> str:
        return f"{value * 1e3:.0f} ms"

    def __str__(self) -> str:
        return f"≤ {self.limit * 1e3:g} ms more"


@dataclass(frozen=True)
class Workload:
    """What is timed, who takes part, and what nural is to reach."""

    name: str
    unit: str
    contestants: Sequence[Contestant]
    goals: Sequence[Goal]


@dataclass
class Result:
    """Seconds of each contestant in each round, and those who could not take part, with the reason."""

    workload: Workload
    seconds: dict[str, list[float]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def ways(self, who: str) -> list[str]:
        """The contestants of this name that took part, the fastest first."""
        names = [c.name for c in self.workload.contestants if c.who == who and c.name in self.seconds]
        return sorted(names, key=lambda name: statistics.median(self.seconds[name]))

    def judge(self, goal: Goal) -> dict[str, str]:
        """A row of the table of goals."""
        row = {"workload": self.workload.name, "against": goal.against, "goal": str(goal)}
        if not self.ways(goal.against):
            return row | {"against": f"{goal.against}: not measured", "verdict": "not measured"}
        best, verdict = self.ways(goal.against)[0], "not measured"
        row["against"] = best
        for contestant in self.workload.contestants:
            if contestant.who == "nural" and contestant.name in self.seconds:
                value = goal.value(self.seconds[contestant.name], self.seconds[best])
                row[contestant.how or "threads auto"] = goal.shown(value)
                if contestant.how == goal.judged:
                    verdict = "met" if goal.met(value) else "missed"
        return row | {"verdict": verdict}


def measure(workload: Workload, rounds: int) -> Result:
    """Time the contestants in turn, ``rounds`` times."""
    context = multiprocessing.get_context("spawn")
    result, processes = Result(workload), list[tuple[Contestant, Any, Connection]]()
    try:
        for contestant in workload.contestants:
            here, there = context.Pipe()
            process = context.Process(target=_take_part, args=(contestant, there), daemon=False)
            process.start()
            there.close()
            processes.append((contestant, process, here))
            if reason := here.recv():  # the next one begins to prepare when this one is ready
                result.left_out[contestant.name] = reason
        taking_part = [entry for entry in processes if entry[0].name not in result.left_out]
        for contestant, _, _ in taking_part:
            result.seconds[contestant.name] = []
        for _ in range(rounds):
            for contestant, _, here in taking_part:
                time.sleep(PAUSE)
                here.send(True)
                result.seconds[contestant.name].append(here.recv() / contestant.calls)
    finally:
        for _, process, here in processes:
            here.close()  # which ends the process: there is nothing left to read
            process.join()
    return result


def _take_part(contestant: Contestant, connection: Connection) -> None:
    try:
        run = contestant.prepare()
        run()
    except ModuleNotFoundError as error:
        connection.send(f"{error.name} is not installed")
        return
    connection.send(None)
    while True:
        try:
            connection.recv()
        except EOFError:
            return
        begun = time.perf_counter()
        run()
        connection.send(time.perf_counter() - begun)


def times_table(result: Result) -> str:
    """Median and fastest time of each contestant, as Markdown."""
    scale, unit = {"s": (1, "s"), "ms": (1e3, "ms"), "µs": (1e6, "µs")}[result.workload.unit]
    lines = ["| | median | fastest |", "|---|---|---|"]
    for name, seconds in result.seconds.items():
        shown = [_three_digits(value * scale) for value in (statistics.median(seconds), min(seconds))]
        lines.append(f"| {name} | {shown[0]} {unit} | {shown[1]} {unit} |")
    return "\n".join([*lines, *(f"\n{name}: left out, {reason}" for name, reason in result.left_out.items())])


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def goals_table(rows: Sequence[dict[str, str]]) -> str:
    """Goals beside what was measured, as Markdown."""
    lines = ["| workload | against | goal | nural, threads auto | nural, 1 thread | |", "|---|---|---|---|---|---|"]
    for row in rows:
        cells = [row.get(key, "") for key in ("workload", "against", "goal", "threads auto", "1 thread", "verdict")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(workloads: Sequence[Workload], about: str | None) -> None:
    """The command of a script: measure its workloads and print the tables."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take the medians of (default 7)")
    parser.add_argument("--json", type=Path, help="a file for the seconds of each round and the verdicts")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error(f"expected at least 1 round, got {arguments.rounds}")
    found = []
    for workload in workloads:
        result = measure(workload, arguments.rounds)
        verdicts = [result.judge(goal) for goal in workload.goals]
        table = times_table(result)
        print(f"\n## {workload.name}\n\n{table}\n\n{goals_table(verdicts)}", flush=True)
        found.append({"name": workload.name, "times": table, "goals": verdicts, "seconds": result.seconds})
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1, ensure_ascii=False))
