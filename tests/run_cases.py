#!/usr/bin/env python3
"""Runs text cases of the command: input and expected output in one file.

  run_cases.py [--update] --sextant PROGRAM CASE...

A case file is a sequence of commands with what they must print. The first character of a line says
what it is:

  # text        a remark
  @needs PATH   skip the whole file where PATH (relative to the repository) is absent
  $ command     run by bash in a fresh folder, with `sextant` on the PATH and $REPO set
  < text        a line of its standard input
  1 text        a line that it must print on standard output; 2: on standard error
  1~ pattern    a line that matches this regular expression as a whole
  1...          any lines, up to one that matches the next expectation
  ? N           its exit status; 0 where it is not given

What a stream prints must be expected in full; a last line without its end shows as "\\ no newline".
--update writes what the commands print now in the place of what was expected, keeping patterns that
still match; look at the difference before you commit it. Exit status 77: skipped.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

kRepository = Path(__file__).resolve().parent.parent
kSkipped = 77
kTimeout = 120  # seconds; a case that needs more belongs in a slow test
kKinds = {"1 ": "text", "2 ": "text", "1~": "pattern", "2~": "pattern", "1.": "any", "2.": "any"}


@dataclass
class Step:
    command: str
    line: int
    stdin: list = field(default_factory=list)
    expected: dict = field(default_factory=lambda: {"1": [], "2": []})  # of (kind, text)
    status: int = 0
    remarks: list = field(default_factory=list)  # lines before the command, for --update


def parse(path):
    """The steps of a case file and what it needs; wrong lines end the run."""
    steps, needs, remarks = [], [], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        mark, rest = line[:1], line[2:]
        if mark in ("", "#"):
            remarks.append(line)
        elif line.startswith("@needs "):
            needs.append(line[7:])
            remarks.append(line)
        elif mark == "$":
            steps.append(Step(rest, number, remarks=remarks))
            remarks = []
        elif not steps:
            sys.exit(f"{path}:{number}: expected a command first, found {line!r}")
        elif mark == "<":
            steps[-1].stdin.append(rest)
        elif mark == "?":
            steps[-1].status = int(rest)
        elif mark in "12" and (line + " ")[:2] in kKinds:
            kind = kKinds[(line + " ")[:2]]
            steps[-1].expected[mark].append((kind, line[3:] if kind == "pattern" else rest))
        else:
            sys.exit(f"{path}:{number}: expected one of # @ $ < 1 2 ?, found {line!r}")
    return steps, needs, remarks


def fits(expectation, line):
    kind, text = expectation
    return re.fullmatch(text, line) is not None if kind == "pattern" else text == line


def matches(expected, lines):
    """Whether the lines are what is expected, each "any" taking as many as needed."""
    if not expected:
        return not lines
    if expected[0][0] == "any":
        return any(matches(expected[1:], lines[i:]) for i in range(len(lines) + 1))
    return bool(lines) and fits(expected[0], lines[0]) and matches(expected[1:], lines[1:])


def split(text):
    lines = text.split("\n")
    if lines[-1]:
        lines.append("\\ no newline")
    else:
        lines.pop()
    return lines


def environment(program, folder):
    """The same for everybody: no colours, no models or settings of the person who runs this."""
    kept = {name: os.environ[name] for name in ("ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
    return kept | {
        "PATH": f"{Path(program).resolve().parent}:/usr/local/bin:/usr/bin:/bin",
        "REPO": str(kRepository),
        "HOME": str(folder / "home"),
        "XDG_DATA_HOME": str(folder / "home/data"),
        "HF_HOME": str(folder / "home/huggingface"),
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "COLUMNS": "80",
    }


def run(step, env, folder):
    stdin = "".join(line + "\n" for line in step.stdin)
    result = subprocess.run(["bash", "-c", step.command], input=stdin.encode(), cwd=folder, env=env,
                            capture_output=True, timeout=kTimeout, check=False)
    streams = {"1": result.stdout, "2": result.stderr}
    return result.returncode, {
        mark: split(data.decode("utf-8", "backslashreplace")) for mark, data in streams.items()
    }


def failure_text(path, step, status, streams):
    text = [f"{path}:{step.line}: $ {step.command}"]
    if status != step.status:
        text.append(f"  expected exit status {step.status}, found {status}")
    for mark, lines in streams.items():
        if not matches(step.expected[mark], lines):
            name = "standard output" if mark == "1" else "standard error"
            text.append(f"  expected on {name}:")
            text += [f"    {kind + ' ' if kind != 'text' else ''}{line}"
                     for kind, line in step.expected[mark]]
            text.append("  found:")
            text += [f"    {line}" for line in lines]
    return "\n".join(text)


def updated(step, status, streams):
    """The step's lines with what it prints now; patterns stay where they match in order."""
    lines = step.remarks + [f"$ {step.command}"] + [f"< {line}".rstrip() for line in step.stdin]
    for mark, found in streams.items():
        expected = step.expected[mark]
        if matches(expected, found):
            marks = {"text": f"{mark} ", "pattern": f"{mark}~ ", "any": f"{mark}..."}
            lines += [(marks[kind] + text).rstrip() if kind != "any" else marks[kind]
                      for kind, text in expected]
            continue
        patterns = [text for kind, text in expected if kind == "pattern"]
        for line in found:
            hit = next((p for p in patterns if re.fullmatch(p, line)), None)
            lines.append(f"{mark}~ {hit}" if hit is not None else f"{mark} {line}".rstrip())
    return lines + ([f"? {status}"] if status != 0 else [])


def run_file(path, program, update):
    steps, needs, tail = parse(path)
    for need in needs:
        if not (kRepository / need).exists():
            print(f"{path.name}: skipped: {need} is not there")
            return kSkipped
    failures, lines = [], []
    with tempfile.TemporaryDirectory(prefix="sextant-case-") as name:
        folder = Path(name)
        env = environment(program, folder)
        work = folder / "work"
        work.mkdir()
        for step in steps:
            status, streams = run(step, env, work)
            lines += updated(step, status, streams)
            if status != step.status or not all(
                    matches(step.expected[mark], found) for mark, found in streams.items()):
                failures.append(failure_text(path, step, status, streams))
    if update:
        path.write_text("\n".join(lines + tail) + "\n")
        print(f"{path.name}: {len(failures)} of {len(steps)} commands written anew")
        return 0
    for text in failures:
        print(text)
    print(f"{path.name}: {len(steps) - len(failures)} of {len(steps)} commands as expected")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sextant", required=True, help="the program")
    parser.add_argument("--update", action="store_true", help="write what is printed now")
    parser.add_argument("cases", nargs="+", type=Path)
    arguments = parser.parse_args()
    results = [run_file(path, arguments.sextant, arguments.update) for path in arguments.cases]
    failed = [result for result in results if result not in (0, kSkipped)]
    sys.exit(1 if failed else kSkipped if kSkipped in results else 0)


if __name__ == "__main__":
    main()
