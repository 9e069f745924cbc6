"""The run that was prepared in Plume, with PEFT in TRL's SFTTrainer.

    accelerate launch --config_file accelerate.yaml train.py

settings.json has the settings, adapter/ what training starts from, data.jsonl the sequences in the order in which
they are visited, tokenized and masked. README.md says how to use another model, other data or more GPUs.
"""

import argparse
import json
from pathlib import Path

import torch
from accelerate import PartialState
from datasets import Dataset
from peft import PeftModel
from torch.utils.data import SequentialSampler
from transformers import AutoModelForCausalLM, AutoTokenizer, default_data_collator
from trl import SFTConfig, SFTTrainer

HERE = Path(__file__).resolve().parent
SCHEDULES = {"constant": "constant_with_warmup", "linear": "linear", "cosine": "cosine"}


class InOrder(SFTTrainer):
    """The data lies in the order of the run."""

    def _get_train_sampler(self, *_):
        return SequentialSampler(self.train_dataset)


def arguments(settings):
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=settings["model"], help="a folder, or an id on the hub")
    parser.add_argument("--data", type=Path, default=HERE / "data.jsonl")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--bf16", action="store_true", help="compute in bfloat16: faster, and no longer to the digit")
    return parser.parse_args()


def main():
    settings = json.loads((HERE / "settings.json").read_text())
    args = arguments(settings)
    base = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32)
    model = PeftModel.from_pretrained(base, HERE / "adapter", is_trainable=True)
    with args.data.open() as lines:
        rows = Dataset.from_list([json.loads(line) for line in lines])
    # A step sees as many sequences as in Plume, however many processes share them.
    accumulation = max(1, settings["accumulation"] // PartialState().num_processes)
    config = SFTConfig(
        output_dir=str(args.out),
        per_device_train_batch_size=settings["batchSize"],
        gradient_accumulation_steps=accumulation,
        max_steps=settings["steps"],
        learning_rate=settings["learningRate"],
        lr_scheduler_type=SCHEDULES[settings["schedule"]],
        warmup_steps=settings["warmupSteps"],
        weight_decay=settings["weightDecay"],
        max_grad_norm=settings["maxGradientNorm"],
        gradient_checkpointing=settings["usesCheckpointing"],
        optim="adamw_torch",
        bf16=args.bf16,
        seed=settings["seed"],
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
    )
    trainer = InOrder(
        model=model,
        args=config,
        train_dataset=rows,
        data_collator=default_data_collator,
        processing_class=AutoTokenizer.from_pretrained(args.model),
    )
    trainer.train()
    if trainer.is_world_process_zero():
        model.save_pretrained(args.out)
        losses = [entry for entry in trainer.state.log_history if "loss" in entry]
        (args.out / "log.json").write_text(json.dumps(losses, indent=2))


if __name__ == "__main__":
    main()
