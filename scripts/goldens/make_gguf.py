#!/usr/bin/env python3
"""Goldens for the GGUF reader and the dequantiser, into tests/parity/gguf.

Run in an environment with the packages `gguf`, `numpy` and `torch` (the versions used are written
into checksums.json). Optional argument: SmolLM2-135M-Instruct.Q4_1.gguf, whose entry is otherwise
kept as it is.

    make_gguf.py [models/smollm2-135m-instruct-q4_1.gguf]
"""

import hashlib
import importlib.metadata
import json
import pathlib
import sys

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from gguf import GGUFValueType as Value

SEED = 20240108
OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "parity" / "gguf"
BLOCK_TYPES = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL"]
PLAIN_TYPES = {
    "F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32,
    "I16": np.int16, "I8": np.int8, "U64": np.uint64, "U32": np.uint32, "U16": np.uint16,
    "U8": np.uint8, "BF16": torch.bfloat16, "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2, "BOOL": bool,
}
RANDOM_BYTES = 1 << 20  # per type; block types use the whole blocks in it


def mix(x):
    """The output function of splitmix64."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def random_bytes(seed, count):
    """splitmix64 of `seed`, little-endian: a test makes the same bytes in three lines."""
    steps = np.arange(1, (count + 7) // 8 + 1, dtype=np.uint64)
    return mix(np.uint64(seed) + steps * np.uint64(0x9E3779B97F4A7C15)).view(np.uint8)[:count].copy()


def checksum(values):
    """Sum of mix(bits + 2^32 * index) over f32 values, every NaN as 0x7fc00000."""
    bits = np.ascontiguousarray(values, dtype=np.float32).reshape(-1).view(np.uint32).astype(np.uint64)
    bits[np.isnan(values.reshape(-1))] = 0x7FC00000
    index = np.arange(len(bits), dtype=np.uint64)
    return f"{int(np.sum(mix(bits + (index << np.uint64(32))), dtype=np.uint64)):016x}"


def widen(name, raw):
    """f32 values of raw bytes of any type, by the reference library of that type."""
    if name in BLOCK_TYPES:
        return gguf.quants.dequantize(raw, Type[name])
    kind = PLAIN_TYPES[name]
    if kind is bool:
        return (raw != 0).astype(np.float32)
    if isinstance(kind, torch.dtype):
        return torch.from_numpy(raw).view(kind).to(torch.float32).numpy()
    return raw.view(kind).astype(np.float32)


def random_checksums():
    table = {}
    for number, name in enumerate(BLOCK_TYPES + list(PLAIN_TYPES)):
        block = gguf.GGML_QUANT_SIZES[Type[name]][1] if name in BLOCK_TYPES else 8
        raw = random_bytes(SEED + number, RANDOM_BYTES // block * block)
        values = widen(name, raw)
        table[name] = {"seed": SEED + number, "bytes": len(raw), "elements": values.size,
                       "checksum": checksum(values)}
    return table


def write_quants():
    """One small tensor per type, with ordinary and extreme scales, and its f32 values."""
    stored = gguf.GGUFWriter(OUT / "quants.gguf", "test")
    wide = gguf.GGUFWriter(OUT / "quants_f32.gguf", "test")
    for number, name in enumerate(BLOCK_TYPES):
        elements, size = gguf.GGML_QUANT_SIZES[Type[name]]
        rows, blocks = 2, 2 if elements == 256 else 4
        raw = random_bytes(SEED + 100 + number, rows * blocks * size).reshape(rows, blocks * size)
        values = widen(name, raw)
        stored.add_tensor(name, raw, raw_dtype=Type[name])
        wide.add_tensor(name, values)
    for name in ["F64", "F32", "F16", "I64", "I32", "I16", "I8"]:
        generator = np.random.default_rng(SEED)
        values = (generator.standard_normal((3, 5)) * 100).astype(PLAIN_TYPES[name])
        stored.add_tensor(name, values)
        wide.add_tensor(name, values.astype(np.float32))
    brain = torch.arange(15, dtype=torch.float32).reshape(3, 5).sub(7).div(3).to(torch.bfloat16)
    stored.add_tensor("BF16", brain.view(torch.uint8).numpy(), raw_dtype=Type.BF16)
    wide.add_tensor("BF16", brain.to(torch.float32).numpy())
    for writer in (stored, wide):
        finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_types():
    """Every value type, a nested array, dimensions that differ, a larger alignment."""
    writer = gguf.GGUFWriter(OUT / "types.gguf", "test")
    writer.add_custom_alignment(128)
    writer.add_uint8("t.u8", 255)
    writer.add_int8("t.i8", -128)
    writer.add_uint16("t.u16", 65535)
    writer.add_int16("t.i16", -32768)
    writer.add_uint32("t.u32", 4294967295)
    writer.add_int32("t.i32", -2147483648)
    writer.add_uint64("t.u64", 18446744073709551615)
    writer.add_int64("t.i64", -9223372036854775808)
    writer.add_float32("t.f32", 0.1)
    writer.add_float64("t.f64", 0.1)
    writer.add_bool("t.true", True)
    writer.add_bool("t.false", False)
    writer.add_string("t.string", "grüße\n")
    writer.add_array("t.strings", ["", "a", "日本", "x" * 300])
    writer.add_array("t.i32s", [-1, 0, 7])
    writer.add_array("t.f32s", [0.5, -2.25])
    writer.add_array("t.bools", [True, False])
    writer.add_key_value("t.bytes", b"\x00\x01\xff", Value.ARRAY, sub_type=Value.UINT8)
    writer.add_array("t.nested", [[1, 2, 3], [4]])
    writer.add_tensor("matrix", np.arange(6, dtype=np.float32).reshape(2, 3))
    writer.add_tensor("cube", np.arange(24, dtype=np.float16).reshape(4, 3, 2))
    finish(writer)
    # The layout of version 2 is that of version 3.
    content = bytearray((OUT / "types.gguf").read_bytes())
    content[4] = 2
    (OUT / "types_v2.gguf").write_bytes(content)


def real_checksums(path):
    content = pathlib.Path(path).read_bytes()
    reader = gguf.GGUFReader(path)
    names = ["token_embd.weight", "blk.0.attn_q.weight", "blk.29.ffn_down.weight", "output_norm.weight"]
    tensors = {}
    for tensor in reader.tensors:
        if tensor.name in names:
            values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            tensors[tensor.name] = {
                "type": tensor.tensor_type.name, "shape": [int(n) for n in reversed(tensor.shape)],
                "checksum": checksum(values)}
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
            "tensor_count": len(reader.tensors), "tensors": tensors}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    target = OUT / "checksums.json"
    document = json.loads(target.read_text()) if target.exists() else {}
    document["made_with"] = {name: importlib.metadata.version(name) for name in ("gguf", "numpy", "torch")}
    document["random"] = random_checksums()
    if len(sys.argv) > 1:
        document["smollm2"] = real_checksums(sys.argv[1])
    write_quants()
    write_types()
    target.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
