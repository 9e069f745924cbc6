"""Small tokenizers of every kind Plume reads, and what the reference makes of 2,300 strings with each.

    python tests/interop/make_tokenizers.py            writes tests/interop/goldens/tokenizers/
    python tests/interop/make_tokenizers.py --check    makes them again and compares

Real vocabularies are other people's. These are trained here, on texts of this repository and on strings made
below, but their normalizer, pre-tokenizer, post-processor and decoder are those of the family they are named
after. strings.json.gz holds the strings; <family>.json.gz the tokenizer.json and, for each string, its ids
with special tokens as plain text (`ids`), with special tokens allowed where that differs (`special`), and
what the ids decode to where that is not the string (`decoded`).

Half characters, which JavaScript has and UTF-8 has not, stand in the strings as they are; the reference is
given U+FFFD for them.
"""

import argparse
import gzip
import json
import random
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = Path(__file__).parents[2]
GOLDENS = Path(__file__).parent / "goldens" / "tokenizers"
SEED = 20_24_11

LLAMA3_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
GPT2_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

CHATML = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
LLAMA3_SPECIAL = [
    "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
    *[f"<|reserved_special_token_{i}|>" for i in range(12)],
]  # fmt: skip
SMOLLM2_SPECIAL = [*CHATML, "<repo_name>", "<reponame>", "<file_sep>", "<filename>", "<issue_start>", "<jupyter_code>"]
SENTENCE_PIECE_SPECIAL = ["<unk>", "<s>", "</s>"]
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]

CODE = """
def merge(self, ranks: dict[tuple[int, int], int]) -> None:
    for (left, right), rank in sorted(ranks.items(), key=lambda item: item[1]):
        if left >= 0x1F and right != 2_000:
            self.pairs[left, right] = rank  # lower is earlier
        else:\n\t\t\traise ValueError(f"{left!r} {right!r}: {rank:>8.3f}")

export const gridOfRows = ({ rows, columns }) => rows.map((row, i) => ({ ...row, i, sum: row.reduce((a, b) => a + b, 0) }));
for (let i = 0; i < n; i++) { if (a[i] !== b[i] && !(c?.[i] ?? false)) return `#${i}: ${a[i]}`; }
SELECT name, COUNT(*) AS n FROM runs WHERE loss < 1e-3 GROUP BY name HAVING n > 10 ORDER BY n DESC;
#include <stdio.h>\nint main(void) {\n\tprintf("%d\\n", 1 << 20);\n\treturn 0;\n}
<div class="card" data-id='42'><a href="https://example.org/?q=1&r=%20">open</a></div>
fn pack(x: vec4<f32>) -> u32 { return u32(x.x) | (u32(x.y) << 8u); }
{"id": 17, "tags": ["a", "b"], "ok": true, "ratio": -0.25e+10, "none": null}
git log --oneline -n 5 | awk '{ print $1 }' | xargs -I{} git show --stat {}
""".strip().split("\n")

WHITE = [" ", "  ", "\t", "\n", "\r", "\r\n", "\u0085", "\u00a0", "\u2003", "\u2028", "\u3000", "\u000b", "\u000c",
         "\u1680", "\u202f", "\u205f"]  # fmt: skip
NOT_WHITE = ["\ufeff", "\u200b", "\u200d", "\u2060", "\u180e", "\u001c", "\u001f", "\u0000", "\u007f", "\u009f"]
EMOJI = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇰🇷", "🇺🇸", "❤️", "1️⃣", "🧑🏿‍🚀", "🙂", "☕", "🤷‍♀️", "🫠", "🏴󠁧󠁢󠁷󠁬󠁳󠁿"]
# The reference composes by an older Unicode than it splits by: only marks that both know.
MARKS = ["\u0301", "\u0316", "\u0308", "\u20dd", "\u093f", "\u0e33", "\u05b0", "\u3099", "\u0345", "\u1dc4"]
CONTRACTIONS = ["'s", "'S", "'t", "'T", "'re", "'Re", "'RE", "'rE", "'ve", "'VE", "'m", "'M", "'ll", "'LL", "'Ll", "'lL",
                "'d", "'D", "'\u017f", "'x", "'", "''", "\u2019s", "\u2019LL", "'st", "'rest", "'lll", "'ß"]  # fmt: skip
NUMBERS = ["0", "7", "12", "345", "6789", "1234567890", "٣", "٤٥", "²", "½", "Ⅻ", "①②③", "〇", "六", "৩৪", "𝟘𝟙", "１２３",
           "3.14159", "1,000,000", "1e-10", "0x7F"]  # fmt: skip
