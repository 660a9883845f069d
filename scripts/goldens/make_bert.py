#!/usr/bin/env python3
"""Goldens of BERT-form encoders, made with transformers in float32 (versions: see the JSON written).

A tiny random BERT with a classification head and a small vocabulary goes to tests/parity/lm/bert:
config.json, model.safetensors, tokenizer.json, golden.safetensors (a padded batch, for each
activation) and texts.json (what its texts give). With --minilm FOLDER the sentences of sentences.py
run through all-MiniLM-L6-v2: their vectors go to tests/parity/lm/minilm.
"""
import argparse
import json
import pathlib

import torch
import transformers
from safetensors.numpy import save_file
from sentences import SENTENCES
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/parity/lm"
WORDS = ("the a is was not and very film cat dog good bad dull funny long rain sat on it i like "
         "##s ##ed ##ing ##ly un . , ! ?").split()
VOCABULARY = (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list("abcdefghijklmnopqrstuvwxyz") +
              ["##" + c for c in "abcdefghijklmnopqrstuvwxyz"] + WORDS)
TEXTS = ["The film was not very good.", "A dull, long film!", "I like it", "", "unlikely rained cats",
         "It is the rain and the dog sat on the cat and the cat was very funny and very good."]
BATCH, TOKENS = 4, 11


def tiny_tokenizer():
    vocabulary = {w: i for i, w in enumerate(dict.fromkeys(VOCABULARY))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return tokenizer


def spread(model):
    """Random weights large enough that every part of the network moves the result."""
    for name, p in model.named_parameters():
        if "LayerNorm.weight" in name:
            p.data = 1 + 0.2 * torch.randn_like(p)
        elif name.endswith("bias"):
            p.data = 0.3 * torch.randn_like(p)
        elif "embeddings" in name:
            p.data = torch.randn_like(p)
        else:
            p.data = torch.randn_like(p) / p.shape[-1] ** 0.5 * (3 if "query" in name else 1.5)


def pooled(model, ids, mask):
    """Mean over the tokens of the mask, then unit length."""
    hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
    weight = mask.unsqueeze(-1).float()
    mean = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
    return torch.nn.functional.normalize(mean, p=2, dim=1)


def tiny():
    folder = OUT / "bert"
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    tokenizer = tiny_tokenizer()
    config = transformers.BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, num_hidden_layers=2,
        num_attention_heads=4, intermediate_size=48, max_position_embeddings=24,
        id2label={0: "bad", 1: "mixed", 2: "good"}, label2id={"bad": 0, "mixed": 1, "good": 2})
    model = transformers.BertForSequenceClassification(config).eval()
    spread(model)
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    ids = torch.randint(5, config.vocab_size, (BATCH, TOKENS))
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0  # padded on the right, on the left, and with a hole
    mask[2, :3] = 0
    mask[3, [2, 5, 9]] = 0
    types = torch.zeros_like(ids)
    types[:, 5:] = 1
    out = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    with torch.no_grad():
        for act in ("gelu", "relu", "gelu_new"):
            for layer in model.bert.encoder.layer:
                layer.intermediate.intermediate_act_fn = transformers.activations.ACT2FN[act]
            result = model(**{k: out[k] for k in ("input_ids", "attention_mask", "token_type_ids")},
                           output_hidden_states=True)
            out[f"last_hidden_state.{act}"] = result.hidden_states[-1]
            out[f"logits.{act}"] = result.logits
        for layer in model.bert.encoder.layer:
            layer.intermediate.intermediate_act_fn = transformers.activations.ACT2FN["gelu"]
        plain = model(input_ids=ids, output_hidden_states=True)
        out["last_hidden_state.plain"] = plain.hidden_states[-1]
        out["logits.plain"] = plain.logits
        tokenizer.enable_truncation(config.max_position_embeddings)
        texts = []
        for text in TEXTS:
            one = torch.tensor([tokenizer.encode(text).ids])
            logits = model(input_ids=one).logits[0]
            texts.append({"text": text, "ids": one[0].tolist(), "logits": logits.tolist(),
                          "embedding": pooled(model.bert, one, torch.ones_like(one))[0].tolist()})
    save_file({k: v.numpy() for k, v in out.items()}, folder / "golden.safetensors")
    (folder / "texts.json").write_text(json.dumps(texts, indent=1) + "\n")


def minilm(source):
    folder = OUT / "minilm"
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(source)
    model = transformers.AutoModel.from_pretrained(source, dtype=torch.float32).eval()
    longest = json.loads((pathlib.Path(source) / "sentence_bert_config.json").read_text())
    rows = []
    with torch.no_grad():
        for sentence in SENTENCES:
            # tokenizer.json pads to 128; one text needs no padding.
            batch = tokenizer([sentence], truncation=True, max_length=longest["max_seq_length"],
                              padding="longest", return_tensors="pt")
            rows.append(pooled(model, batch.input_ids, batch.attention_mask))
    save_file({"embeddings": torch.cat(rows).numpy()}, folder / "embeddings.safetensors")
    lines = [json.dumps({"text": s}) for s in SENTENCES]
    (folder / "sentences.jsonl").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minilm", metavar="FOLDER")
    args = parser.parse_args()
    torch.set_num_threads(1)
    tiny()
    if args.minilm:
        minilm(args.minilm)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    (OUT / "bert/versions.json").write_text(json.dumps(versions, indent=1) + "\n")


if __name__ == "__main__":
    main()
