#!/usr/bin/env python3
"""Start and memory limits of the command on the real model (docs/performance.md).

  check_limits.py PROGRAM MODEL

`--help` within 50 ms, the first token of a cold process within 1 s, resident memory after 64 tokens
in a context of 512 at most 1.3 times the model's file. Each is the best of a few tries: what is
limited is the program, not what else the machine does. Exit status 77 where the model is absent.
"""

import os
import subprocess
import sys
import time

kTries = 5
kHelpSeconds = 0.050
kFirstTokenSeconds = 1.0
kMemoryFactor = 1.3
kPrompt = " ".join(["word"] * 440)


def run_seconds(command):
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def first_token_seconds(program, model):
    start = time.monotonic()
    process = subprocess.Popen([program, "generate", "-q", "-m", model, "-n", "1", "The capital of"],
                               stdout=subprocess.PIPE)
    process.stdout.read(1)
    seconds = time.monotonic() - start
    process.communicate()
    return seconds


def peak_resident_bytes(program, model):
    """Of a run whose memory only grows until its end, so that the peak is the value at the end."""
    process = subprocess.Popen([program, "generate", "-q", "-m", model, "-n", "64", "--ignore-eos",
                                "--context", "512", kPrompt], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status != 0:
        sys.exit(f"check_limits: the run ended with status {status}")
    return usage.ru_maxrss * 1024


def main():
    program, model = sys.argv[1:]
    if not os.path.exists(model):
        print(f"{model} is not here; scripts/setup.sh brings it")
        return 77
    limits = [
        ("--help", "s", kHelpSeconds,
         min(run_seconds([program, "--help"]) for _ in range(kTries))),
        ("first token", "s", kFirstTokenSeconds,
         min(first_token_seconds(program, model) for _ in range(kTries))),
        ("resident memory / model file", "", kMemoryFactor,
         min(peak_resident_bytes(program, model) for _ in range(2)) / os.stat(model).st_size),
    ]
    status = 0
    for name, unit, limit, found in limits:
        print(f"{name}: {found:.3f} {unit} (at most {limit} {unit})")
        status |= found > limit
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
