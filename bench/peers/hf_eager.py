"""Hugging Face's model as it comes: eager mode, growing cache, scaled_dot_product_attention."""

import common
import torch
from hf_logits import build
from transformers import DynamicCache


class Peer:
    def __init__(self, config, args):
        self.model = build(config, args.device, common.dtype(args), "sdpa")
        self.device = args.device

    def run(self, tokens):
        ids = torch.tensor([tokens], device=self.device)
        out = self.model(input_ids=ids, past_key_values=self.cache, use_cache=True, logits_to_keep=1)
        return int(out.logits[0, -1].argmax())

    @torch.inference_mode()
    def reset(self, prompt):
        self.cache = DynamicCache(config=self.model.config)
        return self.run(prompt)

    @torch.inference_mode()
    def step(self, token):
        return self.run([token])


if __name__ == "__main__":
    args = common.arguments(__doc__).parse_args()
    common.report("transformers eager", args, lambda config, capacity: Peer(config, args))
