"""The memory check against a modest and a greedy parser."""

import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import kScripts, write_tree

# A parser that takes as many megabytes as its input says.
kParser = """#!/usr/bin/python3 -S
import pathlib, sys
for file in pathlib.Path(sys.argv[1]).iterdir():
    data = b"x" * (int(file.read_text() or 0) << 20)
    sys.exit(9 if len(data) == 1 << 20 else 0)
"""


class Memory(unittest.TestCase):
    def run_check(self, *megabytes):
        with tempfile.TemporaryDirectory() as root:
            corpus = {f"tests/fuzz_corpus/toy/{number}": str(number) for number in megabytes}
            write_tree(root, {"build/tests/replay_toy": kParser, **corpus})
            program = Path(root) / "build/tests/replay_toy"
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            result = subprocess.run(
                [sys.executable, str(kScripts / "check_memory.py"), f"{root}/build", root],
                capture_output=True, text=True, check=False)
            return result.returncode, result.stdout

    def test_modest_parser_passes(self):
        status, output = self.run_check(3, 20)
        self.assertEqual(status, 0, output)
        self.assertRegex(output, r"toy: at most (2|3)\d MB")

    def test_greedy_parser_fails_and_names_the_file(self):
        status, output = self.run_check(3, 80)
        self.assertEqual(status, 1)
        self.assertRegex(output, r"fuzz_corpus/toy/80: \d+ bytes at the peak, at most 6710")

    def test_parser_that_dies_fails(self):
        status, output = self.run_check(1)
        self.assertEqual(status, 1)
        self.assertIn("replay_toy ended with status 9", output)


if __name__ == "__main__":
    unittest.main()