WORDS = ["the", "The", " the", "fox", "lamp", "gull", "naïve", "Straße", "İstanbul", "ﬁne", "ǅungla", "다람쥐", "한글",
         "등대", "안녕하세요", "달이", "漢字", "ひらがな", "カタカナ", "русский", "ελληνικά", "עברית", "العربية", "हिन्दी",
         "ไทย", "Việt", "Å", "Å", "é", "e\u0301", "한", "ᄒ", "ᆫ", "ꙮ", "𐍈", "𠮷", "▁", "▁▁", "Ġ", "Ċ", "<0x0A>"]  # fmt: skip
PUNCTUATION = [".", ",", "!", "?!", "...", "--", "—", "…", "(", ")", "[", "]{", "}", "\"", "`", "$", "%", "#", "@", "_",
               "=>", "≠", "«", "»", "、", "。", "·", "№", "€", "\u00ad", "\ufffd", "\u0378"]  # fmt: skip
SPECIAL_LIKE = [*LLAMA3_SPECIAL[:6], *SMOLLM2_SPECIAL, *SENTENCE_PIECE_SPECIAL, "<tool_call>", "</tool_call>", "<think>",
                "<|im_end", "|im_end|>", "<|im_end|>>", "<<s>", "<s", "s>", "[INST]", "<mask>", "wẽrd", "CAFÉ", "cafe\u0323"]  # fmt: skip
HALVES = ["\ud800", "\udfff", "\udc00\ud83d", "\ud83d"]
# Unassigned in the oldest Unicode that reference and browsers differ on.
RANDOM_BLOCKS = [(0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x3FF), (0x400, 0x52F), (0x590, 0x6FF), (0x900, 0x97F),
                 (0xE00, 0xE7F), (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x2BFF), (0x3000, 0x30FF),
                 (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFB4F), (0xFF00, 0xFFEF), (0x1D400, 0x1D7FF),
                 (0x1F300, 0x1F6FF), (0x20000, 0x2A6DF)]  # fmt: skip


def corpora():
    folder = ROOT / "public" / "corpora"
    rows = (folder / "feather-tales.jsonl").read_text("utf8").splitlines()
    tales = [text for row in rows for text in (json.loads(row)["prompt"], json.loads(row)["completion"])]
    log = (folder / "lighthouse-log.txt").read_text("utf8").split("\n\n")
    letters = (folder / "moonlit-letters-ko.txt").read_text("utf8").split("\n\n")
    return tales, log, letters


def random_character(rng):
    while True:
        character = chr(rng.randint(*rng.choice(RANDOM_BLOCKS)))
        if unicodedata.category(character) not in ("Cn", "Cs", "Co"):
            return character


def make_strings():
    rng = random.Random(SEED)
    tales, log, letters = corpora()

    def pick(pool, low, high, glue=("",)):
        parts = []
        for _ in range(rng.randint(low, high)):
            parts += [rng.choice(pool), rng.choice(glue)]
        return "".join(parts[:-1])

    def excerpt(texts):
        text = rng.choice(texts)
        start = rng.randrange(max(1, len(text) - 20))
        return text[start : start + rng.randint(5, 160)]

    def whitespace_run():
        run = rng.choice(WHITE) * rng.randint(1, 40) + pick(WHITE, 0, 4)
        return pick(WORDS, 0, 1) + run + pick(WORDS + NOT_WHITE, 0, 2, ["", " "])

    def marks():
        return pick([*"aeio한ᄀ かहิΑ", *WORDS], 1, 3) + pick(MARKS, 1, 6) + pick(WORDS, 0, 1)

    def lines():
        return pick([*WORDS, *CODE], 1, 5, ["\r\n", "\n", "\r", "\n\n", "\r\n\r\n", " \r\n ", "\n\r"])

    everything = [*WORDS, *PUNCTUATION, *NUMBERS, *EMOJI, *WHITE, *NOT_WHITE, *MARKS, *CONTRACTIONS, *SPECIAL_LIKE]
    kinds = [
        (250, lambda: excerpt([*tales, *log])),
        (150, lambda: excerpt(letters)),
        (150, lambda: excerpt(CODE)),
        (200, whitespace_run),
        (150, lambda: pick(NUMBERS, 1, 6, ["", " ", "-", "a", "가"])),
        (200, lambda: pick([*WORDS, "I", "we", "YOU"], 1, 1) + pick(CONTRACTIONS, 1, 4, ["", "", " ", "a", "don"])),
        (250, lambda: pick([*SPECIAL_LIKE, *SPECIAL_LIKE, *WORDS], 2, 7, ["", "", " ", "  ", "\n", "\t", "a"])),
        (60, lambda: pick(["<|endoftext|>", "<|im_end|>", "</s>", "<|eot_id|>", "<mask>", "한", " a"], 2, 5, ["", " "])),
        (120, lambda: pick([chr(rng.randrange(32)), *NOT_WHITE, *WORDS, chr(rng.randrange(127, 160))], 1, 6)),
        (120, lambda: pick(EMOJI, 1, 6, ["", "", " ", "a", "\u200d"])),
        (150, marks),
        (100, lines),
        (80, lambda: pick([*HALVES, *WORDS, *EMOJI], 1, 5)),
        (200, lambda: "".join(random_character(rng) for _ in range(rng.randint(1, 24)))),
        (200, lambda: pick(everything, 2, 10, ["", "", "", " "])),
    ]
    strings = ["", " ", "  ", "\n", "\r\n", "a", " a", "a ", "'", "▁", " ▁", "\ufeff", "\ud83d", "".join(CODE)[:1200]]
    strings += ["가" * 700, "ab" * 600, " " * 1500 + "x", "\n" * 700, "1" * 1000, "x" + " \n" * 300, "!" * 500, "e\u0301" * 300]
    for count, make in kinds:
        strings += [make() for _ in range(count)]
    return strings


