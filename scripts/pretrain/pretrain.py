"""Trains the embedded model from the story corpus to exported files, in a fixed wall-clock time.

Everything that changes during training (learning rate, batch) is a function of the share of the time
that has passed, not of a step count: the run always ends annealed, however slow or shared the machine is.
The price is that two runs are never equal to the bit.
"""

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from corpus import END_OF_TEXT, chat_documents, read_documents, split_validation
from export import export
from model import Model, Shape
from muon import Muon
from story_tokenizer import train_tokenizer

VALIDATION_BOOK = "THE PRINCESS AND THE GOBLIN"
VALIDATION_TAIL = 0.015
MUON_RATE = 0.02
ADAM_RATE = 0.004
WARM_UP_SHARE = 0.01
STABLE_UNTIL = 0.2
# (from this share of the time on, rows, tokens a row). Small batches first: many steps are worth more
# than clean gradients while the loss falls steeply. Long rows last, so that every position is trained.
STAGES = [(0.0, 8, 256), (0.3, 16, 256), (0.7, 8, 512)]
EVALUATION_WINDOW = 256


@dataclass
class Clock:
    """Elapsed training time, kept across restarts."""

    total_seconds: float
    spent_before: float = 0.0

    def __post_init__(self) -> None:
        self.started = time.monotonic()

    def seconds(self) -> float:
        return self.spent_before + time.monotonic() - self.started

    def share(self) -> float:
        return min(1.0, self.seconds() / self.total_seconds)


