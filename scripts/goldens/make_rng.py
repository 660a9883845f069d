"""Writes tests/parity/rng.json: random numbers of PyTorch's CPU generator.

Run with torch 2.13.0 (CPU build, AVX2 or better):  python scripts/goldens/make_rng.py
Long runs are stored as the 64-bit FNV-1a hash of their little-endian bytes.
"""
import json
import pathlib

import numpy as np
import torch

SEEDS = [0, 1, 42, 1234567890123, 2**63 - 1]
LONG = 1_000_000


def fnv(tensor):
    value = 0xCBF29CE484222325
    for byte in np.ascontiguousarray(tensor.numpy()).tobytes():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def fresh(seed):
    return torch.Generator().manual_seed(seed)


def case(seed):
    long = fresh(seed)
    state = fresh(seed)
    torch.randn(3, generator=state)  # leaves a spare normal
    torch.rand(700, generator=state)
    out = {
        "seed": seed,
        "random": torch.empty(4, dtype=torch.int64)
        .random_(0, 2**24, generator=fresh(seed)).tolist(),
        "rand_f32": torch.rand(4, generator=fresh(seed)).tolist(),
        "rand_f64": torch.rand(4, generator=fresh(seed), dtype=torch.float64).tolist(),
        "randn_f32": {},
        "randn_f64": {},
        "randint": [
            {"low": low, "high": high,
             "values": torch.randint(low, high, (4,), generator=fresh(seed)).tolist()}
            for low, high in [(0, 10), (-5, 2**28 - 6), (-5, 2**28 - 5), (-(2**62), 2**62)]
        ],
        "randperm": {str(n): torch.randperm(n, generator=fresh(seed)).tolist()
                     for n in (0, 1, 2, 13)},
        "state_hash": fnv(state.get_state()),
        "after_state": torch.randn(5, generator=state).tolist(),
        "long": {
            "rand_f32": fnv(torch.rand(LONG, generator=long)),
            "randn_f32": fnv(torch.randn(LONG, generator=long)),
            "randn_f64": fnv(torch.randn(LONG, generator=long, dtype=torch.float64)),
            "randperm": fnv(torch.randperm(100_000, generator=long)),
        },
    }
    for n in (1, 7, 15, 16, 17, 33):
        out["randn_f32"][str(n)] = torch.randn(n, generator=fresh(seed)).tolist()
        out["randn_f64"][str(n)] = torch.randn(
            n, generator=fresh(seed), dtype=torch.float64).tolist()
    return out


def main():
    path = pathlib.Path(__file__).resolve().parents[2] / "tests/parity/rng.json"
    cases = ",\n  ".join(json.dumps(case(seed)) for seed in SEEDS)
    path.write_text(f'{{"torch": "{torch.__version__}", "long": {LONG}, "cases": [\n  {cases}\n]}}\n')


if __name__ == "__main__":
    main()