def replace_halves(text):
    """What JavaScript's toWellFormed gives: pairs are characters, halves are U+FFFD."""
    units = text.encode("utf-16-le", "surrogatepass")
    codes = [int.from_bytes(units[i : i + 2], "little") for i in range(0, len(units), 2)]
    out = []
    i = 0
    while i < len(codes):
        high = 0xD800 <= codes[i] < 0xDC00
        if high and i + 1 < len(codes) and 0xDC00 <= codes[i + 1] < 0xE000:
            out.append(chr(0x10000 + ((codes[i] - 0xD800) << 10) + (codes[i + 1] - 0xDC00)))
            i += 2
            continue
        out.append("\ufffd" if 0xD800 <= codes[i] < 0xE000 else chr(codes[i]))
        i += 1
    return "".join(out)


def training_texts(strings):
    tales, log, letters = corpora()
    clean = [replace_halves(text) for text in strings]
    return [*tales, *log, *letters, *CODE * 3, *[text for text in clean if not re.search(r"<|▁", text)]]


def special(contents, **flags):
    return [AddedToken(content, special=True, normalized=False, **flags) for content in contents]


def byte_level_model(texts, pre_tokenizer, size, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def gpt2(texts):
    tokenizer = byte_level_model(texts, pre_tokenizers.ByteLevel(add_prefix_space=False), 1100)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.add_tokens(special(["<|endoftext|>"]))
    return tokenizer


def smollm2(texts):
    pre = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer = byte_level_model(texts, pre, 1200)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens(special(SMOLLM2_SPECIAL))
    return tokenizer


def split_by(pattern):
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def llama3(texts):
    trained = byte_level_model(texts, split_by(LLAMA3_PATTERN), 1300)
    # Real ones hold tokens that no merges lead to; a third of the merges of whole words goes.
    file = json.loads(trained.to_str())
    kept = [m for i, m in enumerate(file["model"]["merges"]) if not (i % 3 == 0 and len("".join(m)) > 4)]
    file["model"].update(merges=kept, ignore_merges=True)
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens(special(LLAMA3_SPECIAL))
    begin = "<|begin_of_text|>"
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single=f"{begin} $A", pair=f"{begin} $A {begin} $B", special_tokens=[(begin, tokenizer.token_to_id(begin))]
            ),
        ]
    )
    return tokenizer


def qwen2(texts):
    tokenizer = byte_level_model(texts, split_by(QWEN2_PATTERN), 1200, normalizers.NFC())
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.add_tokens(special(CHATML))
    tokenizer.add_tokens([AddedToken(content, normalized=False) for content in ("<tool_call>", "</tool_call>", "<think>")])
    return tokenizer


def gpt2_pattern_as_split(texts):
    tokenizer = byte_level_model(texts, split_by(GPT2_PATTERN), 900)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens(special(["<|endoftext|>"]))
    return tokenizer


