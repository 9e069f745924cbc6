"""What llama.cpp makes of a text with a GGUF model: its ids, and the loss of each after the first.

usage: python llama_cpp_bridge.py MODEL.gguf TEXT    writes JSON {"ids": [...], "losses": [...]}
"""

import json
import sys
from pathlib import Path

import llama_cpp
import numpy as np


def main():
    model_path, text_path = sys.argv[1:]
    model = llama_cpp.Llama(model_path, n_ctx=1024, logits_all=True, verbose=False)
    ids = model.tokenize(Path(text_path).read_bytes(), add_bos=False, special=False)
    model.eval(ids)
    logits = np.array(model.scores[: len(ids) - 1], dtype=np.float64)
    logits -= logits.max(axis=-1, keepdims=True)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    losses = -log_probabilities[np.arange(len(ids) - 1), ids[1:]]
    json.dump({"ids": list(map(int, ids)), "losses": losses.tolist()}, sys.stdout)


main()
