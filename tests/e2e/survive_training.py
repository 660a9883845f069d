#!/usr/bin/env python3
"""Training that is killed again and again, or whose disk is full, loses nothing.

  survive_training.py PROGRAM kill [--kills N] [--seed N]
  survive_training.py PROGRAM disk

kill: `sextant train` is ended by SIGKILL at random moments and started again, until it has finished;
never may the newest complete checkpoint go back, a start fail, or the final weights differ from those
of a run that nobody disturbed. disk: the checkpoints lie on a file system that is full at first (needs
root; exit status 77 without).
"""

import argparse
import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

kRecipe = Path(__file__).with_name("survive.toml")


def command(program, output, *more):
    return [program, "train", str(kRecipe), "-o", str(output), *more]


def weights(output):
    return hashlib.sha256((output / "model/model.safetensors").read_bytes()).hexdigest()


def newest_step(output):
    """Of the folders that have a manifest: those are complete, or this test fails on resuming."""
    steps = [int(re.fullmatch(r"step-(\d+)", folder.name).group(1))
             for folder in (output / "checkpoints").glob("step-*") if (folder / "manifest.json").exists()]
    return max(steps, default=0)


def kill(program, kills, seed):
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, disturbed = Path(folder) / "whole", Path(folder) / "disturbed"
        started = time.monotonic()
        subprocess.run(command(program, whole), check=True, capture_output=True)
        whole_seconds = time.monotonic() - started
        done, rounds, furthest, resumed = 0, 0, 0, 0
        while done < kills:
            # Each round is one run that is killed until it ends by itself.
            rounds += 1
            subprocess.run(["rm", "-rf", str(disturbed)], check=True)
            before = 0
            while True:
                process = subprocess.Popen(command(program, disturbed), stdout=subprocess.DEVNULL,
                                           stderr=subprocess.PIPE, text=True)
                try:
                    process.wait(rng.uniform(0.05, 1.0) * whole_seconds if done < kills else None)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    done += 1
                errors = process.communicate()[1]
                if process.returncode not in (0, -signal.SIGKILL):
                    sys.exit(f"survive: a start failed with {process.returncode}: {errors}")
                step = newest_step(disturbed)
                if step < before:
                    sys.exit(f"survive: the newest checkpoint went back from step {before} to {step}")
                resumed += step > before > 0
                before = step
                furthest = max(furthest, step)
                if process.returncode == 0:
                    break
            if weights(disturbed) != weights(whole):
                sys.exit("survive: the weights of a disturbed run differ")
        leftovers = [path.name for path in (disturbed / "checkpoints").iterdir() if ".tmp" in path.name]
        if leftovers:
            sys.exit(f"survive: left behind: {leftovers}")
        print(f"survive: {done} kills in {rounds} runs, {resumed} resumed further: every run ended in "
              "the same weights")


def disk(program):
    if os.geteuid() != 0:
        print("survive: needs root to mount a small file system")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        whole, full = Path(folder) / "whole", Path(folder) / "full"
        subprocess.run(command(program, whole), check=True, capture_output=True)
        (full / "checkpoints").mkdir(parents=True)
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs",
                                str(full / "checkpoints")], capture_output=True, check=False)
        if mount.returncode != 0:
            print("survive: no file system can be mounted here")
            return 77
        try:
            process = subprocess.Popen(command(program, full, "--set", "steps=50"),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            said = []
            for line in process.stderr:
                said.append(line)
                if "training goes on" in line:
                    subprocess.run(["mount", "-o", "remount,size=100m", str(full / "checkpoints")],
                                   check=True)
            if process.wait() != 0:
                sys.exit(f"survive: ended with {process.returncode}: {''.join(said)}")
            text = "".join(said)
            if "training goes on" not in text or "there is room again" not in text:
                sys.exit(f"survive: expected a warning and its end, found: {text}")
            if weights(full) != weights(whole):
                sys.exit("survive: the weights differ")
        finally:
            subprocess.run(["umount", str(full / "checkpoints")], check=True)
    print("survive: the disk was full, training went on and wrote again")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("what", choices=["kill", "disk"])
    parser.add_argument("--kills", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.what == "kill":
        return kill(arguments.program, arguments.kills, arguments.seed)
    return disk(arguments.program)


if __name__ == "__main__":
    sys.exit(main())
