"""Writes tests/parity/pickle: small files of torch.save and torch.jit.save, and expected.json.

expected.json gives for each file its tensors in order: name, element type, shape and the bytes of a
row-major copy (hex).

    python scripts/goldens/make_pickle.py

Made with torch 2.13.0, numpy 2.4.6, Python 3.11, seed 1.
"""

import argparse
import collections
import json
import pathlib
import types
import zipfile

import numpy
import torch

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "parity" / "pickle"

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
    plain = tensor.detach().clone(memory_format=torch.contiguous_format).reshape(-1)
    return bytes(plain.view(torch.uint8).tolist()) if plain.numel() else b""


def entry(name, tensor):
    return {"name": name, "dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "bytes": raw(tensor).hex()}


def element_types(generator):
    out = {}
    for dtype, name in NAMES.items():
        if dtype.is_floating_point:
            values = torch.randn(2, 3, generator=generator)
        else:
            values = torch.randint(0, 2 if dtype == torch.bool else 100, (2, 3), generator=generator)
        out[name] = values.to(dtype)
    return out


def views(generator):
    """Windows of every kind onto one storage, and storages of their own."""
    base = torch.randn(4, 6, generator=generator)
    halves = torch.randn(8, generator=generator).to(torch.bfloat16)
    return collections.OrderedDict(
        base=base,
        transposed=base.t(),
        column=base[:, 2],
        row=base[1],
        block=base[1:3, 2:5],
        every_second=base[::2, ::3],
        permuted=base.view(2, 2, 6).permute(2, 0, 1),
        diagonal=base.diagonal(),
        expanded=base[0, :1].expand(5, 3),
        overlapping=base.view(-1).unfold(0, 6, 2),
        one=base[3, 5],
        none=base[2:2],
        none_at_end=base.view(-1)[24:],
        again=base,
        parameter=torch.nn.Parameter(torch.randn(3, generator=generator)),
        buffer=torch.nn.Buffer(torch.randn(3, generator=generator)),
        scalar=torch.tensor(-1.5),
        empty=torch.zeros(0, 4),
        unit_extents=torch.randn(1, 3, 1, generator=generator).transpose(0, 2),
        tail=halves[5:],
    )


def nested(generator):
    def tensor():
        return torch.randn(2, generator=generator)

    tagged = torch.nn.Parameter(tensor())
    tagged.tag = "attribute"
    plain = tensor()
    plain.note = 3
    return {
        "ema": collections.OrderedDict([("blocks.0.w", tensor()), ("größe", tensor())]),
        "list": [tensor(), (tensor(), {"deep": tensor()})],
        7: {"int key": tensor(), True: 1},
        "tagged": tagged,
        "plain": plain,
        "args": argparse.Namespace(
            lr=1e-4, name="run 1", steps=[1, 2], mean=tensor(), inner=argparse.Namespace(on=True)
        ),
        "simple": types.SimpleNamespace(a=1),
        "complex": torch.ones(2, dtype=torch.complex64),
        "epoch": 12,
        "negative": -5,
        "big": 2**40,
        "huge": 2**70,
        "loss": 0.5,
        "text": "line\nline",
        "none": None,
        "flag": False,
        "bytes": b"ab\xff",
        "no bytes": b"",
        "set": {3},
        "frozen": frozenset([1]),
        "size": torch.Size([1, 2]),
        "device": torch.device("cuda", 1),
        "dtype": torch.float16,
        "scalar32": numpy.float32(2.5),
        "scalar64": numpy.float64(-0.25),
        "integer": numpy.int64(-3),
        "byte": numpy.uint8(200),
        "switch": numpy.bool_(True),
        "array": numpy.arange(3),
        "path": pathlib.PosixPath("/data/run"),
        "numbers": list(range(500)),
        "long": "x" * 300,
        "defaults": collections.defaultdict(list, a=[1]),
        "counter": collections.Counter("aab"),
        "complex number": 1 + 2j,
        ("pair", 1): 2,
        "empty list": [],
        "empty dict": {},
    }


class Inner(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(2, 3).to(torch.float16))
        self.names = ["a", "b"]
        self.table = {"k": 1.5}

    def forward(self, x):
        return x @ self.weight.float().t() * self.table["k"] * len(self.names)


class Outer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner()
        self.norm = torch.nn.BatchNorm1d(2)
        self.sizes = [1, 2, 3]

    def forward(self, x):
        return self.norm(self.inner(x)) * self.sizes[1]


def flatten(value, prefix=""):
    """The tensors of dictionaries, lists, tuples and objects with dotted names, in order."""
    if isinstance(value, torch.Tensor):
        return [(prefix, value)] if value.dtype in NAMES else []
    if isinstance(value, (argparse.Namespace, types.SimpleNamespace)):
        value = vars(value)
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        value = dict(enumerate(value))
    out = []
    if isinstance(value, dict):
        for key, item in value.items():
            out += flatten(item, f"{prefix}.{key}" if prefix else str(key))
    return out


def repack(source, target):
    """The records of torch 1.6: no byte order, no ids, packed by another program."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        root = old.namelist()[0].split("/")[0]
        for name in old.namelist():
            short = name.removeprefix(root + "/")
            if short == "data.pkl" or short == "version" or short.startswith("data/"):
                new.writestr(zipfile.ZipInfo("archive/" + short), old.read(name))


def main():
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(1)
    OUT.mkdir(parents=True, exist_ok=True)
    expected = {}

    def save(name, value, **options):
        torch.save(value, OUT / name, **options)
        expected[name] = [entry(n or "tensor", t) for n, t in flatten(value)]

    all_types, all_views, tree = element_types(generator), views(generator), nested(generator)
    save("types.pt", all_types)
    save("types_old.pt", all_types, _use_new_zipfile_serialization=False)
    save("views.pt", all_views)
    save("views_old.pt", all_views, _use_new_zipfile_serialization=False)
    save("nested.pt", tree)
    save("nested_old.pt", tree, _use_new_zipfile_serialization=False)
    for protocol in (3, 4, 5):
        save(f"nested_protocol{protocol}.pt", tree, pickle_protocol=protocol)
    save("tensor.pt", torch.arange(3))
    save("list.pt", [torch.arange(2), torch.arange(3.0)])
    save("nothing.pt", {})
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(torch.randn(4, 3)).sum().backward()
    optimiser.step()
    save("training.pt", {"model": model.state_dict(), "optimizer": optimiser.state_dict(), "step": 1})

    torch.serialization.set_crc32_options(False)
    save("no_crc.pt", all_types["F32"])
    torch.serialization.set_crc32_options(True)
    repack(OUT / "types.pt", OUT / "repacked.pt")
    expected["repacked.pt"] = expected["types.pt"]

    script = torch.jit.script(Outer())
    script.save(str(OUT / "script.pt"))
    expected["script.pt"] = sorted((entry(n, t) for n, t in script.state_dict().items()), key=lambda e: e["name"])

    # A whole model is its classes: this one must be refused.
    torch.save(torch.nn.Linear(2, 1), OUT / "refused_model.pt")
    (OUT / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