class Rows:
    """Rows of the token stream: a new random offset and order in every pass."""

    def __init__(self, stream: np.ndarray, seed: int):
        self.stream = stream
        self.rng = np.random.default_rng(seed)
        self.length = 0
        self.starts: list[int] = []

    def batch(self, rows: int, length: int) -> torch.Tensor:
        if length != self.length:
            self.length, self.starts = length, []
        if len(self.starts) < rows:
            offset = int(self.rng.integers(length))
            self.starts = self.rng.permutation(np.arange(offset, len(self.stream) - length - 1, length)).tolist()
        taken = [self.starts.pop() for _ in range(rows)]
        return torch.from_numpy(np.stack([self.stream[s : s + length + 1] for s in taken]).astype(np.int64))


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    arguments.work.mkdir(parents=True, exist_ok=True)

    documents = read_documents(arguments.corpus)
    train, held_book, tails = split_validation(documents, VALIDATION_BOOK, VALIDATION_TAIL)
    texts = [d.text() for d in train]
    chats = chat_documents(train, arguments.seed)
    shape = Shape()
    tokenizer_path = arguments.work / "tokenizer.json"
    if not tokenizer_path.exists():
        train_tokenizer(texts, shape.vocabulary).save(str(tokenizer_path))
    tokenizer = Tokenizer.from_file(str(tokenizer_path))

    mixed = texts + chats
    order = np.random.default_rng(arguments.seed).permutation(len(mixed))
    stream = encode([mixed[i] for i in order], tokenizer)
    held_out = {
        "held-out book": "\n\n".join(d.text() for d in held_book),
        "tails of the other books": "\n\n".join(d.text() for d in tails),
    }
    if arguments.out_of_domain:
        held_out["out of domain"] = arguments.out_of_domain.read_text(encoding="utf-8")
    say(f"{len(texts)} documents, {len(chats)} chats, {len(stream):,} training tokens")

    model = Model(shape)
    muon = Muon([matrix for layer in model.layers for matrix in layer.matrices()])
    own = {id(p) for p, _ in muon.matrices}
    adam = torch.optim.AdamW([p for p in model.parameters() if id(p) not in own], lr=ADAM_RATE, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0)
    say(f"{sum(p.numel() for p in model.parameters()):,} parameters, {asdict(shape)}")

    clock = Clock(arguments.minutes * 60)
    tokens_seen = step = 0
    checkpoint = arguments.work / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        adam.load_state_dict(state["adam"])
        muon.buffers = state["muon"]
        clock = Clock(clock.total_seconds, state["seconds"])
        tokens_seen, step = state["tokens_seen"], state["step"]
        say(f"resumed at step {step}")
    rows = Rows(stream, arguments.seed + step)

    last_log = last_save = clock.seconds()
    is_first_export_done = False
    smooth = None
    while (share := clock.share()) < 1:
        _, batch_rows, length = [s for s in STAGES if s[0] <= share][-1]
        batch = rows.batch(batch_rows, length)
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            loss = model.loss(batch)
        loss.backward()
        rate = rate_at(share)
        for group in adam.param_groups:
            group["lr"] = ADAM_RATE * rate
        muon.momentum = min(0.95, 0.85 + 0.1 * step / 300)
        muon.step(MUON_RATE * rate)
        adam.step()
        adam.zero_grad(set_to_none=True)
        for parameter, _ in muon.matrices:
            parameter.grad = None
        step += 1
        tokens_seen += batch_rows * length
        smooth = loss.item() if smooth is None else smooth + 0.02 * (loss.item() - smooth)
        assert math.isfinite(smooth), "the loss is not finite"

        now = clock.seconds()
        if now - last_log > 30:
            say(f"step {step} {now / 60:.1f} min {tokens_seen / 1e6:.2f} M tokens, loss {smooth:.3f}, rate {rate:.3f}")
            last_log = now
        if not is_first_export_done and arguments.first_export_minutes and now > arguments.first_export_minutes * 60:
            export(model, tokenizer, arguments.output)
            is_first_export_done = True
            say("first export")
        if now - last_save > 360:
            save(checkpoint, model, adam, muon, now, tokens_seen, step)
            scores = {name: evaluate(model, tokenizer, text[:60_000]) for name, text in held_out.items()}
            say("  " + ", ".join(f"{name} {s['nats_per_token']:.3f}" for name, s in scores.items()))
            last_save = clock.seconds()

    save(checkpoint, model, adam, muon, clock.seconds(), tokens_seen, step)
    export(model, tokenizer, arguments.output)
    # The scores are those of the exported numbers.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    report = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "training_tokens": len(stream),
        "tokens_seen": tokens_seen,
        "steps": step,
        "minutes": round(clock.seconds() / 60, 1),
        "smoothed_train_loss": smooth,
        "held_out": {name: evaluate(model, tokenizer, text) for name, text in held_out.items()},
        "positions": position_losses(model, tokenizer, held_out["held-out book"]),
    }
    (arguments.work / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    say(json.dumps(report, indent=2))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="stories, each book opened by a line <|book|>; .gz or plain")
    parser.add_argument("--out-of-domain", type=Path, help="a text that is only measured")
    parser.add_argument("--work", type=Path, required=True, help="checkpoints, tokenizer and report; outside the repository")
    parser.add_argument("--output", type=Path, required=True, help="where the model's files go")
    parser.add_argument("--minutes", type=float, default=78)
    parser.add_argument("--first-export-minutes", type=float, default=0, help="also export once after so many minutes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True, help="products in bfloat16; faster where the CPU has avx512_bf16")
    return parser.parse_args()


def rate_at(share: float) -> float:
    """Short warm-up, level, then straight down to zero."""
    if share < WARM_UP_SHARE:
        return 0.05 + 0.95 * share / WARM_UP_SHARE
    return min(1.0, (1 - share) / (1 - STABLE_UNTIL))


def encode(texts: list[str], tokenizer: Tokenizer) -> np.ndarray:
    separator = tokenizer.token_to_id(END_OF_TEXT)
    ids: list[int] = []
    for encoding in tokenizer.encode_batch(texts):
        ids.append(separator)
        ids.extend(encoding.ids)
    return np.array([*ids, separator], dtype=np.uint16)


@torch.no_grad()
def losses_by_window(model: Model, tokenizer: Tokenizer, text: str, length: int) -> tuple[torch.Tensor, int]:
    """Losses [windows, length] in nats, over windows that share no context, and the count of the text's tokens."""
    ids = torch.tensor(tokenizer.encode(text).ids)
    windows = ids[: (len(ids) - 1) // length * length + 1]
    rows = torch.stack([windows[s : s + length + 1] for s in range(0, len(windows) - 1, length)])
    losses = []
    for part in rows.split(16):
        logits = model(part[:, :-1])
        losses.append(torch.nn.functional.cross_entropy(logits.mT, part[:, 1:], reduction="none"))
    return torch.cat(losses), len(ids)


def evaluate(model: Model, tokenizer: Tokenizer, text: str) -> dict[str, float]:
    losses, token_count = losses_by_window(model, tokenizer, text, EVALUATION_WINDOW)
    nats = losses.double().mean().item()
    return {
        "nats_per_token": nats,
        "perplexity": math.exp(nats),
        "bits_per_byte": nats / math.log(2) * token_count / len(text.encode()),
        "tokens": token_count,
    }


def position_losses(model: Model, tokenizer: Tokenizer, text: str) -> dict[str, float]:
    """Mean loss by place in a full window: shows whether the far positions are as good as the near ones."""
    losses, _ = losses_by_window(model, tokenizer, text, model.shape.positions)
    return {f"{s}-{s + 63}": losses[:, s : s + 64].double().mean().item() for s in range(0, model.shape.positions, 64)}


def save(path: Path, model: Model, adam: torch.optim.Optimizer, muon: Muon, seconds: float, tokens_seen: int, step: int) -> None:
    state = {"model": model.state_dict(), "adam": adam.state_dict(), "muon": muon.buffers}
    torch.save(state | {"seconds": seconds, "tokens_seen": tokens_seen, "step": step}, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
