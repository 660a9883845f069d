#!/usr/bin/env python3
"""Writes tests/fuzz_corpus/sentencepiece: small SentencePiece models and llama2.c vocabularies, whole
and broken. Standard library only."""
import pathlib
import struct

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/fuzz_corpus/sentencepiece"
NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = range(1, 7)


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def blob(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def number(field, value):
    return varint(field << 3) + varint(value)


def piece(text, score=0.0, kind=NORMAL):
    text = text.encode() if isinstance(text, str) else text
    return blob(1, blob(1, text) + varint(2 << 3 | 5) + struct.pack("<f", score) + number(3, kind))


def charsmap():
    """A trie of three units that maps "A" to "a"."""
    units = [0] * 0x62
    units[0] = 1 << 10                      # the root's children begin at 1
    units[1 ^ 0x41] = 0x41 | 1 << 8 | 2 << 10  # "A" ends a rule
    units[1 ^ 0x41 ^ 2] = 1 << 31           # whose result is at 0
    trie = b"".join(struct.pack("<I", unit) for unit in units)
    return struct.pack("<I", len(trie)) + trie + b"a\0"


def main():
    head = piece("<unk>", kind=UNKNOWN) + piece("<s>", kind=CONTROL) + piece("</s>", kind=CONTROL)
    words = b"".join(piece(t, -i - 1.0) for i, t in enumerate(["\u2581", "a", "b", "ab", "\u2581a", "l", "o", "lo", "\u00e9"]))
    every_byte = b"".join(piece(f"<0x{byte:02X}>", kind=BYTE) for byte in range(256))
    bpe, fallback = number(3, 2), number(35, 1)
    files = {
        "unigram": head + words,
        "bpe": head + words + blob(2, bpe),
        "bpe_bytes": head + every_byte + words + blob(2, bpe + fallback),
        "unigram_bytes": head + every_byte + words + blob(2, fallback),
        "symbols": head + words + piece("aa", kind=USER) + piece("ba", -0.5, UNUSED) + blob(2, bpe),
        "charsmap": head + words + blob(3, blob(2, charsmap())),
        "suffix": head + words + blob(2, number(24, 1)) + blob(3, number(3, 1) + number(4, 0)),
        "across_spaces": head + words + piece("a\u2581b", -0.1) + blob(2, bpe),
        "word_model": head + words + blob(2, number(3, 3)),
        "no_unknown": words,
        "twice": head + words + piece("ab", -2.0) + blob(2, bpe),
        "byte_minus_one": head + piece("<0x-1>", kind=BYTE) + words,
        "nan_score": head + piece("x", float("nan")),
        "truncated": (head + words)[:-3],
        "huge_length": head + b"\x0a\xff\xff\xff\xff\x7f",
        "group": head + b"\x0b\x0c",
        "charsmap_size": head + words + blob(3, blob(2, b"\xff\xff\xff\xffabcd")),
        "empty": b"",
    }
    llama2c = struct.pack("<i", 8)
    for text in ["<unk>", "\n<s>\n", "\n</s>\n", *(f"<0x{byte:02X}>" for byte in range(256)), " ", "a", "b", " a", "ab"]:
        llama2c += struct.pack("<fi", -len(text), len(text)) + text.encode()
    files["llama2c"] = llama2c
    files["llama2c_length"] = llama2c + struct.pack("<fi", 0, -5)
    OUT.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (OUT / name).write_bytes(data)


if __name__ == "__main__":
    main()
