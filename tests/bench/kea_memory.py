"""That kea-dhcp4 with the hook does not grow: its own memory (RssAnon) over many packets, of phones and of other clients, with renewals
and releases, bindings and events on. Part of the tests with the packets given below; for many more (root):

usage: kea_memory.py --build BUILD [--packets N] [--warm-up N] [--rate N] [--no-hook]

Queues and tables grow in steps, with the worst moment until then; a leak grows with each packet. So what counts is the median slice of
time with one kind of clients, and if that has grown, it is looked at again over as many packets: a leak is there each time.
Exit status 1: it has grown by more than BYTES_FOR_A_PACKET_MAX, LOOKS times.
"""

import argparse
import itertools
import pathlib
import re
import statistics
import sys

from kea_load import PHONE, STRANGER, KeaUnderLoad

SLICE_S = 2
SAMPLES_MIN = 5  # two of each kind of clients, and what they begin from
LOOKS = 3
BYTES_FOR_A_PACKET_MAX = 1.0
COLUMNS = "    {:>12} {:>14}"


def own_memory_kib(pid):
    return int(re.search(r"RssAnon:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def packets(bench):
    """That Kea has received and sent."""
    counted = (bench.ask("statistic-get", name=name) for name in ("pkt4-received", "pkt4-sent"))
    return sum(values[0][0] for one in counted for values in one.values())


def measure(bench, kea, arguments):
    """(packets, KiB) after the warm-up and after each slice from then on."""
    samples = []
    a_tenth = str(arguments.rate // 10)
    for vendor_class in itertools.cycle((PHONE, STRANGER)):
        bench.load(vendor_class, SLICE_S, arguments.rate, "-f", a_tenth, "-F", a_tenth)
        seen = packets(bench)
        if seen < arguments.warm_up:
            continue
        samples.append((seen, own_memory_kib(kea.pid)))
        print(COLUMNS.format(f"{seen:,}", f"{samples[-1][1]:,}"), flush=True)
        if seen >= samples[0][0] + arguments.packets and len(samples) >= SAMPLES_MIN:
            return samples


def typical_growth(samples):
    """Bytes for a packet, of those clients of which it is more; the kinds take turns."""
    grown = [1024 * (later[1] - earlier[1]) / (later[0] - earlier[0]) for earlier, later in itertools.pairwise(samples)]
    return max(statistics.median(grown[0::2]), statistics.median(grown[1::2]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--packets", type=int, default=200_000, help="that Kea receives and sends after the warm-up")
    parser.add_argument("--warm-up", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=1500, help="exchanges a second")
    parser.add_argument("--no-hook", action="store_true", help="Kea alone, to compare")
    arguments = parser.parse_args()
    with KeaUnderLoad(arguments.build) as bench, bench.kea([] if arguments.no_hook else bench.hook()) as kea:
        print(COLUMNS.format("packets", "own memory, KiB"))
        for _ in range(LOOKS):
            samples = measure(bench, kea, arguments)
            seen, grown, typical = samples[-1][0] - samples[0][0], samples[-1][1] - samples[0][1], typical_growth(samples)
            print(f"over {seen:,} packets, Kea has grown by {grown:,} KiB; typically by {typical:.2f} bytes for a packet", flush=True)
            if typical <= BYTES_FOR_A_PACKET_MAX:
                break
        else:
            sys.exit(f"want at most {BYTES_FOR_A_PACKET_MAX} bytes for a packet")
        if not arguments.no_hook:
            status = bench.ask("plugtone-status")
            counts = ("answers", "bindings-written", "events-sent", "events-dropped")
            print("    " + ", ".join(f"{name} {status[name]:,}" for name in counts))


if __name__ == "__main__":
    main()
