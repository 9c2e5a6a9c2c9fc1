"""Learns how kanji in names of companies are read, from names that stand beside their kana.

    python -m benchmarks.matching.learn_readings register.csv accounts/dedup/readings.txt

Each name is aligned with its kana by expectation maximisation, one to five kana a character; what stands together often
becomes an entry. An entry is a word, then its readings, the most frequent first, each with its weight in percent.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from crm.lib import kana, names

KANJI = re.compile("[\u3400-\u9fff々]")
_USABLE = re.compile("[\u3400-\u9fff々ぁ-ゖァ-ヺー]+")
LONGEST = 5
Pair = tuple[str, str]
Aligned = list[tuple[str, str]]


def pairs_of(path: Path) -> Iterator[Pair]:
    """Names without form in kanji and kana, with their kana."""
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name, reading = names.company_key(row["name"]), kana.kana_key(row["kana"])
            if reading and KANJI.search(name) and _USABLE.fullmatch(name) and len(reading) <= 40:
                yield kana.to_katakana(name), reading


def learn(pairs: Iterable[Pair], rounds: int = 6) -> dict[str, Counter[str]]:
    """Word of one to four characters → how often it was read so."""
    held = sorted(set(pairs))
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    for _ in range(rounds):
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for name, reading in held:
            for character, part in align(name, reading, weights):
                counts[character][part] += 1
        weights = {
            c: {p: n / (sum(parts.values()) + 2) for p, n in parts.items()} for c, parts in counts.items()
        }
    words: dict[str, Counter[str]] = defaultdict(Counter)
    for name, reading in held:
        aligned = align(name, reading, weights)
        for start in range(len(aligned)):
            for end in range(start + 1, min(len(aligned), start + 4) + 1):
                word = "".join(c for c, _ in aligned[start:end])
                if KANJI.search(word[0]) and KANJI.search(word[-1]):
                    words[word]["".join(p for _, p in aligned[start:end])] += 1
    return words


def align(name: str, reading: str, weights: dict[str, dict[str, float]]) -> Aligned:
    """The likeliest way to read the name so; [] where there is none."""
    best: list[dict[int, tuple[float, int]]] = [{0: (1.0, 0)}]
    for character in name:
        here: dict[int, tuple[float, int]] = {}
        known = weights.get(character, {})
        is_kana = not KANJI.match(character)
        for at, (so_far, _) in best[-1].items():
            for length in (1,) if is_kana else range(1, LONGEST + 1):
                part = reading[at : at + length]
                if len(part) < length:
                    break
                if part[0] in "ャュョァィゥェォッーン" and not is_kana and part[0] not in known:
                    continue
                if is_kana and part != character:
                    continue
                # Two kana are the likeliest before anything is known.
                prior = (0.05, 0.4, 0.2, 0.04, 0.01)[length - 1] * 0.01
                chance = 1.0 if is_kana else known.get(part, 0) + prior
                if (total := so_far * chance) > here.get(at + length, (0.0, 0))[0]:
                    here[at + length] = (total, at)
        best.append(here)
    at, found = len(reading), []
    for place in range(len(name), 0, -1):
        if at not in best[place]:
            return []
        before = best[place][at][1]
        found.append((name[place - 1], reading[before:at]))
        at = before
    return found[::-1]


def entries(words: dict[str, Counter[str]]) -> Iterator[str]:
    """What is worth keeping: single characters, and words whose reading their characters do not give by themselves."""
    for word, readings in sorted(words.items()):
        total = sum(readings.values())
        if len(word) > 1 and (total < 2 or not _adds(word, readings, words)):
            continue
        kept = [(reading, n) for reading, n in readings.most_common(6) if n * 100 >= total * 3]
        told = ",".join(f"{reading}{round(n * 100 / total)}" for reading, n in kept)
        if told:
            yield f"{word} {told}"


def _adds(word: str, readings: Counter[str], words: dict[str, Counter[str]]) -> bool:
    alone = "".join(words[c].most_common(1)[0][0] if words.get(c) else "" for c in word)
    best, n = readings.most_common(1)[0]
    if best != alone:
        return True
    # Also where the characters are mostly read otherwise.
    return any(words[c].most_common(1)[0][1] * 10 < sum(words[c].values()) * 7 for c in word if words.get(c))


def main() -> None:
    source, target = map(Path, sys.argv[1:3])
    lines = list(entries(learn(pairs_of(source))))
    target.write_text(
        "# How kanji in names of companies are read: word, readings with their share in percent. Learned from the corporate-number\n"
        "# register (国税庁法人番号公表サイト, https://www.houjin-bangou.nta.go.jp/, Public Data License 1.0) by\n"
        "# benchmarks/matching/learn_readings.py; 国税庁法人番号公表サイトのデータを加工して作成.\n"
        + "\n".join(lines)
        + "\n",
        encoding="utf-8",
    )
    print(f"{len(lines)} entries")


if __name__ == "__main__":
    main()
