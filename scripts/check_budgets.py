#!/usr/bin/env python3
"""Size budgets of the source: prints them all, or with --brief only what is over.

  check_budgets.py [--brief] [ROOT]

Exit status 1 if a hard limit is broken. Functions of C++ are found by universal-ctags, those of
Python by its own parser, those of shell scripts by their first and last line. An entry of
scripts/budget_exceptions.txt lifts one limit for one file or function, with a reason; an entry that
lifts nothing is itself a breach, so the list can only shrink.
"""

import argparse
import ast
import json
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

kMaxFunctionLines = 100
kMaxParameters = 6
kMaxFileLines = 800
kMaxTestFileLines = 1000
kLongFunctionLines = 60
kMaxLongFunctionShare = 0.05
kMinTestShare = 0.6
kMinTestShareOfFolder = 0.4
# Folders whose mistakes are the most expensive; below this is a warning.
kWantedTestShare = {name: 0.8 for name in ("io", "text", "media", "kernels", "quant", "flightllm")}
kMinCommentShare = 0.08
# A folder with less code than this says nothing by its shares.
kSmallFolderLines = 60
# Measuring programs and test support have no tests of their own.
kFoldersWithoutTests = {"bench", "tests"}
# tests/cases/*.case: what a person types and sees, as text.
kCaseSuffix = ".case"
kFolderOfCases = "cli"

kCxxSuffixes = {".h", ".cc", ".cu", ".cuh"}
kTestSuffixes = ("_test.cc", "_fuzz.cc", "_test.py")
kExceptionsFile = "scripts/budget_exceptions.txt"
# GoogleTest and benchmark macros as functions, so that each test case counts as one.
kCtagsMacros = [f"-D{name}(a,b)=void a##_##b()" for name in ("TEST", "TEST_F", "TEST_P", "TYPED_TEST")]


@dataclass
class Function:
    path: str
    name: str
    line: int
    lines: int
    parameters: int


@dataclass
class SourceFile:
    path: str
    lines: int
    code: int
    comment: int

    @property
    def is_test(self):
        return (
            self.path.startswith("tests/")
            or "/conformance/" in self.path
            or self.path.endswith(kTestSuffixes)
        )

    @property
    def is_cxx(self):
        return Path(self.path).suffix in kCxxSuffixes

    @property
    def folder(self):
        """The folder of src/sextant that the file belongs to, or its top folder."""
        if self.path.endswith(kCaseSuffix):
            return kFolderOfCases
        parts = self.path.split("/")
        return parts[2] if parts[:2] == ["src", "sextant"] and len(parts) > 3 else parts[0]


@dataclass
class Breach:
    path: str
    rule: str
    subject: str
    message: str


