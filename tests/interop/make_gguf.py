"""Small GGUF files as llama.cpp's converter writes them, and the tokenizer.json that each tokenizer came from.

    pip install -r tests/interop/requirements.txt gguf==0.19.0 && python tests/interop/make_gguf.py

Models are those of make_goldens.py, in half precision or Q8_0: the names come from the gguf package, the order
of rows and the keys from convert_hf_to_gguf.py. The script reads each back with transformers and compares.
Tokenizers are trained here, on the few lines below.
"""

import json
import math
import tempfile
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import TokenType
from safetensors.numpy import load_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.tokenization_utils_base import generate_merges

GOLDENS = Path(__file__).parent / "goldens"
TARGET = GOLDENS / "gguf"
MODELS = {
    "llama-linear": Kind.F16,
    "llama-rope3": Kind.F16,
    "llama-int8": Kind.Q8_0,
    "qwen2": Kind.F16,
    "qwen3": Kind.F16,
    "gpt2": Kind.F16,
    "gpt2-int8": Kind.Q8_0,
}
ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA,
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
    "gpt2": gguf.MODEL_ARCH.GPT2,
}
CONV1D = (".c_attn.weight", ".c_proj.weight", ".c_fc.weight")


def permute(weights, heads):
    """From pairs half a head apart to pairs side by side."""
    split = weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
    return np.ascontiguousarray(split.swapaxes(1, 2).reshape(weights.shape))


def rope_factors(config):
    rope, width = config["rope_parameters"], config["head_dim"]
    frequencies = 1.0 / (rope["rope_theta"] ** (torch.arange(0, width, 2, dtype=torch.float32) / width))
    low, high, length = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    factors = []
    for frequency in frequencies:
        wavelength = 2 * math.pi / frequency
        if wavelength < length / high:
            factors.append(1)
        elif wavelength > length / low:
            factors.append(rope["factor"])
        else:
            smooth = (length / wavelength - low) / (high - low)
            factors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(factors, dtype=np.float32)


def add_keys(writer, config):
    if config["model_type"] == "gpt2":
        writer.add_context_length(config["n_positions"])
        writer.add_embedding_length(config["n_embd"])
        writer.add_feed_forward_length(config["n_inner"] or 4 * config["n_embd"])
        writer.add_head_count(config["n_head"])
        writer.add_layer_norm_eps(config["layer_norm_epsilon"])
        return config["n_layer"]
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    rope = config["rope_parameters"]
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if width := config.get("head_dim"):
        writer.add_key_length(width)
        writer.add_value_length(width)
    if config["model_type"] == "llama":
        writer.add_vocab_size(config["vocab_size"])
        writer.add_rope_dimension_count(config["head_dim"])
    return config["num_hidden_layers"]


def add_plain_tokenizer(writer, count):
    """A model needs one; those of the goldens have none."""
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"t{index}" for index in range(count - 1)] + ["<|endoftext|>"])
    writer.add_token_types([TokenType.NORMAL] * (count - 1) + [TokenType.CONTROL])
    writer.add_token_merges(["t 1"])
    writer.add_eos_token_id(count - 1)


def write_model(name, kind):
    config = json.loads((GOLDENS / name / "config.json").read_text())
    tensors = load_file(GOLDENS / name / "model.safetensors")
    architecture = ARCHITECTURES[config["model_type"]]
    writer = gguf.GGUFWriter(TARGET / f"{name}.gguf", gguf.MODEL_ARCH_NAMES[architecture])
    layers = add_keys(writer, config)
    writer.add_block_count(layers)
    add_plain_tokenizer(writer, config["vocab_size"])
    names = gguf.get_tensor_name_map(architecture, layers)
    if config.get("rope_parameters", {}).get("rope_type") == "llama3":
        writer.add_tensor("rope_freqs.weight", rope_factors(config))
    for tensor_name, values in tensors.items():
        if config["model_type"] == "llama" and ".q_proj." in tensor_name:
            values = permute(values, config["num_attention_heads"])
        if config["model_type"] == "llama" and ".k_proj." in tensor_name:
            values = permute(values, config["num_key_value_heads"])
        if config["model_type"] == "gpt2" and tensor_name.endswith(CONV1D):
            values = np.ascontiguousarray(values.T)
        stored = names.get_name(tensor_name, try_suffixes=(".weight", ".bias"))
        assert stored, tensor_name
        if values.ndim == 1:
            writer.add_tensor(stored, values)
        elif kind == Kind.F16 or values.shape[1] % 32 != 0:
            writer.add_tensor(stored, values.astype(np.float16))
        else:
            writer.add_tensor(stored, gguf.quants.quantize(values, kind), raw_dtype=kind)
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def compare_with_transformers(name):
    """That the file says what we think it says: transformers undoes the same changes."""
    expected = AutoModelForCausalLM.from_pretrained(GOLDENS / name).state_dict()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model.gguf").write_bytes((TARGET / f"{name}.gguf").read_bytes())
        # With the config given: transformers 5.23 takes neither biases nor the width of heads from the file.
        config = AutoConfig.from_pretrained(GOLDENS / name)
        read = AutoModelForCausalLM.from_pretrained(folder, gguf_file="model.gguf", config=config).state_dict()
    for key, values in expected.items():
        # Half precision has 11 bits; a block of Q8_0 half a step of its largest value / 127.
        allowed = values.abs().max() / (254 if MODELS[name] == Kind.Q8_0 else 2048)
        error = (read[key].float() - values).abs().max()
        if error > 1.01 * allowed:
            print(f"{name}: {key} differs by {error:.2e} (allowed {allowed:.2e})")


