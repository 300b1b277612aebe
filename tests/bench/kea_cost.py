"""What the hook costs Kea: CPU of kea-dhcp4 for a four-way exchange, and how long its answers take, alone, with the hook (for a phone
that a class takes, and for any other client) and with Kea's own libdhcp_flex_option doing the same. Alternated rounds under perfdhcp.
Run by ./dev bench (root).

usage: kea_cost.py --build BUILD [--rounds N] [--seconds N] [--rate N]
"""

import argparse
import os
import pathlib
import random
import statistics

from kea_load import PHONE, STRANGER, KeaUnderLoad

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
WARM_S = 2


class Variant:
    def __init__(self, name, libraries, vendor_class):
        self.name, self.libraries, self.vendor_class = name, libraries, vendor_class
        self.cpu_us, self.median_ms, self.slow_ms = [], [], []  # of each round


def variants(bench):
    return [
        Variant("no hook, a phone", [], PHONE),
        Variant("flex_option, a phone", bench.flex_option(), PHONE),
        Variant("hook for options only", bench.hook(events="", bindings=""), PHONE),
        Variant("hook, a phone", bench.hook(), PHONE),
        Variant("no hook, any client", [], STRANGER),
        Variant("flex_option, any client", bench.flex_option(), STRANGER),
        Variant("hook for options only, any client", bench.hook(events="", bindings=""), STRANGER),
        Variant("hook, any client", bench.hook(), STRANGER),
    ]


def measure(bench, variant, seconds, rate):
    with bench.kea(variant.libraries) as kea:
        bench.load(variant.vendor_class, WARM_S, rate)
        before = cpu_seconds(kea.pid)
        done = bench.load(variant.vendor_class, seconds, rate, "-x", "t")
        variant.cpu_us.append(1e6 * (cpu_seconds(kea.pid) - before) / done.exchanges)
    variant.median_ms.append(statistics.median(done.delays_ms))
    variant.slow_ms.append(statistics.quantiles(done.delays_ms, n=100)[-1])


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def ratio(mine, theirs):
    """Median of the ratios, each of one round."""
    return statistics.median(one / other for one, other in zip(mine, theirs))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rate", type=int, default=1500)
    arguments = parser.parse_args()
    with KeaUnderLoad(arguments.build) as bench:
        measured = variants(bench)
        for _ in range(arguments.rounds):
            for variant in random.sample(measured, len(measured)):
                measure(bench, variant, arguments.seconds, arguments.rate)
    print(f"Kea under {arguments.rate} exchanges of four messages a second, {arguments.rounds} rounds")
    print("(target: CPU for a phone +5 %, for any other client +1 %; no answer takes longer)")
    print(" " * 38 + "CPU of an exchange ×      answer: median  99 of 100       ×")
    plain = {variant.vendor_class: variant for variant in measured if not variant.libraries}
    for variant in measured:
        without = plain[variant.vendor_class]
        print(
            f"    {variant.name:<33} {statistics.median(variant.cpu_us):8.0f} µs  {ratio(variant.cpu_us, without.cpu_us):5.2f}"
            f"      {statistics.median(variant.median_ms):6.2f} ms  {statistics.median(variant.slow_ms):6.2f} ms"
            f"  {ratio(variant.slow_ms, without.slow_ms):5.2f}"
        )
    print(flush=True)


if __name__ == "__main__":
    main()
