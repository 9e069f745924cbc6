"""Writes a model in the layout of Hugging Face, each file under a temporary name first."""

import json
import os
from pathlib import Path

import torch
from safetensors.torch import save
from tokenizers import Tokenizer

from corpus import END_OF_TEXT, TURN_END, TURN_START
from model import Model

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def export(model: Model, tokenizer: Tokenizer, folder: Path) -> None:
    write(folder / "config.json", as_json(model.shape.hugging_face_config()))
    write(folder / "generation_config.json", as_json({"bos_token_id": 0, "eos_token_id": [0, 2], "do_sample": True, "temperature": 0.8}))
    write(
        folder / "tokenizer_config.json",
        as_json(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "add_bos_token": False,
                "bos_token": END_OF_TEXT,
                "eos_token": END_OF_TEXT,
                "additional_special_tokens": [TURN_START, TURN_END],
                "model_max_length": model.shape.positions,
                "clean_up_tokenization_spaces": False,
                "chat_template": CHAT_TEMPLATE,
            }
        ),
    )
    # Without indents: half the size, and nobody reads 4,000 merges.
    tokenizer_json = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
    write(folder / "tokenizer.json", tokenizer_json.encode())
    tensors = {name: tensor.to(torch.float16) for name, tensor in model.to_hugging_face().items()}
    assert all(torch.isfinite(t).all() for t in tensors.values()), "a weight does not fit float16"
    write(folder / "model.safetensors", save(tensors, metadata={"format": "pt"}))


def as_json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(content)
    os.replace(temporary, path)
