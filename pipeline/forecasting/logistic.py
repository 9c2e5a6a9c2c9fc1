"""Logistic regression whose groups may differ a little from each other: one penalised fit by Newton's method.

Every group (a stage) has coefficients β + δ of its own; δ is pulled to nothing, so that a group with few rows follows
the others and one with many follows itself. Written with the standard library: sums run over whole columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

Vector = list[float]
Matrix = list[Vector]

# The step after one that gained so little (in log-likelihood) changes nothing that anybody could see.
CLOSE_ENOUGH = 0.01
HALVES = (1.0, 0.5, 0.25, 0.1, 0.02)


@dataclass(slots=True)
class Block:
    """Rows of one group: columns (the first is all ones), answers 0 or 1, weights."""

    columns: Matrix
    answers: Vector
    weights: Vector


@dataclass(slots=True)
class Fit:
    """Coefficients of each group."""

    pooled: Vector
    groups: list[Vector]

    def chance(self, group: int, row: Sequence[float]) -> float:
        """The probability for a row of the group; a group without rows follows the others."""
        return sigmoid(sum(map(mul, self.groups[group], row)))


def sigmoid(x: float) -> float:
    """From log-odds to a probability."""
    if x < 0:
        e = math.exp(max(x, -700))
        return e / (1 + e)
    return 1 / (1 + math.exp(-min(x, 700)))


def fit(blocks: list[Block], *, ridge: Sequence[float], group_ridge: Sequence[float], steps: int = 12) -> Fit:
    """The penalised fit. `ridge` says of each column how hard its common coefficient is pulled to nothing, `group_ridge` the groups' own."""
    size = len(blocks[0].columns)
    pooled = [0.0] * size
    answers = sum(sum(map(mul, b.answers, b.weights)) for b in blocks)
    weight = sum(sum(b.weights) for b in blocks)
    share = min(max(answers / weight, 0.001), 0.999) if weight else 0.5
    pooled[0] = math.log(share / (1 - share))
    apart = [[0.0] * size for _block in blocks]
    penalty, own_penalty = list(ridge), list(group_ridge)
    loss = _loss(blocks, pooled, apart, penalty, own_penalty)
    for _step in range(steps):
        step = _newton(blocks, pooled, apart, penalty, own_penalty)
        # A whole step may overshoot, and then each one after it more so: half of it until it is a gain.
        for part in HALVES:
            there = _moved(pooled, apart, step, part)
            reached = _loss(blocks, *there, penalty, own_penalty)
            if reached < loss:
                break
        else:
            break
        gained, loss = loss - reached, reached
        pooled, apart = there
        if gained < CLOSE_ENOUGH:
            break
    return Fit(pooled, [[a + b for a, b in zip(pooled, own, strict=True)] for own in apart])


def _moved(pooled: Vector, apart: Matrix, step: tuple[Vector, Matrix], part: float) -> tuple[Vector, Matrix]:
    """Where so much of a step leads."""
    common, own_steps = step
    return [a + part * b for a, b in zip(pooled, common, strict=True)], [
        [a + part * b for a, b in zip(own, own_step, strict=True)]
        for own, own_step in zip(apart, own_steps, strict=True)
    ]


def _loss(blocks: list[Block], pooled: Vector, apart: Matrix, penalty: Vector, own_penalty: Vector) -> float:
    """What the fit makes small: negative log-likelihood and penalties."""
    total = sum(p * b * b for p, b in zip(penalty, pooled, strict=True)) / 2
    for block, own in zip(blocks, apart, strict=True):
        total += sum(p * b * b for p, b in zip(own_penalty, own, strict=True)) / 2
        for score, answer, weight in zip(
            _scores(block, pooled, own), block.answers, block.weights, strict=True
        ):
            total += weight * (max(score, 0.0) + math.log1p(math.exp(-abs(score))) - answer * score)
    return total


def _scores(block: Block, pooled: Vector, own: Vector) -> Vector:
    """Log-odds of the block's rows."""
    score = [0.0] * len(block.answers)
    for a, b, column in zip(pooled, own, block.columns, strict=True):
        if a + b:
            coefficient = a + b
            score = [s + coefficient * x for s, x in zip(score, column, strict=True)]
    return score


def _newton(
    blocks: list[Block], pooled: Vector, apart: Matrix, penalty: Vector, own_penalty: Vector
) -> tuple[Vector, Matrix]:
    """One step, common and of each group: the groups' own parts are eliminated first, then the common part is solved."""
    size = len(pooled)
    total = [[penalty[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
    slope = [-p * b for p, b in zip(penalty, pooled, strict=True)]
    kept: list[tuple[Matrix, Matrix, Vector]] = []
    for block, own in zip(blocks, apart, strict=True):
        gram, gradient = _curvature(block, _scores(block, pooled, own))
        own_slope = [g - p * o for g, p, o in zip(gradient, own_penalty, own, strict=True)]
        ridged = [
            [v + (own_penalty[i] if i == j else 0.0) for j, v in enumerate(row)] for i, row in enumerate(gram)
        ]
        lower = _cholesky(ridged)
        for i in range(size):
            slope[i] += gradient[i]
        solved = [_solve(lower, column) for column in gram]  # gram is symmetric: rows are columns
        answer = _solve(lower, own_slope)
        for i in range(size):
            row, total_row = gram[i], total[i]
            slope[i] -= sum(map(mul, row, answer))
            for j in range(size):
                total_row[j] += row[j] - sum(map(mul, row, solved[j]))
        kept.append((lower, gram, own_slope))
    change = _solve(_cholesky(total), slope)
    own_steps = []
    for lower, gram, own_slope in kept:
        target = [s - sum(map(mul, row, change)) for s, row in zip(own_slope, gram, strict=True)]
        own_steps.append(_solve(lower, target))
    return change, own_steps


def _curvature(block: Block, score: Vector) -> tuple[Matrix, Vector]:
    """Second and first derivatives of the block's log-likelihood."""
    size = len(block.columns)
    chance = [sigmoid(s) for s in score]
    left = [w * (y - p) for w, y, p in zip(block.weights, block.answers, chance, strict=True)]
    spread = [w * p * (1 - p) for w, p in zip(block.weights, chance, strict=True)]
    gram = [[0.0] * size for _row in range(size)]
    for i, column in enumerate(block.columns):
        weighted = list(map(mul, column, spread))
        for j in range(i + 1):
            gram[i][j] = gram[j][i] = sum(map(mul, weighted, block.columns[j]))
    return gram, [sum(map(mul, column, left)) for column in block.columns]


def _cholesky(matrix: Matrix) -> Matrix:
    lower: Matrix = []
    for i, row in enumerate(matrix):
        own: Vector = []
        for j in range(i):
            own.append((row[j] - sum(map(mul, own, lower[j]))) / lower[j][j])
        own.append(math.sqrt(max(row[i] - sum(map(mul, own, own)), 1e-12)))
        lower.append(own)
    return lower


def _solve(lower: Matrix, right: Vector) -> Vector:
    found: Vector = []
    for row, value in zip(lower, right, strict=True):
        found.append((value - sum(map(mul, row, found))) / row[-1])
    size = len(found)
    answer = [0.0] * size
    for i in range(size - 1, -1, -1):
        answer[i] = (found[i] - sum(lower[j][i] * answer[j] for j in range(i + 1, size))) / lower[i][i]
    return answer
