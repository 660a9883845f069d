"""Tests of tests/run_cases.py: what matches, what fails, what --update writes."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

kRoot = Path(__file__).resolve().parents[2]
kRunner = kRoot / "tests/run_cases.py"


class RunCases(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.case = Path(self.folder.name) / "x.case"

    def tearDown(self):
        self.folder.cleanup()

    def run_case(self, text, *options):
        self.case.write_text(text)
        return subprocess.run(
            [sys.executable, kRunner, "--sextant", "/bin/sextant", *options, self.case],
            capture_output=True, text=True, check=False)

    def assert_passes(self, text):
        result = self.run_case(text)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def assert_fails(self, text, message):
        result = self.run_case(text)
        self.assertEqual(result.returncode, 1)
        self.assertIn(message, result.stdout)

    def test_lines_patterns_and_gaps_match(self):
        self.assert_passes("# a remark\n$ printf 'a\\nb 12\\nc\\nd\\n'; echo e >&2; exit 3\n"
                           "1 a\n1~ b \\d+\n1...\n1 d\n2 e\n? 3\n")
        self.assert_passes("$ cat\n< one\n< two\n1...\n1 two\n1...\n")
        self.assert_passes("$ printf x\n1 x\n1 \\ no newline\n")

    def test_each_difference_fails(self):
        self.assert_fails("$ echo a\n1 b\n", "expected on standard output:\n    b\n  found:\n    a")
        self.assert_fails("$ echo a\n", "found:\n    a")
        self.assert_fails("$ true\n1 a\n", "expected on standard output")
        self.assert_fails("$ echo abc\n1~ b\n", "pattern b")
        self.assert_fails("$ echo a >&2\n", "standard error")
        self.assert_fails("$ exit 4\n", "expected exit status 0, found 4")

    def test_commands_share_a_fresh_folder_and_no_settings(self):
        self.assert_passes("$ echo x > file; ls -A\n1 file\n$ cat file; echo $REPO\n1 x\n"
                           f"1 {kRoot}\n$ echo \"[$SEXTANT_MODELS][$NO_COLOR]\"\n1 [][]\n")

    def test_a_missing_need_skips(self):
        result = self.run_case("@needs no/such/file\n$ false\n")
        self.assertEqual(result.returncode, 77)
        self.assertIn("no/such/file is not there", result.stdout)

    def test_wrong_files_are_refused(self):
        for text in ("1 early\n", "$ true\nno mark\n"):
            result = self.run_case(text)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn("x.case:", result.stderr)

    def test_update_keeps_remarks_and_patterns_that_match(self):
        result = self.run_case("# top\n\n$ printf 'a 1\\nb\\n'; exit 2\n1~ a \\d\n1 old\n# end\n",
                               "--update")
        self.assertEqual(result.returncode, 0)
        text = self.case.read_text()
        self.assertEqual(text, "# top\n\n$ printf 'a 1\\nb\\n'; exit 2\n1~ a \\d\n1 b\n? 2\n# end\n")
        self.assert_passes(text)


if __name__ == "__main__":
    unittest.main()
