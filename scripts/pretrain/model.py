"""The Llama architecture, only as much of it as training on a CPU needs.

Query, key and value are one matrix and gate and up are one matrix here, because fewer and larger
products are faster; `to_hugging_face` takes them apart under the names that transformers expects.
Shapes: B batch, T tokens, C width, H heads, K key/value heads, D head width, F feed-forward, V vocabulary.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 4096
    width: int = 256
    layers: int = 4
    heads: int = 4
    key_value_heads: int = 2
    head_width: int = 64
    feed_forward: int = 640
    positions: int = 512
    rope_theta: float = 10000.0
    norm_epsilon: float = 1e-5

    def hugging_face_config(self) -> dict:
        return {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "vocab_size": self.vocabulary,
            "hidden_size": self.width,
            "intermediate_size": self.feed_forward,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_value_heads,
            "head_dim": self.head_width,
            "hidden_act": "silu",
            "max_position_embeddings": self.positions,
            "rms_norm_eps": self.norm_epsilon,
            "rope_theta": self.rope_theta,
            "rope_scaling": None,
            "attention_bias": False,
            "attention_dropout": 0.0,
            "mlp_bias": False,
            "tie_word_embeddings": True,
            "initializer_range": 0.02,
            "bos_token_id": 0,
            "eos_token_id": 0,
            "pad_token_id": None,
            "use_cache": True,
            "torch_dtype": "float16",
        }


class Layer(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        C, D = shape.width, shape.head_width
        H, K, FF = shape.heads, shape.key_value_heads, shape.feed_forward
        self.attention_norm = nn.Parameter(torch.ones(C))
        self.feed_forward_norm = nn.Parameter(torch.ones(C))
        self.qkv = nn.Parameter(torch.randn((H + 2 * K) * D, C) * C**-0.5)
        self.gate_up = nn.Parameter(torch.randn(2 * FF, C) * C**-0.5)
        # Zero: each layer starts as the identity, and the first steps are those of a bigram model.
        self.out = nn.Parameter(torch.zeros(C, H * D))
        self.down = nn.Parameter(torch.zeros(C, FF))

    def matrices(self) -> list[tuple[nn.Parameter, list[int]]]:
        """Each matrix with the heights of the matrices that it stacks."""
        s = self.shape
        D = s.head_width
        return [
            (self.qkv, [s.heads * D, s.key_value_heads * D, s.key_value_heads * D]),
            (self.gate_up, [s.feed_forward, s.feed_forward]),
            (self.out, [s.width]),
            (self.down, [s.width]),
        ]

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        s = self.shape
        B, T, _ = x.shape
        H, K, D = s.heads, s.key_value_heads, s.head_width
        h = F.rms_norm(x, (s.width,), self.attention_norm, s.norm_epsilon)
        qkv = F.linear(h, self.qkv).view(B, T, H + 2 * K, D).transpose(1, 2)
        qk = rotate(qkv[:, : H + K], cos, sin)
        q, k, v = qk[:, :H], qk[:, H:], qkv[:, H + K :]
        k, v = (t.repeat_interleave(H // K, dim=1) for t in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + F.linear(y.transpose(1, 2).reshape(B, T, H * D), self.out)
        h = F.rms_norm(x, (s.width,), self.feed_forward_norm, s.norm_epsilon)
        gate, up = F.linear(h, self.gate_up).chunk(2, dim=-1)
        return x + F.linear(F.silu(gate) * up, self.down)


class Model(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Parameter(torch.randn(shape.vocabulary, shape.width) * 0.02)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.final_norm = nn.Parameter(torch.ones(shape.width))
        frequencies = shape.rope_theta ** (-torch.arange(0, shape.head_width, 2) / shape.head_width)
        angles = torch.outer(torch.arange(shape.positions), frequencies).repeat(1, 2)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        T = tokens.shape[1]
        x = F.embedding(tokens, self.embedding)
        for layer in self.layers:
            x = layer(x, self.cos[:T], self.sin[:T])
        x = F.rms_norm(x, (self.shape.width,), self.final_norm, self.shape.norm_epsilon)
        return F.linear(x, self.embedding)

    def loss(self, tokens: Tensor) -> Tensor:
        """tokens: [B, T + 1]. Mean over the T predictions of each row, in nats."""
        logits = self(tokens[:, :-1])
        return F.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten())

    def to_hugging_face(self) -> dict[str, Tensor]:
        tensors = {"model.embed_tokens.weight": self.embedding, "model.norm.weight": self.final_norm}
        for i, layer in enumerate(self.layers):
            (_, qkv_heights), (_, gate_up_heights), *_ = layer.matrices()
            q, k, v = layer.qkv.split(qkv_heights)
            gate, up = layer.gate_up.split(gate_up_heights)
            named = {
                "input_layernorm": layer.attention_norm,
                "self_attn.q_proj": q,
                "self_attn.k_proj": k,
                "self_attn.v_proj": v,
                "self_attn.o_proj": layer.out,
                "post_attention_layernorm": layer.feed_forward_norm,
                "mlp.gate_proj": gate,
                "mlp.up_proj": up,
                "mlp.down_proj": layer.down,
            }
            tensors |= {f"model.layers.{i}.{name}.weight": tensor for name, tensor in named.items()}
        return {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions, halves apart (the layout of transformers, not of the paper)."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin
