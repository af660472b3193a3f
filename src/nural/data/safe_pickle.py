"""Pickles of unknown origin, read without running any code they name.

A pickle is a program: it may import any function and call it. Here it may only build tuples, lists, dictionaries,
numbers, strings and descriptions of NumPy arrays; anything else that it names is refused. NumPy's own unpickling code,
which trusts its input, never sees the data.
"""

import io
import os
import pickle
import pickletools
import warnings
from collections.abc import Callable
from typing import Any

from nural.data.data_error import DataError
from nural.data.pickled_array import STAND_INS, PickledArray, PickledType

_EXPECTED = "a pickle of NumPy arrays, tuples, lists, dictionaries and numbers"
_MAX_OPCODES = 10_000  # MNIST's three pairs of arrays take 160
_ALLOWED = """
    PROTO FRAME STOP MARK PUT BINPUT LONG_BINPUT MEMOIZE GET BINGET LONG_BINGET
    GLOBAL STACK_GLOBAL INST REDUCE BUILD
    NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 FLOAT BINFLOAT
    STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8
    BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8
    TUPLE EMPTY_TUPLE TUPLE1 TUPLE2 TUPLE3 LIST EMPTY_LIST APPEND APPENDS
    DICT EMPTY_DICT SETITEM SETITEMS
"""


def load_pickle(content: bytes, source: str | os.PathLike[str]) -> object:
    """Read a pickle of protocol 0 to 5, by Python 2 or 3.

    Returns:
        Tuples, lists, dictionaries whose keys are strings, numbers, strings (those of Python 2 as bytes), and a
        `PickledArray` for each array.

    Raises:
        DataError: the pickle is damaged, or would build or import anything else, which the message names.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a damaged string causes warnings before it fails
        try:
            return _Unpickler(io.BytesIO(content), encoding="bytes").load()
        except _RefusedError as refused:
            raise DataError(source, _EXPECTED, str(refused)) from None
        except Exception as error:  # a damaged pickle can raise almost anything
            raise DataError(source, _EXPECTED, f"a damaged one ({type(error).__name__})") from error


class _RefusedError(Exception):
    """The message says what the pickle would do."""


# The unpickler in C sizes its memo by the largest index that a pickle names, and allocates gigabytes on demand.
class _Unpickler(pickle._Unpickler):
    stack: list[Any]
    pop_mark: Callable[[], list[Any]]
    opcodes_run = 0

    def find_class(self, module: str, name: str) -> Any:
        qualified_name = f"{module}.{name}"
        if qualified_name not in STAND_INS:
            raise _RefusedError(f"one that would import {qualified_name[:100]!r}")
        return STAND_INS[qualified_name]

    def load_build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if not isinstance(target, PickledArray | PickledType):  # pickle would set any attribute of any object
            raise _RefusedError(f"one that would change a {type(target).__name__}")
        target.set_state(*state)

    def load_dict(self) -> None:
        items = self.pop_mark()
        self.stack.append({})
        self.set_items(items)

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def load_setitems(self) -> None:
        self.set_items(self.pop_mark())

    def set_items(self, items: list[Any]) -> None:
        target, keys = self.stack[-1], items[::2]
        if not isinstance(target, dict):
            raise _RefusedError(f"one that would change a {type(target).__name__}")
        if not all(isinstance(key, str | bytes) for key in keys):  # hashing a tuple of tuples may never end
            raise _RefusedError("a dictionary with other keys than strings")
        target.update(zip(keys, items[1::2], strict=True))

    def count_opcode(self) -> None:
        self.opcodes_run += 1
        if self.opcodes_run > _MAX_OPCODES:
            raise _RefusedError(f"one of more than {_MAX_OPCODES} instructions")


def _counted(handler: Callable[[Any], None]) -> Callable[[Any], None]:
    def run(unpickler: _Unpickler) -> None:
        unpickler.count_opcode()
        handler(unpickler)

    return run


def _refused(opcode: pickletools.OpcodeInfo) -> Callable[[Any], None]:
    def run(unpickler: _Unpickler) -> None:
        raise _RefusedError(f"the instruction {opcode.name}")

    return run


_handlers = pickle._Unpickler.dispatch | {
    pickle.BUILD[0]: _Unpickler.load_build,
    pickle.DICT[0]: _Unpickler.load_dict,
    pickle.SETITEM[0]: _Unpickler.load_setitem,
    pickle.SETITEMS[0]: _Unpickler.load_setitems,
    pickle.BYTEARRAY8[0]: pickle._Unpickler.dispatch[pickle.BINBYTES8[0]],  # its own allocates before it reads
}
_Unpickler.dispatch = {
    ord(opcode.code): _counted(_handlers[ord(opcode.code)]) if opcode.name in _ALLOWED.split() else _refused(opcode)
    for opcode in pickletools.opcodes
}
