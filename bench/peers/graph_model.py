"""A plain torch model of these shapes, written for one token at a time, its step captured by hand as one CUDA graph.

Query, key and value are one product, gate and up another; the cache is static; the argmax is inside the graph.
`--compile` passes the step through torch.compile before the capture.
"""

import common
import synthetic
import torch
import torch.nn.functional as F


class Peer:
    def __init__(self, config, args, capacity):
        self.config, self.device, self.dtype = config, args.device, common.dtype(args)
        part = lambda name: synthetic.torch_tensor(config, name, args.device, self.dtype)
        self.embedding, self.norm = part("model.embed_tokens.weight"), part("model.norm.weight")
        self.head = self.embedding if config.tied else part("lm_head.weight")
        self.layers = []
        for index in range(config.layers):
            of = lambda name: part(f"model.layers.{index}.{name}")
            qkv = torch.cat([of(f"self_attn.{name}_proj.weight") for name in "qkv"])
            bias = torch.cat([of(f"self_attn.{name}_proj.bias") for name in "qkv"]) if config.qkv_bias else None
            gate_up = torch.cat([of("mlp.gate_proj.weight"), of("mlp.up_proj.weight")])
            norms = of("input_layernorm.weight"), of("post_attention_layernorm.weight")
            self.layers.append((*norms, qkv, bias, of("self_attn.o_proj.weight"), gate_up, of("mlp.down_proj.weight")))
        half = torch.arange(0, config.head_dim, 2, device=args.device, dtype=torch.float32) / config.head_dim
        angles = torch.arange(capacity, device=args.device, dtype=torch.float32)[:, None] * config.rope_theta**-half
        self.cos, self.sin = (torch.cat([f(angles)] * 2, dim=-1) for f in (torch.cos, torch.sin))
        self.rows = torch.arange(capacity, device=args.device)
        shape = (config.layers, 2, config.kv_heads, capacity, config.head_dim)
        self.cache = torch.zeros(shape, dtype=self.dtype, device=args.device)
        self.token = torch.zeros(1, dtype=torch.int64, device=args.device)
        self.position = torch.zeros(1, dtype=torch.int64, device=args.device)
        self.forward = torch.compile(self.decode, fullgraph=True) if args.compile else self.decode
        self.graph = self.capture() if args.device.startswith("cuda") else None

    def rms_norm(self, x, weight):
        x32 = x.float()
        return (x32 * torch.rsqrt(x32.square().mean(-1, keepdim=True) + self.config.rms_eps)).to(x.dtype) * weight

    def rotate(self, x, cos, sin):
        low, high = x.float().chunk(2, dim=-1)
        return (x.float() * cos + torch.cat([-high, low], dim=-1) * sin).to(x.dtype)

    def decode(self, token, position):
        """The token after `token`, which stands at `position`."""
        c = self.config
        cos, sin = self.cos[position], self.sin[position]
        seen = (self.rows <= position)[None, None]
        q_size, kv_size = c.heads * c.head_dim, c.kv_heads * c.head_dim
        x = self.embedding[token]
        for index, (norm1, norm2, qkv, bias, o, gate_up, down) in enumerate(self.layers):
            q, k, v = F.linear(self.rms_norm(x, norm1), qkv, bias).split([q_size, kv_size, kv_size], dim=-1)
            q = self.rotate(q.view(c.heads, c.head_dim), cos, sin)
            k = self.rotate(k.view(c.kv_heads, c.head_dim), cos, sin)
            keys, values = self.cache[index, 0], self.cache[index, 1]
            keys.index_copy_(1, position, k[:, None])
            values.index_copy_(1, position, v.view(c.kv_heads, 1, c.head_dim))
            grouped = q.view(c.kv_heads, c.heads // c.kv_heads, c.head_dim)
            scores = (grouped @ keys.transpose(1, 2)).float() * c.head_dim**-0.5
            weights = scores.masked_fill(~seen, float("-inf")).softmax(-1).to(x.dtype)
            x = x + F.linear((weights @ values).reshape(1, q_size), o)
            gate, up = F.linear(self.rms_norm(x, norm2), gate_up).chunk(2, dim=-1)
            x = x + F.linear(F.silu(gate) * up, down)
        return F.linear(self.rms_norm(x, self.norm), self.head).argmax(-1)

    def advance(self):
        self.token.copy_(self.forward(self.token, self.position))
        self.position.add_(1)

    @torch.no_grad()
    def capture(self):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.position.zero_()
                self.advance()
        torch.cuda.current_stream().wait_stream(stream)
        self.position.zero_()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.advance()
        return graph

    @torch.no_grad()
    def run(self):
        if self.graph is not None:
            self.graph.replay()
        else:
            self.advance()

    def reset(self, prompt):
        self.position.zero_()
        for token in prompt:
            self.token.fill_(token)
            self.run()
        return int(self.token)

    def step(self, token):
        self.run()  # `token` is on the device already
        return int(self.token)


if __name__ == "__main__":
    parser = common.arguments(__doc__)
    parser.add_argument("--compile", action="store_true")
    args = parser.parse_args()
    name = "own torch model, one CUDA graph" + (", torch.compile" if args.compile else "")
    common.report(name, args, lambda config, capacity: Peer(config, args, capacity))
