"""The rehearsal's process: reads requests from its input until that ends.

Started with `-I` (no PYTHONPATH, no folder of the caller's), an almost empty environment and settings of its own: nothing of a project can be imported.
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
)  # rendered models are cycles; to look for those that have gone took a third of the time


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
                case _:
                    answer = ("raised", f"no command {command!r}")
        except Exception:  # noqa: BLE001  # the caller raises it again
            answer = ("raised", traceback.format_exc())
        content = packed(answer)
        outgoing.write(len(content).to_bytes(LENGTH, "big") + content)
        outgoing.flush()


def own_streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipes, where nothing else reads or prints."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return open(incoming, "rb"), open(outgoing, "wb")


def read(incoming: BinaryIO) -> bytes:
    """One message; nothing where the caller has ended."""
    length = incoming.read(LENGTH)
    if len(length) < LENGTH:
        return b""
    return incoming.read(int.from_bytes(length, "big"))


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(1)
