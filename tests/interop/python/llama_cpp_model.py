"""The logits that llama.cpp gives with whole models, and the ids that it gives for texts.

usage: python llama_cpp_model.py JOBS.json

A job is {"name", "path", "ids": [...]} or {"name", "path", "texts": [...]}. Writes JSON {name: [[...], ...]}: the logits of
every id, or for each text its ids with special tokens as text, then those with special tokens allowed.
"""

import json
import sys
from pathlib import Path

import llama_cpp
import numpy as np


def logits(job):
    model = llama_cpp.Llama(job["path"], n_ctx=64, logits_all=True, verbose=False)
    model.eval(job["ids"])
    return np.array(model.scores[: len(job["ids"])], dtype=np.float64).tolist()


def ids(job):
    model = llama_cpp.Llama(job["path"], vocab_only=True, verbose=False)
    return [
        model.tokenize(text.encode(), add_bos=False, special=special)
        for special in (False, True)
        for text in job["texts"]
    ]


def main():
    jobs = json.loads(Path(sys.argv[1]).read_text())
    json.dump({job["name"]: logits(job) if "ids" in job else ids(job) for job in jobs}, sys.stdout)


main()
