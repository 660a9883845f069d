#!/usr/bin/env python3
"""Speed beside llama.cpp on the same GGUF file, in one run.

  llama_cpp.py --sextant build/bin/sextant --llama-bench PATH/llama-bench [--model FILE]
               [--rounds 7] [--precision int16] [--output bench/baselines/llama_cpp.json]

The two programs take turns (A B A B ...), each computing a prompt of 512 tokens and writing 64 from
an empty cache, with 1 and with 2 threads. Printed: medians, and the median and range of the ratio of
neighbouring runs. llama-bench is built from llama.cpp's own source as its documentation says
(cmake -DCMAKE_BUILD_TYPE=Release, GGML_NATIVE on) and names its commit itself.
"""

import argparse
import json
import statistics
import subprocess
from pathlib import Path

kDefaultModel = Path(__file__).resolve().parents[2] / "models/smollm2-135m-instruct-q4_1.gguf"
kPrompt, kGenerate = 512, 64


def run_json(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def sextant_speeds(args, threads):
    found = run_json([args.sextant, "bench", "-m", args.model, "--threads", str(threads),
                      "--prompt", str(kPrompt), "--generate", str(kGenerate), "--repeat", "1",
                      "--precision", args.precision, "--json"])
    return {"prompt": found["prompt_tokens_per_s"], "decode": found["decode_tokens_per_s"],
            "read_gb_per_s": found["read_gb_per_s"], "simd": found["simd"],
            "commit": found["commit"]}


def llama_speeds(args, threads):
    found = run_json([args.llama_bench, "-m", args.model, "-t", str(threads), "-p", str(kPrompt),
                      "-n", str(kGenerate), "-r", "1", "-o", "json"])
    speeds = {"prompt" if row["n_gen"] == 0 else "decode": row["avg_ts"] for row in found}
    return {**speeds, "commit": found[0]["build_commit"], "cpu": found[0]["cpu_info"]}


def compare(args, threads):
    ours, theirs = [], []
    for _ in range(args.rounds):
        ours.append(sextant_speeds(args, threads))
        theirs.append(llama_speeds(args, threads))
    rows = []
    for test in ("prompt", "decode"):
        ratios = sorted(a[test] / b[test] for a, b in zip(ours, theirs))
        rows.append({"test": test, "threads": threads,
                     "sextant": statistics.median(a[test] for a in ours),
                     "llama_cpp": statistics.median(b[test] for b in theirs),
                     "ratio": statistics.median(ratios), "lowest": ratios[0],
                     "highest": ratios[-1]})
    return rows, ours[0], theirs[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sextant", required=True)
    parser.add_argument("--llama-bench", required=True)
    parser.add_argument("--model", default=str(kDefaultModel))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--precision", default="int16")
    parser.add_argument("--output")
    args = parser.parse_args()
    rows = []
    for threads in (1, 2):
        found, ours, theirs = compare(args, threads)
        rows += found
    result = {"model": Path(args.model).name, "precision": args.precision, "rounds": args.rounds,
              "cpu": theirs["cpu"], "simd": ours["simd"], "sextant_commit": ours["commit"],
              "llama_cpp_commit": theirs["commit"], "rows": rows}
    print(f"sextant {ours['commit']} ({args.precision} activations, {ours['simd']}) beside llama.cpp "
          f"{theirs['commit']}, {theirs['cpu']}")
    print("| test | threads | sextant tokens/s | llama.cpp tokens/s | ratio (lowest to highest) |")
    print("| --- | --: | --: | --: | --: |")
    for r in rows:
        print(f"| {r['test']} | {r['threads']} | {r['sextant']:.1f} | {r['llama_cpp']:.1f} | "
              f"{r['ratio']:.2f} ({r['lowest']:.2f} to {r['highest']:.2f}) |")
    if args.output:
        Path(args.output).parent.mkdir(parents=True, exist_ok=True)
        Path(args.output).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
