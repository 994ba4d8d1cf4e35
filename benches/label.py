#!/usr/bin/env python3
"""Throughput of `demarche label`, JSONL to JSONL and Parquet to Parquet, beside fastText and scikit-learn in the same run.

    cargo build --release
    pip install fasttext-wheel scikit-learn "numpy<2" "pyarrow<19"
    python3 benches/label.py [--corpus FILE.jsonl[.gz] --repeat 4] [--records 2000000] [--threads 1,4]

Without --corpus it makes one of --records statements from our own texts (training-data/): each record joins the
beginning of one statement and the end of another, drawn with a fixed seed, so that texts are distinct but their words
are real. The Parquet file holds the same records as pyarrow writes them. No program keeps answers from one record for another. Each figure is the best of --runs runs by the wall
clock, with records per second of processor time beside it, which says more on a machine that is not idle.
"""

import argparse
import gzip
import json
import multiprocessing
import os
import pathlib
import pickle
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def training_rows():
    for path in sorted((ROOT / "training-data" / "statements").glob("*.jsonl")):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield row["text"], (row.get("labels") or ["none"])[0]


def make_corpus(path, n, seed):
    """Writes n records; every text begins in one statement and ends in another."""
    words = [text.split() for text, _ in training_rows()]
    rng = random.Random(seed)
    with open(path, "w", encoding="utf-8") as out:
        for i in range(n):
            a, b = rng.choice(words), rng.choice(words)
            text = " ".join(a[: rng.randint(5, 14)] + b[-rng.randint(5, 14) :])
            out.write(json.dumps({"id": i, "text": text}, ensure_ascii=False) + "\n")


def repeat_corpus(path, source, times):
    """Writes the records of source `times` times, each time with other ids."""
    opened = gzip.open if source.endswith(".gz") else open
    with open(path, "w", encoding="utf-8") as out:
        for turn in range(times):
            with opened(source, "rt", encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    row = {"id": f"{row.get('id')}-{turn}", "text": row["text"]}
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")


def make_parquet(path, source):
    """Writes the records of source as a table, with pyarrow's own settings."""
    import pyarrow.json
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.json.read_json(source).combine_chunks(), path)


