"""The functions of a NumPy file that turn outputs into probabilities and answers, as `nural.predictions` does."""

from dataclasses import dataclass

from nural.export.answers import Answers

PROBABILITIES = '''\
def predict_proba(x):
    """The probability of each {what}, (N, …, C): {how}."""
    {p}
'''
PREDICT = '''

def predict(x):
    """{says}"""
    return {answer}
'''
VALUES = '''\
def predict(x):
    """The values of each sample."""
    return {y}
'''
PRINTED = """\
    x = np.load(sys.argv[1], allow_pickle=False)
    for answer, p in zip(predict(x), predict_proba(x), strict=True):
        print(f"{answer} ({100 * p.max():.1f}%)")"""
EACH = """\
    for answer in predict(np.load(sys.argv[1], allow_pickle=False)):
        print(answer)"""


@dataclass(frozen=True)
class Parts:
    """The functions and constants of a program for a task.

    Attributes:
        names: The names of the functions, as text.
        functions: The functions.
        constants: CLASSES and THRESHOLDS, as far as needed.
        main: What the file does when it is run as a program.
    """

    names: str
    functions: str
    constants: str
    main: str


def parts(answers: Answers) -> Parts:
    """The functions and constants for the task."""
    y = f"{answers.word}(samples(x))"
    if answers.task.kind == "regression":
        functions = VALUES.format(y=f"{y}[..., 0]" if answers.outputs == 1 else y)
        return Parts("`predict(x)`", functions, "", EACH)
    p, how = {
        "softmax": (f"softmax_forward({y})", "softmax of the outputs"),
        "sigmoid": (f"sigmoid_forward({y})", "sigmoid of the outputs"),
        "exp": (f"np.exp({y})", "e to the power of the outputs"),
        None: (y, "the outputs"),
    }[answers.apply]
    what, returned, main = "class", f"return {p}", PRINTED if answers.rows == 1 else EACH
    constants = ""
    if answers.task.classes:
        constants += f"CLASSES = np.array({list(answers.task.classes)!r}{_dtype(answers)})\n"
    if answers.task.kind != "multiclass":
        constants += f"THRESHOLDS = np.array({list(answers.thresholds)!r}, np.float32)\n"
    match answers.task.kind:
        case "multiclass":
            says, places = "The most probable class of each sample.", f"{y}.argmax(axis=-1)"
        case "binary":
            how = f"1 − p and p, {how}"
            returned = f"p = {p}\n    return np.concatenate([1 - p, p], axis=-1)"
            says = "The second class for each sample whose p is above the threshold, else the first."
            places = "(predict_proba(x)[..., 1] > THRESHOLDS[0]).astype(int)"
        case _:
            what, main = "label", EACH
            says = "1 for each label whose probability is above its threshold, else 0."
            places = "(predict_proba(x) > THRESHOLDS).astype(int)"
    named = answers.task.classes and answers.task.kind != "multilabel"
    predict = PREDICT.format(says=says, answer=f"CLASSES[{places}]" if named else places)
    functions = PROBABILITIES.format(what=what, how=how, p=returned) + predict
    return Parts("`predict_proba(x)`, `predict(x)`", functions, constants, main)


def _dtype(answers: Answers) -> str:
    """The dtype that keeps names of several types unchanged."""
    names = answers.task.names
    return ", object" if names is not None and names.dtype == object else ""
