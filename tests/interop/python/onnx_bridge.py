"""Opens ONNX files that Plume wrote: checked by onnx, run by onnxruntime. Reads jobs from a JSON file, prints JSON.

A job is {"name", "path", "tokens", "split"}: the tokens are read whole, and once more in two pieces through the cache.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime as ort


def read(session, tokens, start, cache):
    count = len(tokens)
    names = [o.name for o in session.get_outputs()]
    outputs = session.run(
        None,
        {
            "input_ids": np.array([tokens], dtype=np.int64),
            "attention_mask": np.ones((1, start + count), dtype=np.int64),
            "position_ids": np.arange(start, start + count, dtype=np.int64)[None],
            **cache,
        },
    )
    named = dict(zip(names, outputs, strict=True))
    logits = named.pop("logits")
    return logits[0], {name.replace("present", "past_key_values"): value for name, value in named.items()}


def empty_cache(session):
    return {
        one.name: np.zeros((1, one.shape[1], 0, one.shape[3]), dtype=np.float32)
        for one in session.get_inputs()
        if one.name.startswith("past_key_values")
    }


def main():
    jobs = json.load(open(sys.argv[1]))
    results = []
    for job in jobs:
        model = onnx.load(job["path"])
        onnx.checker.check_model(model, full_check=True)
        session = ort.InferenceSession(job["path"], providers=["CPUExecutionProvider"])
        tokens, split = job["tokens"], job["split"]
        whole, _ = read(session, tokens, 0, empty_cache(session))
        first, cache = read(session, tokens[:split], 0, empty_cache(session))
        rest, _ = read(session, tokens[split:], split, cache)
        pieces = np.concatenate([first, rest])
        results.append(
            {
                "name": job["name"],
                "opset": {one.domain or "ai.onnx": one.version for one in model.opset_import},
                "logits": [float(x) for x in whole.ravel()],
                "throughCache": float(np.abs(pieces - whole).max() / np.abs(whole).max()),
            }
        )
    json.dump(results, sys.stdout)


main()
