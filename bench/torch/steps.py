"""PyTorch with PEFT at what `plume bench` times as whole steps: the same model's shape, LoRA on the same linears, float32.

    npm run plume -- bench --only step/float32 --json > plume.json
    python bench/torch/steps.py --beside plume.json [--device cuda] [--out torch.json]

Rank, batch and length are those of plume.json, which is the default of everything; without it they are flags. Weights are
random: no time depends on them. Rows are named as Plume names them:

    training step            forward and backward of one micro-batch
    optimizer update         the norm of the gradients, clipping, AdamW, gradients to zero
    evaluation with adapter  forward and loss
    prefill                  64 tokens into an empty cache, logits of the last
    decode                   one token more, with those in the cache

`flops` are what PyTorch counts of its matrix products (Plume counts all it computes, and a causal half of attention).
TensorFloat-32 is off: it has ten bits where float32 has 23.
"""

import argparse
import datetime
import json
import math
import platform
import time
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoConfig, AutoModelForCausalLM

LEAST_RUN_MS = 40  # as src/benchmark/kernelBenchmark.ts
PREFILL_TOKENS = 64  # as src/generation/program.ts


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, help="what `plume bench --json` wrote: its shape, and ratios to it")
    parser.add_argument("--model", type=Path, default=Path("public/models/plume-stories"), help="a folder with config.json")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, help="on the processor; Plume in Node takes one")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def timed(work, device: torch.device, rounds: int) -> dict:
    """Median of `rounds` after a warm-up, and half the distance between the quartiles, in milliseconds of one run."""

    def runs(count: int) -> float:
        started = time.perf_counter()
        for _ in range(count):
            work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return 1000 * (time.perf_counter() - started)

    runs(2)
    repetitions = max(1, min(1000, math.ceil(LEAST_RUN_MS / max(runs(1), 0.01))))
    times = sorted(runs(repetitions) / repetitions for _ in range(rounds))
    at = lambda share: times[math.floor(share * (rounds - 1) + 0.5)]
    return {"value": at(0.5), "spread": (at(0.75) - at(0.25)) / 2, "n": rounds, "repetitions": repetitions}


def flops_of(work) -> int:
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def build(settings: argparse.Namespace, device: torch.device):
    torch.manual_seed(1)
    config = AutoConfig.from_pretrained(settings.model)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).to(device)
    lora = LoraConfig(r=settings.rank, lora_alpha=2 * settings.rank, lora_dropout=0.0, target_modules="all-linear")
    return get_peft_model(model, lora), config


def works(model, config, settings: argparse.Namespace, device: torch.device) -> dict:
    """What is timed, by Plume's names. Nothing is read back."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=0.0, fused=device.type == "cuda")
    tokens = torch.randint(config.vocab_size, (settings.batch, settings.length), device=device)
    prompt = tokens.new_zeros((1, PREFILL_TOKENS))
    token = prompt[:, :1]
    cache = []

    def train() -> None:
        model(input_ids=tokens, labels=tokens, use_cache=False).loss.backward()

    def update() -> None:
        # Plume's loss reports the norm: so it is part of the update, there and here.
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        for parameter in trained:
            parameter.grad.zero_()

    @torch.no_grad()
    def evaluate() -> None:
        model(input_ids=tokens, labels=tokens, use_cache=False)

    @torch.no_grad()
    def prefill() -> None:
        cache[:] = [model(input_ids=prompt, use_cache=True, logits_to_keep=1).past_key_values]

    @torch.no_grad()
    def decode() -> None:
        model(input_ids=token, past_key_values=cache[0], use_cache=True, logits_to_keep=1)
        cache[0].crop(-1)  # the token again, so that every run finds the same

    return {
        "training step": train,
        "optimizer update": update,
        "evaluation with adapter": evaluate,
        "prefill": prefill,
        "decode": decode,
    }


def device_facts(device: torch.device) -> dict:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    threads = None if device.type == "cuda" else torch.get_num_threads()
    return {"kind": device.type, "description": name, "threads": threads, "torch": torch.__version__}


def line_of(name: str, row: dict, other: dict | None) -> str:
    timing = row["timing"]
    shown = f'{timing["value"]:10.3f} ± {timing["spread"]:<8.3f} n {timing["n"]}   {name}'
    if other is None:
        return shown
    theirs = other["timing"]
    ratio = timing["value"] / theirs["value"]
    # Of two medians that were taken one after the other: their shares add up as squares.
    spread = ratio * math.hypot(timing["spread"] / timing["value"], theirs["spread"] / theirs["value"])
    return f'{shown:60}   Plume {theirs["value"]:.3f} ± {theirs["spread"]:.3f}, {ratio:.2f} ± {spread:.2f} times as fast'


def whole_step(rows: dict) -> dict | None:
    parts = [rows.get("training step"), rows.get("optimizer update")]
    if None in parts:
        return None
    timings = [part["timing"] for part in parts]
    value, spread = (sum(timing[key] for timing in timings) for key in ("value", "spread"))
    return {"timing": {"value": value, "spread": spread, "n": timings[0]["n"]}}


def main() -> None:
    settings = arguments()
    beside = json.loads(settings.beside.read_text()) if settings.beside else None
    if beside:
        shape = beside["settings"]
        settings.rank, settings.batch, settings.length = (shape[key] for key in ("rank", "batchSize", "sequenceLength"))
    if settings.threads:
        torch.set_num_threads(settings.threads)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    device = torch.device(settings.device)

    model, config = build(settings, device)
    rows = []
    for name, work in works(model, config, settings, device).items():
        flops = flops_of(work)
        timing = timed(work, device, settings.rounds)
        rows.append({"what": "step/float32", "name": name, "precision": "float32", "arithmetic": "float32"})
        rows[-1] |= {"timing": timing, "flops": flops, "bytes": None, "shareOfFloor": None}
    facts = device_facts(device)
    print(facts)

    others = {row["name"]: row for row in beside["rows"] if row["what"] == "step/float32"} if beside else {}
    mine = {row["name"]: row for row in rows}
    for name, row in mine.items():
        print(line_of(name, row, others.get(name)))
    step, other = whole_step(mine), whole_step(others)
    print(line_of("whole step", step, other))
    tokens = settings.batch * settings.length
    print(f'{1000 * tokens / step["timing"]["value"]:.0f} tokens a second in training', end="")
    print(f', Plume {1000 * tokens / other["timing"]["value"]:.0f}' if other else "")

    if settings.out:
        shape = {"rank": settings.rank, "batchSize": settings.batch, "sequenceLength": settings.length}
        date = datetime.date.today().isoformat()
        result = {"device": facts, "date": date, "ceilings": None, "settings": shape, "rows": rows}
        settings.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