def list_files(root):
    """Files that git knows or would add; everything below root where there is no git."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    result = subprocess.run(command, capture_output=True, check=False)
    if result.returncode == 0:
        names = result.stdout.decode().split("\0")
        return [name for name in names if name and (root / name).is_file()]
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]


def strip_comments(text, suffix):
    """The text without comments; strings that hold comment signs are left whole."""
    if suffix in kCxxSuffixes:
        pattern = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|(//[^\n]*|/\*.*?\*/)'
    elif suffix == kCaseSuffix:
        return text
    else:
        pattern = r'"""(?:[^\\]|\\.)*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|((?:^|(?<=\s))#[^\n]*)'
    def drop(match):
        return re.sub(r"[^\n]", " ", match.group()) if match.group(1) else match.group()
    return re.sub(pattern, drop, text, flags=re.DOTALL | re.MULTILINE)


def read_source(root, path):
    text = (root / path).read_text(encoding="utf-8", errors="replace")
    code_lines = strip_comments(text, Path(path).suffix).splitlines()
    code = sum(1 for line in code_lines if line.strip())
    filled = sum(1 for line in text.splitlines() if line.strip())
    return SourceFile(path, text.count("\n"), code, filled - code)


def count_parameters(signature):
    """Parameters of "(int a, Map<int, T> b = {1, 2})" as ctags prints it."""
    inner = signature.strip()[1:signature.rfind(")")]
    if inner.strip() in ("", "void"):
        return 0
    depth, count = 0, 1
    for char in inner:
        depth += char in "([{<"
        depth -= char in ")]}>"
        count += char == "," and depth == 0
    return count


def cxx_functions(root, paths):
    if not paths:
        return []
    command = ["ctags", "--options=NONE", "--language-force=C++", "--kinds-C++=f", "--fields=NneSF",
               "--output-format=json", "-o", "-", "-L", "-", *kCtagsMacros]
    result = subprocess.run(command, cwd=root, input="\n".join(paths), text=True, check=True,
                            capture_output=True)
    functions = []
    for line in result.stdout.splitlines():
        tag = json.loads(line)
        if "end" in tag:
            functions.append(Function(tag["path"], tag["name"], tag["line"],
                                      tag["end"] - tag["line"] + 1,
                                      count_parameters(tag.get("signature", "()"))))
    return functions


def python_functions(root, path):
    tree = ast.parse((root / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = node.args
            count = len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs)
            yield Function(path, node.name, node.lineno, node.end_lineno - node.lineno + 1, count)


def shell_functions(root, path):
    first = name = None
    for number, line in enumerate((root / path).read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(r"(\w+)\(\) \{$", line)
        if match:
            first, name = number, match.group(1)
        elif line == "}" and first:
            yield Function(path, name, first, number - first + 1, 0)
            first = None


def check_files(files):
    for file in files:
        limit = kMaxTestFileLines if file.is_test else kMaxFileLines
        if file.lines > limit:
            yield Breach(file.path, "file-lines", "", f"{file.lines} lines, at most {limit}")


def check_functions(functions):
    for function in functions:
        where = f"{function.name}, line {function.line}"
        if function.lines > kMaxFunctionLines:
            yield Breach(function.path, "function-lines", function.name,
                         f"{where}: {function.lines} lines, at most {kMaxFunctionLines}")
        if function.parameters > kMaxParameters:
            yield Breach(function.path, "parameters", function.name,
                         f"{where}: {function.parameters} parameters, at most {kMaxParameters}")
    long = [function for function in functions if function.lines > kLongFunctionLines]
    if functions and len(long) > kMaxLongFunctionShare * len(functions):
        yield Breach("all", "long-functions", "",
                     f"{len(long)} of {len(functions)} functions are over {kLongFunctionLines} lines,"
                     f" at most {kMaxLongFunctionShare:.0%}")


def share(part, whole):
    return part / whole if whole else 1.0


@dataclass
class FolderSum:
    source: int = 0  # lines of C++
    test: int = 0  # lines of C++ tests and of text cases
    comment: int = 0
    cxx: int = 0  # source and C++ tests: what the comments explain

    @property
    def test_share(self):
        return share(self.test, self.source)

    @property
    def comment_share(self):
        return share(self.comment, self.comment + self.cxx)


def folder_sums(files):
    """folder -> FolderSum, in the order of names."""
    sums = defaultdict(FolderSum)
    for file in files:
        entry = sums[file.folder]
        if file.is_cxx:
            entry.comment += file.comment
            entry.cxx += file.code
            entry.source += 0 if file.is_test else file.code
        if file.is_test and (file.is_cxx or file.path.endswith(kCaseSuffix)):
            entry.test += file.code
    return {folder: entry for folder, entry in sorted(sums.items()) if entry.cxx}


def total_sum(sums):
    """All folders but bench, which measures and is not tested."""
    counted = [entry for folder, entry in sums.items() if folder != "bench"]
    return FolderSum(sum(e.source for e in counted), sum(e.test for e in counted))


def check_shares(files):
    """Breaches and warnings about test and comment shares."""
    breaches, warnings = [], []
    sums = folder_sums(files)
    total = total_sum(sums)
    if total.test_share < kMinTestShare:
        breaches.append(Breach("all", "test-share", "",
                               f"{total.test} test lines for {total.source} source lines:"
                               f" {total.test_share:.2f}, at least {kMinTestShare}"))
    for folder, entry in sums.items():
        if entry.source < kSmallFolderLines:
            continue
        if folder not in kFoldersWithoutTests and entry.test_share < kMinTestShareOfFolder:
            breaches.append(Breach(folder, "test-share", "",
                                   f"{entry.test} test lines for {entry.source} source lines:"
                                   f" {entry.test_share:.2f}, at least {kMinTestShareOfFolder}"))
        elif entry.test_share < kWantedTestShare.get(folder, 0):
            warnings.append(f"{folder}: test share {entry.test_share:.2f},"
                            f" wanted {kWantedTestShare[folder]}")
        if entry.comment_share < kMinCommentShare:
            warnings.append(f"{folder}: {entry.comment_share:.0%} comments,"
                            f" wanted {kMinCommentShare:.0%}")
    return breaches, warnings


def read_exceptions(root):
    """{(path, rule, subject): reason} from lines `PATH RULE SUBJECT-or-- REASON...`."""
    exceptions = {}
    path = root / kExceptionsFile
    if not path.exists():
        return exceptions
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            fields = line.split(None, 3)
            if len(fields) != 4:
                sys.exit(f"{kExceptionsFile}: expected PATH RULE SUBJECT REASON, found: {line}")
            exceptions[(fields[0], fields[1], fields[2].strip("-"))] = fields[3]
    return exceptions


def apply_exceptions(breaches, exceptions):
    left = [b for b in breaches if (b.path, b.rule, b.subject) not in exceptions]
    used = {(b.path, b.rule, b.subject) for b in breaches}
    for path, rule, subject in exceptions:
        if (path, rule, subject) not in used:
            left.append(Breach(kExceptionsFile, "unused", subject,
                               f"nothing breaks {rule} in {path} any more: remove the line"))
    return left


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else 0


def print_overview(files, functions):
    print(f"{'folder':<12}{'source':>8}{'tests':>8}{'share':>7}{'comments':>10}")
    sums = folder_sums(files)
    for folder, entry in [*sums.items(), ("all", total_sum(sums))]:
        comments = f"{entry.comment_share:.0%}" if entry.cxx else ""
        print(f"{folder:<12}{entry.source:>8}{entry.test:>8}{entry.test_share:>7.2f}{comments:>10}")
    for what, values in (("file lines", [f.lines for f in files]),
                         ("function lines", [f.lines for f in functions])):
        print(f"{what}: {len(values)} counted, median {percentile(values, 50)},"
              f" p90 {percentile(values, 90)}, p99 {percentile(values, 99)},"
              f" longest {max(values, default=0)}")


def survey(root):
    """All source files and all functions below root."""
    names = [name for name in list_files(root)
             if Path(name).suffix in kCxxSuffixes | {".py", ".sh", kCaseSuffix} or name == ".ci/run"]
    files = [read_source(root, name) for name in names]
    functions = cxx_functions(root, [f.path for f in files if f.is_cxx])
    for name in names:
        if name.endswith(".py"):
            functions.extend(python_functions(root, name))
        elif name.endswith(".sh"):
            functions.extend(shell_functions(root, name))
    return files, functions


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brief", action="store_true", help="print only what is over a limit")
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    files, functions = survey(arguments.root)
    share_breaches, warnings = check_shares(files)
    breaches = [*check_files(files), *check_functions(functions), *share_breaches]
    breaches = apply_exceptions(breaches, read_exceptions(arguments.root))
    if not arguments.brief:
        print_overview(files, functions)
    for warning in warnings:
        print(f"budgets: warning: {warning}")
    for breach in breaches:
        print(f"budgets: error: {breach.path}: {breach.message} [{breach.rule}]")
    if not arguments.brief and not breaches:
        print("budgets: all within their limits")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
