"""How good a grouping is: B-cubed, pairs, false joins by kind, recall by variation, and what questions bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import combinations

from accounts.dedup.asking import Asking
from accounts.dedup.grouping import Companies
from benchmarks.matching.sets import Record


def b_cubed(found: Sequence[Hashable], truth: Sequence[Hashable]) -> tuple[float, float, float]:
    """Precision, recall and F1 over the records."""
    both = Counter(zip(found, truth, strict=True))
    ours, theirs = Counter(found), Counter(truth)
    precision = sum(n * n / ours[f] for (f, _t), n in both.items()) / len(found)
    recall = sum(n * n / theirs[t] for (_f, t), n in both.items()) / len(found)
    return precision, recall, 2 * precision * recall / (precision + recall)


def pairs(found: Sequence[Hashable], truth: Sequence[Hashable]) -> tuple[float, float, int]:
    """Precision and recall over pairs, and how many pairs were joined falsely."""

    def choose(counts: Iterable[int]) -> int:
        return sum(n * (n - 1) // 2 for n in counts)

    right = choose(Counter(zip(found, truth, strict=True)).values())
    joined, there = choose(Counter(found).values()), choose(Counter(truth).values())
    return right / max(1, joined), right / max(1, there), joined - right


def recall_by_variation(records: Sequence[Record], found: Sequence[Hashable]) -> dict[str, tuple[float, int]]:
    """Of the pairs with a record so written, how many were found."""
    members: dict[int, list[int]] = {}
    for n, record in enumerate(records):
        members.setdefault(record.company, []).append(n)
    hits: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for group in members.values():
        for a, b in combinations(group, 2):
            for tag in records[a].tags | records[b].tags:
                total[tag] += 1
                hits[tag] += found[a] == found[b]
    return {tag: (hits[tag] / total[tag], total[tag]) for tag in sorted(total)}


def false_joins(records: Sequence[Record], found: Sequence[Hashable]) -> Counter[str]:
    """Truly different companies that share a group, counted once for each two of them, by kind."""
    members: dict[Hashable, set[tuple[int, str]]] = {}
    for record, group in zip(records, found, strict=True):
        members.setdefault(group, set()).add((record.company, record.kind))
    wrong: Counter[str] = Counter()
    for held in members.values():
        for (_a, kind), (_b, other) in combinations(sorted(held), 2):
            wrong[kind if kind == other else "/".join(sorted({kind, other}))] += 1
    return wrong


def after_answers(companies: Companies, truth: Sequence[Hashable], counts: Sequence[int]) -> list[list[int]]:
    """The grouping after so many questions were answered truthfully, each the best one after the answers before it.

    As in the queue: what an answer makes certain is joined with it, and who was told to be two is not asked about again.
    """
    asking, found = Asking(companies), []
    questions = asking.one_by_one()
    for number in range(max(counts) + 1):
        if number in counts:
            found.append(companies.group_of)
        question = next(questions, None)
        if question is not None:
            asking.answer(question.a, question.b, is_one=truth[question.a] == truth[question.b])
    return found
