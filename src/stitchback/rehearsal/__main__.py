"""The rehearsal's process: reads requests from its input until the input ends.

The caller starts it with `-I` (no PYTHONPATH, no folder of the caller), an almost empty environment and its own settings. It cannot import anything
of a project.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
import traceback
from typing import BinaryIO

LENGTH = 8
SELDOM = (
    500_000,
    20,
    100,
)  # rendered models form reference cycles; garbage collection took a third of the time


def main() -> None:
    gc.set_threshold(*SELDOM)
    incoming, outgoing = own_streams()
    from stitchback.rehearsal.connection import configure
    from stitchback.rehearsal.serialization import packed

    configure()
    from stitchback.rehearsal.stage import RehearsalStage

    stage = RehearsalStage()
    while message := read(incoming):
        command, argument = pickle.loads(message)
        try:
            match command:
                case "open":
                    stage.open()
                    answer: object = ("done", None)
                case "take":
                    stage.take(argument)
                    answer = ("done", None)
                case "rehearse":
                    answer = ("done", stage.rehearse(argument))
                case "optimize":
                    answer = ("done", stage.optimized(argument))
                case _:
                    answer = ("raised", f"no command {command!r}")
        except Exception:  # noqa: BLE001  # the caller raises it again
            answer = ("raised", traceback.format_exc())
        content = packed(answer)
        outgoing.write(len(content).to_bytes(LENGTH, "big") + content)
        outgoing.flush()


def own_streams() -> tuple[BinaryIO, BinaryIO]:
    """The input and output pipes. Nothing else reads them or prints to them."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return open(incoming, "rb"), open(outgoing, "wb")


def read(incoming: BinaryIO) -> bytes:
    """One message; empty if the caller has ended."""
    length = incoming.read(LENGTH)
    if len(length) < LENGTH:
        return b""
    return incoming.read(int.from_bytes(length, "big"))


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(1)
