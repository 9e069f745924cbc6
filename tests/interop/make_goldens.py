"""Small random models of every family, adapted with PEFT and trained with PyTorch: what Plume must equal.

    python tests/interop/make_goldens.py            writes tests/interop/goldens/<case>/ and manifest.json
    python tests/interop/make_goldens.py --check    makes them again and compares every byte

Each case holds a model as transformers saves it, an adapter as PEFT saves it, and what both gave: the logits
of the first micro-batch, every adapter gradient of the first optimizer step (before clipping), and the loss,
the gradient norm and the adapter over 50 steps of AdamW. Dimensions are awkward on purpose.

The processor's instruction set is pinned to one that every x86 machine since 2015 has: how wide its vectors are
decides in which order PyTorch adds, and with it the last bits.

int8 cases are trained on dequantized weights: blocks of 32 along the input, as GGUF's Q8_0. The file keeps
the weights from before; Plume quantizes them itself.
"""

import argparse
import hashlib
import json
import math
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ |= {
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "COMPATIBLE",  # the only branch of MKL that is the same on every make of processor
}

import numpy as np
import peft
import safetensors
import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, Qwen2Config, Qwen3Config, get_scheduler

GOLDENS = Path(__file__).parent / "goldens"
STEPS = 50
BLOCK = 32
IGNORED = -100
BETAS = (0.9, 0.999)
EPSILON = 1e-8

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
LLAMA_LINEARS = [*ATTENTION, "gate_proj", "up_proj", "down_proj"]
GPT2_LINEARS = ["c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"]


def llama(**changes):
    return LlamaConfig(
        **{
            "hidden_size": 36,
            "intermediate_size": 52,
            "num_hidden_layers": 2,
            "num_attention_heads": 3,
            "num_key_value_heads": 1,
            "head_dim": 10,
            "vocab_size": 97,
            "max_position_embeddings": 64,
            "tie_word_embeddings": True,
            **changes,
        }
    )


LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    # Shorter than the sequences, so that all three ranges of frequencies occur.
    "original_max_position_embeddings": 12,
}

WIDE = {"hidden_size": 64, "intermediate_size": 96}

CASES = {
    "llama-tied": {"model": llama(), "lora": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"]}},
    "llama-rope3": {
        "model": llama(
            num_attention_heads=6,
            num_key_value_heads=2,
            head_dim=12,
            attention_bias=True,
            mlp_bias=True,
            tie_word_embeddings=False,
            rope_parameters=LLAMA3_ROPE,
        ),
        "lora": {"r": 5, "lora_alpha": 10, "use_rslora": True, "target_modules": LLAMA_LINEARS},
        "schedule": "linear",
    },
    "llama-linear": {
        "model": llama(
            hidden_size=45,
            num_attention_heads=5,
            num_key_value_heads=1,
            head_dim=6,
            rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.5},
        ),
        "lora": {"r": 3, "lora_alpha": 12, "target_modules": LLAMA_LINEARS},
        "accumulation": 3,
        "masked": True,
        "weight_decay": 0.1,
        "tokens": 23,
    },
    "qwen2": {
        "model": Qwen2Config(
            hidden_size=40,
            intermediate_size=70,
            num_hidden_layers=2,
            num_attention_heads=5,
            num_key_value_heads=5,
            vocab_size=101,
            max_position_embeddings=64,
            tie_word_embeddings=True,
        ),
        "lora": {
            "r": 4,
            "lora_alpha": 8,
            "target_modules": LLAMA_LINEARS,
            "rank_pattern": {"layers.0.self_attn.q_proj": 3, "down_proj": 7},
            "alpha_pattern": {"layers.1.self_attn.v_proj": 5, "down_proj": 21},
        },
    },
    "qwen3": {
        "model": Qwen3Config(
            hidden_size=45,
            intermediate_size=60,
            num_hidden_layers=2,
            num_attention_heads=9,
            num_key_value_heads=3,
            head_dim=14,
            rms_norm_eps=1e-3,  # large enough that leaving it out shows
            vocab_size=89,
            max_position_embeddings=64,
            tie_word_embeddings=False,
        ),
        "lora": {"r": 2, "lora_alpha": 4, "target_modules": ATTENTION},
        "schedule": "constant",
        "accumulation": 2,
    },
    "gpt2": {
        "model": GPT2Config(n_embd=30, n_layer=2, n_head=3, n_positions=40, vocab_size=103, layer_norm_epsilon=1e-3),
        "lora": {"r": 3, "lora_alpha": 6, "target_modules": GPT2_LINEARS, "fan_in_fan_out": True},
        "masked": True,
    },
    "llama-int8": {
        "model": llama(**WIDE, num_attention_heads=4, num_key_value_heads=2, head_dim=18),
        "lora": {"r": 4, "lora_alpha": 8, "target_modules": LLAMA_LINEARS},
        "precision": "int8",
    },
    "qwen2-int8": {
        "model": Qwen2Config(
            **WIDE,
            num_hidden_layers=1,
            num_attention_heads=4,
            num_key_value_heads=2,
            vocab_size=97,
            max_position_embeddings=64,
        ),
        "lora": {"r": 4, "lora_alpha": 8, "target_modules": LLAMA_LINEARS},
        "precision": "int8",
    },
    "qwen3-int8": {
        "model": Qwen3Config(
            **WIDE,
            num_hidden_layers=1,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=20,
            vocab_size=97,
            max_position_embeddings=64,
        ),
        "lora": {"r": 4, "lora_alpha": 8, "target_modules": LLAMA_LINEARS},
        "precision": "int8",
    },
    "gpt2-int8": {
        "model": GPT2Config(n_embd=64, n_inner=96, n_layer=1, n_head=4, n_positions=40, vocab_size=97),
        "lora": {"r": 4, "lora_alpha": 8, "target_modules": GPT2_LINEARS, "fan_in_fan_out": True},
        "precision": "int8",
    },
}


