"""`python tests/random`: random pairs of branches, planned by stitchback and judged by real Django.

python tests/random --pairs 3000 --seed 1 --workers 2
python tests/random --seed 17 --keep DIR      one pair; its repository, plan and the judge's story stay in DIR
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from runs import Figures, run_all
from trial import try_seed

EVERY = 20  # outcomes after which the file of --json is written again


def main() -> int:
    """0: nothing unsafe, no crash, no second run that changes something; 1 otherwise."""
    options = arguments()
    if options.keep:
        return kept(options.seed, Path(options.keep), resolve=options.resolve)
    began = time.monotonic()
    figures, judged = Figures(), []

    def say(outcome: dict[str, Any]) -> None:
        judged.append(outcome)
        figures.add(outcome)
        if options.json and len(judged) % EVERY == 0:
            write(Path(options.json), figures, judged)
        bad = outcome.get("problems") or outcome.get("again") or outcome.get("crash")
        if bad or options.verbose:
            line = bad[0] if isinstance(bad, list) else bad or ""
            print(f"seed {outcome['seed']}: {outcome['kind']} {line}", flush=True)

    seeds = range(options.seed, options.seed + options.pairs)
    run_all(seeds, options.workers, say, resolve=options.resolve)
    print("\n".join(figures.lines()))
    print(
        f"seeds {seeds.start} to {seeds.stop - 1}, {time.monotonic() - began:.0f} s, {options.workers} workers"
    )
    if options.json:
        write(Path(options.json), figures, judged)
    return 0 if figures.is_good else 1


def write(path: Path, figures: Figures, judged: list[dict[str, Any]]) -> None:
    document = {**figures.as_json(), "outcomes": sorted(judged, key=lambda each: each["seed"])}
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def kept(seed: int, folder: Path, *, resolve: bool) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    outcome = try_seed(seed, folder, resolve=resolve)
    print("\n".join(outcome.story))
    print(json.dumps(outcome.as_json(), indent=1))
    print(f"the repository and the plan are in {folder}")
    return 1 if outcome.problems or outcome.again or outcome.crash else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/random", description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1, help="the first seed; the others follow it")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", metavar="FILE", help="all outcomes and the figures")
    parser.add_argument("--keep", metavar="DIR", help="one pair, kept in DIR")
    parser.add_argument(
        "--resolve",
        action="store_true",
        help="`resolve` in and after a merge, rebase or cherry-pick, in the place of `plan` and `apply`",
    )
    parser.add_argument("--verbose", action="store_true", help="a line for each pair")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
