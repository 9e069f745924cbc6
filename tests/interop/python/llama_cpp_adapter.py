"""The logits that llama.cpp gives for ids, with an adapter and without.

usage: python llama_cpp_adapter.py MODEL.gguf ADAPTER.gguf IDS    IDS by commas; writes JSON {"base": [[...]], ...}
"""

import json
import sys

import llama_cpp
import numpy as np


def logits(model_path, ids, adapter):
    model = llama_cpp.Llama(model_path, n_ctx=128, logits_all=True, verbose=False, lora_path=adapter)
    model.eval(ids)
    return np.array(model.scores[: len(ids)], dtype=np.float64).tolist()


def main():
    model_path, adapter, ids = sys.argv[1:]
    ids = [int(one) for one in ids.split(",")]
    json.dump({"base": logits(model_path, ids, None), "adapted": logits(model_path, ids, adapter)}, sys.stdout)


main()
