#!/usr/bin/env python3
"""Writes tests/parity/tokenizers/strings.jsonl: texts that tokenizers get wrong, {"text": ...} a line.

A hand-made part (each line of thought one list) and a seeded random part. All are valid Unicode;
invalid bytes are tested elsewhere. Standard library only.
"""
import json
import pathlib
import random

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/parity/tokenizers/strings.jsonl"
SEED = 20240103

PLAIN = [
    "Hello world", " Hello world", "Hello  world", "Hello world ", "  Hello   world  ", "hello",
    "HELLO", "hElLo WoRlD", "The quick brown fox jumps over the lazy dog.", "I", "a", " ", "  ", "   ",
    "    ", "        ", "\t", "\t\t", "\n", "\n\n", "\n\n\n", "\r\n", "\r", " \n", "\n ", " \n ", "\t\n",
    "\n\t", " \t \n \r\n ", "a\n", "\na", "a\n\nb", "a \n b", "a\tb", "a\u000bb", "a\u000cb", "a\r\nb",
    "x" * 50, "ab" * 40, "!" * 33, "." * 21, " ." * 11, "-" * 64, "=" * 37, "_" * 19, "\n" * 17, " " * 47,
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b", "a" + " " * 20 + "b", "ha" * 60,
]
ENGLISH = [
    "I'm, you're, he's, she'll, we'd, they've, isn't", "I'M YOU'RE HE'S SHE'LL WE'D THEY'VE ISN'T",
    "it's 5 o'clock 'tis rock'n'roll", "don\u2019t can\u2019t I\u2019ve", "'s 's' ''s '''", "'", "''", "'re 'RE 'Re",
    "co-operate re-elect state-of-the-art", "e.g. i.e. etc. U.S.A. Ph.D.", "Mr. and Mrs. Smith-Jones, Jr.",
    "\"Quoted\" 'single' \u201ccurly\u201d \u2018single\u2019 \u00abguillemets\u00bb", "What?! No... Yes; maybe: (perhaps) [so] {then}",
    "antidisestablishmentarianism", "supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis",
    "unaffable unwanted running tokenization preprocessing", "CamelCase snake_case kebab-case SCREAMING_CASE",
    "iPhone McDonald's eBay LaTeX", "The rain in Spain stays mainly in the plain, said Dr. O'Neil-Garc\u00eda.",
    "Once upon a time, there was a little girl named Lily. She loved to play outside.",
    "To be, or not to be, that is the question:\nWhether 'tis nobler in the mind to suffer",
]
NUMBERS = [
    "0", "1", "12", "123", "1234", "12345", "1234567890", "3.14159", "1,000,000", "1e10", "-42", "+7",
    "0x1F 0b1010 0o17", "50%", "$9.99", "\u00a3100 \u20ac50 \u00a5300", "1/2 \u00bd \u00bc \u2153", "x\u00b2 + y\u00b3 = z\u2074", "10\u207b\u00b9", "\u2160 \u2164 \u216b",
    "\u0660\u0661\u0662\u0663 \u06f1\u06f2 \u0967\u0968\u0969", "\u2460\u2461\u2462 \u2776 \u3220", "2024-01-06T12:34:56Z", "12:30 PM", "192.168.0.1", "v1.2.3-rc4",
    "007", "00000000", "99999999999999999999999999", "1 2 3 4 5", "1.2.3.4.5", "a1b2c3", "4ever gr8 l8r", "#1 @2 *3",
]
CODE = [
    "def f(x):\n    return x + 1\n", "for (int i = 0; i < n; ++i) { a[i] = b[i] * c; }", "if (a && b || !c) ? d : e;",
    "\tif x == y:\n\t\tprint('z')", "#include <stdio.h>\nint main(void) { return 0; }", "SELECT * FROM t WHERE a = 'b' -- c",
    "<div class=\"a\">text &amp; more</div>", "https://example.org/a/b?c=d&e=f#g", "user@example.org", "C:\\path\\to\\file.txt",
    "/usr/lib/x86_64-linux-gnu", "{\"key\": [1, 2.5, null, true]}", "a->b a.b a::b a=>b a<=b a!=b", "x = y ** 2 // 3 % 4",
    "std::vector<std::string>&&", "\\n \\t \\\\ \\u0041", "```python\nprint()\n```", "| a | b |\n|---|---|", "&lt;b&gt; &#39; &nbsp;",
    "    four spaces\n        eight\n\ttab", "0xDEADBEEF ^ ~mask & 0xff", "$HOME ${x} $(y) `z`", "@#$%^&*()_+-=[]{}|;':\",./<>?`~",
]
SCRIPTS = [
    "Caf\u00e9 na\u00efve r\u00e9sum\u00e9 pi\u00f1ata \u00fcber stra\u00dfe \u00c5ngstr\u00f6m \u0152uvre \u00e6on", "Cafe\u0301 nai\u0308ve re\u0301sume\u0301", "\u0130stanbul \u0131\u015f\u0131k \u015feker", "\u1e9e \u00df SS ss", "Za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105 ja\u017a\u0144",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u041a\u0430\u043a \u0434\u0435\u043b\u0430?", "\u041d\u0435\u0449\u043e \u043d\u0430 \u0411\u044a\u043b\u0433\u0430\u0440\u0441\u043a\u0438", "\u0419\u043e\u0434 \u0401\u043b\u043a\u0430 \u0418\u0306", "\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1 \u03ba\u03cc\u03c3\u03bc\u03b5", "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2 \u03a3 \u03c3 \u03c2 \u03a3\u03a3", "\u1fbc \u1f80 \u0390",
    "\u4f60\u597d\uff0c\u4e16\u754c\uff01", "\u6211\u7231\u5317\u4eac\u5929\u5b89\u95e8", "\u4e2d\u6587\u548cEnglish\u6df7\u5408text", "\u7e41\u9ad4\u5b57\u8207\u7b80\u4f53\u5b57", "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3067\u3059\u3002", "\u3072\u3089\u304c\u306a\u30ab\u30bf\u30ab\u30ca\uff8a\uff9d\uff76\uff78", "\u304c\u304e\u3050 \u304b\u3099\u304d\u3099\u304f\u3099", "\u30d1\u30fc\u30c6\u30a3\u30fc",
    "\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4", "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e", "\u0b95\u0bca\u0b99\u0bcd\u0b95\u0bc1 \u0ba4\u0bae\u0bbf\u0bb4\u0bcd", "\u09ac\u09be\u0982\u09b2\u09be \u09ad\u09be\u09b7\u09be", "\u0e81\u0e82\u0e84 \u1780\u1781\u1782",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645", "\u0645\u064e\u0631\u0652\u062d\u064e\u0628\u064b\u0627", "\u0633\u0644\u0627\u0645\u200c\u0639\u0644\u06cc\u06a9\u0645", "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd", "\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0 \u1c92\u1c90", "\u0532\u0561\u0580\u0587 \u0561\u0577\u056d\u0561\u0580\u0570", "\u1208\u12d3\u1208\u121d", "\u13a3\u13b3\u13a9 \uab70\uab71", "\U00010400\U00010428 \U0001e900",
    "Vi\u1ec7t Nam ti\u1ebfng Vi\u1ec7t", "Vie\u0323\u0302t tie\u0302\u0301ng", "\u02bb\u014clelo Hawai\u02bbi", "na\u0101 m\u0101ori", "\u0f56\u0f7c\u0f51\u0f0b\u0f61\u0f72\u0f42", "\U00020000\U0002a6d6 \u3400\u4dbf \uf900\ufa0e \U0002f800",
]
SYMBOLS = [
    "\U0001f600", "\U0001f600\U0001f601\U0001f602", "\U0001f999.cpp", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", "\u2764\ufe0f \u2764", "\u263a\ufe0f\u263a", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "1\ufe0f\u20e3",
    "\U0001fae0\U0001fae8\U0001fadc", "\U0001f680 launch \U0001f680", "a\U0001f600b", "\u2192 \u21d2 \u2194 \u27f6", "\u221a\u222b\u2211\u220f\u2202 \u2264\u2265\u2260\u2248 \u221e", "\u2200x\u2208\u211d: x\u2265\u03bb", "\u2122 \u00ae \u00a9 \u2116 \u2103 \u212b \u2126", "\u2026 \u2014 \u2013 \u2010 \u2011 \u2212", "\u2022 \u25e6 \u25aa \u2023", "\u2588\u2593\u2592\u2591 \u2500\u2502\u250c\u2518",
    "\ufb01\ufb02\ufb00\ufb03 \ufb05", "\uff28\uff45\uff4c\uff4c\uff4f\uff0c\uff37\uff4f\uff52\uff4c\uff44\uff01", "\uff11\uff12\uff13", "\U0001d400\U0001d401\U0001d402 \U0001d7d8\U0001d7d9", "\u2075\u2086\u207f", "\u33a1 \u3392 \u337b", "\u1d2c\u02b0\u02b2", "\u24b6\u24b7 \u24d0\u24d1", "\ufe4f \ufe30 \ufe52", "\u301c \uff5e ~", "\u3000wide\u3000space", "\u037e \u0387 \u1fef", "\u00b4\u00a8\u00b8", "\u01c4 \u01c5 \u01c6 \u0133 \u0149", "\ufdfa \ufdf0", "\u2057 \u222d", "\u2474\u249c", "\ufffd", "a\ufffdb",
]
SPACES = [
    "a\u00a0b", "a\u1680b", "a\u2000b\u2001c\u2002d\u2003e", "a\u2009b\u200ac", "a\u2028b\u2029c", "a\u202fb\u205fc", "a\u3000b", "\u00a0\u00a0a", "a\u0085b", "a\u200bb", "a\u200cb\u200dc", "a\u2060b\ufeffc", "\ufeffHello", "\u00adsoft\u00adhyphen", "a\u180eb", "\u3164x\u115fy",
    "\u200e\u200fa\u202ab\u202e", "trailing\u3000", "\u2003leading", " \u00a0 \u2003 ",
]
CONTROLS = [
    "a\u0000b", "\u0000", "\u0001\u0002\u0003", "a\u0007b\u0008c", "\u001b[31mred\u001b[0m", "a\u007fb", "a\u0080b\u009fc", "\u001c\u001d\u001e\u001f", "a\u0001 b", "\ue000\uf8ff", "\U000f0000\U0010fffd", "\ufffe\uffff", "\U0001fffe\U0010ffff", "\ufff9a\ufffab\ufffb", "\U000e0001", "\u0378\u0379 \U0001fbcb", "\u061c\u2066x\u2069",
]
MARKS = [
    "e\u0301\u0302\u0303\u0304", "\u0301", " \u0301", "\u0301\u0301a", "a\u0308\u0323", "a\u0323\u0308", "\u1e69 s\u0323\u0307 s\u0307\u0323", "Z\u0351\u036b\u0343\u036a\u0302\u036bA\u0334\u0335\u031cL\u031a\u0360G\u0322\u0321O\u0328", "\u0344 \u0343 \u0340", "o\u031b\u0301", "\u20d0x\u20d1", "x\u20dd", "\u093c\u0915\u093c \u0958", "\u0e33 \u0e4d\u0e32", "\u09cb \u09c7\u09be", "\u1025\u102e", "\U0001d15e \U0001d157\U0001d165", "\uac01 \u1100\u1161\u11a8", "\u0f73 \u0f71\u0f72", "\u030a\u00c5A\u030a\u212b",
    "a\u034fb", "\u0d4a\u0d46\u0d3e", "\ua66f\ua670", "\U00016fe4\U0001e8d0", "\u3099\u309a\u304b\u3099",
]
SPECIALS = [
    "<s>", "</s>", "<unk>", "<pad>", "<s>Hello</s>", "[INST] hi [/INST]", "<<SYS>>\nx\n<</SYS>>", "<|endoftext|>", "<|startoftext|>a<|endoftext|>", "<|im_start|>user\nhi<|im_end|>\n", "<|begin_of_text|><|eot_id|>", "[CLS] a [SEP] b [PAD] [MASK] [UNK]", "[cls] [sep]", "##ing ##", "run ##ning", "\u2581", "\u2581Hello\u2581world", " \u2581 a", "\u2581\u2581\u2581", "\u2581a\u2581 b", "<0x0A>", "<0x41> <0xFF>", "<extra_id_0> and <extra_id_99>", "</w> a</w>", "\u0120the \u010a \u0122", "@@ ab@@ c", "\uff1c/s\uff1e", "<mask>", "a<s>b", "< s >",
]
NATURAL = [
    "All happy families are alike; each unhappy family is unhappy in its own way.",
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife.",
    "In 1812, 422,000 men crossed the Niemen; by December fewer than 10,000 came back.",
    "Eine kleine Nachtmusik f\u00fcr vier Stimmen, K\u00f6chelverzeichnis 525.", "L'\u00e9t\u00e9 o\u00f9 j'ai re\u00e7u \u00e7a, c'\u00e9tait l'ann\u00e9e d'apr\u00e8s.", "\u00bfQu\u00e9 tal? \u00a1Ma\u00f1ana ser\u00e1 otro d\u00eda!", "O cora\u00e7\u00e3o da na\u00e7\u00e3o n\u00e3o p\u00e1ra.", "\u0160koda Octavia st\u011bhovala p\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148.",
    "\u0412\u0441\u0435 \u0441\u0447\u0430\u0441\u0442\u043b\u0438\u0432\u044b\u0435 \u0441\u0435\u043c\u044c\u0438 \u043f\u043e\u0445\u043e\u0436\u0438 \u0434\u0440\u0443\u0433 \u043d\u0430 \u0434\u0440\u0443\u0433\u0430.", "\u5409\u8f29\u306f\u732b\u3067\u3042\u308b\u3002\u540d\u524d\u306f\u307e\u3060\u7121\u3044\u3002", "\u9053\u53ef\u9053\uff0c\u975e\u5e38\u9053\uff1b\u540d\u53ef\u540d\uff0c\u975e\u5e38\u540d\u3002", "\ub098 \ubcf4\uae30\uac00 \uc5ed\uaca8\uc6cc \uac00\uc2e4 \ub54c\uc5d0\ub294", "\u0627\u0642\u0631\u0623 \u0628\u0627\u0633\u0645 \u0631\u0628\u0643 \u0627\u0644\u0630\u064a \u062e\u0644\u0642", "\u05d1\u05e8\u05d0\u05e9\u05d9\u05ea \u05d1\u05e8\u05d0 \u05d0\u05dc\u05d4\u05d9\u05dd", "\u0938\u0924\u094d\u092f\u092e\u0947\u0935 \u091c\u092f\u0924\u0947",
    "ied 4 \u00bd months", "F\u00fchrer", "w048 7tuijk dsdfhu", "Hello, y'all! How are you \U0001f601 ?\u6211\u60f3\u5728apple\u5de5\u4f5c1314151\u5929\uff5e",
]
# Letters of scripts and blocks, for random words.
RANGES = [
    (0x61, 0x7a), (0x41, 0x5a), (0x30, 0x39), (0x21, 0x2f), (0xc0, 0x17f), (0x300, 0x36f), (0x370, 0x3ff),
    (0x400, 0x45f), (0x5d0, 0x5ea), (0x621, 0x64a), (0x904, 0x939), (0xe01, 0xe3a), (0x1100, 0x11ff),
    (0x1e00, 0x1eff), (0x2010, 0x2027), (0x2070, 0x209c), (0x2100, 0x214f), (0x2190, 0x21ff), (0x2460, 0x24ff),
    (0x3041, 0x3096), (0x30a1, 0x30fa), (0x3200, 0x33ff), (0x4e00, 0x9fff), (0xac00, 0xd7a3), (0xfb00, 0xfb06),
    (0xff01, 0xffdc), (0x1d400, 0x1d7ff), (0x1f300, 0x1f6ff), (0x20000, 0x2a6df),
]
GLUE = ["", "", "", " ", " ", " ", "  ", "\n", "\t", "'", "-", ".", ", ", "\u00a0", "\u3000", "\u2581", "\u0301", "\u200d", "/", "_"]
RANDOM_WORDS = 130
RANDOM_MIXES = 120


