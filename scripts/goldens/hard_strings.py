"""Strings on which tokenizers go wrong, for the goldens of src/sextant/text. Deterministic.

strings() gives about 600 short ones (a few of some thousand characters): every script and general
category, white space of every kind, contractions in every case, numbers, marks, emoji sequences,
control characters, noncharacters, code points of Unicode versions to come, code, random text.
"""
import random
import unicodedata

WHITE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

BY_HAND = [
    "", " ", "  ", "   ", "    ", "\t", "\n", "\r", "\r\n", "\n\n", "\n \n", " \n", "\n ", "\t\t x",
    "a", " a", "a ", "  a", "a  ", "a\n", "\na", "\n\na\n\n", "a \n b", "a\r\n\r\nb", "a\t\tb",
    "Hello world", " Hello world", "Hello  world", "Hello, world!", "Hello\nworld", "HELLO WORLD",
    "I'm he's we've they'll you'd don't she're", "I'M HE'S WE'VE THEY'LL YOU'D DON'T SHE'RE",
    "I'm He'S we'Ve they'lL you'D", "'s't're've'm'll'd", "'S'T'RE'VE'M'LL'D", "it's'", "''s", "'",
    "' s", "'\u017f", "'\u017fession", "x'\u017fx", "\u2019s it\u2019s", "'ss 'tt 'll' 'l 'r 'v're",
    "1 12 123 1234 12345 123456 1234567", "3.14159 1,000,000 0x1F 1e-10", " 1 22  333   4444",
    "1a2b3c", "a1 b22 c333", "\u00b2\u00b3\u00bd\u2155\u2167\u2460\u0661\u0662\u0663\u0967\u0968",
    "\uff11\uff12\uff13", "\U0001d7d8\U0001d7d9", "\u4e00\u4e8c\u4e09\u5341\u767e",
    "!?.,;:", "...", "!!!???", " ... ", "-- --- \u2013 \u2014", "(a) [b] {c} <d>", "a.b,c;d:e",
    "#tag @user $5 100% ^_^ a&b c*d", "\"quoted\" `code` ~tilde~ \\back\\slash/", "_under_score_",
    "https://example.org/a?b=c&d=%20#e", "user.name+tag@example.org", "C:\\Windows\\System32",
    "def f(x):\n    return x + 1\n\n\nprint(f(2))\n", "if (a == b) {\n\tc++;\r\n\t}\r\n// end",
    "<html>\n  <body class=\"x\">&amp;</body>\n</html>", "SELECT * FROM t WHERE a='b';",
    "{\"k\": [1, 2.5, null, \"\\u00e9\"]}", "int main(void){return 0;}", "x=y;z=w;;", "->=>::<<>>&&||",
    "caf\u00e9 cafe\u0301 na\u00efve nai\u0308ve", "\u00c5 A\u030a \u212b", "\u1e9b\u0323",
    "q\u0307\u0323 q\u0323\u0307", "Z\u0351\u036b\u0343a\u0329\u034dl\u0321\u0334g\u0335\u0353o",
    "\ufb01\ufb02\ufb03 \ufb05 \u0132 \u01c4", "\u212a\u017f \u0130\u0131 \u00df\u1e9e", "\u03a3\u03c3\u03c2",
    "\uac00\ub098\ub2e4 \u1100\u1161\u11a8", "\u0e01\u0e33\u0e40\u0e01\u0e34\u0e19", "\u0958 \u0915\u093c",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0915\u094d\u0937", "\u0baa\u0bcb\u0b95\u0bcd", "\u0d4d\u0d4d",
    "\u202b\u05e9\u05dc\u05d5\u05dd\u202c \u0645\u0631\u062d\u0628\u0627\u064b \u200f\u200e",
    "\u200b\u200c\u200d\u2060\ufeff", "\ufeffBOM", "zero\u200bwidth", "a\u00adb", "\u180e\u115f\u3164",
    "\U0001f600", "\U0001f44d\U0001f3fd", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", "1\ufe0f\u20e3 #\ufe0f\u20e3",
    "\u2764\ufe0f \u2764 \u263a\ufe0f", "\U0001f9d1\U0001f3fb\u200d\U0001f91d\u200d\U0001f9d1\U0001f3ff",
    "\x00", "a\x00b", "\x01\x02\x03", "\x1b[31mred\x1b[0m", "\x7f\x80\x9f", "\x1c\x1d\x1e\x1f",
    "\ufffd", "\ufffe\uffff", "\ufdd0\ufdef", "\U0001ffff\U0010ffff", "\ue000\uf8ff\U000f0000",
    "\u0378\u0530\u1c8b", "\U00016ea0\U000323b0", "\u1c89\u1c8a \ua7cb\ua7da", "\U00010d40\U00010d4a",
    "<|endoftext|>", "a<|endoftext|>b", "<|im_start|>user\nhi<|im_end|>\n", "<|begin_of_text|>",
    "<s>[INST] x [/INST]</s>", "[CLS] [SEP] [MASK] [UNK] [PAD]", "<unk> <pad>", "<|endoftext|", "<tool_call>x</tool_call>",
    "word sword words word,word", "left   left\tleft", "right  right\nright x", " left right left ", "<tool><tool>x<tool> y",
    "QUICK quick \uff31uick", "\u00e9word wor\u0301d \u3000left\u3000right\u3000", "right left", "<tool>word<tool>xword",
    "\u2581\u2581a\u2581b", "\u0120a\u010ab", "\u0100\u0143\u0144", "<0x0A><0xFF>",
    "\U0001d400\U0001d41a\U0001d7ce \U0001d504", "\u24b6\u24d0\u2460 \U0001f130", "\u2160\u2170\u216c",
    "\u3042\u30a2\uff71\uff76\uff9e \u30ac \u30ab\u3099", "\u5e73\u4eee\u540d\u6f22\u5b57\u4ea4\u3058\u308a\u6587\u3002",
    "\u4f60\u597d\uff0c\u4e16\u754c\uff01", "\uff28\uff45\uff4c\uff4c\uff4f\u3000\uff37", "\u20ac\u00a3\u00a5\u20bf",
    "\u00bfQu\u00e9?\u00a1S\u00ed!", "\u00abBonjour\u00bb \u201eHallo\u201c", "\u2116\u2122\u00ae\u00a9\u2030", "\u2211\u222b\u221a\u221e\u2260",
    "ied 4 \u00bd months", "w\u0048at\u2028line\u2029para", "a\u0085b\u00a0c\u2007d\u3000e", "\u1e0b\u0323 \u0344 \u0f73\u0f75",
]

