#!/usr/bin/env python3
"""Expected ids of the SentencePiece, WordPiece and CLIP tokenizers for strings.jsonl.

Writes tests/parity/tokenizers/NAME.ids (one line of ids a text) and trains the three small
SentencePiece models beside them. Needs SHARED/data/tokenizers, lm-stories260k and text-books
(first argument or $SEXTANT_SHARED). Made with sentencepiece 0.2.3, tokenizers 0.23.3, transformers
5.24.0, gguf 0.19.0.
"""
import gzip
import io
import json
import os
import pathlib
import re
import struct
import sys
import tempfile

import gguf
import sentencepiece as spm
import tokenizers
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import models, normalizers, pre_tokenizers
from transformers import CLIPTokenizer

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/parity/tokenizers"
SHARED = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SEXTANT_SHARED", "../shared"))
DATA = SHARED / "data/tokenizers"


def unzip(name):
    return gzip.decompress((DATA / name).read_bytes())


def write(name, encode, texts):
    lines = [" ".join(str(i) for i in encode(text)) for text in texts]
    (OUT / f"{name}.ids").write_text("\n".join(lines) + "\n")
    print(name, sum(len(line) + 1 for line in lines), "bytes")


def sentencepiece_encoder(model):
    processor = spm.SentencePieceProcessor(model_proto=model)
    return lambda text: processor.encode(text, out_type=int)


def hf_encoder(tokenizer):
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


# --- small models, trained here ---------------------------------------------------------------


def books():
    text = "".join(gzip.decompress((SHARED / "data/text-books" / name).read_bytes()).decode()
                   for name in ("austen_emma.txt.gz", "tinyshakespeare.txt.gz"))
    # Some letters beyond ASCII, so that pieces with them exist.
    extra = [json.loads(line)["text"] for line in open(OUT / "strings.jsonl")]
    return text.splitlines() + [line for text in extra for line in text.split("\n")]


def train(**options):
    out = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(books()), model_writer=out, num_threads=1,
                                   minloglevel=2, self_test_sample_size=0, hard_vocab_limit=False, **options)
    model = proto.ModelProto.FromString(out.getvalue())
    return model


def save(name, model):
    (OUT / f"{name}.model").write_bytes(model.SerializeToString())
    return model.SerializeToString()


def unigram_nfkc():
    """As T5's: no begin token, pieces 0 to 2 are padding, end and unknown, NFKC charsmap."""
    return train(model_type="unigram", vocab_size=1000, character_coverage=0.9975, pad_id=0, eos_id=1,
                 unk_id=2, bos_id=-1, normalization_rule_name="nmt_nfkc")


def bpe_symbols():
    """Byte fallback, user-defined symbols, and every 20th piece unused."""
    model = train(model_type="bpe", vocab_size=900, character_coverage=0.9975, byte_fallback=True,
                  normalization_rule_name="identity", split_digits=True,
                  user_defined_symbols=["<br>", "ing", "\u2581of", "..", "...", "\u4e2d\u6587", "  "])
    normal = [p for p in model.pieces if p.type == proto.ModelProto.SentencePiece.NORMAL and len(p.piece) > 1]
    for piece in normal[::20]:
        piece.type = proto.ModelProto.SentencePiece.UNUSED
    return model


def unigram_suffix():
    """Spaces kept and as suffix, byte fallback, user-defined and unused pieces."""
    model = train(model_type="unigram", vocab_size=900, character_coverage=0.9975, byte_fallback=True,
                  normalization_rule_name="identity", treat_whitespace_as_suffix=True,
                  remove_extra_whitespaces=False, user_defined_symbols=["<br>", "ing", "..", "..."])
    normal = [p for p in model.pieces if p.type == proto.ModelProto.SentencePiece.NORMAL and len(p.piece) > 1]
    for piece in normal[::20]:
        piece.type = proto.ModelProto.SentencePiece.UNUSED
    return model


def unigram_tokenizer(model, unknown, byte_fallback=False):
    vocab = [(p.piece, p.score) for p in model.pieces]
    tokenizer = tokenizers.Tokenizer(models.Unigram(vocab, unk_id=unknown, byte_fallback=byte_fallback))
    if model.normalizer_spec.precompiled_charsmap:
        tokenizer.normalizer = normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap)
    return tokenizer


