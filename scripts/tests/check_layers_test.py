"""The layer check on graphs that are known to be good or bad, the target graph made by a real CMake."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import kScripts, write_tree

import check_layers

kProject = """
cmake_minimum_required(VERSION 3.25)
project(Layers LANGUAGES CXX)
foreach(folder base io text kernels)
  add_library(sextant_${folder} OBJECT src/sextant/${folder}/a.cc)
endforeach()
target_link_libraries(sextant_io PUBLIC sextant_base)
target_link_libraries(sextant_kernels PUBLIC sextant_io sextant_text)
"""


def messages(edges):
    return list(check_layers.find_breaches([(a, b, f"{a} to {b}") for a, b in edges]))


class Edges(unittest.TestCase):
    def test_downward_edges_pass(self):
        self.assertEqual(messages([("io", "base"), ("cli", "latte"), ("lm", "kernels")]), [])

    def test_an_edge_inside_a_folder_passes(self):
        self.assertEqual(messages([("io", "io")]), [])

    def test_upward_edge_fails(self):
        self.assertEqual(messages([("base", "io")]), ["base to io: base lies below io"])

    def test_edge_within_a_layer_fails(self):
        self.assertEqual(messages([("text", "io")]), ["text to io: text and io are of one layer"])

    def test_circle_fails(self):
        self.assertEqual(len(messages([("kernels", "lm"), ("lm", "kernels")])), 1)

    def test_folder_outside_the_picture_fails(self):
        self.assertIn("no folder misc", messages([("misc", "base")])[0])


class Tree(unittest.TestCase):
    def run_check(self, links="", sources=None):
        """Configures a project of four folders with more links or sources, and checks it."""
        with tempfile.TemporaryDirectory() as root:
            files = {f"src/sextant/{folder}/a.cc": "int x;\n"
                     for folder in ("base", "io", "text", "kernels")}
            write_tree(root, {"CMakeLists.txt": kProject + links, **files, **(sources or {})})
            scratch = str(Path(root) / "scratch")
            result = subprocess.run([sys.executable, str(kScripts / "check_layers.py"), scratch, root],
                                    capture_output=True, text=True, check=False)
            return result.returncode, result.stdout + result.stderr

    def test_good_tree_passes(self):
        status, output = self.run_check()
        self.assertEqual(status, 0, output)
        self.assertIn("io -> base, kernels -> base io text", output)

    def test_upward_link_fails_and_names_the_targets(self):
        status, output = self.run_check("target_link_libraries(sextant_base PUBLIC sextant_text)\n")
        self.assertEqual(status, 1)
        self.assertIn("target sextant_base links sextant_text: base lies below text", output)

    def test_sideways_link_fails(self):
        status, output = self.run_check("target_link_libraries(sextant_text PUBLIC sextant_io)\n")
        self.assertEqual(status, 1)
        self.assertIn("text and io are of one layer", output)

    def test_upward_include_without_a_link_fails_and_names_the_line(self):
        status, output = self.run_check(
            sources={"src/sextant/base/b.h": '#pragma once\n#include "sextant/io/npz.h"\n'})
        self.assertEqual(status, 1)
        self.assertIn("src/sextant/base/b.h:2 includes sextant/io/npz.h: base lies below io", output)

    def test_project_that_does_not_configure_is_an_error(self):
        status, output = self.run_check("message(FATAL_ERROR broken)\n")
        self.assertEqual(status, 1)
        self.assertIn("cmake does not configure", output)
        self.assertIn("broken", output)


if __name__ == "__main__":
    unittest.main()
