#!/usr/bin/env python3
"""Writes src/sextant/text/unicode_tables.cc, the character classes of the reference tokenizers, and
tests/parity/tokenizers/byte_level/unicode.json, what a test finds when it asks for all of them.

Every class is found by asking the `tokenizers` library about each code point (no table of another
origin is used), so that ours agree with it whatever Unicode version its parts were built with: its
regular expressions, its Rust standard library and its normalisation crate each have their own.

Python's own unicodedata (Unicode 14, as the PCRE2 and utf8proc of the system) only serves to mark
the code points where those and the reference disagree.

Needs: tokenizers 0.23.3, Python 3.11. Run: python3 scripts/goldens/make_unicode.py
"""
import json
import pathlib
import unicodedata
import zlib

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "src/sextant/text/unicode_tables.cc"
CHECKS = ROOT / "tests/parity/tokenizers/byte_level/unicode.json"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
# The order of enum Category in unicode.h.
CATEGORIES = (
    "Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co"
).split()


def matching(pattern):
    """Code points that the regular expressions of Split match."""
    split = pre_tokenizers.Split(Regex(f"(?:{pattern})+"), "removed")
    found = set()
    for i in range(0, len(CODE_POINTS), 4096):
        chunk = CODE_POINTS[i : i + 4096]
        kept = set()
        for _, (begin, end) in split.pre_tokenize_str("".join(map(chr, chunk))):
            kept.update(range(begin, end))
        found.update(c for k, c in enumerate(chunk) if k not in kept)
    return found


