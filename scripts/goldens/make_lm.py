#!/usr/bin/env python3
"""Goldens of src/sextant/lm, made with transformers in float32 (versions: see the JSON written).

Tiny random models of every family and RoPE scaling go to tests/parity/lm/<name>/ (config.json,
model.safetensors, golden.safetensors with input_ids and logits). With --smollm2 FILE the real
GGUF is dequantised and run; a slice of its logits goes to tests/parity/lm/smollm2.safetensors.
With --stories FOLDER the float64 reference of stories260K (ref_logits.npy, reference.json) goes to
tests/parity/lm/stories260k.safetensors.
"""
import argparse
import json
import pathlib

import numpy as np
import tokenizers
import torch
import transformers
from safetensors.numpy import load_file, save_file

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/parity/lm"
TOKENS = 48
BASE = dict(vocab_size=96, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32,
            rms_norm_eps=1e-5, tie_word_embeddings=False)
ROPE = {
    "llama": None,
    "llama-linear": {"rope_type": "linear", "factor": 4.0},
    "llama-dynamic": {"rope_type": "dynamic", "factor": 2.0},
    "llama-yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16},
    "llama-llama3": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                     "high_freq_factor": 4.0, "original_max_position_embeddings": 16},
}


def spread(model):
    """Random weights large enough that every part of the network moves the logits."""
    for name, p in model.named_parameters():
        if name.endswith("bias"):
            p.data = 0.3 * torch.randn_like(p)
        elif "norm" in name or ".ln_" in name:
            p.data = 1 + 0.2 * torch.randn_like(p)
        else:
            size = 4 if "q_proj" in name or "c_attn" in name else 1.5
            p.data = torch.randn_like(p) / p.shape[-1] ** 0.5 * size


GPT2 = dict(vocab_size=96, n_embd=32, n_layer=2, n_head=4, n_positions=64, bos_token_id=None,
            eos_token_id=None)
OPT = dict(vocab_size=96, hidden_size=32, ffn_dim=64, num_hidden_layers=2, num_attention_heads=4,
           max_position_embeddings=64, bos_token_id=None, eos_token_id=None, pad_token_id=None)


def absolute_models():
    """Learned positions and layer norms: GPT-2 and OPT, with each activation."""
    variants = {
        "gpt2": transformers.GPT2Config(**GPT2),
        "gpt2-relu": transformers.GPT2Config(**GPT2, activation_function="relu", n_inner=48,
                                             scale_attn_weights=False,
                                             tie_word_embeddings=False),
        "opt": transformers.OPTConfig(**OPT),
        "opt-gelu": transformers.OPTConfig(**OPT, activation_function="gelu", enable_bias=False),
    }
    for seed, (name, config) in enumerate(variants.items(), start=4):
        torch.manual_seed(seed)
        model = transformers.AutoModelForCausalLM.from_config(config)
        spread(model)
        if name == "gpt2-relu":  # unscaled scores: smaller queries, so that attention looks around
            for block in model.transformer.h:
                block.attn.c_attn.weight.data /= 3
        write(name, model, greedy=True)
        if name in ("gpt2-relu", "opt-gelu"):  # as the published folders have it: without prefix
            strip_prefix(OUT / name / "model.safetensors",
                         "transformer." if name == "gpt2-relu" else "model.")
    opt_tokenizer(OUT / "opt")
    byte_model()


TEXTS = ["Hello world", " hello  there, the thin thing", "", "the</s>hen", "a\nb\tc 12", "\u00e9t\u00e9",
         "inther  the  "]


def opt_tokenizer(folder):
    """vocab.json and merges.txt of 96 entries, as OPT's folders have them, and what they give."""
    merges = ["t h", "th e", "\u0120 the", "i n", "in g", "\u0120 t", "h e"]
    letters = [chr(c) for c in range(ord("!"), ord("~") + 1) if chr(c) not in "`{|}~^\\"]
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "\u0120"]
    pieces += [merge.replace(" ", "") for merge in merges]
    pieces += letters[:96 - len(pieces)]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    (folder / "vocab.json").write_text(json.dumps(vocab))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")
    config = {"add_bos_token": True, "add_prefix_space": False, "errors": "replace",
              "bos_token": {"__type": "AddedToken", "content": "</s>", "normalized": True},
              "eos_token": "</s>", "unk_token": "</s>", "pad_token": "<pad>",
              "tokenizer_class": "GPT2Tokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    reference = transformers.AutoTokenizer.from_pretrained(folder)
    rows = [{"text": t, "ids": reference(t).input_ids,
             "plain": reference(t, add_special_tokens=False).input_ids} for t in TEXTS]
    (folder / "tokens.json").write_text(json.dumps(rows, indent=1) + "\n")


def byte_model():
    """A GPT-2 over bytes, as the recipes train: token ids are bytes, nothing is merged."""
    folder = OUT / "gpt2-bytes"
    torch.manual_seed(8)
    config = transformers.GPT2Config(vocab_size=256, n_embd=16, n_layer=1, n_head=2,
                                     n_positions=64, bos_token_id=None, eos_token_id=None)
    model = transformers.GPT2LMHeadModel(config)
    spread(model)
    write("gpt2-bytes", model, greedy=True)
    alphabet = bytes_to_letters()
    tokenizer = {
        "version": "1.0", "added_tokens": [], "normalizer": None, "post_processor": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                          "use_regex": False},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True,
                    "use_regex": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": None,
                  "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": {alphabet[b]: b for b in range(256)}, "merges": []}}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer) + "\n")
    reference = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    for text in TEXTS:
        assert reference.encode(text).ids == list(text.encode())


