"""Muon: momentum whose matrix is replaced by its nearest orthogonal one.

torch.optim.Muon does the same one matrix at a time; here matrices of one shape share their products,
which matters on a CPU, where a step of a small batch is not much longer than this.
Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/.
"""

from collections import defaultdict

import torch
from torch import Tensor, nn


class Muon:
    """matrices: each parameter with the heights of the matrices stacked in it, which are orthogonalised apart."""

    def __init__(self, matrices: list[tuple[nn.Parameter, list[int]]], momentum: float = 0.95, weight_decay: float = 0.01):
        self.matrices = matrices
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.buffers = [torch.zeros_like(parameter) for parameter, _ in matrices]

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        groups: dict[tuple[int, int], list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for (parameter, heights), buffer in zip(self.matrices, self.buffers, strict=True):
            buffer.lerp_(parameter.grad, 1 - self.momentum)
            update = parameter.grad.lerp(buffer, self.momentum)  # Nesterov
            for target, piece in zip(parameter.split(heights), update.split(heights), strict=True):
                groups[tuple(target.shape)].append((target, piece))
        for (rows, columns), pairs in groups.items():
            directions = orthogonalize(torch.stack([piece for _, piece in pairs]))
            scale = max(1.0, rows / columns) ** 0.5
            for (target, _), direction in zip(pairs, directions, strict=True):
                target.mul_(1 - learning_rate * self.weight_decay)
                target.add_(direction, alpha=-learning_rate * scale)


def orthogonalize(g: Tensor) -> Tensor:
    """g: [N, rows, columns]. Newton-Schulz, five steps: singular values end between about 0.7 and 1.2."""
    a, b, c = 3.4445, -4.7750, 2.0315
    is_tall = g.shape[-2] > g.shape[-1]
    x = (g.mT if is_tall else g).bfloat16()  # a direction needs no more digits; 3 to 4 times faster
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if is_tall else x).to(g.dtype)
