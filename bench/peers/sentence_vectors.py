#!/usr/bin/env python3
"""Sentence vectors a second beside transformers on torch, in turns on the same machine.

  sentence_vectors.py [--threads N] [--rounds N] [--sentences N] [--output FILE.json]

Both read the sentences of models/texts/persuasion.txt with models/all-minilm-l6-v2. torch takes them
sorted by length in batches of 32, as sentence-transformers does; Sextant in their order. Times are
those of tokens and vectors, without loading; with one thread they are the processor's, which other
programs on the machine disturb less. Needs the packages of requirements-goldens.txt and
build/bench/embed_bench.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

import torch
import transformers

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/all-minilm-l6-v2"
BATCH = 32


def sentences(count):
    text = (ROOT / "models/texts/persuasion.txt").read_text(encoding="utf-8")
    found = re.split(r"(?<=[.!?])\s+", re.sub(r"\s+", " ", text))
    return [s for s in found if len(s) > 20][:count]


class Torch:
    def __init__(self, threads):
        torch.set_num_threads(threads)
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
        self.model = transformers.AutoModel.from_pretrained(MODEL, dtype=torch.float32).eval()

    def run(self, texts):
        clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
        start = clock()
        rows = {}
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        with torch.inference_mode():
            for at in range(0, len(order), BATCH):
                part = order[at:at + BATCH]
                batch = self.tokenizer([texts[i] for i in part], truncation=True, max_length=256,
                                       padding="longest", return_tensors="pt")
                hidden = self.model(**batch).last_hidden_state
                weight = batch["attention_mask"].unsqueeze(-1).float()
                mean = (hidden * weight).sum(1) / weight.sum(1)
                rows |= zip(part, torch.nn.functional.normalize(mean, dim=1))
        return len(texts) / (clock() - start)


def sextant(lines, threads, count):
    out = subprocess.run([ROOT / "build/bench/embed_bench", MODEL, lines, str(threads),
                          "--benchmark_format=json"], capture_output=True, text=True, check=True)
    found = json.loads(out.stdout)["benchmarks"][0]
    return count / (found["cpu_time" if threads == 1 else "real_time"] / 1e3)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=512)
    parser.add_argument("--output")
    args = parser.parse_args()
    texts = sentences(args.sentences)
    peer = Torch(args.threads)
    peer.run(texts[:64])
    ours, theirs = [], []
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as lines:
        lines.write("".join(json.dumps({"text": t}) + "\n" for t in texts))
        lines.flush()
        for _ in range(args.rounds):
            theirs.append(peer.run(texts))
            ours.append(sextant(lines.name, args.threads, len(texts)))
    ratios = [a / b for a, b in zip(ours, theirs)]
    record = {"sentences": len(texts), "threads": args.threads, "torch": torch.__version__,
              "sextant_per_second": statistics.median(ours),
              "torch_per_second": statistics.median(theirs),
              "ratio": statistics.median(ratios), "ratio_range": [min(ratios), max(ratios)]}
    print(json.dumps(record, indent=1))
    if args.output:
        pathlib.Path(args.output).write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
