"""Ties the life of a child process to ours, also when we are killed without a chance to act.

The child asks for it itself, in this file run as a script that then becomes the real command:
code between fork and exec (`preexec_fn`) is unsafe in a process with threads.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def tied_to_us(command: Sequence[str]) -> list[str]:
    """`command`, to be started by Popen, as one that gets SIGTERM when we end.

    "We" is the thread that starts it. Linux only: elsewhere the command is returned unchanged,
    and the child can outlive us.
    """
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def _become(parent: int, command: list[str]) -> None:
    import ctypes  # not needed, and slow to import, where this file is only imported

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("error: the parent ended first")
    try:
        os.execv(command[0], command)  # noqa: S606 - no shell is what we want
    except OSError as error:
        sys.exit(f"error: {command[0]} cannot run: {error.strerror}")


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
