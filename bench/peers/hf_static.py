"""Hugging Face's model with a static cache and torch.compile, its step captured as one CUDA graph.

`--graph capture` (the default) compiles the step and captures it by hand; `--graph inductor` leaves graphs to
torch.compile's reduce-overhead mode, which gives them up where it sees inputs that change; `--graph none` has none.
"""

import common
import torch
from hf_logits import build
from transformers import StaticCache

MODES = {"capture": "default", "inductor": "reduce-overhead", "none": "default"}


class Peer:
    def __init__(self, config, args, capacity):
        self.model = build(config, args.device, common.dtype(args), "sdpa")
        self.cache = StaticCache(config=self.model.config, max_cache_len=capacity)
        self.token = torch.zeros((1, 1), dtype=torch.int64, device=args.device)
        self.position = torch.zeros((1, 1), dtype=torch.int64, device=args.device)
        self.compiled = torch.compile(self.forward, mode=MODES[args.graph], fullgraph=True, dynamic=False)
        self.by_hand = args.graph == "capture" and args.device.startswith("cuda")
        self.graph = None

    def forward(self, ids, positions):
        out = self.model(
            input_ids=ids, position_ids=positions, past_key_values=self.cache, use_cache=True, logits_to_keep=1
        )
        return out.logits[:, -1].argmax(-1, keepdim=True)

    def prefill(self, prompt):
        self.cache.reset()
        ids = torch.tensor([prompt], device=self.token.device)
        positions = torch.arange(len(prompt), device=self.token.device)[None]
        self.position.fill_(len(prompt))
        self.token.copy_(self.forward(ids, positions))  # stays eager

    def advance(self):
        self.token.copy_(self.compiled(self.token, self.position))
        self.position.add_(1)

    def capture(self):
        """The cache counts its own tokens on the device, so a replay goes on where the last one ended."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.advance()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.advance()
        return graph

    @torch.no_grad()
    def reset(self, prompt):
        if self.by_hand and self.graph is None:
            self.prefill(prompt[:8])  # makes the cache's tensors
            self.graph = self.capture()
        self.prefill(prompt)
        return int(self.token)

    @torch.no_grad()
    def step(self, token):
        if self.graph is not None:
            self.graph.replay()  # `token` is on the device already
        else:
            self.advance()
        return int(self.token)


if __name__ == "__main__":
    parser = common.arguments(__doc__)
    parser.add_argument("--graph", choices=list(MODES), default="capture")
    args = parser.parse_args()
    name = f"transformers static cache, torch.compile, graph: {args.graph}"
    common.report(name, args, lambda config, capacity: Peer(config, args, capacity))
