#!/usr/bin/env python3
"""Reports one or several teachers, and their average, on labelled statements; writes predictions to score elsewhere.

usage: evaluate.py --teacher FOLDER... --gold FILE [--out PREDICTIONS.jsonl]

Also prints the temperature T at which the average, p^(1/T) scaled to sum to 1, has the lowest log-loss.
PREDICTIONS: {"id", "stance", "stances", "p_support", "p_concern", "p_expectation", "p_none"} of the average.
"""
import argparse
import json
import math

from corpus import CLASSES, in_bucket, labelled, read_jsonl, text_id


def f1(pairs, label):
    hits = sum(g == p == label for g, p in pairs)
    either = sum((g == label) + (p == label) for g, p in pairs)
    return 2 * hits / either if either else 0.0


def macro_f1(pairs):
    return sum(f1(pairs, c) for c in CLASSES) / len(CLASSES)


def report(rows, probs):
    """Prints accuracy and macro-F1 of the main label, overall (held-out authored texts apart) and by source."""
    pairs = [((r["labels"] or ["none"])[0], CLASSES[p.index(max(p))], r.get("source")) for r, p in zip(rows, probs)]
    groups = {"all": [(g, p) for g, p, s in pairs if s != "authored"]}
    for g, p, source in pairs:
        groups.setdefault(str(source), []).append((g, p))
    for name, part in groups.items():
        if part:
            accuracy = sum(g == p for g, p in part) / len(part)
            print(f"  {name:9s} n {len(part):5d}  accuracy {accuracy:.3f}  macro-F1 {macro_f1(part):.3f}  "
                  + "  ".join(f"{c} {f1(part, c):.3f}" for c in CLASSES), flush=True)


def prediction(key, p):
    """`p` as a prediction: every class at least .3, the likeliest first, counts as a stance held."""
    ranked = sorted(range(len(CLASSES)), key=lambda i: -p[i])
    stances = [CLASSES[i] for i in ranked if p[i] >= .3 and CLASSES[i] != "none"] if CLASSES[ranked[0]] != "none" else []
    return {"id": key, "stance": CLASSES[ranked[0]], "stances": stances, **{"p_" + c: round(v, 4) for c, v in zip(CLASSES, p)}}


def gold(path):
    """Statements of `path` with their `source`, if they have one."""
    rows = read_jsonl(path)
    if "statements" in rows[0]:
        return [{"id": k, "text": t, "labels": y} for k, t, y in labelled(path)]
    return [dict(r, id=str(r.get("id") or text_id(r["text"]))) for r in rows]


def log_loss(rows, probs, temperature):
    """Mean log-loss of the main label after `temperature`."""
    total = 0.0
    for row, p in zip(rows, probs):
        scaled = [max(v, 5e-4) ** (1 / temperature) for v in p]
        total -= math.log(scaled[CLASSES.index((row["labels"] or ["none"])[0])] / sum(scaled))
    return total / len(rows)


def main():
    from model import Teacher, probabilities, tokenizer_of  # here, so that `report` needs no torch

    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--teacher", nargs="+", required=True)
    ap.add_argument("--gold", required=True, nargs="+", help="statements (`id`, `text`, `labels`), or annotated articles")
    ap.add_argument("--held-out", action="store_true", help="only the tenth that teacher.py --hold-out keeps from training")
    ap.add_argument("--out")
    a = ap.parse_args()
    rows = [row for path in a.gold for row in gold(path)]
    if a.held_out:
        rows = [dict(r, source="authored") for r in rows if in_bucket(r["id"], 10)]
    each = [probabilities(Teacher(t), tokenizer_of(t), [r["text"] for r in rows]) for t in a.teacher]
    for folder, probs in zip(a.teacher, each):
        print(folder)
        report(rows, probs.tolist())
    mean = (sum(each) / len(each)).tolist()
    print("average")
    report(rows, mean)
    best = min((t / 20 for t in range(10, 61)), key=lambda t: log_loss(rows, mean, t))
    print(f"log-loss {log_loss(rows, mean, 1):.3f}; {log_loss(rows, mean, best):.3f} at temperature {best:.2f}")
    if a.out:
        with open(a.out, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(prediction(r["id"], p)) + "\n" for r, p in zip(rows, mean))


if __name__ == "__main__":
    main()
