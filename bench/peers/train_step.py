#!/usr/bin/env python3
"""Time of a training step beside PyTorch's own, eager Python, on the same network and batch shape.

  train_step.py --sextant build/bin/sextant [--only micro-gpt-gelu ...] [--rounds 7] [--steps 30]
                [--threads 2] [--output bench/baselines/train_step.json]

The two programs take turns (A B A B ...). Ours is `sextant train` on the recipe, its own data loading
and logging included; the time is that of its log, without the first ten steps. Theirs is a loop over
transformers' network and torch.optim.AdamW(fused=True) on batches that lie ready in memory, with
gradient clipping and the loss read each step, as ours does. A ratio above 1: ours is faster.
Needs torch and transformers in this Python.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = ROOT / "models/texts/persuasion.txt"
MINILM = ROOT / "models/all-minilm-l6-v2"
WARM_STEPS = 10


def words_of(count):
    words = TEXT.read_text(encoding="utf-8").split()
    return [" ".join(words[i:i + count]) for i in range(0, 512 * count, count)]


# --- Their side: one function a model, giving (network, batch of step i, forward to a loss).


def micro_gpt(form):
    import torch
    import transformers as t
    shape = dict(vocab_size=256, hidden_size=192, num_hidden_layers=4, num_attention_heads=4)
    if form == "gelu":
        model = t.GPT2LMHeadModel(t.GPT2Config(vocab_size=256, n_embd=192, n_layer=4, n_head=4,
                                               n_inner=768, n_positions=128, resid_pdrop=0,
                                               embd_pdrop=0, attn_pdrop=0, use_cache=False))
    elif form == "relu":
        model = t.OPTForCausalLM(t.OPTConfig(**shape, ffn_dim=768, max_position_embeddings=128,
                                             word_embed_proj_dim=192, dropout=0, use_cache=False))
    else:
        model = t.LlamaForCausalLM(t.LlamaConfig(**shape, intermediate_size=512,
                                                 num_key_value_heads=4, tie_word_embeddings=True,
                                                 max_position_embeddings=128, use_cache=False))
    data = torch.tensor(list(TEXT.read_bytes()))

    def batch(step):
        at = [(step * 16 + b) * 131 % (len(data) - 130) for b in range(16)]
        return torch.stack([data[i:i + 129] for i in at])

    def loss(ids):
        logits = model(input_ids=ids[:, :-1]).logits
        return torch.nn.functional.cross_entropy(logits.reshape(-1, 256), ids[:, 1:].reshape(-1))

    return model, batch, loss


def minilm():
    import torch
    import transformers as t
    model = t.BertForSequenceClassification.from_pretrained(MINILM, num_labels=2)
    tokenizer = t.AutoTokenizer.from_pretrained(MINILM)
    texts = words_of(16)

    def batch(step):
        rows = [texts[(step * 32 + i) % len(texts)] for i in range(32)]
        return tokenizer(rows, padding=True, return_tensors="pt"), torch.arange(32) % 2

    def loss(both):
        inputs, labels = both
        return torch.nn.functional.cross_entropy(model(**inputs).logits, labels)

    return model, batch, loss


def fashion_vit():
    import torch
    import transformers as t
    model = t.ViTForImageClassification(t.ViTConfig(
        image_size=28, patch_size=4, num_channels=1, num_labels=10, hidden_size=96,
        num_hidden_layers=4, num_attention_heads=3, intermediate_size=192))
    raw = (ROOT / "tests/parity/train/fashion-images.idx").read_bytes()[16:]
    pictures = (torch.tensor(list(raw)).reshape(-1, 1, 28, 28) / 255 - 0.286) / 0.353

    def batch(step):
        rows = (torch.arange(64) + step) % len(pictures)
        return pictures[rows], rows % 10

    def loss(both):
        pixels, labels = both
        return torch.nn.functional.cross_entropy(model(pixel_values=pixels).logits, labels,
                                                 label_smoothing=0.05)

    return model, batch, loss


MODELS = {
    "micro-gpt-gelu": lambda: micro_gpt("gelu"),
    "micro-gpt-relu": lambda: micro_gpt("relu"),
    "micro-gpt-swiglu": lambda: micro_gpt("silu"),
    "minilm-sst2": minilm,
    "fashion-vit": fashion_vit,
}


def their_seconds(name, steps, threads):
    """Runs in a process of its own (--theirs): prints seconds a step."""
    import torch
    torch.set_num_threads(threads)
    model, batch, loss_of = MODELS[name]()
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.1, fused=True)
    batches = [batch(i) for i in range(steps + WARM_STEPS)]
    for i, inputs in enumerate(batches):
        if i == WARM_STEPS:
            began = time.perf_counter()
        loss = loss_of(inputs)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
    print((time.perf_counter() - began) / steps)


# --- Our side.


def our_settings(name, folder):
    if name.startswith("micro-gpt"):
        return [f'data.paths=["{TEXT}"]']
    if name == "fashion-vit":
        return []  # the recipe's own data: Debian's dataset-fashion-mnist
    rows = "label\tsentence\n" + "".join(f"{i % 2}\t{t}\n" for i, t in enumerate(words_of(16)))
    (folder / "rows.tsv").write_text(rows, encoding="utf-8")
    return [f"data.train={folder / 'rows.tsv'}", f"data.held_out={folder / 'rows.tsv'}",
            "data.held_out_text=sentence"]


def our_seconds(args, name):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        total = args.steps + WARM_STEPS
        settings = our_settings(name, folder) + [
            f"steps={total}", f"log_every={WARM_STEPS}", "eval.samples=1", "eval.every=0"]
        command = [args.sextant, "train", ROOT / f"recipes/{name}.toml", "-o", folder / "run",
                   "--threads", str(args.threads)]
        for setting in settings:
            command += ["--set", setting]
        subprocess.run(command, check=True, capture_output=True)
        records = [json.loads(line) for line in (folder / "run/log.jsonl").open()]
        return statistics.mean(r["train/step_seconds"] for r in records
                               if r["step"] > WARM_STEPS and "train/step_seconds" in r)


def compare(args, name):
    ours, theirs = [], []
    for _ in range(args.rounds):
        ours.append(our_seconds(args, name))
        found = subprocess.run([sys.executable, __file__, "--theirs", name, "--steps",
                                str(args.steps), "--threads", str(args.threads)],
                               check=True, capture_output=True, text=True)
        theirs.append(float(found.stdout.split()[-1]))
    ratios = sorted(b / a for a, b in zip(ours, theirs))
    return {"model": name, "sextant_ms": 1e3 * statistics.median(ours),
            "pytorch_ms": 1e3 * statistics.median(theirs), "ratio": statistics.median(ratios),
            "lowest": ratios[0], "highest": ratios[-1]}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sextant")
    parser.add_argument("--only", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--theirs", help=argparse.SUPPRESS)
    parser.add_argument("--output")
    args = parser.parse_args()
    if args.theirs:
        their_seconds(args.theirs, args.steps, args.threads)
        return
    import torch
    import transformers
    result = {"torch": torch.__version__, "transformers": transformers.__version__,
              "threads": args.threads, "rounds": args.rounds, "steps": args.steps, "rows": []}
    print("| recipe | sextant ms a step | PyTorch ms a step | ratio (lowest to highest) |")
    print("| --- | --: | --: | --: |")
    for name in args.only:
        row = compare(args, name)
        result["rows"].append(row)
        print(f"| {row['model']} | {row['sextant_ms']:.1f} | {row['pytorch_ms']:.1f} | "
              f"{row['ratio']:.2f} ({row['lowest']:.2f} to {row['highest']:.2f}) |", flush=True)
    if args.output:
        Path(args.output).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
