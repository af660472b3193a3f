"""What each rank runs: a small training by `fit`, with faults on request, whose results a test reads from a folder.

The arguments are one JSON object:
    network: the key of NETWORKS; out: the folder; epochs, batch_size, checkpoint, resume: as `fit` takes them.
    workers: threads that share a rank's rows.
    pause: seconds after each step. fault and rank: what goes wrong after step 5, and where.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

import nural
from nural.parallel.threads import Threads

SAMPLES = 301

NETWORKS = {
    "mlp": lambda: nural.Sequential(
        nural.Linear(36, 32), nural.ReLU(), nural.Dropout(0.3), nural.Linear(32, 16), nural.ReLU(), nural.Linear(16, 4)
    ),
    "cnn": lambda: nural.Sequential(
        nural.Conv2d(1, 4, 3),
        nural.ReLU(),
        nural.MaxPool2d(2),
        nural.Dropout(0.25),
        nural.Flatten(),
        nural.Linear(16, 16),
        nural.ReLU(),
        nural.Dropout(0.5),
        nural.Linear(16, 4),
    ),
    "norm": lambda: nural.Sequential(nural.Linear(36, 8), nural.BatchNorm1d(8), nural.ReLU(), nural.Linear(8, 4)),
    "wide": lambda: nural.Sequential(
        nural.Residual(nural.Sequential(nural.Linear(36, 2000), nural.Tanh(), nural.Linear(2000, 36))),
        nural.Linear(36, 4),
    ),
}


class Fault(nural.Callback):
    """Goes wrong after step 5."""

    def __init__(self, kind, pause, x):
        self.kind, self.pause, self.x = kind, pause, x

    def on_step(self, model, progress):
        time.sleep(self.pause)
        if progress.step < 5 or self.kind is None:
            return False
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "raise":
            raise OSError("the disk is gone")
        if self.kind == "nan":
            self.x[:] = np.nan
        return self.kind == "stop"


def train(asked, communicator=None):
    """The history and the model of what was asked for."""
    rank = 0 if communicator is None else communicator.Get_rank()
    size = 1 if communicator is None else communicator.Get_size()
    rng = np.random.default_rng(7)
    x = rng.standard_normal((SAMPLES, 36)).astype(np.float32)
    y = rng.integers(0, 4, SAMPLES)
    if asked["network"] == "cnn":
        x = x.reshape(-1, 6, 6, 1)
    model = NETWORKS[asked["network"]]()
    fault = Fault(asked.get("fault") if rank == asked.get("rank") else None, asked.get("pause", 0), x)
    history = nural.fit(
        model,
        x,
        y,
        epochs=asked.get("epochs", 2),
        batch_size=asked.get("batch_size", 16) + (rank if asked.get("fault") == "settings" else 0),
        optimizer=nural.Adam(0.003),
        validation=(x[:61], y[:61]),
        callbacks=[fault],
        seed=3,
        threads=Threads(workers=asked.get("workers", 1)),
        checkpoint=asked.get("checkpoint"),
        resume=asked.get("resume", False),
        communicator=communicator if size > 1 else None,
    )
    return history, model


if __name__ == "__main__":
    from mpi4py import MPI

    asked = json.loads(sys.argv[1])
    history, model = train(asked, MPI.COMM_WORLD)
    if "out" in asked:
        path = Path(asked["out"]) / f"{MPI.COMM_WORLD.Get_size()}-{MPI.COMM_WORLD.Get_rank()}.npz"
        validation = history["val_loss"]
        np.savez(path, allow_pickle=False, losses=history.losses, validation=validation, **model.params, **model.state)