def bytes_to_letters():
    """The letter that the byte alphabet has for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(b) if b in plain else chr(next(others)) for b in range(256)]


def strip_prefix(path, prefix):
    save_file({key.removeprefix(prefix): value for key, value in load_file(path).items()}, path)


def write(name, model, weights_of=None, greedy=False):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    model.eval()
    ids = torch.randint(0, model.config.vocab_size, (2, TOKENS))
    with torch.no_grad():
        logits = model(ids).logits
    if weights_of is None:
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
    else:
        model.config.save_pretrained(folder)
    golden = {"input_ids": ids.numpy(), "logits": logits.numpy()}
    if greedy:
        mask = torch.ones_like(ids[:, :16])
        all_ids = model.generate(ids[:, :16], attention_mask=mask, max_new_tokens=32,
                                 do_sample=False)
        golden["greedy"] = np.ascontiguousarray(all_ids[:, 16:].numpy())
    save_file(golden, folder / "golden.safetensors")


def tiny_models():
    weights = None
    for name, scaling in ROPE.items():
        torch.manual_seed(1)
        rope = {"rope_theta": 10000.0, "rope_type": "default", **(scaling or {})}
        config = transformers.LlamaConfig(**BASE, rope_parameters=rope)
        model = transformers.LlamaForCausalLM(config)
        spread(model)
        write(name, model, weights)
        weights = weights or name
    torch.manual_seed(2)
    config = transformers.MistralConfig(**BASE, sliding_window=7, head_dim=16)
    model = transformers.MistralForCausalLM(config)
    spread(model)
    write("mistral", model)
    torch.manual_seed(3)
    config = transformers.Qwen2Config(**{**BASE, "tie_word_embeddings": True})
    model = transformers.Qwen2ForCausalLM(config)
    spread(model)
    write("qwen2", model)
    absolute_models()


def smollm2(path):
    folder, file = str(pathlib.Path(path).parent), pathlib.Path(path).name
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=file,
                                                              dtype=torch.float32)
    model.eval()
    prompt = ("<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging"
              " Face<|im_end|>\n<|im_start|>user\nWhat is the capital of France?<|im_end|>\n"
              "<|im_start|>assistant\n")
    ids = tokenizer(prompt, return_tensors="pt", add_special_tokens=False).input_ids
    with torch.no_grad():
        logits = model(ids).logits[0].numpy()
        greedy = model.generate(ids, max_new_tokens=24, do_sample=False)[0, ids.shape[1]:]
    columns = np.arange(0, logits.shape[1], 97, dtype=np.int64)
    wide = logits.astype(np.float64)
    top = wide.max(1, keepdims=True)
    lse = (top[:, 0] + np.log(np.exp(wide - top).sum(1))).astype(np.float32)
    save_file({"input_ids": ids.numpy(), "columns": columns,
               "logits": np.ascontiguousarray(logits[:, columns]), "logsumexp": lse,
               "greedy": greedy.numpy().astype(np.int64)}, OUT / "smollm2.safetensors")
    print(tokenizer.decode(greedy))


def stories(folder):
    reference = json.loads((pathlib.Path(folder) / "reference.json").read_text())
    save_file({"greedy_ids": np.array(reference["greedy_ids"], np.int64),
               "greedy_text": np.frombuffer(reference["greedy_text"].encode(), np.uint8),
               "logits": np.load(pathlib.Path(folder) / "ref_logits.npy")},
              OUT / "stories260k.safetensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smollm2", metavar="FILE")
    parser.add_argument("--stories", metavar="FOLDER")
    args = parser.parse_args()
    torch.set_num_threads(1)
    tiny_models()
    if args.smollm2:
        smollm2(args.smollm2)
    if args.stories:
        stories(args.stories)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__,
                "tokenizers": tokenizers.__version__}
    (OUT / "versions.json").write_text(json.dumps(versions, indent=1) + "\n")


if __name__ == "__main__":
    main()
