"""A hundred varied texts for sentence vectors: subjects, lengths, languages, and what is no sentence."""

PLAIN = """
The cat sat on the warm windowsill and watched the rain.
A small cat was looking at the rain from the window.
Interest rates rose by a quarter of a point on Thursday.
The central bank has made borrowing more expensive.
How do I reset the password of my account?
I forgot my login, can you help me get back in?
Preheat the oven to 220 degrees and grease the tin.
The bread needs forty minutes until the crust is brown.
She finished the marathon in just under four hours.
He has never run further than the bus stop.
The train to the coast leaves from platform nine at 7:45.
All flights were cancelled because of the storm.
Photosynthesis turns light, water and carbon dioxide into sugar.
Mitochondria release the energy that a cell needs.
The function returns an error where the file is missing.
Segmentation fault (core dumped)
My laptop gets hot when I watch films in bed.
Battery life is the weak point of this telephone.
The film was dull, far too long and badly acted.
What a wonderful evening: funny, moving, never sentimental!
I would not recommend this hotel to anyone.
The staff were kind and the rooms spotless.
Two thirds of the lake freezes in an average winter.
Glaciers in the valley have lost half of their length.
Is it safe to take these tablets with alcohol?
Patients with a fever should drink plenty of water.
The court found that the contract was void.
Tenants must give notice three months ahead.
Napoleon was born on Corsica in 1769.
The treaty ended thirty years of war in Europe.
The guitar is out of tune again.
An orchestra of eighty played the symphony without a conductor.
Seventeen is a prime number, and so is nineteen.
The sum of the angles of a triangle is a straight angle.
Plants on the balcony want water every morning in July.
Cut the roses back to the third bud in March.
The match ended in a draw after extra time.
Our goalkeeper saved two penalties.
Black holes bend light so strongly that none escapes.
The telescope saw a galaxy that is older than expected.
""".strip().split("\n")

LANGUAGES = """
Der Zug fährt heute leider nicht.
Le chat dort sur le canapé, près de la fenêtre.
¿Dónde está la biblioteca más cercana?
A língua portuguesa é falada em vários continentes.
Il tramonto sul mare è bellissimo.
Kahvi on loppu, käyn kaupassa.
Příliš žluťoučký kůň úpěl ďábelské ódy.
Zażółć gęślą jaźń.
Съешь ещё этих мягких французских булок.
Η γρήγορη αλεπού πηδάει πάνω από τον σκύλο.
السلام عليكم ورحمة الله
שלום עולם
नमस्ते दुनिया
สวัสดีชาวโลก
你好，世界！今天天气很好。
東京は日本の首都です。
안녕하세요, 만나서 반갑습니다.
Bạn có khỏe không?
İstanbul'da yağmur yağıyor.
Þetta er íslenska.
""".strip().split("\n")

ODD = [
    "", " ", "a", "A", "?", "...", "!!!???", "word", "WORD", "    spaces   around   ",
    "tabs\tand\nnew\r\nlines", "nul\u0000 and control\u0007 characters", "zero\u200bwidth\u00a0space",
    "emoji 😀👍🏽 family 👨‍👩‍👧", "naïve café résumé", "nai\u0308ve cafe\u0301 with combining marks",
    "ﬁne ligature, ½ and ² and №", "[CLS] and [SEP] and [MASK] in a text", "[UNK]",
    "https://example.org/path?query=1&other=two#part", "mail@example.org", "C++20, C#, F#, .NET",
    "def f(x):\n    return x ** 2  # square", "{\"key\": [1, 2.5, null, true]}", "<p class=\"a\">text</p>",
    "1234567890", "3.14159 2,718,281", "$5.00, 7 €, 12 %", "don't won't can't it's we'll",
    "state-of-the-art twenty-one", "supercalifragilisticexpialidocious",
    "pneumonoultramicroscopicsilicovolcanoconiosis is long", "x" * 99, "y" * 100, "z" * 101,
    "\U0001d400\U0001d401 mathematical letters", "\ufffd replacement",
]

LONG = [
    # About 60, 250, 260 and 900 tokens: the last two are cut.
    " ".join(PLAIN[:5]),
    " ".join(PLAIN[:23]),
    " ".join(PLAIN[5:30]),
    " ".join(PLAIN + LANGUAGES),
    "again and " * 400,
]
SENTENCES = PLAIN + LANGUAGES + ODD[: 100 - len(PLAIN) - len(LANGUAGES) - len(LONG)] + LONG
assert len(SENTENCES) == 100 and len(set(SENTENCES)) == 100
