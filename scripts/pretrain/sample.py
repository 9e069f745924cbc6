"""Prints unedited samples, for the model card."""

import argparse
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

PROMPTS = ["Once upon a time", "\"Where are you going?\" asked the", "The old woman opened the door and"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--tokens", type=int, default=120)
    arguments = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(arguments.model / "tokenizer.json"))
    model = LlamaForCausalLM.from_pretrained(arguments.model, dtype=torch.float32).eval()
    for prompt in PROMPTS:
        torch.manual_seed(arguments.seed)
        ids = torch.tensor([[0, *tokenizer.encode(prompt).ids]])
        made = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=arguments.tokens,
            do_sample=True,
            temperature=arguments.temperature,
            top_k=0,
            top_p=1.0,
            pad_token_id=0,
        )
        print(tokenizer.decode(made[0].tolist()[1:]), end="\n\n---\n\n")


if __name__ == "__main__":
    main()
