"""Writes tests/parity/npz: small .npz and .npy files of numpy, and expected.json.

expected.json gives for each file its tensors in order: name, element type, shape and the bytes of a
row-major copy (hex).

    python scripts/goldens/make_npz.py

Made with numpy 2.4.6, seed 1.
"""

import json
import pathlib

import numpy as np

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "parity" / "npz"

NAMES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
}


def entry(name, array):
    return {
        "name": name,
        "dtype": NAMES[array.dtype.name],
        "shape": list(array.shape),
        "bytes": np.ascontiguousarray(array).tobytes().hex(),
    }


def main():
    random = np.random.default_rng(1)
    OUT.mkdir(parents=True, exist_ok=True)
    expected = {}
    arrays = {}
    for dtype, name in NAMES.items():
        values = random.normal(size=(2, 3)) * 50
        arrays[name] = (values > 0 if dtype == "bool" else np.abs(values) if dtype[0] == "u" else values).astype(dtype)
    arrays |= {f"fortran.{name}": np.asfortranarray(array) for name, array in list(arrays.items())}
    arrays["folder/cube"] = random.normal(size=(2, 3, 4)).astype(np.float32).transpose(2, 1, 0)
    arrays["scalar"] = np.float32(-1.5)
    arrays["vector"] = np.arange(5)
    arrays["empty"] = np.zeros((0, 4), np.float32)
    arrays["empty fortran"] = np.zeros((3, 0, 2), np.uint8, order="F")
    arrays["größe"] = np.arange(3, dtype=np.int16)
    np.savez(OUT / "arrays.npz", **arrays)
    np.savez_compressed(OUT / "compressed.npz", **arrays)
    for file in ("arrays.npz", "compressed.npz"):
        expected[file] = [entry(name, np.asarray(array)) for name, array in arrays.items()]

    matrix = random.normal(size=(3, 2)).astype(np.float32)
    for version in (1, 2, 3):
        with open(OUT / f"version{version}.npy", "wb") as file:
            np.lib.format.write_array(file, matrix, version=(version, 0))
        expected[f"version{version}.npy"] = [entry("arr_0", matrix)]

    # What has no tensor: the reader says what it is.
    np.savez(
        OUT / "others.npz",
        kept=matrix,
        gender="neutral",
        name=np.array("größe 🙂"),
        old=np.array(b"bytes"),
        words=np.array(["a", "bc"]),
        objects=np.array([{"a": 1}, None], dtype=object),
        fields=np.zeros(2, dtype=[("x", "<f4"), ("y", "<i8", (2,))]),
        waves=np.ones(2, dtype=np.complex64),
        day=np.array("2024-01-08", dtype="datetime64[D]"),
        swapped=np.arange(3, dtype=">i4"),
        wide=np.ones(2, dtype=np.longdouble),
    )
    expected["others.npz"] = [entry("kept", matrix)]
    (OUT / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
