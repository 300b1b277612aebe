"""What the hook costs Kea: CPU of kea-dhcp4 for a four-way exchange, alone, with the hook (for a phone that a class takes, and for any
other client) and with Kea's own libdhcp_flex_option doing the same. Alternated rounds under perfdhcp. Run by ./dev bench (root).

usage: kea_cost.py --build BUILD [--rounds N] [--seconds N] [--rate N]
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SERVER, RELAY = "10.77.0.1", "10.77.0.2"
UP_WITHIN_S = 30
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PHONE, STRANGER = "Grandstream GXP2170 dslforum.org", "MSFT 5.0"
FLEX = f"ifelse(substring(option[60].hex,0,15) == 'Grandstream GXP', 'http://{SERVER}', '')"


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **options)


class Variant:
    def __init__(self, name, libraries, vendor_class):
        self.name, self.libraries, self.vendor_class = name, libraries, vendor_class
        self.cpu, self.delays = [], []


class Bench:
    def __init__(self, build, folder, seconds, rate):
        self.build, self.folder, self.seconds, self.rate = build, folder, seconds, rate
        self.at = [f"plugtone-bench-{end}-{os.getpid()}" for end in ("kea", "phones")]

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            for name in self.at:
                run("ip", "netns", "add", name)
                stack.callback(run, "ip", "netns", "delete", name)
            run("ip", "link", "add", "lan0", "netns", self.at[0], "type", "veth", "peer", "name", "lan1", "netns", self.at[1])
            for name, device, address in zip(self.at, ("lan0", "lan1"), (SERVER, RELAY)):
                run("ip", "-n", name, "address", "add", f"{address}/16", "dev", device)
                run("ip", "-n", name, "link", "set", device, "up")
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def variants(self):
        hook = [{
            "library": str(self.build / "kea-hook/libdhcp_plugtone.so"),
            "parameters": {"classes": [str(SOURCE / "etc/classes.d")], "events": str(self.folder / "events.sock"),
                           "bindings": str(self.folder / "bindings"), "offers": ""},
        }]  # fmt: skip
        options_only = [dict(hook[0], parameters=hook[0]["parameters"] | {"events": "", "bindings": ""})]
        flex_library = next(pathlib.Path("/usr/lib").glob("*/kea/hooks/libdhcp_flex_option.so"))
        flex = [{"library": str(flex_library), "parameters": {"options": [{"code": 66, "supersede": FLEX}]}}]
        return [
            Variant("no hook, a phone", [], PHONE),
            Variant("hook, a phone", hook, PHONE),
            Variant("hook for options only", options_only, PHONE),
            Variant("flex_option, a phone", flex, PHONE),
            Variant("no hook, any client", [], STRANGER),
            Variant("hook, any client", hook, STRANGER),
        ]

    def configuration(self, libraries):
        return {"Dhcp4": {
            "interfaces-config": {"interfaces": ["lan0"], "dhcp-socket-type": "raw"},
            "control-socket": {"socket-type": "unix", "socket-name": str(self.folder / "kea.sock")},
            "lease-database": {"type": "memfile", "persist": True, "name": str(self.folder / "leases.csv"), "lfc-interval": 0},
            "multi-threading": {"enable-multi-threading": True, "thread-pool-size": 2, "packet-queue-size": 1000},
            "subnet4": [{"id": 1, "subnet": "10.77.0.0/16", "pools": [{"pool": "10.77.1.0 - 10.77.250.0"}]}],
            "hooks-libraries": libraries,
            "loggers": [{"name": "kea-dhcp4", "output_options": [{"output": str(self.folder / "kea.log")}], "severity": "WARN"}],
        }}  # fmt: skip

    def measure(self, variant):
        for path in self.folder.glob("leases.csv*"):
            path.unlink()
        shutil.rmtree(self.folder / "bindings", ignore_errors=True)
        (self.folder / "bindings").mkdir()
        config = self.folder / "kea.json"
        config.write_text(json.dumps(self.configuration(variant.libraries)))
        environment = dict(os.environ, KEA_LOCKFILE_DIR="none", KEA_PIDFILE_DIR=str(self.folder))
        kea = subprocess.Popen(
            ["ip", "netns", "exec", self.at[0], "kea-dhcp4", "-c", str(config)], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + UP_WITHIN_S
            while not (self.folder / "kea.sock").exists():
                if time.monotonic() > deadline or kea.poll() is not None:
                    raise RuntimeError(f"kea-dhcp4 does not serve: {(self.folder / 'kea.log').read_text()}")
            self.load(variant.vendor_class, 2)  # warm
            before = self.cpu_seconds(kea.pid)
            exchanges, delay_ms = self.load(variant.vendor_class, self.seconds)
            variant.cpu.append(1e6 * (self.cpu_seconds(kea.pid) - before) / exchanges)
            variant.delays.append(delay_ms)
        finally:
            kea.terminate()
            kea.wait()
            (self.folder / "kea.sock").unlink(missing_ok=True)

    @staticmethod
    def cpu_seconds(pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def load(self, vendor_class, seconds):
        """(finished exchanges, mean ms from REQUEST to ACK)"""
        done = subprocess.run(
            ["ip", "netns", "exec", self.at[1], "perfdhcp", "-4", "-l", RELAY, "-r", str(self.rate), "-R", "5000", "-p",
             str(seconds), "-W", "300000", "-o", "60," + vendor_class.encode().hex(), SERVER],
            capture_output=True, text=True,
        )  # fmt: skip
        second = done.stdout.split("REQUEST-ACK")[-1]
        received = int(re.search(r"received packets: (\d+)", second)[1])
        return received, float(re.search(r"avg delay: ([\d.]+)", second)[1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rate", type=int, default=1500)
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-bench-", dir="/dev/shm"))  # as /run is: memory
    try:
        with Bench(arguments.build.resolve(), folder, arguments.seconds, arguments.rate) as bench:
            variants = bench.variants()
            for _ in range(arguments.rounds):
                for variant in random.sample(variants, len(variants)):
                    bench.measure(variant)
    finally:
        shutil.rmtree(folder)
    print(f"Kea's CPU for an exchange of four messages, {arguments.rate} a second   (target: a phone +5 %, any other client +1 %)")
    plain = {variant.vendor_class: variant for variant in variants if not variant.libraries}
    for variant in variants:
        pairs = zip(variant.cpu, plain[variant.vendor_class].cpu)
        ratio = statistics.median(mine / theirs for mine, theirs in pairs)  # of the same round
        print(
            f"    {variant.name:<22} {statistics.median(variant.cpu):6.0f} µs   {ratio:5.2f} ×"
            f"   answer after {statistics.median(variant.delays):.2f} ms"
        )
    print(flush=True)


if __name__ == "__main__":
    main()