def randomize(model, generator):
    """Weights as a trained model's: norms around 1, products of unit size, biases that matter."""
    done = set()
    for name, parameter in model.named_parameters():
        if parameter.data_ptr() in done:
            continue
        done.add(parameter.data_ptr())
        noise = torch.randn(parameter.shape, generator=generator)
        if name.endswith("bias"):
            values = 0.1 * noise
        elif parameter.ndim == 1:
            values = 1 + 0.1 * noise
        elif any(part in name for part in ("embed_tokens", "wte", "wpe")):
            values = 0.5 * noise
        else:
            inputs = parameter.shape[0] if is_conv1d(name) else parameter.shape[1]
            values = noise / math.sqrt(inputs)
        parameter.data.copy_(values)


def is_conv1d(name):
    return ".h." in name and any(part in name for part in ("c_attn", "c_proj", "c_fc"))


def dequantized(weight):
    """A matrix [outputs, inputs] after quantization in blocks and back. Rounds half away from zero."""
    values = weight.numpy().astype(np.float32)
    outputs, inputs = values.shape
    blocks = values.reshape(outputs, inputs // BLOCK, BLOCK)
    scale = (np.abs(blocks).max(axis=2, keepdims=True) / np.float32(127)).astype(np.float32)
    inverse = np.where(scale > 0, np.float32(1) / np.where(scale > 0, scale, 1), 0).astype(np.float32)
    scaled = (blocks * inverse).astype(np.float32).astype(np.float64)
    rounded = np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)
    stored_scale = scale.astype(np.float16).astype(np.float32)
    return torch.from_numpy((rounded.astype(np.float32) * stored_scale).reshape(outputs, inputs))


def quantize_matrices(model):
    """Every matrix whose rows are whole blocks, but learned positions, as Plume does."""
    for name, parameter in model.named_parameters():
        if parameter.ndim != 2 or ".wpe." in name:
            continue
        conv1d = is_conv1d(name)
        matrix = parameter.data.T.contiguous() if conv1d else parameter.data
        if matrix.shape[1] % BLOCK:
            continue
        result = dequantized(matrix)
        parameter.data.copy_(result.T if conv1d else result)


def make_batches(case, vocabulary, generator):
    """Four micro-batches that repeat: tokens [B, T] and labels [B, T], the next token or IGNORED."""
    tokens_each, batch_size = case.get("tokens", 19), 2
    batches = []
    for _ in range(4):
        row = torch.randint(0, vocabulary, (batch_size, tokens_each + 1), generator=generator)
        tokens, labels = row[:, :-1].contiguous(), row[:, 1:].clone()
        if case.get("masked"):
            # A prompt without loss, an answer, padding at the end of the second row.
            prompt = int(torch.randint(3, 8, (1,), generator=generator))
            labels[:, :prompt] = IGNORED
            labels[1, -4:] = IGNORED
        batches.append((tokens, labels))
    return batches


def micro_loss(model, batch, count):
    """The part of one micro-batch in the mean over all `count` labelled tokens of the optimizer step."""
    tokens, labels = batch
    logits = model(input_ids=tokens).logits
    total = torch.nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]), labels.reshape(-1), ignore_index=IGNORED, reduction="sum"
    )
    return total / count, logits


def labelled(batches):
    return sum(int((labels != IGNORED).sum()) for _, labels in batches)


def without_prefix(name):
    return name.removeprefix("base_model.model.").replace(".default.weight", "")


