"""What llama.cpp makes of some strings with the tokenizers of make_gguf.py.

    pip install llama-cpp-python==0.3.36 && python tests/interop/make_gguf_ids.py

Strings are in composed form: llama.cpp leaves out the normalization (NFC) that Qwen's tokenizer.json has. Their
only special token is the end of text: llama.cpp takes <|start|> for one of gpt-oss and reads it in any text.
"""

import json
import random
import unicodedata
from pathlib import Path

from llama_cpp import Llama

TARGET = Path(__file__).parent / "goldens" / "gguf"
NAMES = ["gpt-2", "smollm", "llama-bpe", "qwen2", "llama"]
RANDOM_STRINGS = 160

WRITTEN = [
    "", " ", "   ", "\n", "\r\n", "\t\tx", "Hello world", "Hello  world", " Hello ", "it's WE'LL they've I'D 'ſ",
    "def f(x):\n    return x * 2  # 3.5\n", "for (let i=0;i<10;i++) { a[i] += `${i}`; }\n\n\n",
    "안녕하세요, 오늘은 날씨가 참 좋네요.", "日本語のテキスト 中文，標點。", "Привет мир", "مرحبا שלום हिन्दी",
    "😀👍🏽👨‍👩‍👧‍👦🏳️‍🌈", "é ﬁ Ⅷ ² ½ ①", "\u0001\u0004\u0007\u001b[31m", "\u00a0\u2003\u3000\u200b\ufeff\u0085x",
    "1", "12", "1234567890", "3.14159e-10", "٣٤٥ १२३", " " * 40, "\n" * 12, "a" * 60, "!?" * 20, " \n \n x", "x \n",
    "<|endoftext|>", "a<|endoftext|>b", " <|endoftext|> \n<|endoftext|>", "<think>\nx</think>", "<|endoftext", "<s>a</s>", "<unk>",
]  # fmt: skip
POOL = (
    "    \n\t'\"(){}[];:,.!?-_=+*/<>|&%$#@~^\\`0123456789"
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZéüßñ가나다라요를은한日本中文абвαβγ😀👍🏽\u200d\ufe0f\u00a0\u2028\u0085"
)
WORDS = [*"the of is it's book page fox end area width 안녕 오늘은 책을 été 1,234 10:45 SHOUTING".split(), "  ", "\n", "\t"]


def strings():
    chosen = random.Random(19)
    noise = ["".join(chosen.choices(POOL, k=chosen.randint(1, 24))) for _ in range(RANDOM_STRINGS // 2)]
    words = [" ".join(chosen.choices(WORDS, k=chosen.randint(1, 10))) for _ in range(RANDOM_STRINGS // 2)]
    return [unicodedata.normalize("NFC", text) for text in [*WRITTEN, *noise, *words]]


def main():
    texts = strings()
    goldens = {"strings": texts, "ids": {}}
    for name in NAMES:
        model = Llama(str(TARGET / f"tokenizer-{name}.gguf"), vocab_only=True, verbose=False)
        goldens["ids"][name] = {
            kind: [model.tokenize(text.encode(), add_bos=False, special=kind == "special") for text in texts]
            for kind in ("plain", "special")
        }
    (TARGET / "llama-cpp-ids.json").write_text(json.dumps(goldens, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