SENTENCES = [
    "The quick brown fox jumps over the lazy dog.",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.",
    "Portez ce vieux whisky au juge blond qui fume, dès Noël où un zéphyr haï me vêt.",
    "El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia y frío.",
    "Pchnąć w tę łódź jeża lub ośm skrzyń fig.",
    "Příliš žluťoučký kůň úpěl ďábelské ódy.",
    "Árvíztűrő tükörfúrógép",
    "Съешь ещё этих мягких французских булок, да выпей чаю.",
    "Щастям б'єш жук їх глицю в фон й ґедзь пріч.",
    "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.",
    "דג סקרן שט בים מאוכזב ולפתע מצא חברה",
    "نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر",
    "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश",
    "আমি বাংলায় গান গাই", "ਸਤਿ ਸ੍ਰੀ ਅਕਾਲ", "ગુજરાતી લખાણ", "தமிழ் மொழி அழகானது", "తెలుగు భాష", "ಕನ್ನಡ ನುಡಿ",
    "മലയാളം ഭാഷ", "සිංහල අකුරු", "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า", "ສະບາຍດີຊາວໂລກ", "မြန်မာဘာသာ", "ភាសាខ្មែរ", "བོད་སྐད་",
    "いろはにほへと ちりぬるを", "키스의 고유조건은 입술끼리 만나야 하고", "視野無限廣，窗外有藍天", "ქართული ენა", "Հայերեն լեզու",
    "አማርኛ ቋንቋ", "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "ᐃᓄᒃᑎᑐᑦ", "ᚠᚢᚦᚨᚱᚲ", "𐌲𐌿𐍄𐌹𐍃𐌺", "ꦧꦱꦗꦮ", "ߒߞߏ", "ⵜⴰⵎⴰⵣⵉⵖⵜ", "𞤆𞤵𞤤𞤢𞤪",
]


