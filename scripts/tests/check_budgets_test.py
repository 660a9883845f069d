"""The budget check on small trees that break one limit each."""

import subprocess
import sys
import tempfile
import unittest

from support import kScripts, write_tree

import check_budgets


def function(name, lines, parameters="int a"):
    return f"int {name}({parameters}) {{\n" + "  a += 1;\n" * (lines - 2) + "}\n"


# A source with a test that is long enough for every share.
kGood = {
    "src/sextant/io/a.cc": "// Why.\n" * 10 + "".join(function(f"f{i}", 10) for i in range(10)),
    "src/sextant/io/a_test.cc": "// Why.\n" * 10
                                + "".join(f"TEST(A, B{i}) {{\n  x();\n}}\n" for i in range(30)),
}


def run_check(files, *options):
    with tempfile.TemporaryDirectory() as root:
        write_tree(root, {**kGood, **files})
        result = subprocess.run([sys.executable, str(kScripts / "check_budgets.py"), *options, root],
                                capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr


class Budgets(unittest.TestCase):
    def expect_breach(self, files, text):
        status, output = run_check(files, "--brief")
        self.assertEqual(status, 1, output)
        self.assertIn(text, output)

    def test_good_tree_passes_and_is_silent_in_brief(self):
        self.assertEqual(run_check({}, "--brief"), (0, ""))

    def test_full_output_shows_shares_and_percentiles(self):
        status, output = run_check({})
        self.assertEqual(status, 0, output)
        self.assertRegex(output, r"io +100 +90 +0\.90 +10%")
        self.assertIn("function lines: 40 counted, median 3", output)

    def test_long_function_fails_with_its_place(self):
        files = {"src/sextant/io/b_test.cc": "\n" + function("big", 101)}
        self.expect_breach(files, "b_test.cc: big, line 2: 101 lines, at most 100")

    def test_function_of_exactly_the_limit_passes(self):
        files = {"src/sextant/io/b_test.cc": function("big", 100)}
        self.assertEqual(run_check(files, "--brief")[0], 0)

    def test_many_parameters_fail(self):
        files = {"src/sextant/io/b_test.cc": function("wide", 5, ", ".join(f"int a{i}" for i in range(7)))}
        self.expect_breach(files, "wide, line 1: 7 parameters, at most 6")

    def test_long_file_fails(self):
        self.expect_breach({"src/sextant/io/b.h": "int x;\n" * 801}, "b.h: 801 lines, at most 800")

    def test_test_files_may_be_longer(self):
        self.assertEqual(run_check({"src/sextant/io/b_test.cc": "int x;\n" * 999}, "--brief")[0], 0)

    def test_too_many_long_functions_fail(self):
        files = {"src/sextant/io/b_test.cc": "".join(function(f"g{i}", 61) for i in range(3))}
        self.expect_breach(files, "3 of 43 functions are over 60 lines")

    def test_folder_without_tests_fails(self):
        files = {"src/sextant/text/b.cc": "int x;\n" * 70,
                 "src/sextant/io/c_test.cc": "int x;\n" * 200}
        self.expect_breach(files, "text: 0 test lines for 70 source lines")

    def test_text_cases_are_tests_of_the_command(self):
        files = {"src/sextant/cli/b.cc": "// Why.\n" * 10 + "int x;\n" * 100,
                 "tests/cases/b.case": "$ sextant --version\n# a comment of the shell\n" * 30}
        self.assertEqual(run_check(files, "--brief"), (0, ""))

    def test_benchmarks_need_no_tests(self):
        files = {"bench/micro/b.cc": "// Why.\n" * 50 + "int x;\n" * 400}
        self.assertEqual(run_check(files, "--brief"), (0, ""))

    def test_few_comments_warn_but_pass(self):
        files = {"src/sextant/io/c_test.cc": "int x;\n" * 200}
        status, output = run_check(files, "--brief")
        self.assertEqual(status, 0)
        self.assertIn("warning: io: 5% comments", output)

    def test_python_and_shell_functions_count(self):
        python = "def f():\n" + "    x = 1\n" * 100
        shell = "f() {\n" + "  true\n" * 100 + "}\n"
        self.expect_breach({"scripts/a.py": python, "scripts/b.sh": shell}, "a.py: f, line 1: 101")
        self.expect_breach({"scripts/a.py": python, "scripts/b.sh": shell}, "b.sh: f, line 1: 102")


class Exceptions(unittest.TestCase):
    def test_an_exception_lifts_one_limit(self):
        files = {"src/sextant/io/b_test.cc": "// a\n" * 1001,
                 "scripts/budget_exceptions.txt": "src/sextant/io/b_test.cc file-lines - a table\n"}
        self.assertEqual(run_check(files, "--brief"), (0, ""))

    def test_an_exception_that_lifts_nothing_fails(self):
        files = {"scripts/budget_exceptions.txt": "src/x.h file-lines - a table\n"}
        status, output = run_check(files, "--brief")
        self.assertEqual(status, 1)
        self.assertIn("nothing breaks file-lines in src/x.h any more", output)

    def test_an_exception_without_a_reason_is_refused(self):
        status, output = run_check({"scripts/budget_exceptions.txt": "src/x.h file-lines -\n"})
        self.assertEqual(status, 1)
        self.assertIn("expected PATH RULE SUBJECT REASON", output)


class Counting(unittest.TestCase):
    def test_parameters(self):
        for signature, count in [("()", 0), ("(void)", 0), ("(int a)", 1),
                                 ("(std::map<int,T> m={1, 2},int z=g (1,2)) const", 2)]:
            self.assertEqual(check_budgets.count_parameters(signature), count, signature)

    def test_comment_signs_in_strings_are_code(self):
        text = 'auto a = "// no";\n// yes\nint b; /* x */\n/* one\ntwo */\n'
        kept = [line for line in check_budgets.strip_comments(text, ".cc").splitlines() if line.strip()]
        self.assertEqual(len(kept), 2)


if __name__ == "__main__":
    unittest.main()
