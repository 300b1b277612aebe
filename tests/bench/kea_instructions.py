"""What the hook costs Kea in instructions, counted by callgrind: for a four-way exchange, without any hook, with ours and with Kea's own
libdhcp_flex_option and libdhcp_bootp; the last has nothing to do for these clients, and shows what Kea spends on calling a hook at all.
Needs no quiet machine: the numbers of two runs differ by one or two in a hundred. Run by ./dev bench (root).

usage: kea_instructions.py --build BUILD [--exchanges N]
"""

import argparse
import pathlib
import re
import subprocess

from kea_load import PHONE, STRANGER, KeaUnderLoad

RATE = 20  # callgrind makes Kea some fifty times slower
WARM_S = 2
# The same clients in the same order, for to renew a lease is less work than to make one; and time to answer.
PATIENTLY = ("-s", "1", "-d", "20", "-W", "3000000")


def variants(bench):
    options_only = bench.hook(events="", bindings="")
    for kind, vendor_class in (("a phone", PHONE), ("any client", STRANGER)):
        yield f"no hook, {kind}", [], vendor_class
        yield f"bootp, {kind}", bench.bootp(), vendor_class
        yield f"flex_option, {kind}", bench.flex_option(), vendor_class
        yield f"hook for options only, {kind}", options_only, vendor_class
        yield f"hook, {kind}", bench.hook(), vendor_class


def instructions(bench, libraries, vendor_class, seconds):
    """Of one exchange."""
    out = bench.folder / "callgrind.out"
    for old in bench.folder.glob("callgrind.out*"):
        old.unlink()
    with bench.kea(libraries, under=["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]) as kea:
        bench.load(vendor_class, WARM_S, RATE, *PATIENTLY)
        control("--zero", kea.pid)
        exchanges = bench.load(vendor_class, seconds, RATE, *PATIENTLY).exchanges
        control("--dump", kea.pid)
        return int(re.search(r"^totals: (\d+)$", pathlib.Path(f"{out}.1").read_text(), re.MULTILINE)[1]) / exchanges


def control(what, pid):
    subprocess.run(["callgrind_control", what, str(pid)], check=True, capture_output=True, text=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--exchanges", type=int, default=200)
    arguments = parser.parse_args()
    print("Kea's instructions for an exchange of four messages (target: recognition and options alone +1.5 %)")
    plain = {}
    with KeaUnderLoad(arguments.build) as bench:
        for name, libraries, vendor_class in variants(bench):
            count = instructions(bench, libraries, vendor_class, arguments.exchanges // RATE)
            without = plain.setdefault(vendor_class, count)
            print(f"    {name:<33} {count:11,.0f}   {100 * (count / without - 1):+6.2f} %", flush=True)


if __name__ == "__main__":
    main()
