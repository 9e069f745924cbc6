"""Blocks of every ggml format that Plume reads, with the values that the gguf package gives them.

    pip install gguf==0.19.0; python tests/interop/make_ggml_blocks.py

The bytes are random, with scales of ordinary size, so that every bit of every block counts.
"""

import base64
import json
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGML_QUANT_SIZES, quants

BLOCKS = 6
# Where the half-precision scales and minima of a block stand.
HALVES = {
    "Q4_0": [0],
    "Q4_1": [0, 2],
    "Q5_0": [0],
    "Q5_1": [0, 2],
    "Q8_0": [0],
    "Q4_K": [0, 2],
    "Q5_K": [0, 2],
    "Q6_K": [208],
    "F16": [0],
}


def main():
    random = np.random.default_rng(7)
    goldens = {}
    for name in ["F32", "F16", "BF16", *HALVES]:
        kind = GGMLQuantizationType[name]
        _, size = GGML_QUANT_SIZES[kind]
        if name in ("F32", "F16", "BF16"):
            values = random.standard_normal(32).astype(np.float32)
            blocks = quants.quantize(values, kind) if name != "F32" else values
            data = np.frombuffer(blocks.tobytes(), dtype=np.uint8)
        else:
            data = random.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
            for at in HALVES[name]:
                scales = (random.standard_normal(BLOCKS) / 16).astype(np.float16)
                data[:, at : at + 2] = scales.view(np.uint8).reshape(BLOCKS, 2)
        expected = quants.dequantize(data.reshape(1, -1).view(np.float32 if name == "F32" else np.uint8), kind)
        goldens[name] = {
            "bytes": base64.b64encode(data.tobytes()).decode(),
            "values": base64.b64encode(np.ascontiguousarray(expected, dtype=np.float32).tobytes()).decode(),
        }
    path = Path(__file__).parent / "goldens" / "ggml-blocks.json"
    path.write_text(json.dumps(goldens, indent=1) + "\n")


if __name__ == "__main__":
    main()
