"""Lets the tests import the scripts above them and make small source trees."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
kScripts = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(kScripts))


def write_tree(root, files):
    for name, text in files.items():
        path = Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
