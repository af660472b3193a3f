"""Ranks that reach each other by TCP alone, each in a network namespace of its own, as on separate machines."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import program
import pytest

pytestmark = pytest.mark.mpi

#: MPICH's launcher calls it instead of ssh: [options] HOST PROXY ARGUMENTS …
ENTER = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
host=$1
shift
exec ip netns exec "PREFIX-$host" sh -c "$*"
"""


class Network:
    """Namespaces with the addresses 10.77.0.1, 10.77.0.2, …, joined by a bridge."""

    def __init__(self, count, folder):
        self.prefix = f"nural-{os.getpid()}"
        self.hosts = [f"10.77.0.{i + 1}" for i in range(count)]
        self.enter = folder / "enter"
        self.enter.write_text(ENTER.replace("PREFIX", self.prefix))
        self.enter.chmod(0o755)

    def __enter__(self):
        switch = f"{self.prefix}-switch"
        ip("netns", "add", switch)
        ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        ip("-n", switch, "link", "set", "bridge", "up")
        for i, host in enumerate(self.hosts):
            space = f"{self.prefix}-{host}"
            ip("netns", "add", space)
            ip("link", "add", "eth0", "netns", space, "type", "veth", "peer", "name", f"port{i}", "netns", switch)
            ip("-n", switch, "link", "set", f"port{i}", "master", "bridge", "up")
            ip("-n", space, "addr", "add", f"{host}/24", "dev", "eth0")
            ip("-n", space, "link", "set", "eth0", "up")
            ip("-n", space, "link", "set", "lo", "up")
        return self

    def __exit__(self, kind, error, trace):
        for name in ("switch", *self.hosts):
            subprocess.run(["ip", "netns", "del", f"{self.prefix}-{name}"], capture_output=True)

    def received(self):
        """Bytes that came to the last host's interface."""
        shown = ip("-n", f"{self.prefix}-{self.hosts[-1]}", "-s", "-j", "link", "show", "eth0")
        return json.loads(shown)[0]["stats64"]["rx"]["bytes"]


def ip(*words):
    result = subprocess.run(["ip", *words], capture_output=True, text=True)
    if result.returncode:
        raise PermissionError(f"ip {' '.join(words)}: {result.stderr.strip()}")
    return result.stdout


@pytest.fixture
def network(mpiexec, request):
    if mpiexec.is_open_mpi:
        pytest.skip("the launcher script is for MPICH's mpiexec")
    if shutil.which("ip") is None:
        pytest.skip("there is no ip command to make network namespaces with")
    made = Network(request.param, mpiexec.folder)
    try:
        with made:
            yield made
    except PermissionError as error:
        pytest.skip(f"network namespaces cannot be made here: {error}")


def run(mpiexec, network, check: int | None = 0, **asked):
    asked = {"network": "cnn", "out": str(mpiexec.folder), "epochs": 11, **asked}
    words = [sys.executable, str(Path(program.__file__)), json.dumps(asked)]
    options = ["-launcher", "ssh", "-launcher-exec", network.enter, "-localhost", network.hosts[0]]
    options = [*map(str, options), "-hosts", ",".join(network.hosts)]
    mpiexec.prefix = ["ip", "netns", "exec", f"{network.prefix}-{network.hosts[0]}"]
    tcp = {"UCX_TLS": "tcp,self", "UCX_NET_DEVICES": "eth0", "FI_PROVIDER": "tcp"}
    return mpiexec((len(network.hosts), words), check=check, options=options, **tcp)


@pytest.mark.parametrize("network", [2, 4], indirect=True)
def test_training_over_tcp_is_that_of_one_process(mpiexec, network):
    run(mpiexec, network)
    alone, model = program.train({"network": "cnn", "epochs": 11})
    gradients = 4 * sum(value.size for value in model.params.values())
    assert network.received() > 200 * gradients / 2
    for rank in range(len(network.hosts)):
        result = np.load(mpiexec.folder / f"{len(network.hosts)}-{rank}.npz")
        np.testing.assert_allclose(result["losses"][:200], alone.losses[:200], rtol=0, atol=1e-5)


@pytest.mark.parametrize("network", [4], indirect=True)
def test_a_killed_rank_ends_the_others_on_their_machines(mpiexec, network):
    result = run(mpiexec, network, check=None, fault="kill", rank=3, epochs=10_000)
    assert result.returncode != 0
    assert "BAD TERMINATION" in result.stdout, result.stderr
    begun = time.monotonic()
    while any(ip("netns", "pids", f"{network.prefix}-{host}") for host in network.hosts):
        assert time.monotonic() - begun < 30
        time.sleep(0.1)
