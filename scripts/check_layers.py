#!/usr/bin/env python3
"""Fails on an edge that points up, sideways or in a circle in the layer picture of the design.

  check_layers.py SCRATCH_FOLDER [ROOT]

Two graphs are read: the targets, from CMake's file API (the project is configured in SCRATCH_FOLDER
for this, since an existing build may be in use), and the includes, from the sources, since a header
can be used without its target. Folders of src/sextant are the nodes; a folder that the picture does
not name is an error, so that a new one is placed on purpose.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

# Lowest first. Arrows may only point to an earlier row.
kLayers = [
    ["base"],
    ["io", "text", "media"],
    ["kernels"],
    ["quant", "nn"],
    ["lm", "train", "diffusion", "encoders"],
    ["beacon", "ffsplit", "flightllm", "latte", "freetalker", "setformer"],
    ["serve", "cli"],
]
kRank = {folder: rank for rank, row in enumerate(kLayers) for folder in row}


def folder_of(path, root):
    """The folder of src/sextant that a path lies in, or None for anything outside."""
    try:
        parts = Path(path).relative_to(Path(root) / "src" / "sextant").parts
    except ValueError:
        return None
    return parts[0] if parts else None


def read_codemodel(scratch, root):
    """Configures the project; the folder of the replies and the code model in them."""
    api = Path(scratch) / ".cmake" / "api" / "v1"
    (api / "query").mkdir(parents=True, exist_ok=True)
    (api / "query" / "codemodel-v2").touch()
    command = ["cmake", "-G", "Ninja", "-DSEXTANT_BUILD_TESTS=OFF", "-S", str(root), "-B", str(scratch)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"layers: error: cmake does not configure {root}:\n{result.stderr}")
    index = json.loads(max((api / "reply").glob("index-*.json")).read_text())
    name = index["reply"]["codemodel-v2"]["jsonFile"]
    return api / "reply", json.loads((api / "reply" / name).read_text())


def target_edges(scratch, root):
    """(folder, folder, where) for each dependency, direct or not, between targets of two folders."""
    reply, model = read_codemodel(scratch, root)
    targets = {}
    for entry in model["configurations"][0]["targets"]:
        targets[entry["id"]] = json.loads((reply / entry["jsonFile"]).read_text())
    # Sources decide the folder: a target may be declared elsewhere.
    folders = {}
    for key, target in targets.items():
        paths = [Path(root) / source["path"] for source in target.get("sources", [])]
        owners = {folder_of(path, root) for path in paths} - {None}
        if len(owners) == 1 and target["type"] == "OBJECT_LIBRARY":
            folders[key] = owners.pop()
    if not folders:
        sys.exit("layers: error: the build has no target with sources in src/sextant")
    for key, target in targets.items():
        for dependency in target.get("dependencies", []):
            if key in folders and dependency["id"] in folders:
                yield (folders[key], folders[dependency["id"]],
                       f"target {target['name']} links {targets[dependency['id']]['name']}")


def include_edges(root):
    """(folder, folder, where) for each include of another folder's header."""
    base = Path(root) / "src" / "sextant"
    for path in sorted(base.rglob("*")):
        if path.suffix not in (".h", ".cc", ".cu", ".cuh") or path.parent == base:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for match in re.finditer(r'^\s*#\s*include\s*[<"]sextant/(\w+)/([^>"]+)[>"]', text, re.M):
            line = text.count("\n", 0, match.start(1)) + 1
            yield (folder_of(path, root), match.group(1),
                   f"{path.relative_to(root)}:{line} includes sextant/{match.group(1)}/{match.group(2)}")


def find_breaches(edges):
    """One message for each edge that the picture forbids."""
    for upper, lower, where in edges:
        unknown = [folder for folder in (upper, lower) if folder not in kRank]
        if unknown:
            yield f"{where}: the layer picture has no folder {unknown[0]}"
        elif upper != lower and kRank[lower] == kRank[upper]:
            yield f"{where}: {upper} and {lower} are of one layer"
        elif kRank[lower] > kRank[upper]:
            yield f"{where}: {upper} lies below {lower}"


def describe(edges):
    used = defaultdict(set)
    for upper, lower, _ in edges:
        if upper != lower:
            used[upper].add(lower)
    return ", ".join(f"{folder} -> {' '.join(sorted(used[folder]))}"
                     for folder in sorted(used, key=lambda f: kRank.get(f, 99)))


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("layers: usage: check_layers.py SCRATCH_FOLDER [ROOT]")
    root = Path(sys.argv[2] if len(sys.argv) == 3 else Path(__file__).resolve().parent.parent)
    root = root.resolve()
    edges = [*target_edges(sys.argv[1], root), *include_edges(root)]
    breaches = sorted(set(find_breaches(edges)))
    for breach in breaches:
        print(f"layers: error: {breach}")
    if not breaches:
        print(f"layers: {len(edges)} edges, all downward: {describe(edges)}")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
