"""Labels of one sample and of 10,000: nural's `predict`, PyTorch in `inference_mode`, ONNX Runtime.

    python benchmarks/inference.py [--rounds N]

ONNX Runtime runs the model that PyTorch exports. The networks are 784-256-256-10 and that of PyTorch's MNIST example.
"""

import io
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from interleaved import Contestant, Goal, Workload, main
from networks import mlp, mnist, mnist_example, torch_mlp, torch_mnist_example

import nural

SIZES = (784, 256, 256, 10)


def repeated(run: Callable[[], object], calls: int) -> Callable[[], object]:
    def several() -> None:
        for _ in range(calls):
            run()

    return several


def ours(network: Callable[[], Any], images: bool, samples: int, calls: int, threads: int | str) -> Any:
    x, _ = mnist(samples, images)
    return repeated(partial(nural.predict, network(), x, threads=threads), calls)


def torch_inputs(images: bool, samples: int) -> Any:
    import torch

    x, _ = mnist(samples, images)
    return torch.from_numpy(x.transpose(0, 3, 1, 2).copy() if images else x)


def torch_labels(
    network: Callable[[], Any], images: bool, samples: int, calls: int, threads: int, channels_last: bool = False
) -> Any:
    import torch

    torch.set_num_threads(threads)
    x, model = torch_inputs(images, samples), network().eval()
    if channels_last:
        x, model = x.to(memory_format=torch.channels_last), model.to(memory_format=torch.channels_last)

    def run() -> None:
        with torch.inference_mode():
            model(x).argmax(1)

    return repeated(run, calls)


def onnx_labels(network: Callable[[], Any], images: bool, samples: int, calls: int, threads: int) -> Any:
    import onnxruntime  # pyright: ignore[reportMissingImports]
    import torch

    x, model = torch_inputs(images, samples), network().eval()
    file: Any = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        names: Any = {"input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}}
        torch.onnx.export(model, (x[:1],), file, dynamo=False, **names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session: Any = onnxruntime.InferenceSession(file.getvalue(), options)
    inputs = {"x": x.numpy()}
    return repeated(lambda: session.run(None, inputs)[0].argmax(1), calls)


def workload(name: str, network: Any, torch_network: Any, images: bool, samples: int, calls: int) -> Workload:
    data = {"images": images, "samples": samples, "calls": calls}
    contestants = [
        Contestant("nural", "threads auto", partial(ours, network, **data, threads="auto"), calls),
        Contestant("nural", "1 thread", partial(ours, network, **data, threads=1), calls),
    ]
    for threads in (1, 2):
        how = f"{threads} thread{'s'[: threads - 1]}"
        theirs = partial(torch_labels, torch_network, **data, threads=threads)
        contestants.append(Contestant("PyTorch", how, theirs, calls))
        if images:
            channels_last = partial(theirs, channels_last=True)
            contestants.append(Contestant("PyTorch", f"channels last, {how}", channels_last, calls))
        runtime = partial(onnx_labels, torch_network, **data, threads=threads)
        contestants.append(Contestant("ONNX Runtime", how, runtime, calls))
    unit = "µs" if samples == 1 else "ms"
    title = f"Inference, {name}, batch {samples:,}"
    return Workload(title, unit, contestants, [Goal("PyTorch", 1.0), Goal("ONNX Runtime", 0.8)])


WORKLOADS = [
    workload("MLP 784-256-256-10", partial(mlp, *SIZES), partial(torch_mlp, *SIZES), False, 1, 5000),
    workload("MLP 784-256-256-10", partial(mlp, *SIZES), partial(torch_mlp, *SIZES), False, 10_000, 10),
    workload("CNN of PyTorch's MNIST example", mnist_example, torch_mnist_example, True, 1, 500),
    workload("CNN of PyTorch's MNIST example", mnist_example, torch_mnist_example, True, 10_000, 1),
]

if __name__ == "__main__":
    main(WORKLOADS, __doc__)
