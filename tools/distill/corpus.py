"""Texts and labels as the distillation scripts read them. Standard library only; every function is deterministic."""
import gzip
import hashlib
import json
import re
from pathlib import Path

CLASSES = ["support", "concern", "expectation", "none"]

# A sentence ends at . ! or ?, any closing marks, white space, and something that can open the next one.
SENTENCE_END = re.compile(r"""(?P<word>\S*?)(?P<mark>[.!?]+)["'”’)\]»]*(?P<gap>\s+)(?=["'“‘(\[«£$€—–-]*[A-Z0-9])""")
# Words after which a full stop does not end a sentence; single letters (initials) neither.
NO_END = set("mr mrs ms dr prof gen lt col sgt capt cmdr adm maj rep sen gov rev hon sec amb st no vs inc".split())


def text_id(text):
    """First 16 hex digits of the SHA-1 of the text with white space folded."""
    return hashlib.sha1(fold(text).encode("utf-8")).hexdigest()[:16]


def fold(text):
    return " ".join(text.split())


def in_bucket(name, n_buckets):
    """True for one name in `n_buckets`, by its hash: how every split here is drawn."""
    return int(hashlib.sha1(str(name).encode("utf-8")).hexdigest(), 16) % n_buckets == 0


def is_test_article(article_id):
    return in_bucket(article_id, 5)


def read_jsonl(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def sentence_spans(text):
    """[start, end) of each sentence, in code points, without outer white space; a line break always ends one."""
    spans = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for m in SENTENCE_END.finditer(text, line.start(), line.end()):
            last = re.sub(r"\W", "", m["word"].rsplit(".", 1)[-1]).lower()
            if m["mark"] == "." and (last in NO_END or (len(last) == 1 and last.isalpha())):
                continue
            spans.append((start, m.start("gap")))
            start = m.end("gap")
        spans.append((start, line.end()))
    return [(a + len(text[a:b]) - len(text[a:b].lstrip()), a + len(text[a:b].rstrip())) for a, b in spans if text[a:b].strip()]


def sentences(text):
    return [fold(text[a:b]) for a, b in sentence_spans(text)]


def article_statements(article):
    """(text, labels) of each statement: its whole sentence; where several share one, the stretch of source, cue and content.

    Takes offsets (`content` [[start, end]]) as well as drafts (`content` as exact substrings).
    """
    text, statements = article["text"], article["statements"]
    bounds = sentence_spans(text)
    extents = [_extent(text, s) for s in statements]
    widened = [_widen(bounds, e) for e in extents]
    rows = []
    for i, statement in enumerate(statements):
        shared = any(a < widened[i][1] and widened[i][0] < b for j, (a, b) in enumerate(widened) if j != i)
        a, b = extents[i] if shared else widened[i]
        rows.append((fold(text[a:b]), statement["labels"]))
    return rows


def _extent(text, statement):
    """Smallest stretch over content, cue and source, without a source or cue that stands more than 80 characters away."""
    content = [tuple(c) if isinstance(c, list) else (text.index(c), text.index(c) + len(c)) for c in statement["content"]]
    a, b = min(c[0] for c in content), max(c[1] for c in content)
    for part in (statement.get("cue"), statement.get("source") or statement.get("holder_mention")):
        if isinstance(part, str):
            part = _nearest(text, part, a)
        if part and part[0] >= a - 80 and part[1] <= b + 80:
            a, b = min(a, part[0]), max(b, part[1])
    return a, b


def _nearest(text, part, at):
    found = [m.span() for m in re.finditer(r"(?<!\w)" + re.escape(part) + r"(?!\w)", text)] if part else []
    return min(found, key=lambda s: abs(s[0] - at), default=None)


def _widen(bounds, extent):
    """`extent` grown to whole sentences."""
    inside = [(a, b) for a, b in bounds if a < extent[1] and extent[0] < b]
    return (min(extent[0], inside[0][0]), max(extent[1], inside[-1][1])) if inside else extent


def labelled(path):
    """(id, text, labels) of a JSONL file of statements, or of annotated articles (fields `statements` and `text`).

    Test articles are left out.
    """
    rows = []
    for row in read_jsonl(path):
        if "statements" in row:
            if not is_test_article(row["id"]):
                rows += [(f"{row['id']}#{i}", t, y) for i, (t, y) in enumerate(article_statements(row))]
        else:
            rows.append((str(row.get("id") or text_id(row["text"])), row["text"], row["labels"]))
    return rows


def unlabelled(ungdc=None, news=(), articles=(), without=(), words=(5, 80)):
    """{id: (text, source)} of every sentence that may get soft labels, in reading order.

    ungdc: JSONL with `id`, `doc`, `text`; news: JSONL with `text`; articles: ours, without the test articles;
    without: labelled JSONL whose texts and documents (`doc`) are left out; words: sentences of fewer or more are left out.
    """
    held = [row for path in without for row in read_jsonl(path)]
    held_docs, held_ids = {r["doc"] for r in held if r.get("doc")}, {text_id(r["text"]) for r in held}
    found = {}

    def add(text, source):
        key = text_id(text)
        if words[0] <= len(text.split()) <= words[1] and key not in held_ids:
            found.setdefault(key, (text, source))

    for row in read_jsonl(ungdc) if ungdc else []:
        if row["doc"] not in held_docs:
            add(fold(row["text"]), "ungdc")
    for path in news:
        for row in read_jsonl(path):
            for text in sentences(row["text"]):
                add(text, Path(path).stem)
    for path in articles:
        for row in read_jsonl(path):
            if not is_test_article(row["id"]):
                for text in sentences(row["text"]):
                    add(text, "articles")
    return found
