"""What takes long: what others see of it, what they can still do meanwhile, and a job's end before its time."""

import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from agents import WITHIN_S, Agent, broken_in_tree, wait_until
from support import BUILD

# So many that one import takes seconds, sanitized or not.
DEVICES = 4000


class LongWork(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.kea = self.enterContext(socket.socket(socket.AF_UNIX))  # takes commands, and answers none
        self.kea.bind(str(self.folder / "kea"))
        self.kea.listen()
        self.agent = self.enterContext(Agent(self.folder / "agent", "--kea-socket", self.folder / "kea"))
        self.agent.start()
        self.table = self.folder / "devices.csv"
        rows = [f"000b82{number:06x},grandstream-gxp,Desk {number}" for number in range(DEVICES)]
        self.table.write_text("\n".join(["MAC,class,label", *rows]) + "\n")

    def begin(self, *arguments, out=subprocess.PIPE):
        """That plugtonectl, at work; killed at the end if it still is."""
        process = subprocess.Popen(
            [BUILD / "agent/plugtonectl", *arguments],
            env=self.agent.environment, stdout=out, stderr=out, text=True,
        )  # fmt: skip
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def under_way(self):
        """The job that is in the middle of its work, as another connection sees it now."""
        jobs = self.agent.ctl_json("job", "list")
        return next((job for job in jobs if job["state"] == "running" and 0 < job["done"] < job["total"]), None)

    def end_of(self, process):
        out, err = process.communicate(timeout=WITHIN_S)
        return process.returncode, out, err

    def look(self):
        """How long the bus's other callers wait for what is in memory."""
        began = time.monotonic()
        subprocess.run(
            ["busctl", "--system", "get-property", "org.plugtone1", "/org/plugtone1/class/grandstream_2dgxp",
             "org.plugtone1.DeviceClass", "Title"],
            env=self.agent.environment, check=True, capture_output=True, timeout=WITHIN_S,
        )  # fmt: skip
        return time.monotonic() - began

    def took(self, *arguments):
        """How long that took, and the longest that others waited in that time; its exit status."""
        began = time.monotonic()
        process = self.begin(*arguments, out=subprocess.DEVNULL)
        longest = 0
        while process.poll() is None:
            longest = max(longest, self.look())
        return time.monotonic() - began, longest, process.returncode

    def test_nobody_waits_for_what_goes_through_all_devices(self):
        self.agent.ctl("device", "import", self.table)
        for change in (
            ("site", "set", "P47=sip.example.net"), ("class", "set", "grandstream-gxp", "P48=proxy.example.net"),
            ("redirect", "add", "000b82000000-000b82ffffff", "https://other.example.net/"), ("undo",), ("undo", "--dry-run"),
        ):  # fmt: skip
            took, longest, status = self.took(*change)
            self.assertEqual(status, 0, change)
            self.assertLess(longest, took / 2, change)
        self.assertEqual(len(self.agent.ctl_json("redirect", "list")), 0)
        self.assertEqual(broken_in_tree(self.agent.live()), [])

    def test_nobody_waits_for_a_kea_that_does_not_answer(self):
        took, longest, status = self.took("device", "explain", "000b82000001")
        self.assertEqual(status, 1)
        self.assertGreater(took, 2)
        self.assertLess(longest, took / 2)

    def test_an_import_is_seen_while_it_runs_and_one_that_is_cancelled_has_changed_nothing(self):
        before = self.agent.ctl_json("status")["generation"]
        importing = self.begin("device", "import", self.table)
        job = wait_until(self.under_way, "nobody sees the import at its work")
        self.assertEqual((job["what"], job["total"]), (f"device import of {DEVICES} rows", DEVICES))
        self.assertIsNone(importing.poll(), "it was seen before its end")
        self.agent.ctl("job", "cancel", job["id"])
        status, _, err = self.end_of(importing)
        self.assertEqual(status, 1)
        self.assertIn("cancelled; nothing has changed", err)
        self.assertEqual(self.agent.ctl_json("device", "list"), [])
        self.assertEqual(self.agent.ctl_json("status")["generation"], before)
        self.assertEqual(broken_in_tree(self.agent.live()), [])

        status, out, err = self.end_of(self.begin("device", "import", self.table, "--json"))
        self.assertEqual(status, 0, err)
        self.assertEqual(json.loads(out)["added"], DEVICES)
        self.assertEqual(len(self.agent.ctl_json("device", "list")), DEVICES)
        self.assertEqual(broken_in_tree(self.agent.live()), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
