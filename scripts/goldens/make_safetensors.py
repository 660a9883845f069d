"""Writes tests/parity/safetensors/all_types.{safetensors,json} with the Python safetensors library.

The file holds one tensor of each element type, a scalar, empty tensors and a name with non-ASCII
letters; the JSON file gives the shape and the bytes that a reader must find.

    python scripts/goldens/make_safetensors.py

Made with safetensors 0.8.0, torch 2.13.0, seed 1.
"""

import json
import pathlib

import safetensors.torch
import torch

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "parity" / "safetensors"

NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint64: "U64",
    torch.uint32: "U32",
    torch.uint16: "U16",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def raw(tensor):
    return bytes(tensor.contiguous().reshape(-1).view(torch.uint8).tolist()) if tensor.numel() else b""


def main():
    generator = torch.Generator().manual_seed(1)
    tensors = {}
    for dtype, name in NAMES.items():
        if dtype.is_floating_point:
            values = torch.randn(2, 3, generator=generator)
        else:
            values = torch.randint(0, 2 if dtype == torch.bool else 100, (2, 3), generator=generator)
        tensors[f"type.{name}"] = values.to(dtype)
    tensors["scalar"] = torch.tensor(-1.5)
    tensors["empty"] = torch.zeros(0, 4, dtype=torch.bfloat16)
    tensors["empty.bytes"] = torch.zeros(3, 0, 2, dtype=torch.uint8)
    tensors["größe.重み"] = torch.tensor([1, 2, 3], dtype=torch.int16)
    metadata = {"format": "pt", "note": 'quotes " and \\ and\nlines'}
    OUT.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(tensors, OUT / "all_types.safetensors", metadata)
    expected = {
        name: {"dtype": NAMES[t.dtype], "shape": list(t.shape), "bytes": raw(t).hex()}
        for name, t in sorted(tensors.items())
    }
    text = json.dumps({"metadata": metadata, "tensors": expected}, indent=1, ensure_ascii=False)
    (OUT / "all_types.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
