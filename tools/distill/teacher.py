#!/usr/bin/env python3
"""Fine-tunes a teacher on labelled statements and reports it on held-out ones.

usage: teacher.py --base MINILM_FOLDER --train FILE[:weight]... --dev FILE --out FOLDER [--seed 1]

FILE: JSONL of statements (`text`, `labels`) or of annotated articles (`text`, `statements`). One text in ten of every file
given with --hold-out, by the hash of its id, is kept from training and reported apart. Texts of the dev file never train.
"""
import argparse
import json
import time

import torch

from corpus import CLASSES, fold, in_bucket, labelled, read_jsonl
from evaluate import report
from model import Teacher, bucketed, encode, pad, probabilities, seed_all, tokenizer_of

SHARES = {0: [], 1: [1.0], 2: [.65, .35], 3: [.55, .30, .15]}  # of the labels of a statement, main first


def arguments():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--base", required=True, help="folder of the encoder to start from")
    ap.add_argument("--train", nargs="+", required=True, metavar="FILE[:WEIGHT]")
    ap.add_argument("--hold-out", nargs="*", default=[], metavar="FILE", help="report on a tenth of these, do not train on it")
    ap.add_argument("--dev", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--epochs", type=int, default=4)
    ap.add_argument("--batch", type=int, default=32)
    ap.add_argument("--rate", type=float, default=5e-5)
    ap.add_argument("--warm-up", type=float, default=.1, help="share of the steps")
    ap.add_argument("--dropout", type=float, default=.1)
    ap.add_argument("--threads", type=int, default=1, help="several seeds with one thread each beat one seed with many threads")
    ap.add_argument("--no-bf16", action="store_true")
    return ap.parse_args()


def weighted(argument):
    path, colon, weight = argument.rpartition(":")
    return (path, float(weight)) if colon and weight.replace(".", "", 1).isdigit() else (argument, 1.0)


def target(labels):
    if not labels:
        return [float(c == "none") for c in CLASSES]
    share = dict(zip(labels, SHARES[len(labels)]))
    return [share.get(c, 0.0) for c in CLASSES]


def training_set(a):
    """(text, target, weight) of each distinct training text, and the held-out (id, text, labels)."""
    seen = {fold(r["text"]) for r in read_jsonl(a.dev)}
    rows, held = [], []
    hold_out = set(a.hold_out)
    for path, weight in map(weighted, a.train):
        for key, text, labels in labelled(path):
            text = fold(text)
            if text in seen:
                continue
            seen.add(text)
            if path in hold_out and in_bucket(key, 10):
                held.append({"id": key, "text": text, "labels": labels, "source": "authored"})
            else:
                rows.append((text, target(labels), weight))
    return rows, held


def optimiser(model, rate, n_steps, warm_up):
    decayed = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    adam = torch.optim.AdamW([{"params": decayed, "weight_decay": .01}, {"params": plain, "weight_decay": 0.0}], lr=rate, fused=True)
    n_warm = max(1, int(warm_up * n_steps))
    factor = lambda step: min((step + 1) / n_warm, max(0.0, (n_steps - step) / (n_steps - n_warm)))
    return adam, torch.optim.lr_scheduler.LambdaLR(adam, factor)


def train(model, tokenizer, rows, a, rnd, after_epoch):
    encoded = encode(tokenizer, [r[0] for r in rows])
    targets, weights = torch.tensor([r[1] for r in rows]), torch.tensor([r[2] for r in rows])
    n_steps = a.epochs * -(-len(rows) // a.batch)
    adam, schedule = optimiser(model, a.rate, n_steps, a.warm_up)
    for epoch in range(1, a.epochs + 1):
        model.train()
        began, total = time.time(), 0.0
        for batch in bucketed(encoded, a.batch, rnd):
            with torch.autocast("cpu", torch.bfloat16, enabled=not a.no_bf16):
                logits = model(*pad([encoded[i] for i in batch]))
            each = -(targets[batch] * logits.log_softmax(-1)).sum(-1)
            loss = (each * weights[batch]).sum() / len(batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            adam.step()
            schedule.step()
            adam.zero_grad()
            total += loss.item() * len(batch)
        print(f"epoch {epoch}  loss {total / len(rows):.4f}  {time.time() - began:.0f} s", flush=True)
        after_epoch()


def main():
    a = arguments()
    torch.set_num_threads(a.threads)
    rnd = seed_all(a.seed)
    rows, held = training_set(a)
    dev = read_jsonl(a.dev)
    print(f"{len(rows)} training texts, {len(held)} held out, {len(dev)} dev, seed {a.seed}", flush=True)
    tokenizer, model = tokenizer_of(a.base), Teacher(a.base, a.dropout)

    def after_epoch():
        probs = probabilities(model, tokenizer, [r["text"] for r in dev + held], not a.no_bf16)
        report(dev + held, probs.tolist())
        model.save(a.out, tokenizer)

    train(model, tokenizer, rows, a, rnd, after_epoch)
    with open(f"{a.out}/training.json", "w", encoding="utf-8") as out:
        json.dump({"texts": len(rows), **{k: v for k, v in vars(a).items() if k not in ("base", "out")}}, out, indent=1)


if __name__ == "__main__":
    main()
