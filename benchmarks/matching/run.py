"""Measures matching on sets made from seeds, and prints a table or JSON.

    python -m benchmarks.matching.run --seeds 31 32 --profiles a b --records 20000 [--register FILE] [--json FILE]

`--register` takes a larger sample of the corporate-number register than the one of the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from pathlib import Path
from typing import Any

from benchmarks.matching import measures, sets, world

# What the columns of a set are called as fields of an import.
FIELDS = {
    "name": "company_name", "kana": "company_kana", "number": "corporate_number", "family": "family_name", "given": "given_name", "url": "domain",
}  # fmt: skip


def measure(seed: int, records: int, profile: str, register: Path) -> dict[str, Any]:
    """All figures of one set."""
    from accounts.dedup import people, reading
    from accounts.dedup.grouping import Companies
    from accounts.dedup.sites import Sites

    made = sets.make(seed, records, profile, register=register)
    lines = [{FIELDS.get(key, key): value for key, value in record.values.items()} for record in made.records]
    begun = time.process_time()
    read = [reading.read(line) for line in lines]
    reading_done = time.process_time()
    companies = Companies(read)
    found = companies.group_of
    matching_done = time.process_time()
    persons = people.People(companies.records, found)
    who = persons.group_of
    sites = Sites(companies.records, found, who).group_of
    of_company = [record.company for record in made.records]
    named = [n for n, record in enumerate(made.records) if record.person]
    hundredth = len(lines) // 100
    after_one, after_five = measures.after_answers(companies, of_company, (hundredth, 5 * hundredth))
    in_order = _turned_round(read, of_company)
    return {
        "profile": profile, "seed": seed, "records": len(lines),
        "company f1": measures.b_cubed(found, of_company)[2], "pair precision": measures.pairs(found, of_company)[0],
        "after 1 per 100": measures.b_cubed(after_one, of_company)[2], "after 5 per 100": measures.b_cubed(after_five, of_company)[2],
        "false joins": sum(measures.false_joins(made.records, found).values()),
        "recall": {tag: share for tag, (share, _) in measures.recall_by_variation(made.records, found).items()},
        "person f1": measures.b_cubed([who[n] for n in named], [made.records[n].person for n in named])[2],
        "person precision": measures.pairs([who[n] for n in named], [made.records[n].person for n in named])[0],
        "site f1": measures.b_cubed(sites, [(record.company, record.site) for record in made.records])[2],
        "other order": in_order, "matching / reading": (matching_done - reading_done) / (reading_done - begun),
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }  # fmt: skip


def _turned_round(read: list[Any], truth: list[int]) -> float:
    """F1 when the files lie one below the other in the opposite order."""
    from accounts.dedup.grouping import Companies

    turned = Companies(read[::-1]).group_of
    return measures.b_cubed(turned, truth[::-1])[2]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[41, 42])
    parser.add_argument("--profiles", nargs="+", choices=["a", "b", "c"], default=["a", "b"])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--register", type=Path, default=world.REGISTER)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    rows = []
    for profile in options.profiles:
        for seed in options.seeds:
            row = measure(seed, options.records, profile, options.register)
            rows.append(row)
            told = {
                key: f"{value:.4f}" if isinstance(value, float) else value
                for key, value in row.items()
                if key != "recall"
            }
            print("  ".join(f"{key} {value}" for key, value in told.items()))
            wanted = ("latin", "kana", "bank kana", "former")
            print(
                "    recall: "
                + "  ".join(f"{tag} {row['recall'][tag]:.3f}" for tag in wanted if tag in row["recall"]),
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
