"""Becomes the embedded server: run as a script between us and the binary, so that the server never outlives us.

A `preexec_fn` would do the same, but it runs Python between fork and exec of a process with threads, which can hang.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, lock: int, command: list[str]) -> None:
    """Ask Linux to end us together with the parent, write our pid into the locked file, and become ``command``."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        return
    os.ftruncate(lock, 0)
    os.write(lock, b"%d\n" % os.getpid())
    os.execv(command[0], command)  # noqa: S606 - the whole point; there is no shell to speak of


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
