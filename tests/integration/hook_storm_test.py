"""A minute in which Kea is reconfigured and the hook told to read its classes every 50 ms each, while clients lease: every answer is
right, every client keeps its address, every lease is there at the end and is a binding."""

import collections
import concurrent.futures
import csv
import json
import subprocess
import sys
import threading
import time
import unittest

from agents import wait_until
from support import GXP2160, ApplianceCase, branch

EVERY_S = 0.05
COMMANDS = ("config-reload", "plugtone-reload")
CLIENTS = 20
EXCHANGES_PER_S = 100
REGARDED = ("dhcp.option.dhcp", "dhcp.hw.mac_addr", "dhcp.ip.your", "dhcp.option.tftp_server_name")
OFFER, ACK = "2", "5"
RELAY = "192.168.66.2"  # of perfdhcp, which relays its clients' messages


class Reloads:
    """Context manager: sends a command every EVERY_S, or as fast as Kea answers."""

    def __init__(self, appliance, command):
        self.appliance, self.command = appliance, command
        self.refused, self.answered = [], 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _run(self):
        due = time.monotonic()
        while not self._ended.wait(max(0, due - time.monotonic())):
            due = max(due, time.monotonic()) + EVERY_S
            answer = self.appliance.kea(self.command)
            self.answered += 1
            if answer["result"] != 0:
                self.refused.append(answer)


class Storm(ApplianceCase):
    """Kea answers with several threads while its main thread is at the commands."""

    phones = {"phone": "000b82000001", "other": "000b82000002"}
    threading = {"enable-multi-threading": True, "thread-pool-size": 2, "packet-queue-size": 64}
    seconds = 60

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        file = cls.directory / "etc/kea-dhcp4.json"  # config-reload reads it
        config = json.loads(file.read_text())
        config["Dhcp4"]["multi-threading"] = cls.threading
        file.write_text(json.dumps(config))
        answer = cls.appliance.kea("config-reload")
        assert answer["result"] == 0, answer

    def perfdhcp(self, *arguments):
        return subprocess.Popen(
            branch.inside(
                self.at["other"], "perfdhcp", "-4", "-l", RELAY, "-r", str(EXCHANGES_PER_S), "-R", str(CLIENTS), "-W", "300000",
                "-o", "60," + GXP2160.encode().hex(), *arguments, self.server,
            ),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def leases(self):
        """MAC → address, as Kea has it on disk: the last row of an address holds; one that ended has no lifetime."""
        with open(self.directory / "lib/leases4.csv") as file:
            rows = {row["address"]: row for row in csv.DictReader(file)}
        return {row["hwaddr"]: row["address"] for row in rows.values() if row["valid_lifetime"] != "0" and row["state"] == "0"}

    def bindings(self):
        """The same, as the file server has it."""
        found = {}
        for path in (self.directory / "run/bindings").iterdir():
            mac = dict(line.split("=", 1) for line in path.read_text().splitlines())["MAC"]
            found[":".join(mac[at : at + 2] for at in range(0, 12, 2))] = path.name
        return found

    def everybody_leases(self):
        branch.ip("-netns", self.at["other"], "address", "add", f"{RELAY}/24", "dev", "eth0")
        self.lease("phone")
        while len(self.leases()) < CLIENTS + 1:
            self.perfdhcp("-p", "1").communicate(timeout=branch.COMMAND_WITHIN_S)
        return self.leases()

    def boot_while(self, process):
        """A client that begins anew and anew while that runs; the addresses that it had."""
        had = []
        while process.poll() is None:
            had.append(self.lease("phone")[0]["ip"])
        return had

    def watch(self):
        """tcpdump of all that Kea says, and the file."""
        capture = self.directory / "storm.pcap"
        watch = subprocess.Popen(
            branch.inside(
                self.branch.appliance, "tcpdump", "-i", branch.INTERFACE, "-U", "-s", "2000", "-B", "8192", "-w", capture,
                "udp src port 67 and src host " + self.server,
            ),
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.assertIn("listening on", watch.stderr.readline())
        return watch, capture

    def answers(self, capture):
        """How often each (message, MAC, address, option 66) was said."""
        fields = [part for field in REGARDED for part in ("-e", field)]
        done = subprocess.run(
            ["tshark", "-r", capture, "-T", "fields", "-E", "occurrence=f", *fields],
            capture_output=True, text=True, timeout=branch.COMMAND_WITHIN_S,
        )  # fmt: skip
        return collections.Counter(tuple(line.split("\t")) for line in done.stdout.splitlines())

    def test_reloads_under_load_give_no_wrong_answer_and_lose_no_lease(self):
        before = self.everybody_leases()
        watch, capture = self.watch()
        with concurrent.futures.ThreadPoolExecutor(1) as phone:
            with Reloads(self.appliance, COMMANDS[0]) as kea, Reloads(self.appliance, COMMANDS[1]) as hook:
                load = self.perfdhcp("-p", str(self.seconds))
                boots = phone.submit(self.boot_while, load)
                load.communicate(timeout=branch.COMMAND_WITHIN_S)
            renewed = boots.result()
        watch.terminate()
        watch.communicate()
        self.assertEqual((kea.refused, hook.refused), ([], []))
        self.assertGreater(min(kea.answered, hook.answered), self.seconds)
        said = self.answers(capture)
        print(f"{kea.answered} {kea.command}, {hook.answered} {hook.command}, {said.total()} answers", file=sys.stderr)
        # Of each client both answers were seen, and no other was: no NAK, no other URL, no other address.
        url = f"http://{self.server}"
        self.assertEqual(set(said), {(message, mac, before[mac], url) for message in (OFFER, ACK) for mac in before})
        self.assertEqual(set(renewed), {before["00:0b:82:00:00:01"]})
        self.assertEqual(self.leases(), before)
        wait_until(lambda: self.bindings() == before, "the bindings are not Kea's leases")
        self.assertNotIn("PLUGTONE_CALLOUT_FAILED", self.appliance.log("kea"))


class StormOnOneThread(Storm):
    """The same where the commands and the packets are the same thread's."""

    threading = {"enable-multi-threading": False}
    seconds = 20


if __name__ == "__main__":
    unittest.main(verbosity=2)
