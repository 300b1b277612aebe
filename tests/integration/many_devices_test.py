"""What thousands of devices may cost: not by the clock, but by what is done for each of them. tests/bench/large_branch.py has the times."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from agents import Agent, wait_until
from support import BUILD, branch

FEW, MANY = 3, 300


class ManyDevices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        branch.need_root()
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-many-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)

    def with_devices(self, count):
        agent = self.enterContext(Agent(tempfile.mkdtemp(prefix=f"{count}-", dir=self.directory)))
        table = ["MAC,class,P270", *(f"000b82{at:06x},grandstream-gxp,Desk {at}" for at in range(count))]
        (agent.folder / "table.csv").write_text("\n".join(table) + "\n")
        agent.start()
        agent.ctl("device", "import", agent.folder / "table.csv")
        return agent

    def traced(self, agent, calls, *command):
        """The finished command's trace, line by line."""
        trace = agent.folder / "trace"
        environment = dict(agent.environment, ASAN_OPTIONS="detect_leaks=0")  # which is no use to a traced one
        subprocess.run(
            ["strace", "-f", "-s", "400", "-o", trace, "-e", f"trace={calls}", *command], env=environment, check=True, capture_output=True
        )
        return trace.read_text(errors="replace").splitlines()

    def test_a_list_is_one_question_and_one_answer(self):
        sent = []
        for count in (FEW, MANY):
            agent = self.with_devices(count)
            lines = self.traced(agent, "sendmsg", BUILD / "agent/plugtonectl", "device", "list", "--json")
            sent.append(len(lines))
            self.assertIn("Devices", "".join(lines))
            self.assertEqual(len(agent.devices()), count)
        self.assertEqual(*sent)

    def start_of(self, agent):
        """What it does until the bus name is its own, by name of the system call; and all that it opens in the end."""
        trace = agent.folder / "trace"
        environment = dict(agent.environment, ASAN_OPTIONS="detect_leaks=0")
        command = ["strace", "-f", "-s", "400", "-o", trace, "-e", "trace=sendmsg,openat,link,linkat", *agent.command()]
        with open(agent.folder / "log", "ab") as log, subprocess.Popen(
            command, stderr=log, env=environment, start_new_session=True
        ) as traced:
            try:
                wait_until(lambda: agent.ctl("status", check=False).returncode == 0, "a start")
                own = re.compile(r"config/|generations/\d+/@")
                lines = lambda: trace.read_text(errors="replace").splitlines()
                opened = lambda: {line for line in lines() if "openat(" in line and own.search(line)}
                wanted = len(list(agent.live().rglob("cfg*")))
                wait_until(lambda: len(opened()) >= wanted, "each file to be looked at")
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(traced.pid, signal.SIGKILL)
        until_named = lines()[: next(at for at, line in enumerate(lines()) if "RequestName" in line)]
        return [len([line for line in until_named if f" {call}(" in line]) for call in ("sendmsg", "openat", "linkat", "link")]

    def test_a_start_costs_no_message_and_no_file_for_each(self):
        costs = []
        for count in (FEW, MANY):
            agent = self.with_devices(count)
            agent.stop()
            costs.append(self.start_of(agent))
        self.assertEqual(*costs)

    def test_what_is_damaged_is_mended_after_the_start(self):
        agent = self.with_devices(FEW)
        agent.stop()
        victim = agent.live() / "@/cfg000b82000001.xml"
        victim.write_bytes(b"damaged")
        agent.start()
        wait_until(lambda: victim.read_bytes() != b"damaged", "a new file")
        self.assertEqual(agent.ctl_json("status")["change"], "files that were missing or damaged")


if __name__ == "__main__":
    unittest.main(verbosity=2)
