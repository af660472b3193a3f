import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from nural.data.silence import Silence


def test_warnings_are_as_they_were_once_the_last_thread_has_left():
    silence, barrier = Silence(), Barrier(2)

    def first():
        with silence:
            barrier.wait()  # the other is inside
            warnings.warn("off", stacklevel=1)
        barrier.wait()

    def second():
        with silence:
            barrier.wait()
            barrier.wait()  # the first has left
            warnings.warn("still off", stacklevel=1)

    before = warnings.filters[:]
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(first), threads.submit(second)]:
            done.result()
    assert warnings.filters == before
    with pytest.warns(UserWarning, match="on again"):
        warnings.warn("on again", stacklevel=1)
    with pytest.raises(ValueError, match="from inside"), silence:
        raise ValueError("from inside")
    assert warnings.filters == before
