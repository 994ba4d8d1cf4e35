"""The teacher: a MiniLM encoder, mean pooling, dropout and a linear layer over the four classes."""
import random
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoModel, AutoTokenizer

from corpus import CLASSES

MAX_TOKENS = 96


class Teacher(nn.Module):
    def __init__(self, folder, dropout=0.1):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(str(folder), add_pooling_layer=False)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.encoder.config.hidden_size, len(CLASSES))
        head = Path(folder) / "head.safetensors"
        if head.exists():
            self.head.load_state_dict(load_file(head))

    def forward(self, tokens, mask):
        """Logits `(n_texts, 4)` of `tokens` and `mask`, both `(n_texts, n_tokens)`."""
        hidden = self.encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        return self.head(self.dropout((hidden * weight).sum(1) / weight.sum(1))).float()

    def save(self, folder, tokenizer):
        self.encoder.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        save_file(self.head.state_dict(), Path(folder) / "head.safetensors")


def tokenizer_of(folder):
    return AutoTokenizer.from_pretrained(str(folder))


def encode(tokenizer, texts):
    """Token ids of each text, at most MAX_TOKENS with the special tokens."""
    return [e[:MAX_TOKENS - 1] + e[-1:] if len(e) > MAX_TOKENS else e for e in tokenizer(texts)["input_ids"]]


def pad(rows):
    width = max(map(len, rows))
    tokens = torch.tensor([r + [0] * (width - len(r)) for r in rows])
    return tokens, (torch.arange(width)[None, :] < torch.tensor([len(r) for r in rows])[:, None]).long()


def bucketed(encoded, size, rnd, pool=50):
    """Batches of indices in random order, each of texts of similar length: sorted within pools of `pool` batches."""
    order = list(range(len(encoded)))
    rnd.shuffle(order)
    batches = []
    for start in range(0, len(order), size * pool):
        part = sorted(order[start:start + size * pool], key=lambda i: len(encoded[i]))
        batches += [part[i:i + size] for i in range(0, len(part), size)]
    rnd.shuffle(batches)
    return batches


@torch.inference_mode()
def probabilities(model, tokenizer, texts, bf16=True, tokens_per_batch=4096, progress=None):
    """Class probabilities `(n_texts, 4)`, in the order of `texts`; texts are batched by length."""
    model.eval()
    encoded = encode(tokenizer, texts)
    order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
    out, start = torch.empty(len(texts), len(CLASSES)), 0
    while start < len(order):
        # Sorted upwards, so the last text of a batch is its widest.
        n = 1
        while start + n < len(order) and (n + 1) * len(encoded[order[start + n]]) <= tokens_per_batch:
            n += 1
        part = order[start:start + n]
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            out[part] = model(*pad([encoded[i] for i in part])).softmax(-1)
        start += n
        if progress:
            progress(start, len(order))
    return out


def seed_all(seed):
    torch.manual_seed(seed)
    return random.Random(seed)