def cut_out(pre_tokenizer, joined=False):
    """Code points that stand alone between two "a" (joined: that stay with the "a" before them)."""
    found = set()
    for i in range(0, len(CODE_POINTS), 2048):
        chunk = CODE_POINTS[i : i + 2048]
        text = "".join("a" + chr(c) + (" " if joined else "") for c in chunk) + "a"
        for _, (begin, end) in pre_tokenizer.pre_tokenize_str(text):
            if joined and end == begin + 2 and begin % 3 == 0:
                found.add(chunk[begin // 3])
            if not joined and end == begin + 1 and begin % 2 == 1:
                found.add(chunk[begin // 2])
    return found


def ranges(points):
    out = []
    for c in sorted(points):
        if out and out[-1][1] + 1 == c:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def lower_runs(mapping):
    """Runs (first, last, step, delta) of single code points whose lower case lies `delta` on."""
    runs = []
    for c in sorted(mapping):
        delta = mapping[c] - c
        if runs:
            first, last, step, d = runs[-1]
            gap = c - last
            if d == delta and gap in (1, 2) and (first == last or gap == step):
                runs[-1] = (first, c, gap, d)
                continue
        runs.append((c, c, 1, delta))
    return runs


# Numbers as text: five bits a letter, the lowest first, 32 added where more letters follow.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"


def summary(points):
    """How many, and a CRC-32 over them in order, four bytes each."""
    data = b"".join(c.to_bytes(4, "little") for c in sorted(points))
    return {"count": len(points), "crc32": zlib.crc32(data)}


def packed(numbers):
    out = []
    for number in numbers:
        while number >= 32:
            out.append(LETTERS[32 | number & 31])
            number >>= 5
        out.append(LETTERS[number])
    return "".join(out)


def emit(name, numbers):
    text = packed(numbers)
    lines = [f'    "{text[i : i + 94]}"' for i in range(0, len(text), 94)]
    return f"const char* const {name} =\n" + "\n".join(lines) + ";\n"


def emit_ranges(name, points):
    """Each range as what lies between it and the one before, and its length less one."""
    numbers, end = [], 0
    for first, last in ranges(points):
        numbers += [first - end, last - first]
        end = last + 1
    return emit(name, numbers)


def emit_changes(name, changes):
    """Each change as the distance from the one before and the category from there on."""
    numbers, before = [], 0
    for code, category in changes:
        numbers += [code - before, category]
        before = code
    return emit(name, numbers)


def emit_lower(name, runs):
    """Each run as the gap before it, its length, step and delta (times two, odd if negative)."""
    numbers, end = [], 0
    for first, last, step, delta in runs:
        numbers += [first - end, last - first, step, 2 * delta if delta >= 0 else -2 * delta + 1]
        end = last
    return emit(name, numbers)


def unordered():
    """Combining marks that the library's reordering does not know yet."""
    decompose = normalizers.NFD()
    out = set()
    for c in CODE_POINTS:
        if unicodedata.combining(chr(c)) == 0:
            continue
        # Class 240 before the mark, class 1 behind it: one of the two must move if it is known.
        texts = ["a\u0345" + chr(c), "a" + chr(c) + "\u0334"]
        if all(decompose.normalize_str(t) == t for t in texts):
            out.add(c)
    return out


def main():
    category = {}
    for index, name in enumerate(CATEGORIES):
        for c in matching(r"\p{%s}" % name):
            category[c] = index
    changes = []
    last = None
    for c in range(0x110000):
        now = category.get(c, 0)  # surrogates cannot be asked for and never occur
        if now != last:
            changes.append((c, now))
            last = now

    assert matching(r"\s") == {c for c in CODE_POINTS if chr(c).isspace() and not 0x1C <= c <= 0x1F}
    lower = normalizers.Lowercase()
    single, multiple = {}, {}
    for c in CODE_POINTS:
        small = lower.normalize_str(chr(c))
        if small != chr(c):
            (single if len(small) == 1 else multiple)[c] = small
    assert multiple == {0x130: "i\u0307"}, multiple
    def empty(normalizer):
        return {c for c in CODE_POINTS if normalizer.normalize_str(chr(c)) == ""}

    def fixed(normalizer, form):
        """What the library leaves as it is though Unicode decomposes it: it came later."""
        out = set()
        for c in CODE_POINTS:
            ours = normalizer.normalize_str(chr(c))
            if ours != unicodedata.normalize(form, chr(c)):
                assert ours == chr(c), hex(c)
                out.add(c)
        return out

    assert unicodedata.unidata_version == "14.0.0"
    unnormalized = fixed(normalizers.NFKD(), "NFKD") | unordered()
    assert fixed(normalizers.NFKC(), "NFKC") <= unnormalized
    assert fixed(normalizers.NFD(), "NFD") <= unnormalized
    # Behind a base these would compose in the system's library though not in the reference.
    unnormalized |= {
        ord(unicodedata.normalize("NFD", chr(c))[1])
        for c in unnormalized
        if len(unicodedata.normalize("NFD", chr(c))) == 2
    }
    newer = {c for c in CODE_POINTS if unicodedata.category(chr(c)) != CATEGORIES[category[c]]}
    single = {c: ord(small) for c, small in single.items()}
    classes = {
        "kWord": cut_out(pre_tokenizers.Whitespace(), joined=True),
        "kNumeric": cut_out(pre_tokenizers.Digits(True)),
        "kPunctuation": cut_out(pre_tokenizers.Punctuation("isolated")),
        "kAccents": empty(normalizers.StripAccents()),
        "kBertRemoved": empty(normalizers.BertNormalizer(True, False, False, False)),
        "kBertAccents": empty(normalizers.BertNormalizer(False, False, True, False)),
        "kUnnormalized": unnormalized,
        "kNewer": newer,
    }
    parts = [
        f"// Generated by scripts/goldens/make_unicode.py from tokenizers {tokenizers.__version__}; "
        'do not edit.\n#include "sextant/text/unicode_tables.h"\n\n'
        "namespace sextant::text::tables {\n\n// clang-format off\n",
        emit_changes("kCategoryChanges", changes),
        *(emit_ranges(name, points) for name, points in classes.items()),
        emit_lower("kLowerRuns", lower_runs(single)),
        "// clang-format on\n\n}  // namespace sextant::text::tables\n",
    ]
    OUT.write_text("\n".join(parts))
    checks = {name: summary(points) for name, points in classes.items()}
    for pattern in (r"\p{L}", r"\p{N}", r"\s"):
        checks[pattern] = summary(matching(pattern))
    checks["categories"] = zlib.crc32(bytes(category.get(c, 0) for c in range(0x110000)))
    checks["lower"] = zlib.crc32("".join(lower.normalize_str(chr(c)) for c in CODE_POINTS).encode())
    CHECKS.write_text(json.dumps(checks, indent=1) + "\n")


if __name__ == "__main__":
    main()
