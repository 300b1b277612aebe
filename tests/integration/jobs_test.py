"""Long changes as jobs: what others see of one, what they can still do meanwhile, and its end before its time."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from agents import WITHIN_S, Agent, broken_in_tree, wait_until
from support import BUILD

# So many that one import takes seconds, sanitized or not.
DEVICES = 4000


class Jobs(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.agent = self.enterContext(Agent(self.folder / "agent"))
        self.agent.start()
        self.table = self.folder / "devices.csv"
        rows = [f"000b82{number:06x},grandstream-gxp,Desk {number}" for number in range(DEVICES)]
        self.table.write_text("\n".join(["MAC,class,label", *rows]) + "\n")

    def begin(self, *arguments):
        """That plugtonectl, at work; killed at the end if it still is."""
        process = subprocess.Popen(
            [BUILD / "agent/plugtonectl", *arguments],
            env=self.agent.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def under_way(self):
        """The job that is in the middle of its work, as another connection sees it now."""
        jobs = self.agent.ctl_json("job", "list")
        return next((job for job in jobs if job["state"] == "running" and 0 < job["done"] < job["total"]), None)

    def end_of(self, process):
        out, err = process.communicate(timeout=WITHIN_S)
        return process.returncode, out, err

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
