"""Loads and saves adapters with whichever PEFT is installed, and computes logits with them.

    python peft_bridge.py jobs.json results.safetensors

A job is {"name", "kind": "load" | "save" | "merged", "model", "adapter", "tokens", ...}. `load` reads the folder `adapter`
with every warning about it turned into an error; `save` makes an adapter by the LoraConfig in "lora" and writes
it there; `merged` is a model without an adapter. All store the logits of `tokens` [B, T] under the job's name.
"""

import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM


def load_base(folder):
    """The model, with config.json in the words of older transformers beside those of version 5."""
    with tempfile.TemporaryDirectory() as copy:
        for file in [*Path(folder).glob("model*.safetensors*"), Path(folder) / "config.json"]:
            shutil.copy(file, copy)
        path = Path(copy) / "config.json"
        config = json.loads(path.read_text())
        rope = config.get("rope_parameters")
        if rope:
            config["rope_theta"] = rope["rope_theta"]
            if rope["rope_type"] != "default":
                scaling = {key: value for key, value in rope.items() if key != "rope_theta"}
                config["rope_scaling"] = {**scaling, "type": rope["rope_type"]}
        config["torch_dtype"] = "float32"
        path.write_text(json.dumps(config))
        return AutoModelForCausalLM.from_pretrained(copy, attn_implementation="eager").eval()


def logits_of(model, tokens):
    with torch.no_grad():
        return model(input_ids=torch.tensor(tokens)).logits.float().contiguous()


def load(job):
    base = load_base(job["model"])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model = PeftModel.from_pretrained(base, job["adapter"])
    return logits_of(model.eval(), job["tokens"])


def save(job):
    base = load_base(job["model"])
    torch.manual_seed(5)
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **job["lora"]))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.copy_(0.1 * torch.randn(parameter.shape))
    folder = Path(job["adapter"])
    model.save_pretrained(folder, safe_serialization=not job.get("pickles", False))
    if "extraKeys" in job:
        path = folder / "adapter_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **job["extraKeys"]}))
    if job.get("defaultNames"):
        path = folder / "adapter_model.safetensors"
        tensors = load_file(path)
        renamed = {key.replace(".weight", ".default.weight"): value for key, value in tensors.items()}
        save_file(renamed, path, metadata={"format": "pt"})
    return logits_of(model.eval(), job["tokens"])


def merged(job):
    return logits_of(load_base(job["model"]), job["tokens"])


def main():
    jobs, results = sys.argv[1:]
    torch.set_num_threads(1)
    kinds = {"load": load, "save": save, "merged": merged}
    logits = {job["name"]: kinds[job["kind"]](job) for job in json.loads(Path(jobs).read_text())}
    save_file(logits, results)


if __name__ == "__main__":
    main()