def measured(command):
    """Seconds on the wall, seconds of processor, megabytes at most of a command and its children."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        if status:
            errors.seek(0)
            sys.exit(f"{command}: {errors.read().decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def report(name, records, wall, cpu, megabytes):
    print(f"{name:<34}{records / wall:>12,.0f}/s{records / cpu:>14,.0f}/cpu s{megabytes:>9.0f} MB", flush=True)


def best(runs, command):
    return min((measured(command) for _ in range(runs)), key=lambda found: found[0])


# The other programs run in children of this script: label.py --child NAME IN OUT MODEL PROCESSES. So does what is made
# for the runs: label.py --make WHAT PATH [SOURCE]. A child's memory counts from that of its parent on.


def lines_of(path, part, parts):
    """The part-th of equal shares of the lines, by bytes."""
    size = os.path.getsize(path)
    first, last = size * part // parts, size * (part + 1) // parts
    with open(path, "rb") as file:
        if first:
            file.seek(first - 1)
            file.readline()
        while file.tell() < last:
            yield file.readline()


def batches(lines, n=4096):
    batch = []
    for line in lines:
        batch.append(json.loads(line))
        if len(batch) == n:
            yield batch
            batch = []
    if batch:
        yield batch


def write_rows(out, rows, answers):
    for row, (names, ps) in zip(rows, answers):
        row["stance"] = names[max(range(len(names)), key=lambda i: ps[i])]
        row.update((f"p_{name}", round(float(p), 4)) for name, p in zip(names, ps))
        out.write(json.dumps(row, ensure_ascii=False) + "\n")


def child_fasttext(source, target, model_path, part, parts):
    import fasttext

    model = fasttext.load_model(model_path)
    with open(f"{target}.{part}", "w", encoding="utf-8") as out:
        for rows in batches(lines_of(source, part, parts)):
            labels, ps = model.predict([row["text"].replace("\n", " ") for row in rows], k=4)
            write_rows(out, rows, (([name[9:] for name in names], p) for names, p in zip(labels, ps)))


def child_sklearn(source, target, model_path, part, parts):
    with open(model_path, "rb") as file:
        pipeline = pickle.load(file)
    names = [str(name) for name in pipeline.classes_]
    with open(f"{target}.{part}", "w", encoding="utf-8") as out:
        for rows in batches(lines_of(source, part, parts)):
            ps = pipeline.predict_proba([row["text"] for row in rows])
            write_rows(out, rows, ((names, p) for p in ps))


CHILDREN = {"fasttext": child_fasttext, "sklearn": child_sklearn}


def child(name, source, target, model_path, parts):
    act = CHILDREN[name]
    if parts == 1:
        act(source, target, model_path, 0, 1)
        return
    jobs = [multiprocessing.Process(target=act, args=(source, target, model_path, p, parts)) for p in range(parts)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()


def train_fasttext(path):
    import fasttext

    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        for text, label in training_rows():
            file.write(f"__label__{label} {' '.join(text.split())}\n")
        file.flush()
        fasttext.train_supervised(file.name, wordNgrams=2, epoch=10, thread=1, verbose=0).save_model(path)


def train_sklearn(path):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts, labels = zip(*training_rows())
    pipeline = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(max_iter=300))
    with open(path, "wb") as file:
        pickle.dump(pipeline.fit(texts, labels), file)


MAKERS = {"fasttext": train_fasttext, "sklearn": train_sklearn, "parquet": make_parquet}


def made(*command):
    """Whether a child made what is asked for; tells why not."""
    child = subprocess.run([sys.executable, __file__, "--make", *command], stderr=subprocess.PIPE, text=True)
    if child.returncode:
        print(f"{command[0]} is left out: {child.stderr.strip().splitlines()[-1]}")
    return child.returncode == 0


def first_lines(source, target, most):
    """Copies at most `most` lines; returns how many source has."""
    n = 0
    with open(source, "rb") as lines, open(target, "wb") as out:
        for n, line in enumerate(lines, 1):
            if n <= most:
                out.write(line)
    return n


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", help="label the texts of this JSONL file instead of a made one")
    parser.add_argument("--repeat", type=int, default=1, help="times that --corpus is repeated, at most 4")
    parser.add_argument("--records", type=int, default=2_000_000)
    parser.add_argument("--others-records", type=int, default=500_000, help="records that the slower programs get")
    parser.add_argument("--threads", default="1,4")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=str(ROOT / "target" / "release" / "demarche"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(args, lambda name: os.path.join(folder, name))


def compare(args, path):
    if args.corpus:
        repeat_corpus(path("in.jsonl"), args.corpus, min(args.repeat, 4))
    else:
        make_corpus(path("in.jsonl"), args.records, args.seed)
    n = first_lines(path("in.jsonl"), path("less.jsonl"), args.others_records)
    size = os.path.getsize(path("in.jsonl")) / n
    print(f"{n:,} records of {size:.0f} bytes; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    program = [args.program, "label", "--force"]
    for threads in args.threads.split(","):
        run = [*program, path("in.jsonl"), "-o", path("out.jsonl"), "--threads", threads]
        report(f"demarche, {threads} threads", n, *best(args.runs, run))
    if made("parquet", path("in.parquet"), path("in.jsonl")):
        for threads in args.threads.split(","):
            run = [*program, path("in.parquet"), "-o", path("out.parquet"), "--threads", threads]
            report(f"demarche, Parquet, {threads} threads", n, *best(args.runs, run))
    few = min(n, args.others_records)
    for name in CHILDREN:
        if not made(name, path(name)):
            continue
        for threads in args.threads.split(","):
            run = [sys.executable, __file__, "--child", name, path("less.jsonl"), path(name + ".out"), path(name), threads]
            report(f"{name} word bigrams, {threads} processes", few, *best(args.runs, run))
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:6], int(sys.argv[6]))
    elif sys.argv[1:2] == ["--make"]:
        MAKERS[sys.argv[2]](*sys.argv[3:])
    else:
        main()
