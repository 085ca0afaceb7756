#!/usr/bin/env python3
"""Holds measured figures against floors: floors.py FLOORS PARITY CANARY

PARITY is what parity.py --json printed, CANARY what canary.py printed. A line of FLOORS is `key value`: shares of exact tags in per
cent (`parity-exact`, `composite-exact`, `group IFD0`), which may not be lower, and counts of canary files (`canary-clean`, which may not be
lower, `canary-dirty` and `canary-damaged`, which may not be higher).
"""
import json
import sys


def parity(path):
    """Figures by key from the last line of parity.py."""
    with open(path, encoding="utf-8", errors="replace") as f:
        last = json.loads([line for line in f if line.startswith("{")][-1])
    share = lambda row: 100 * row[2] / max(1, row[0])
    figures = {"parity-exact": share(last["all"]), "composite-exact": share(last["composite"])}
    return figures | {f"group {name}": share(row) for name, row in last["groups"].items()}


def canary(path):
    """Figures by key from the totals of canary.py."""
    with open(path, encoding="utf-8", errors="replace") as f:
        words = f.read().strip().splitlines()[-1].split()
    return {f"canary-{key}": int(value) for key, value in zip(words[::2], words[1::2])}


def main(floors, parity_path, canary_path):
    figures = parity(parity_path) | canary(canary_path)
    failed = 0
    with open(floors, encoding="utf-8", errors="replace") as f:
        rows = [line.split("#")[0].strip().rsplit(None, 1) for line in f]
    for key, floor in filter(None, rows):
        figure, floor = figures.get(key), float(floor)
        most = key in ("canary-dirty", "canary-damaged", "canary-content-lost")
        good = figure is not None and (figure <= floor if most else figure >= floor)
        failed += not good
        shown = "not measured" if figure is None else f"{figure:8.2f}"
        print(f"{'ok  ' if good else 'FAIL'} {key:24} {shown} {'at most' if most else 'at least'} {floor:g}")
    sys.exit(failed > 0)


main(*sys.argv[1:])
