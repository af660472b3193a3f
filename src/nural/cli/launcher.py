"""Whether this process is one of several that ``mpiexec`` or ``srun`` started together."""

from collections.abc import Mapping
from typing import Any

from nural.cli.errors import CommandError

#: How launchers tell how many processes there are: Open MPI; MPICH, Intel MPI and others with PMI; MVAPICH; Slurm.
SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
#: What PMIx sets, which does not say how many processes there are.
PMIX_RANK = "PMIX_RANK"


def processes(environment: Mapping[str, str]) -> int | None:
    """How many processes were started together; 1 if no launcher is known, None if it does not say."""
    for name in SIZES:
        if environment.get(name, "").isdecimal():
            return int(environment[name])
    return None if PMIX_RANK in environment else 1


def world(environment: Mapping[str, str]) -> Any:
    """The communicator of all processes that were started with this one, or None if it is alone.

    mpi4py is imported only if there are others.

    Raises:
        CommandError: mpi4py or its MPI library is missing, or that library is not the launcher's.
    """
    count = processes(environment)
    if count == 1:
        return None
    started = f"this is one of {'several' if count is None else count} processes started together"
    try:
        from mpi4py import MPI
    except ModuleNotFoundError:
        raise CommandError(f"{started}, which needs mpi4py: pip install 'nural[mpi]'") from None
    except (ImportError, RuntimeError) as error:
        raise CommandError(f"{started}, but mpi4py finds no MPI library ({' '.join(str(error).split())})") from None
    communicator = MPI.COMM_WORLD
    if count is not None and communicator.Get_size() != count:
        library = MPI.Get_library_version().split("\n")[0].strip()
        raise CommandError(
            f"{started}, but mpi4py's library, {library}, finds {communicator.Get_size()}: "
            "start them with the launcher of that library (Slurm: srun --mpi=pmix or --mpi=pmi2)"
        )
    return communicator