def flags(texts):
    """Every flag of added tokens, a prefix space, and a normalizer that the tokens are matched after.

    Letters are from beyond Latin-1: the reference decodes an added token in Latin-1 as if it were bytes.
    """
    tokenizer = byte_level_model(texts, pre_tokenizers.ByteLevel(add_prefix_space=True), 900, normalizers.NFC())
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens(
        [
            AddedToken("<|endoftext|>", special=True, normalized=False),
            AddedToken("<mask>", special=True, normalized=False, lstrip=True),
            AddedToken("<think>", special=False, normalized=False, rstrip=True),
            AddedToken("<s>", special=True, normalized=True, lstrip=True, rstrip=True),
            AddedToken("wẽrd", special=False, normalized=True, single_word=True),
            AddedToken("fox", special=False, normalized=False, single_word=True, lstrip=True),
            AddedToken("cafe\u0323", special=False, normalized=True),
            AddedToken("<|im_end|>", special=True, normalized=True),
            AddedToken("<|im_end|>>", special=False, normalized=False),
        ]
    )
    return tokenizer


def sentence_piece_model(texts, size, with_bytes):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    initial = [*SENTENCE_PIECE_SPECIAL, *(BYTE_TOKENS if with_bytes else [])]
    # Too few for all characters of the texts: the others fall back to bytes, or are unknown. Chosen here,
    # because the trainer breaks ties by chance.
    counts = Counter("".join(texts).replace(" ", "▁"))
    alphabet = sorted(counts, key=lambda character: (-counts[character], character))[:300]
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=initial, initial_alphabet=alphabet, limit_alphabet=300, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    file = json.loads(tokenizer.to_str())
    vocab = file["model"]["vocab"]
    # Runs of spaces, as in the real ones.
    for length in (2, 4, 8):
        vocab.setdefault("▁" * length, len(vocab))
        file["model"]["merges"].append(["▁" * (length // 2)] * 2)
    file["model"].update(fuse_unk=True, byte_fallback=with_bytes)
    file["added_tokens"] = []
    file["pre_tokenizer"] = None
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.add_tokens(special(SENTENCE_PIECE_SPECIAL))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    return tokenizer


def sentence_piece_decoder():
    return decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )


def llama2(texts):
    tokenizer = sentence_piece_model(texts, 1500, True)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = sentence_piece_decoder()
    return tokenizer


def metaspace_first(texts):
    tokenizer = sentence_piece_model(texts, 1500, True)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = sentence_piece_decoder()
    return tokenizer


def metaspace_unknown(texts):
    """Split at spaces, and unknown characters fused into one token."""
    tokenizer = sentence_piece_model(texts, 1200, False)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    return tokenizer


FAMILIES = {
    "gpt2": gpt2,
    "smollm2": smollm2,
    "llama3": llama3,
    "qwen2": qwen2,
    "gpt2-split": gpt2_pattern_as_split,
    "flags": flags,
    "llama2": llama2,
    "metaspace-first": metaspace_first,
    "metaspace-unknown": metaspace_unknown,
}


def golden(tokenizer, strings):
    reference = [replace_halves(text) for text in strings]

    def encode(as_text):
        tokenizer.encode_special_tokens = as_text
        return [tokenizer.encode(text, add_special_tokens=False).ids for text in reference]

    plain, allowed = encode(True), encode(False)
    decoded = [tokenizer.decode(ids, skip_special_tokens=False) for ids in plain]
    tokenizer.encode_special_tokens = False
    return {
        "tokenizer": json.loads(tokenizer.to_str()),
        "ids": plain,
        "special": {i: ids for i, ids in enumerate(allowed) if ids != plain[i]},
        "decoded": {i: text for i, text in enumerate(decoded) if text != reference[i]},
        "decodedSpecial": {
            i: [tokenizer.decode(ids, skip_special_tokens=skip) for skip in (False, True)]
            for i, ids in enumerate(allowed)
            if ids != plain[i]
        },
    }


def write(path, value, check):
    # ensure_ascii keeps the half characters, which UTF-8 cannot.
    data = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()
    if check:
        if gzip.decompress(path.read_bytes()) != data:
            sys.exit(f"{path.name} differs")
        return 0
    packed = gzip.compress(data, 9, mtime=0)
    path.write_bytes(packed)
    return len(packed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    GOLDENS.mkdir(parents=True, exist_ok=True)
    strings = make_strings()
    size = write(GOLDENS / "strings.json.gz", strings, check)
    texts = training_texts(strings)
    for name, make in FAMILIES.items():
        value = golden(make(texts), strings)
        one = write(GOLDENS / f"{name}.json.gz", value, check)
        size += one
        print(f"{name}: {len(strings)} strings, {sum(map(len, value['ids']))} ids, {len(value['special'])} with special "
              f"tokens, {len(value['decoded'])} decoded otherwise, {one} bytes")  # fmt: skip
    print(f"{size} bytes")


if __name__ == "__main__":
    main()