def train(model, case, batches):
    """50 steps as people write them. Returns what is expected and the rates that were used."""
    accumulation = case.get("accumulation", 1)
    named = {without_prefix(name): p for name, p in model.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW(
        named.values(), lr=5e-3, betas=BETAS, eps=EPSILON, weight_decay=case.get("weight_decay", 0.01)
    )
    schedule = case.get("schedule", "cosine")
    name = "constant_with_warmup" if schedule == "constant" else schedule
    scheduler = get_scheduler(name, optimizer, num_warmup_steps=5, num_training_steps=STEPS)
    expected, losses, norms, rates = {}, [], [], []
    for step in range(STEPS):
        micros = [batches[(step * accumulation + i) % len(batches)] for i in range(accumulation)]
        count = labelled(micros)
        loss = 0.0
        for index, batch in enumerate(micros):
            part, logits = micro_loss(model, batch, count)
            part.backward()
            loss += part.item()
            if step == 0 and index == 0:
                expected["logits"] = logits.detach().clone()
        if step == 0:
            expected |= {f"gradient.{key}": value.grad.clone() for key, value in named.items()}
        norms.append(float(torch.nn.utils.clip_grad_norm_(named.values(), 0.8)))
        losses.append(loss)
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
    expected |= {f"final.{key}": value.detach().clone() for key, value in named.items()}
    expected["losses"] = torch.tensor(losses, dtype=torch.float32)
    expected["norms"] = torch.tensor(norms, dtype=torch.float32)
    return expected, rates


def make_case(name, case, folder):
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    config = case["model"]
    if config.model_type == "gpt2":
        # Plume trains without the base's own dropout, as every newer family is trained.
        config.attn_pdrop = config.embd_pdrop = config.resid_pdrop = 0.0
    config._attn_implementation = "eager"
    model = AutoModelForCausalLM.from_config(config)
    randomize(model, generator)
    model.save_pretrained(folder)
    if case.get("precision") == "int8":
        quantize_matrices(model)
    batches = make_batches(case, config.vocab_size, generator)

    model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.0, **case["lora"]))
    for key, parameter in model.named_parameters():
        if "lora_B" in key:
            parameter.data.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    model.save_pretrained(folder / "adapter")
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    (folder / "generation_config.json").unlink(missing_ok=True)
    for path in (folder / "adapter" / "adapter_config.json", folder / "config.json"):
        # Sets are written in the order of their hashes, which differs from run to run.
        values = json.loads(path.read_text())
        if isinstance(values.get("target_modules"), list):
            values["target_modules"].sort()
        path.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n")
    model.train()
    expected, rates = train(model, case, batches)
    save_file({key: value.contiguous() for key, value in expected.items()}, folder / "expected.safetensors")
    (folder / "case.json").write_text(
        json.dumps(
            {
                "precision": case.get("precision", "float32"),
                "accumulation": case.get("accumulation", 1),
                "schedule": case.get("schedule", "cosine"),
                "learningRate": 5e-3,
                "warmupSteps": 5,
                "weightDecay": case.get("weight_decay", 0.01),
                "maxGradientNorm": 0.8,
                "betas": BETAS,
                "epsilon": EPSILON,
                "learningRates": rates,
                # [B, T] each; -1 is no label.
                "batches": [
                    {"tokens": tokens.tolist(), "labels": labels.masked_fill(labels == IGNORED, -1).tolist()}
                    for tokens, labels in batches
                ],
            }
        )
        + "\n"
    )
    return seed


def make_all(target):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.logging.set_verbosity_error()
    seeds = {}
    for name, case in CASES.items():
        folder = target / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        seeds[name] = make_case(name, case, folder)
    files = sorted(path for name in CASES for path in (target / name).rglob("*") if path.is_file())
    manifest = {
        "versions": {
            module.__name__: module.__version__.split("+")[0]
            for module in (torch, transformers, peft, safetensors, np)
        },
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "steps": STEPS,
        "seeds": seeds,
        "sha256": {str(path.relative_to(target)): digest_of(path) for path in files},
    }
    (target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return manifest


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--check", action="store_true", help="compare with the committed files")
    if not arguments.parse_args().check:
        make_all(GOLDENS)
        return
    committed = json.loads((GOLDENS / "manifest.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        made = make_all(Path(folder))
    for key in ("versions", "instructions", "steps", "seeds"):
        if made[key] != committed.get(key):
            sys.exit(f"{key}: committed {committed.get(key)}, here {made[key]}")
    paths = sorted({*made["sha256"], *committed["sha256"]})
    differing = [
        path
        for path in paths
        if not made["sha256"].get(path) == committed["sha256"].get(path) == digest_of(GOLDENS / path)
    ]
    if differing:
        sys.exit(f"these goldens are made differently now: {', '.join(differing)}")
    print(f"{len(made['sha256'])} files, every byte the same")


if __name__ == "__main__":
    main()
