"""Writes what transformers and tokenizers say about the exported files, and checks our own module against them.

The page's tests read the result. Everything is float32 on the float16 numbers of the file, because that
is what the page's float32 switch computes.
"""

import argparse
import hashlib
import json
from pathlib import Path

import tokenizers
import torch
import transformers
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from export import as_json, write
from model import Model, Shape

TEXTS = [
    "Once upon a time there was a miller who had three sons, and when he died he left them nothing but his cat.",
    "The fox said:\n\n\"Grüß Gott, 작은 새! 🦊✨\"\n\nand the bird -- naïve as ever -- sang\t♪.",
    "<|im_start|>user\nTell me the story of The Golden Goose.<|im_end|>\n<|im_start|>assistant\n",
]
SCORED_TEXT = 0
FIRST_LOGITS = 16

AWKWARD = [
    "",
    " ",
    "  ",
    "\n",
    "\n\n\n",
    "\r\n",
    "\t\tindented",
    " leading",
    "trailing ",
    "trailing   ",
    "a  b   c    d",
    " " * 40,
    "x" * 60,
    "don't won't I'll we've they'd he's I'm you're",
    "DON'T WON'T I'LL",
    "'tis 'twas o'clock rock'n'roll",
    "\"Quoted,\" she said; 'twice.'",
    "\u201ccurly\u201d \u2018quotes\u2019 \u2014 dash \u2026",
    "--dashes--and---more----",
    "3.14159 1,000,000 2026-11-23 0x1F 1e-5",
    "½ ² ³ Ⅷ ٣ ५",
    "def f(x):\n    return x ** 2  # square\n",
    "for (let i = 0; i < n; ++i) { a[i] += b[i]; }",
    "{\"key\": [1, null, true, \"\\u00e9\"]}",
    "https://example.org/a?b=c&d=%20#e",
    "안녕하세요, 세상!",
    "깃털처럼 가벼운 모델",
    "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "日本語と中文の混在テキスト",
    "Привет, мир! Ελληνικά שלום مرحبا",
    "cafe\u0301 caf\u00e9 na\u00efve \u0153uvre stra\u00dfe",
    "🙂🙃 👩‍👩‍👧‍👦 🇰🇷 👍🏽 ❤️",
    "\u0000\u0001\u0007\u001b[31mred\u007f",
    "zero\u200bwidth\u200djoiner\ufeffbom",
    "no\u00a0break\u2003em\u3000ideographic\u2028line\u2029paragraph\u0085next",
    "𝕄𝕒𝕥𝕙 𐍈 \U0010ffff",
    "<|endoftext|>",
    "before<|endoftext|>after <|endoftext|> spaced",
    "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n",
    "<|endoftext|><|endoftext|><|im_end|",
    "< |endoftext| > <|ENDOFTEXT|> <|im_start|",
    "Ġhello Ċ âĢĿ",
    "ends with newline\n",
    "Once upon a time, in a kingdom by the sea, there lived a princess who could not laugh.",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="the folder of exported files")
    parser.add_argument("--output", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--checkpoint", type=Path, help="also compare the training module with transformers")
    arguments = parser.parse_args()

    tokenizer = Tokenizer.from_file(str(arguments.model / "tokenizer.json"))
    for text in [*TEXTS, *AWKWARD]:
        ids = tokenizer.encode(text).ids
        assert tokenizer.decode(ids, skip_special_tokens=False) == text, f"does not come back: {text!r}"

    model = LlamaForCausalLM.from_pretrained(arguments.model, dtype=torch.float32).eval()
    ids = tokenizer.encode(TEXTS[SCORED_TEXT]).ids
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    # The forward pass is float32; only the mean of the losses is taken in float64.
    loss = torch.nn.functional.cross_entropy(logits[:-1].double(), torch.tensor(ids[1:])).item()

    if arguments.checkpoint:
        compare(arguments, model, ids)

    write(
        arguments.output,
        as_json(
            {
                "madeBy": {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__, "torch": torch.__version__.split("+")[0]},
                "modelSha256": sha256(arguments.model / "model.safetensors"),
                "tokenizerSha256": sha256(arguments.model / "tokenizer.json"),
                "texts": [{"text": text, "ids": tokenizer.encode(text).ids} for text in TEXTS],
                "scored": {
                    "textIndex": SCORED_TEXT,
                    "tokenCount": len(ids),
                    "meanLoss": loss,
                    "lastLogits": [float(x) for x in logits[-1, :FIRST_LOGITS]],
                    "lastArgmax": int(logits[-1].argmax()),
                },
                "awkward": [{"text": text, "ids": tokenizer.encode(text).ids} for text in AWKWARD],
            }
        ),
    )
    print(f"{len(ids)} tokens, mean loss {loss}")


def compare(arguments: argparse.Namespace, reference: LlamaForCausalLM, ids: list[int]) -> None:
    """The training module with the exported numbers gives the logits of transformers."""
    own = Model(Shape())
    own.load_state_dict(torch.load(arguments.checkpoint)["model"])
    exported = load_file(arguments.model / "model.safetensors")
    with torch.no_grad():
        for parameter in own.parameters():
            parameter.copy_(parameter.half().float())
        for name, tensor in own.to_hugging_face().items():
            assert torch.equal(tensor, exported[name].float()), f"{name} is not the checkpoint's"
        torch.manual_seed(0)
        rows = torch.randint(0, own.shape.vocabulary, (2, own.shape.positions))
        rows[0, : len(ids)] = torch.tensor(ids)
        expected = reference(rows).logits
        worst = ((own(rows) - expected).abs().max() / expected.abs().max()).item()
    print(f"worst difference of logits against transformers, relative to the largest: {worst:.2e}")
    assert worst < 2e-5


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
