#!/usr/bin/env python3
"""Labels sentences with the average of several teachers and writes the probabilities stand-off, without any text.

usage: soft_labels.py --teacher FOLDER... --out FILE.tsv.gz [--ungdc FILE --n-ungdc N] [--news FILE...] [--articles FILE...]
                      [--without FILE...]

One line a sentence, sorted by id: the id and the probabilities of support, concern, expectation and none in thousandths.
The N sentences of --ungdc are those with the lowest ids, which are hashes: a larger N holds every smaller one.
Work is shared by --processes, one thread each, which on few cores is faster than one process with many threads.
"""
import argparse
import gzip
import io
import multiprocessing
import sys
import time

from corpus import CLASSES, unlabelled


def corpus_arguments(ap):
    """The options that say which sentences there are; join.py takes the same."""
    ap.add_argument("--ungdc", help="JSONL(.gz) with `id`, `doc`, `text`")
    ap.add_argument("--news", nargs="*", default=[], help="JSONL with `text`, cut into sentences here")
    ap.add_argument("--articles", nargs="*", default=[], help="our annotated articles; the test ones are left out")
    ap.add_argument("--without", nargs="*", default=[], help="labelled JSONL: its documents and texts are left out")


def chosen(found, skip_ungdc, n_ungdc):
    """Ids to label, in order: all but the ungdc ones, and the `n_ungdc` lowest of these after `skip_ungdc`."""
    speeches = sorted(k for k, (_, source) in found.items() if source == "ungdc")[skip_ungdc:skip_ungdc + n_ungdc]
    return sorted(speeches + [k for k, (_, source) in found.items() if source != "ungdc"])


def thousandths(p):
    """`p` as whole thousandths that sum to 1000 (largest remainder)."""
    scaled = [v * 1000 / sum(p) for v in p]
    whole = [int(v) for v in scaled]
    for i in sorted(range(len(p)), key=lambda i: whole[i] - scaled[i])[:1000 - sum(whole)]:
        whole[i] += 1
    return whole


def label_share(job):
    """Mean probabilities, over the teachers, of one share of the texts."""
    folders, texts, bf16, threads, talk = job
    import torch
    from model import Teacher, probabilities, tokenizer_of

    torch.set_num_threads(threads)
    total = 0
    for folder in folders:
        began = time.time()

        def progress(done, n):
            if talk and done // 2000 != progress.last:
                progress.last = done // 2000
                print(f"\r{folder}: {done} of {n}, {done / (time.time() - began):.0f} a second", end="", file=sys.stderr)
        progress.last = 0
        total = total + probabilities(Teacher(folder), tokenizer_of(folder), texts, bf16, progress=progress)
    return (total / len(folders)).tolist()


def label(folders, texts, bf16=True, processes=4, threads=1):
    # Dealt out in turn, so that each process gets the same mix of lengths.
    jobs = [(folders, texts[i::processes], bf16, threads, i == 0) for i in range(processes)]
    probs = [None] * len(texts)
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for i, share in enumerate(pool.imap(label_share, jobs)):
            probs[i::processes] = share
    return probs


def write_standoff(path, keys, probs):
    """Tab-separated, gzipped without a time stamp: equal input gives equal bytes."""
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed, io.TextIOWrapper(packed, "ascii") as out:
        out.write("#id\t" + "\t".join(CLASSES) + "\n")
        for key, p in zip(keys, probs):
            out.write(key + "\t" + "\t".join(map(str, thousandths(p))) + "\n")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--teacher", nargs="+", required=True)
    ap.add_argument("--out", required=True)
    corpus_arguments(ap)
    ap.add_argument("--n-ungdc", type=int, default=1_000_000)
    ap.add_argument("--skip-ungdc", type=int, default=0, help="start after so many of them (to label in several runs)")
    ap.add_argument("--processes", type=int, default=4)
    ap.add_argument("--threads", type=int, default=1, help="of each process")
    ap.add_argument("--no-bf16", action="store_true")
    a = ap.parse_args()
    found = unlabelled(a.ungdc, a.news, a.articles, a.without)
    keys = chosen(found, a.skip_ungdc, a.n_ungdc)
    began = time.time()
    probs = label(a.teacher, [found[k][0] for k in keys], not a.no_bf16, a.processes, a.threads)
    write_standoff(a.out, keys, probs)
    print(f"\n{len(keys)} sentences in {time.time() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
