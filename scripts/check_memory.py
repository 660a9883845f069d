#!/usr/bin/env python3
"""Peak memory of every parser on its fuzz corpus: at most 64 MB plus four times the largest file.

  check_memory.py BUILD_FOLDER [ROOT]

Each corpus file is replayed in a process of its own, and all that the process uses counts. (The
system's figure is never below the size of this script at the time it starts the process, some 15 MB.)
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

kAllowance = 64 << 20
kFactor = 4


def peak_bytes(program, file):
    """Largest resident size of the program while it replays one file, and its exit status."""
    with tempfile.TemporaryDirectory() as corpus:
        shutil.copy(file, corpus)
        with open(os.devnull, "wb") as sink:
            action = [(os.POSIX_SPAWN_DUP2, sink.fileno(), 1), (os.POSIX_SPAWN_DUP2, sink.fileno(), 2)]
            pid = os.posix_spawn(program, [str(program), corpus], os.environ, file_actions=action)
            _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * 1024, code


def check(program, corpus):
    """Breaches of one parser, and its largest peak."""
    breaches, worst = [], 0
    for file in sorted(path for path in corpus.iterdir() if path.is_file()):
        peak, code = peak_bytes(program, file)
        limit = kAllowance + kFactor * file.stat().st_size
        worst = max(worst, peak)
        if code != 0:
            breaches.append(f"{file}: {program.name} ended with status {code}")
        if peak > limit:
            breaches.append(f"{file}: {peak} bytes at the peak, at most {limit}")
    return breaches, worst


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("memory: usage: check_memory.py BUILD_FOLDER [ROOT]")
    root = Path(sys.argv[2] if len(sys.argv) == 3 else Path(__file__).resolve().parent.parent)
    programs = sorted(Path(sys.argv[1]).glob("tests/replay_*"))
    if not programs:
        sys.exit(f"memory: error: no replay programs in {sys.argv[1]}/tests")
    failed = False
    for program in programs:
        name = program.name.removeprefix("replay_")
        breaches, worst = check(program, root / "tests" / "fuzz_corpus" / name)
        for breach in breaches:
            print(f"memory: error: {breach}")
        failed = failed or bool(breaches)
        print(f"memory: {name}: at most {worst / 2**20:.0f} MB")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
