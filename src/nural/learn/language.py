"""In which language the checker speaks: English, unless it was asked for Chinese."""

import contextlib
from collections.abc import Iterator

TEXTS = {
    "en": {
        "right": "right",
        "wrong": "wrong",
        "missing": "missing",
        "equal": "equal to {torch} on {cases} cases",
        "equal to": "equal to {torch}",
        "as it should be": "right on {cases} cases",
        "unwritten": "not yet written",
        "waits": "waits for {function}, which is not yet written",
        "calls": "It calls {functions}, to be mended first.",
        "gone": "{file} has no {function} any more",
        "read": " Read nural.reference.{function}.",
        "smallest": "smallest case",
        "yours": "your {result}",
        "right value": "right",
        "prints": "it prints: {lines}",
        "warns": "NumPy warns: {warning}",
        "takes": "it takes {these}, not {those}",
        "one-hot": "one-hot rows",
        "one row of indices": "one row of indices (N,)",
        "sequences of indices": "sequences of indices (N, T)",
        "labels": "labels",
        "note": "note: {note}",
    },
    "zh": {
        "right": "正确",
        "wrong": "错误",
        "missing": "缺少",
        "equal": "在 {cases} 个用例上与 {torch} 一致",
        "equal to": "与 {torch} 一致",
        "as it should be": "在 {cases} 个用例上正确",
        "unwritten": "尚未编写",
        "waits": "要等 {function}，它尚未编写",
        "calls": "它调用了 {functions}，请先改正后者。",
        "gone": "{file} 中已没有 {function}",
        "read": "请看 nural.reference.{function}。",
        "smallest": "最小的反例",
        "yours": "你的 {result}",
        "right value": "正确值",
        "prints": "它打印了：{lines}",
        "warns": "NumPy 警告：{warning}",
        "takes": "它接受{these}，不接受{those}",
        "one-hot": "独热编码",
        "one row of indices": "一行索引 (N,)",
        "sequences of indices": "索引序列 (N, T)",
        "labels": "标签",
        "note": "注：{note}",
    },
}
_spoken = ["en"]


def speak(language: str) -> None:
    """Let verdicts be said in a language from now on: "en" or "zh" (简体中文).

    Raises:
        ValueError: There is no such language.
    """
    if language not in TEXTS:
        raise ValueError(f"there is no language {language}; there are {', '.join(TEXTS)}")
    _spoken[0] = language


def spoken() -> str:
    """The language in which verdicts are said."""
    return _spoken[0]


@contextlib.contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it, verdicts are said in this language."""
    before = spoken()
    speak(language)
    try:
        yield
    finally:
        speak(before)


def said(key: str, **values: object) -> str:
    """A text of the checker in the language that it speaks."""
    return TEXTS[spoken()][key].format(**values)
