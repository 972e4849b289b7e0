"""Becomes another program that cannot outlive the process that started it: `tether.py PARENT SIGNAL PROGRAM …`.

Run as a script of its own before `exec`, because Python code between fork and exec may deadlock where there are
threads. Linux only; elsewhere it only becomes the program, and a killed parent leaves it running.
"""

import ctypes
import os
import sys

#: prctl(2)
_PR_SET_PDEATHSIG = 1


def main(parent: int, death_signal: int, program: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)
        # It may have died before the line above.
        if os.getppid() != parent:
            sys.exit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
