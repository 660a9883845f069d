#!/usr/bin/env python3
"""Ten training steps of the micro-GPTs in PyTorch: goldens of src/sextant/train/parity_test.cc.

  make_training.py        writes tests/parity/train/{gpt2,opt,llama}.json

The networks are transformers' own, the optimiser torch.optim.AdamW. Weights are drawn tensor by tensor
in the order of their names (seed 1000 + place), batches are bytes of models/texts/persuasion.txt, so
that no weights need to be stored. Of the first step's gradients the lengths and eight projections on
random directions (seed 5000 + place) are kept: their errors have the size of the gradients' own.
"""
import json
from pathlib import Path

import torch
import transformers
from transformers import (GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, OPTConfig,
                          OPTForCausalLM)

kRoot = Path(__file__).resolve().parent.parent.parent
kBatch, kTokens, kSteps, kProjections = 4, 128, 10, 8


def models():
    none = {"bos_token_id": None, "eos_token_id": None}
    yield "gpt2", GPT2LMHeadModel(GPT2Config(
        vocab_size=256, n_positions=128, n_embd=192, n_layer=4, n_head=4, n_inner=768,
        activation_function="gelu_new", resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, **none))
    yield "opt", OPTForCausalLM(OPTConfig(
        vocab_size=256, max_position_embeddings=128, hidden_size=192, word_embed_proj_dim=192,
        num_hidden_layers=4, num_attention_heads=4, ffn_dim=768, activation_function="relu",
        dropout=0, attention_dropout=0, pad_token_id=None, **none))
    yield "llama", LlamaForCausalLM(LlamaConfig(
        vocab_size=256, max_position_embeddings=128, hidden_size=192, intermediate_size=512,
        num_hidden_layers=4, num_attention_heads=4, rms_norm_eps=1e-5, tie_word_embeddings=True,
        pad_token_id=None, **none))


def randn(seed, shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def parameters(model):
    return sorted(dict(model.named_parameters()).items())


def batch(text, step):
    rows = [text[at:at + kTokens + 1] for at in ((step * kBatch + b) * 997 for b in range(kBatch))]
    data = torch.tensor([list(row) for row in rows])
    return data[:, :-1], data[:, 1:]


def main():
    torch.manual_seed(0)
    text = (kRoot / "models/texts/persuasion.txt").read_bytes()
    out = kRoot / "tests/parity/train"
    out.mkdir(parents=True, exist_ok=True)
    for name, model in models():
        model.train()
        with torch.no_grad():
            for place, (key, value) in enumerate(parameters(model)):
                noise = randn(1000 + place, value.shape)
                value.copy_(1 + 0.1 * noise if "norm" in key and "weight" in key or "ln_" in key
                            and "weight" in key else 0.05 * noise)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), eps=1e-8,
                                      weight_decay=0.1)
        losses, norms, gradients = [], [], {}
        for step in range(kSteps):
            ids, labels = batch(text, step)
            logits = model(input_ids=ids).logits
            loss = torch.nn.functional.cross_entropy(logits.reshape(-1, 256), labels.reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            if step == 0:
                for place, (key, value) in enumerate(parameters(model)):
                    grad = value.grad.double()
                    gradients[key] = {
                        "norm": grad.norm().item(),
                        "projections": [(grad * randn(5000 + 100 * place + i, grad.shape)).sum().item()
                                        for i in range(kProjections)]}
            norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
            optimizer.step()
            losses.append(loss.item())
        golden = {"torch": torch.__version__, "transformers": transformers.__version__,
                  "losses": losses, "grad_norms": norms, "gradients": gradients}
        (out / f"{name}.json").write_text(json.dumps(golden, indent=1) + "\n")
        print(name, losses[0], losses[-1], len(gradients))


if __name__ == "__main__":
    main()
