"""Make the model that nural carries from a run of `nural train --recipe best`.

python tools/make_pretrained.py runs/best src/nural/models/digits.safetensors
"""

import argparse
from pathlib import Path

import nural
from nural.evaluation.calibration import fit_temperature, scaled_by_temperature, threshold_refusing
from nural.evaluation.inference import outputs

#: The share of the validation digits that may be refused.
REFUSED = 0.008


def main() -> None:
    """Calibrate on the validation split, choose the threshold there, store in half precision."""
    parser = argparse.ArgumentParser(description="Calibrate a trained model and store it as the package's own.")
    parser.add_argument("run", type=Path, help="the folder that `nural train` left")
    parser.add_argument("output", type=Path, help="the safetensors file to write")
    arguments = parser.parse_args()

    model = nural.load(arguments.run / "model.safetensors")
    _, (x, y), _ = nural.data.load_mnist_datasets()
    temperature = fit_temperature(outputs(model, x), y)
    model = scaled_by_temperature(model, temperature)
    threshold = threshold_refusing(nural.predict_proba(model, x), REFUSED)
    model.info |= {"temperature": round(float(temperature), 4), "threshold": round(threshold, 3)}
    nural.save(model, arguments.output, half=True)
    print(f"{arguments.output}: {arguments.output.stat().st_size:,} bytes; {model.info}")


if __name__ == "__main__":
    main()