def random_word(rng):
    first, last = rng.choice(RANGES)
    return "".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 7)))


def random_any(rng):
    while True:
        code = rng.choice([rng.randint(0, 0xff), rng.randint(0, 0x2fff), rng.randint(0, 0xffff), rng.randint(0, 0x10ffff)])
        if not 0xd800 <= code <= 0xdfff:
            return chr(code)


def texts():
    rng = random.Random(SEED)
    fixed = [PLAIN, ENGLISH, NUMBERS, CODE, SCRIPTS, SYMBOLS, SPACES, CONTROLS, MARKS, SPECIALS, NATURAL]
    out = [text for part in fixed for text in part]
    words = [word for text in ENGLISH + NATURAL + CODE + SCRIPTS for word in text.split(" ")]
    for _ in range(RANDOM_WORDS):
        out.append("".join(random_word(rng) + rng.choice(GLUE) for _ in range(rng.randint(1, 6))))
    for _ in range(RANDOM_MIXES):
        makers = [lambda: rng.choice(words), lambda: random_word(rng), lambda: random_any(rng), lambda: rng.choice(GLUE)]
        out.append("".join(rng.choice(makers)() + rng.choice(GLUE) for _ in range(rng.randint(2, 12))))
    out.append(" ".join(rng.choice(words) for _ in range(400)))
    return list(dict.fromkeys(out))


if __name__ == "__main__":
    OUT.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"text": text}) for text in texts()]
    OUT.write_text("\n".join(lines) + "\n")
    print(len(lines), "texts")
