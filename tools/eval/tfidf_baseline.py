#!/usr/bin/env python3
"""The baseline of the stance figures: tf-idf of words 1-2 and of characters 2-5 inside words, logistic regression (scikit-learn).

usage: tfidf_baseline.py GOLD.jsonl TRAIN.jsonl... > PRED.jsonl        (score with stance_score.py)

TRAIN and GOLD: {"id","text","labels"}; the main label is learnt. Needs scikit-learn.
"""
import json
import sys

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union


def load(path):
    return [json.loads(line) for line in open(path, encoding="utf-8")]


def main_label(row):
    return (row["labels"] or ["none"])[0]


gold, train = load(sys.argv[1]), [row for path in sys.argv[2:] for row in load(path)]
words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True)
model = LogisticRegression(C=3, max_iter=300, class_weight="balanced")
pipeline = make_pipeline(make_union(words, chars), model)
pipeline.fit([row["text"] for row in train], [main_label(row) for row in train])
for row, p in zip(gold, pipeline.predict_proba([row["text"] for row in gold])):
    scores = dict(zip(pipeline.classes_, p))
    out = {"id": row["id"], "stance": max(scores, key=scores.get)}
    print(json.dumps(out | {f"p_{label}": round(float(v), 4) for label, v in scores.items()}))
