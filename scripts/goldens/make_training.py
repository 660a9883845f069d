#!/usr/bin/env python3
"""Ten training steps of the micro-GPTs and of the image classifier in PyTorch: goldens of
src/sextant/train/parity_test.cc.

  make_training.py [NAME...]     writes tests/parity/train/{gpt2,opt,llama,vit}.json, or those named

The networks are transformers' own, the optimiser torch.optim.AdamW. Weights are drawn tensor by tensor
in the order of their published names (seed 1000 + place), batches are bytes of
models/texts/persuasion.txt or pictures of tests/parity/train/fashion-images.idx, so that no weights need
to be stored. Of the first step's gradients the lengths and eight projections on
random directions (seed 5000 + place) are kept: their errors have the size of the gradients' own.
"""
import json
import sys
from pathlib import Path

import torch
import transformers
from transformers import (GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, OPTConfig,
                          OPTForCausalLM, ViTConfig, ViTForImageClassification)

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
    yield "vit", ViTForImageClassification(ViTConfig(
        image_size=28, patch_size=4, num_channels=1, num_labels=10, hidden_size=96, num_hidden_layers=4,
        num_attention_heads=3, intermediate_size=192))


# Names of ViT's parameters inside transformers 5, and in the files that it writes.
kPublished = [(".layers.", ".encoder.layer."), (".attention.q_proj.", ".attention.attention.query."),
              (".attention.k_proj.", ".attention.attention.key."),
              (".attention.v_proj.", ".attention.attention.value."),
              (".attention.o_proj.", ".attention.output.dense."), (".mlp.fc1.", ".intermediate.dense."),
              (".mlp.fc2.", ".output.dense.")]


def published(name):
    for inside, outside in kPublished if name.startswith("vit.") else []:
        name = name.replace(inside, outside)
    return name


def randn(seed, shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def parameters(model):
    return sorted((published(name), value) for name, value in model.named_parameters())


def text_batch(text, step):
    rows = [text[at:at + kTokens + 1] for at in ((step * kBatch + b) * 997 for b in range(kBatch))]
    data = torch.tensor([list(row) for row in rows])
    return data[:, :-1], data[:, 1:]


def text_loss(model, text, step):
    ids, labels = text_batch(text, step)
    logits = model(input_ids=ids).logits
    return torch.nn.functional.cross_entropy(logits.reshape(-1, 256), labels.reshape(-1))


def picture_loss(model, folder, step):
    rows = slice(step * kBatch, (step + 1) * kBatch)
    pixels = torch.tensor(list((folder / "fashion-images.idx").read_bytes()[16:]))
    labels = torch.tensor(list((folder / "fashion-labels.idx").read_bytes()[8:]))
    values = (pixels.reshape(-1, 1, 28, 28)[rows].float() / 255 - 0.286) / 0.353
    logits = model(pixel_values=values).logits
    return torch.nn.functional.cross_entropy(logits, labels[rows], label_smoothing=0.05)


def main():
    torch.manual_seed(0)
    text = (kRoot / "models/texts/persuasion.txt").read_bytes()
    out = kRoot / "tests/parity/train"
    out.mkdir(parents=True, exist_ok=True)
    for name, model in models():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
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
            loss = picture_loss(model, out, step) if name == "vit" else text_loss(model, text, step)
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
