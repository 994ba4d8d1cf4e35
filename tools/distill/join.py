#!/usr/bin/env python3
"""Joins stand-off probabilities with their sentences: the training input of `demarche train`.

usage: join.py --standoff FILE.tsv.gz... --out SOFT.jsonl [--ungdc FILE] [--news FILE...] [--articles FILE...] [--without FILE...]

Takes the corpus options that soft_labels.py was run with. Writes {"id", "text", "source", "probs": [support, concern,
expectation, none]} sorted by id; equal input gives equal bytes. An id that stands in several files gets the mean of its
probabilities. An id whose sentence is not in the corpus is counted and left out. The output is other people's text: do not commit it.
"""
import argparse
import gzip
import json
import sys

from corpus import unlabelled
from soft_labels import corpus_arguments


def read_standoff(path):
    with gzip.open(path, "rt", encoding="ascii") as lines:
        for line in lines:
            if not line.startswith("#"):
                key, *p = line.split()
                yield key, [int(v) / 1000 for v in p]


def mean(paths):
    """{id: mean of its probabilities over the files that hold it}."""
    found = {}
    for path in paths:
        for key, p in read_standoff(path):
            found.setdefault(key, []).append(p)
    return {key: [round(sum(column) / len(rows), 5) for column in zip(*rows)] for key, rows in found.items()}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--standoff", nargs="+", required=True)
    ap.add_argument("--out", required=True)
    corpus_arguments(ap)
    a = ap.parse_args()
    found = unlabelled(a.ungdc, a.news, a.articles, a.without)
    probs = mean(a.standoff)
    with open(a.out, "w", encoding="utf-8") as out:
        for key in sorted(probs.keys() & found.keys()):
            text, source = found[key]
            out.write(json.dumps({"id": key, "text": text, "source": source, "probs": probs[key]}, ensure_ascii=False) + "\n")
    missing = len(probs.keys() - found.keys())
    print(f"{len(probs) - missing} sentences joined, {missing} not in the corpus", file=sys.stderr)


if __name__ == "__main__":
    main()
