"""The first steps of a learner's network beside those of the model that it is after."""

import sys
from collections.abc import Iterator

from nural.learn.calling import sentence_of
from nural.learn.finding import loaded
from nural.learn.own_network.answers import RATE
from nural.learn.own_network.checking import check_own
from nural.learn.own_network.folder import opened
from nural.learn.own_network.running import copied
from nural.learn.own_network.track import NETWORK
from nural.learn.running import NotLoaded
from nural.learn.tracks.folder import Started


class OwnTraining:
    """Steps on the batch of the folder.

    Attributes:
        started: The folder.
        other: Whose losses stand beside the learner's.
        count: How many steps there are.
    """

    def __init__(self, started: Started) -> None:
        self.started = started
        network, self._weights, self._batch, self._answers = opened(started.folder)
        self.other, self.count = network.framework, len(self._answers.losses)

    def beside(self, count: int) -> Iterator[tuple[float, float]]:
        """Your loss and the model's, step by step, from the same weights on the same batch.

        Raises:
            NotLoaded: One of your functions raises an exception; the message has its line.
        """
        for name in ("layers", "network"):
            sys.modules.pop(name, None)
        module = loaded(self.started.folder / NETWORK)
        weights = copied(self._weights)
        for right in self._answers.losses[:count]:
            try:
                (mine,) = module.train(weights, [(copied(self._batch.values), self._batch.t.copy())], RATE)
                yield float(mine), float(right)
            except NotImplementedError as error:
                raise NotLoaded(f"{error}: nural learn check") from None
            except Exception as error:
                raise NotLoaded(sentence_of(error)) from None

    def culprit(self, count: int) -> str | None:
        """The first function that is wrong; None if each is right by itself."""
        verdicts, _ = check_own(self.started)
        return next((verdict.function for verdict in verdicts if verdict.wrong), None)
