"""The closing lines of `make test`."""

import unittest
import xml.etree.ElementTree as ElementTree

import support  # noqa: F401  (sets the import path)
import summarise_tests

kReport = """<testsuite>
  <testcase name="A.Passes" time="0.1" status="run"/>
  <testcase name="A.Slow" time="12.4" status="run"/>
  <testcase name="A.Fails" time="0.2" status="fail"><failure message=""/></testcase>
  <testcase name="A.Skips" time="0" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION"/>
    <system-out>a_test.cc:7: Skipped
no development data

[  SKIPPED ] A.Skips</system-out></testcase>
</testsuite>"""


class Summary(unittest.TestCase):
    def test_counts_reasons_and_slow_tests(self):
        lines, failed = summarise_tests.summarise(ElementTree.fromstring(kReport))
        self.assertEqual(failed, 1)
        self.assertEqual(lines, ["test: 1 skipped: no development data", "test: 12 s in A.Slow",
                                 "2 passed, 1 failed, 1 skipped"])

    def test_warns_of_slow_unit_tests(self):
        root = ElementTree.fromstring("<testsuite/>")
        for seconds, warnings in (("181.20", 1), ("179.90", 0)):
            log = f"Label Time Summary:\ncheck = 900 sec*proc\nunit    = {seconds} sec*proc (9 tests)\n"
            lines, _ = summarise_tests.summarise(root, log)
            self.assertEqual(sum("unit tests took 181 s" in line for line in lines), warnings)


if __name__ == "__main__":
    unittest.main()
