"""Hugging Face's model with a static cache and torch.compile (CUDA graphs by its reduce-overhead mode)."""

import common
import torch
from hf_logits import build
from transformers import StaticCache


class Peer:
    def __init__(self, config, args, capacity):
        self.model = build(config, args.device, common.dtype(args), "sdpa")
        self.cache = StaticCache(config=self.model.config, max_cache_len=capacity)
        self.token = torch.zeros((1, 1), dtype=torch.int64, device=args.device)
        self.position = torch.zeros((1, 1), dtype=torch.int64, device=args.device)
        self.compiled = torch.compile(self.forward, mode=args.mode, fullgraph=True)

    def forward(self, ids, positions):
        out = self.model(
            input_ids=ids, position_ids=positions, past_key_values=self.cache, use_cache=True, logits_to_keep=1
        )
        return out.logits[:, -1].argmax(-1)

    @torch.no_grad()
    def reset(self, prompt):
        self.cache.reset()
        ids = torch.tensor([prompt], device=self.token.device)
        positions = torch.arange(len(prompt), device=self.token.device)[None]
        self.position.fill_(len(prompt))
        return int(self.forward(ids, positions))  # prefill stays eager

    @torch.no_grad()
    def step(self, token):
        self.token.fill_(token)
        following = int(self.compiled(self.token, self.position))
        self.position += 1
        return following


if __name__ == "__main__":
    parser = common.arguments(__doc__)
    parser.add_argument("--mode", default="reduce-overhead", help="of torch.compile")
    args = parser.parse_args()
    make = lambda config, capacity: Peer(config, args, capacity)
    common.report(f"transformers static cache, torch.compile {args.mode}", args, make)