def by_category():
    groups = {}
    for c in range(0x110000):
        name = unicodedata.category(chr(c))
        if name != "Cs":
            groups.setdefault(name, []).append(c)
    return groups


def strings():
    rng = random.Random(20240104)
    out = list(BY_HAND) + list(SENTENCES)
    groups = by_category()

    def some(pool, low, high):
        return "".join(rng.choice(pool) for _ in range(rng.randint(low, high)))

    ascii_text = [chr(c) for c in range(0x20, 0x7F)]
    for _ in range(50):
        out.append(some(ascii_text, 1, 24))
    for _ in range(60):  # white space between and around words
        parts = [some(WHITE, 0, 4) + some(["a", "Bc", "1", "!", "é", "漢", "'s"], 0, 2) for _ in range(5)]
        out.append("".join(parts) + some(WHITE, 0, 3))
    for _ in range(30):  # spaces and line ends only
        out.append(some(" \n\r\t", 1, 10))
    for name in sorted(groups):
        for _ in range(2):
            pool = [chr(c) for c in rng.sample(groups[name], min(12, len(groups[name])))]
            out.append(some(pool + ["a", " ", "1"], 3, 9))
    for _ in range(40):
        word = some("aeiouhrst", 1, 6) + rng.choice(["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'x"])
        out.append("".join(c.upper() if rng.random() < 0.3 else c for c in word + rng.choice(["", " it", "s", "\n", "7"])))
    for _ in range(40):
        out.append(some(["1", "23", "456", "7890", ".", ",", " ", "-", "e", "%", "\u0663", "½", "Ⅷ", "二"], 2, 9))
    for _ in range(50):
        out.append("".join(chr(rng.choice(groups[rng.choice(sorted(groups))])) for _ in range(rng.randint(2, 10))))
    for _ in range(30):
        plane = rng.choice([range(0x80, 0x800), range(0x800, 0xD800), range(0x10000, 0x20000), range(0x20000, 0x110000)])
        out.append("".join(chr(rng.choice(plane)) for _ in range(rng.randint(2, 8))))
    for _ in range(30):  # bases with piles of marks, in no order
        marks = [chr(c) for c in rng.sample(groups["Mn"], 8)]
        out.append("".join(rng.choice("aeo \u0915\u05d0") + some(marks, 0, 4) for _ in range(4)))
    code = ["def ", "return", "(", ")", "{", "}", "\n", "\n    ", "\t", "==", " = ", "x1", "_y", ";", "//", " # ", "\"s\"", "0xFF", "->", "[i]"]
    for _ in range(40):
        out.append(some(code, 4, 12))
    for _ in range(40):
        out.append("".join(rng.choice(SENTENCES)[: rng.randint(1, 12)] + rng.choice(["", " ", "\n", "1", "'s"]) for _ in range(3)))
    for unit, count in [("a", 3000), (" ", 2000), ("\n", 500), ("1", 700), ("ab", 800), ("!", 600), ("é", 400),
                        ("\u0301", 150), ("漢", 200), ("\U0001f600", 100), ("=-", 400), (" a", 300), ("\r\n", 200), ("'s", 120)]:
        out.append(unit * count)
    unique = list(dict.fromkeys(out))
    return unique


if __name__ == "__main__":
    made = strings()
    print(len(made), "strings,", sum(map(len, made)), "characters")