def converted(model):
    """The tokenizer.json that transformers' converter makes of a T5-style model."""
    tokenizer = unigram_tokenizer(model, 2)
    tokenizer.normalizer = normalizers.Sequence([
        tokenizer.normalizer, normalizers.Strip(left=False, right=True),
        normalizers.Replace(tokenizers.Regex(" {2,}"), "\u2581")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
    return tokenizer


def t5(model):
    tokenizer = unigram_tokenizer(model, 2)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")])
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    return tokenizer


def first_space_only(model):
    tokenizer = unigram_tokenizer(model, 0, byte_fallback=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return tokenizer


# --- vocabularies of others --------------------------------------------------------------------


def llama2c_pieces(data):
    pieces, position = [], 4
    while position < len(data):
        score, size = struct.unpack_from("<fi", data, position)
        pieces.append((data[position + 8:position + 8 + size], score))
        position += 8 + size
    return pieces


def llama2c_encoder(pieces):
    """llama2.c's own way: bytes of characters it does not know, then the best pair, again and again."""
    ids = {}
    for i, (text, _) in enumerate(pieces):
        ids.setdefault(text, i)

    def encode(text):
        if not text:
            return []
        out = [ids[b" "]]
        for char in text:
            raw = char.encode()
            out += [ids[raw]] if raw in ids else [byte + 3 for byte in raw]
        while True:
            best = None
            for i in range(len(out) - 1):
                merged = ids.get(pieces[out[i]][0] + pieces[out[i + 1]][0])
                if merged is not None and (best is None or pieces[merged][1] > best[0]):
                    best = (pieces[merged][1], i, merged)
            if best is None:
                return out
            out[best[1]:best[1] + 2] = [best[2]]
    return encode


def bert():
    with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
        file.write(unzip("bert-uncased.ggml-vocab.gguf.gz"))
        file.flush()
        tokens = gguf.GGUFReader(file.name).fields["tokenizer.ggml.tokens"].contents()
    special = re.compile(r"\[(PAD|UNK|CLS|SEP|MASK|unused\d+)\]")
    vocab = {}
    for i, token in enumerate(tokens):  # "\u2581" marks the begin of a word, not "##" its middle
        text = token if special.fullmatch(token) else token[1:] if token[0] == "\u2581" else "##" + token
        vocab.setdefault(text, i)
    tokenizer = tokenizers.Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return tokenizer


def clip():
    lines = unzip("clip.bpe_simple_vocab_16e6.txt.gz").decode().split("\n")
    merges = [tuple(line.split()) for line in lines[1:49152 - 256 - 2 + 1]]
    byte_letters = list(pre_tokenizers.ByteLevel.alphabet())
    # OpenAI's order of the bytes: the printable ones first, then the rest.
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    order = [chr(b) for b in printable] + [chr(256 + n) for n in range(256 - len(printable))]
    assert sorted(order) == sorted(byte_letters)
    vocab = order + [letter + "</w>" for letter in order] + ["".join(m) for m in merges]
    vocab += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={text: i for i, text in enumerate(vocab)}, merges=merges)


def main():
    texts = [json.loads(line)["text"] for line in open(OUT / "strings.jsonl")]

    model = unigram_nfkc()
    write("unigram_nfkc", sentencepiece_encoder(save("unigram_nfkc", model)), texts)
    write("unigram_nfkc_hf", hf_encoder(converted(model)), texts)
    write("unigram_nfkc_t5", hf_encoder(t5(model)), texts)
    write("bpe_symbols", sentencepiece_encoder(save("bpe_symbols", bpe_symbols())), texts)
    suffix = unigram_suffix()
    write("unigram_suffix", sentencepiece_encoder(save("unigram_suffix", suffix)), texts)
    write("unigram_first", hf_encoder(first_space_only(suffix)), texts)

    write("llama2", sentencepiece_encoder((DATA / "llama2.tokenizer.model").read_bytes()), texts)
    mistral = tokenizers.Tokenizer.from_str(unzip("mistral7b.tokenizer.json.gz").decode())
    write("mistral", hf_encoder(mistral), texts)
    pieces = llama2c_pieces((SHARED / "data/lm-stories260k/tok512.bin").read_bytes())
    write("stories260k", llama2c_encoder(pieces), texts)
    write("bert", hf_encoder(bert()), texts)
    write("clip", lambda text: clip_tokenizer.encode(text, add_special_tokens=False), texts)


clip_tokenizer = clip()
if __name__ == "__main__":
    main()
