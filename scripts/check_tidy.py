#!/usr/bin/env python3
"""Runs clang-tidy on the C++ sources that changed since the last git tag (all without a tag).

  check_tidy.py BUILD_FOLDER [--all] [--jobs N] [FILE...]

A clean result is remembered in BUILD_FOLDER/tidy under a hash of everything it depends on (source,
the project headers it includes, compile command, settings, tool), so a second run costs nothing.
Files that the build does not compile (fuzz targets in an ordinary build) are passed over.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

kTool = "clang-tidy-19"
# The commands are those of GCC, with warning options and precompiled headers that are not clang's.
kIgnoreForeign = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-ignored-gch"]
kRoot = Path(__file__).resolve().parent.parent


def git_lines(*arguments):
    result = subprocess.run(["git", "-C", str(kRoot), *arguments], capture_output=True, text=True,
                            check=False)
    return result.stdout.splitlines() if result.returncode == 0 else None


def changed_since_tag():
    """Paths that differ from the last tag (committed or not), or None without a tag."""
    tag = git_lines("describe", "--tags", "--abbrev=0")
    if not tag:
        return None
    changed = git_lines("diff", "--name-only", tag[0]) or []
    return set(changed) | set(git_lines("ls-files", "--others", "--exclude-standard") or [])


class Includes:
    """Project headers that a file includes, directly or not."""

    def __init__(self):
        self._direct = {}

    def _read(self, path):
        if path not in self._direct:
            text = (kRoot / path).read_text(encoding="utf-8", errors="replace")
            names = re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M)
            places = [p for name in names for p in (f"src/{name}", f"tests/{name}")]
            self._direct[path] = [p for p in places if (kRoot / p).is_file()]
        return self._direct[path]

    def closure(self, path):
        seen, queue = set(), [path]
        while queue:
            for header in self._read(queue.pop()):
                if header not in seen:
                    seen.add(header)
                    queue.append(header)
        return seen


def choose(commands, changed, includes):
    """Sources to check: the changed ones, and for each changed header one source that shows it."""
    if changed is None:
        return sorted(commands)
    chosen = {path for path in commands if path in changed}
    for header in sorted(path for path in changed if path.endswith(".h")):
        stem = header[:-2]
        users = [path for path in sorted(commands) if header in includes.closure(path)]
        users.sort(key=lambda path: (path != f"{stem}.cc", path != f"{stem}_test.cc"))
        if users and not any(path in chosen for path in users):
            chosen.add(users[0])
    return sorted(chosen)


def key_of(path, command, settings, includes):
    digest = hashlib.sha256(settings)
    digest.update(command.replace(str(kRoot), "").encode())
    for name in [path, *sorted(includes.closure(path))]:
        digest.update(name.encode() + b"\0" + (kRoot / name).read_bytes())
    return digest.hexdigest()


def check_file(path, build, key):
    """None if the file is clean, else what the tool said."""
    stamp = build / "tidy" / key
    if stamp.exists():
        return None
    result = subprocess.run([kTool, "--quiet", *kIgnoreForeign, "-p", str(build), str(kRoot / path)],
                            capture_output=True, text=True, check=False)
    if result.returncode == 0:
        stamp.touch()
        return None
    return result.stdout + "\n".join(
        line for line in result.stderr.splitlines() if "warnings generated" not in line
        and "Suppressed" not in line and "Use -header-filter" not in line)


def unique_findings(reports):
    """The findings of all reports, each once: a header's finding comes with every source."""
    findings = {}
    for report in reports:
        for finding in re.split(r"\n(?=\S+:\d+:\d+: (?:error|warning): )", report):
            findings.setdefault(finding.split("\n")[0], finding.rstrip())
    return list(findings.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--all", action="store_true", help="every source, whatever git says")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("files", nargs="*", help="only these sources")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    (build / "tidy").mkdir(exist_ok=True)
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["file"])
        if path.is_relative_to(kRoot) and not path.is_relative_to(build):
            commands[str(path.relative_to(kRoot))] = entry["command"]
    includes = Includes()
    changed = None if arguments.all else changed_since_tag()
    chosen = arguments.files or choose(commands, changed, includes)
    version = subprocess.run([kTool, "--version"], capture_output=True, check=True).stdout
    settings = version + (kRoot / ".clang-tidy").read_bytes()
    jobs = [(path, key_of(path, commands[path], settings, includes)) for path in chosen]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        reports = list(pool.map(lambda job: check_file(job[0], build, job[1]), jobs))
    failed = [report for report in reports if report]
    for finding in unique_findings(failed):
        print(finding)
    print(f"tidy: {len(chosen)} of {len(commands)} sources checked, {len(failed)} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
