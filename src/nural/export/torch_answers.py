"""The functions of a PyTorch file that turn outputs into probabilities and answers, as `nural.predictions` does."""

from nural.export.answers import Answers

PROBABILITIES = '''
def predict_proba(module: nn.Module, x: Tensor) -> Tensor:
    """The probability of each {what}, along the last dimension."""
    with torch.no_grad():
        {p}
'''
PREDICT = '''

def predict(module: nn.Module, x: Tensor) -> {type}:
    """{says}"""
    return {answer}
'''
NAMED = '''

def named(places: Any) -> Any:
    """Classes by name."""
    return [named(each) for each in places] if isinstance(places, list) else CLASSES[places]
'''
VALUES = '''
def predict(module: nn.Module, x: Tensor) -> Tensor:
    """The values of each sample."""
    with torch.no_grad():
        return {y}
'''


def functions(answers: Answers, channels_first: bool) -> str:
    """The functions' text. If classes have names, it uses a constant CLASSES.

    Args:
        answers: What the outputs stand for.
        channels_first: Whether the classes lie along dimension 1 in PyTorch.
    """
    y = "module(x).movedim(1, -1)" if channels_first else "module(x)"
    if answers.task.kind == "regression":
        return VALUES.format(y=f"{y}.squeeze(-1)" if answers.outputs == 1 else y)
    p = {"softmax": f"{y}.softmax(-1)", "sigmoid": f"{y}.sigmoid()", "exp": f"{y}.exp()", None: y}[answers.apply]
    what, returned, named = "class", f"return {p}", bool(answers.task.classes)
    match answers.task.kind:
        case "multiclass":
            says, answer = "The most probable class of each sample.", f"{y}.argmax(-1)"
        case "binary":
            threshold = answers.thresholds[0]
            says = f"The second class for each sample where its probability is above {threshold}, else the first."
            answer = f"(predict_proba(module, x)[..., 1] > {threshold}).long()"
            returned = f"p = {p}\n        return torch.cat([1 - p, p], dim=-1)"
        case _:
            what, says, named = "label", "1 for each label whose probability is above its threshold, else 0.", False
            answer = f"(predict_proba(module, x) > torch.tensor({list(answers.thresholds)})).long()"
    answer, type_ = (f"named({answer}.tolist())", "list[Any]") if named else (answer, "Tensor")
    predict = PREDICT.format(type=type_, says=says, answer=answer)
    return PROBABILITIES.format(what=what, p=returned) + predict + NAMED * named
