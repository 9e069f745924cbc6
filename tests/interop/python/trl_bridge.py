"""The run of a preset in TRL's SFTTrainer.

    python trl_bridge.py start job.json    saves a fresh PEFT adapter, as get_peft_model makes it
    python trl_bridge.py train job.json    trains it on job["rows"] in their order, and prints what happened

A job: model (a folder), adapter (a folder), settings (of Plume), rows [{"prompt", "completion"}].
Printed as JSON: tokens and mask of every row as SFTTrainer prepares them, and its log, a line a step.
"""

import json
import sys
from pathlib import Path

import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel, get_peft_model
from torch.utils.data import SequentialSampler
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer


class InOrder(SFTTrainer):
    """Batches come as Plume shuffles them: the rows are given in that order."""

    def _get_train_sampler(self, *_):
        return SequentialSampler(self.train_dataset)


def start(job):
    settings = job["settings"]
    torch.manual_seed(settings["seed"])
    base = AutoModelForCausalLM.from_pretrained(job["model"], dtype=torch.float32)
    config = LoraConfig(
        r=settings["rank"],
        lora_alpha=settings["alpha"],
        use_rslora=settings["usesRsLora"],
        lora_dropout=settings["dropout"],
        target_modules=settings["targets"],
        task_type="CAUSAL_LM",
    )
    get_peft_model(base, config).save_pretrained(job["adapter"])


def train(job):
    settings = job["settings"]
    base = AutoModelForCausalLM.from_pretrained(job["model"], dtype=torch.float32)
    model = PeftModel.from_pretrained(base, job["adapter"], is_trainable=True)
    tokenizer = AutoTokenizer.from_pretrained(job["model"])
    config = SFTConfig(
        output_dir=str(Path(job["adapter"]) / "trl"),
        per_device_train_batch_size=settings["batchSize"],
        gradient_accumulation_steps=settings["accumulation"],
        max_steps=settings["steps"],
        max_length=settings["sequenceLength"],
        learning_rate=settings["learningRate"],
        lr_scheduler_type=settings["schedule"],
        warmup_steps=settings["warmupSteps"],
        weight_decay=settings["weightDecay"],
        max_grad_norm=settings["maxGradientNorm"],
        optim="adamw_torch",
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        disable_tqdm=True,
        seed=settings["seed"],
    )
    trainer = InOrder(
        model=model, args=config, train_dataset=Dataset.from_list(job["rows"]), processing_class=tokenizer
    )
    rows = [
        {"tokens": row["input_ids"], "mask": [int(label != -100) for label in row["labels"]]}
        for row in trainer.train_dataset
    ]
    trainer.train()
    log = [entry for entry in trainer.state.log_history if "loss" in entry]
    print("RESULT " + json.dumps({"rows": rows, "log": log}))


if __name__ == "__main__":
    verb, path = sys.argv[1:]
    {"start": start, "train": train}[verb](json.loads(Path(path).read_text()))