TEXT = """The quick brown fox jumps over the lazy dog. It's 10:45, and we've read 1,234 pages; they'll read 99 more.
def area(width, height):
    return width * height  # 3.5 square metres
안녕하세요, 오늘은 날씨가 참 좋네요. 우리는 함께 책을 읽고 이야기를 나누었어요.
Été, naïveté, façade: the café's über-clean. Ελληνικά και русский текст. 数字と漢字。😀👍🏽
\tTabs,    long   spaces, and\r\nline ends. WE'RE SHOUTING; I'LL STOP. The end of the line is the end of the day.
"""

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def split_by(pattern):
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


BYTE_LEVEL = {
    "gpt-2": (None, pre_tokenizers.ByteLevel(add_prefix_space=False), {}),
    "smollm": (
        None,
        pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        ),
        {},
    ),
    "llama-bpe": (None, split_by(LLAMA3), {"ignore_merges": True}),
    "qwen2": (normalizers.NFC(), split_by(QWEN2), {}),
}


def write_byte_level(pre):
    normalizer, pre_tokenizer, options = BYTE_LEVEL[pre]
    tokenizer = Tokenizer(models.BPE(**options))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        TEXT.splitlines(keepends=True),
        trainers.BpeTrainer(
            vocab_size=420, initial_alphabet=alphabet, special_tokens=["<|endoftext|>", "<|start|>"], show_progress=False
        ),
    )
    tokenizer.add_tokens([AddedToken("<think>", normalized=False)])
    written = save(tokenizer, pre)
    special = {token["id"]: token["special"] for token in written["added_tokens"]}
    writer = gguf.GGUFWriter(TARGET / f"tokenizer-{pre}.gguf", "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    add_tokens(writer, tokenizer, special)
    writer.add_token_merges([" ".join(pair) for pair in written["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(pre == "llama-bpe")
    writer.add_chat_template("{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% endfor %}")
    finish(writer)


def write_sentence_piece():
    """Merges are not in such a file: each piece has a score, and transformers derives the merges."""
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    trained.train_from_iterator(
        TEXT.splitlines(), trainers.BpeTrainer(vocab_size=240, special_tokens=["<unk>"], show_progress=False)
    )
    pieces = [piece for piece, _ in sorted(trained.get_vocab().items(), key=lambda entry: entry[1]) if piece != "<unk>"]
    tokens = ["<unk>", "<s>", "</s>", *[f"<0x{byte:02X}>" for byte in range(256)], *pieces]
    # As sentencepiece writes them: merged pieces by rank, single characters last.
    scores = [0.0] * 259 + [float(-rank) for rank in range(len(pieces))]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    merges = generate_merges(vocabulary, dict(zip(tokens, scores)))
    tokenizer = Tokenizer(
        models.BPE(vocab=vocabulary, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = trained.normalizer
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    save(tokenizer, "llama")
    writer = gguf.GGUFWriter(TARGET / "tokenizer-llama.gguf", "llama")
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    types = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL, *[TokenType.BYTE] * 256]
    writer.add_token_types([*types, *[TokenType.NORMAL] * len(pieces)])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    finish(writer)


def add_tokens(writer, tokenizer, special):
    tokens = [tokenizer.id_to_token(index) for index in range(tokenizer.get_vocab_size())]
    kinds = {True: TokenType.CONTROL, False: TokenType.USER_DEFINED}
    writer.add_token_list(tokens)
    writer.add_token_types([kinds[special[i]] if i in special else TokenType.NORMAL for i in range(len(tokens))])


def save(tokenizer, name):
    written = json.loads(tokenizer.to_str())
    (TARGET / f"tokenizer-{name}.json").write_text(json.dumps(written, ensure_ascii=False) + "\n")
    return written


def main():
    TARGET.mkdir(exist_ok=True)
    for name, kind in MODELS.items():
        write_model(name, kind)
        compare_with_transformers(name)
    for pre in BYTE_LEVEL:
        write_byte_level(pre)
    write_sentence_piece()


if __name__ == "__main__":
    main()
