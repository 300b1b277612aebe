"""The agent is killed at the calls of the system that write, by strace: what was reported done is there, and phones are served.

At every one of them, in each operation. CTest runs each test here on its own.
"""

import collections
import contextlib
import hashlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

from agents import Agent, decrypted, wait_until
from faults import DESK, HALL, FaultsCase, file_server

POINTS_MIN = 10  # fewer, and strace has not seen the operation
WRITING = (
    "write,writev,pwrite64,fsync,fdatasync,syncfs,ftruncate,fallocate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,sendmsg"
)
KILLED_WITHIN_S = 20
CLASSES = """<device-classes vendor="lab"><class name="lab"><match vendor-class="lab"/><offer url="http://{{server}}"/>
<defaults><P3>{value}</P3></defaults></class></device-classes>"""


class Traced:
    """Context manager: strace on a running agent. options: what it does beyond writing calls down."""

    def __init__(self, agent, trace, *options):
        self.command = ["strace", "-f", "-p", str(agent.process.pid), "-o", str(trace), "-e", f"trace={WRITING}", *options]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "attached" in line:
                return self
        raise RuntimeError("strace does not attach")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stderr.read()
        self.process.stderr.close()
        self.process.wait()


def points_in(trace):
    """(system call, its number in its thread) of each."""
    seen, points = collections.Counter(), {}
    for line in pathlib.Path(trace).read_text(errors="replace").splitlines():
        call = re.match(r"(\d+) +(\w+)\(", line)
        if call:
            seen[call.groups()] += 1
            points[call[2], seen[call.groups()]] = None
    return list(points)


class KilledWhileItWrites(FaultsCase):
    """One change after the other, each cut off at another point. known: what must be there: the value of each device by its MAC;
    "firmware", the versions; "pinned", the one that DESK is told to load."""

    def setUp(self):
        super().setUp()
        self.classes = self.directory / "classes"
        self.classes.mkdir()
        self.number, self.passwords = 0, {}
        self.write_classes()
        self.agent, self.server = self.started("agent", "--classes", str(self.classes))
        self.known, self.before = {DESK: "first", "firmware": [], "pinned": ""}, []
        self.add(HALL)()

    def write_classes(self):
        self.number += 1
        (self.classes / "lab.xml").write_text(CLASSES.format(value=self.number))

    # Each operation: what it makes of known, and the command.

    def add(self, mac=None):
        self.number += 1
        mac = mac or f"000b82{self.number:06x}"
        value = f"value {self.number}"
        return self.change({**self.known, mac: value}, "device", "add", mac, "--class", "lab", "--set", f"P270={value}")

    def set(self):
        self.number += 1
        value = f"value {self.number}"
        return self.change({**self.known, HALL: value}, "device", "set", HALL, f"P270={value}")

    def publish(self):
        self.write_classes()
        return lambda: self.run_command(self.known, "publish")

    def undo(self):
        self.set()()
        wanted = self.before[-1]

        def run():
            if self.run_command(wanted, "undo"):
                self.before.pop()

        return run

    def firmware_import(self):
        for firmware in self.agent.ctl_json("firmware", "list"):
            self.agent.ctl("firmware", "remove", str(firmware["id"]))
        self.number += 1
        version = f"1.0.0.{self.number}"
        file = self.directory / "gxp2160fw.bin"
        file.write_bytes(os.urandom(100_000))
        self.known["firmware"] = []
        command = ("firmware", "import", file, "--model", "GXP2160", "--version", version)
        return lambda: self.run_command({**self.known, "firmware": [version]}, *command)

    def rollout(self):
        if not self.known["firmware"]:
            self.firmware_import()()
        if self.known["pinned"]:
            self.rollout_abort()()
        self.known["pinned"] = ""
        number = str(self.agent.ctl_json("firmware", "list")[0]["id"])
        wanted = {**self.known, "pinned": self.known["firmware"][0]}
        return lambda: self.run_command(wanted, "rollout", "start", "--firmware", number, "--class", "grandstream-gxp")

    def rollout_abort(self):
        if not self.known["pinned"]:
            self.rollout()()
        number = max(rollout["id"] for rollout in self.agent.ctl_json("rollout", "list"))
        return lambda: self.run_command({**self.known, "pinned": ""}, "rollout", "abort", str(number))

    def change(self, wanted, *command):
        def run():
            known = self.known
            if self.run_command(wanted, *command):
                self.before.append(known)

        return run

    def run_command(self, wanted, *command):
        """True: it happened, whether or not anybody was told."""
        before = self.known
        done = self.agent.ctl(*command, check=False)
        if done.returncode == 0:
            self.known = wanted
            return True
        wait_until(lambda: self.agent.process.poll() is not None, f"the agent dies, since {command} failed: {done.stderr}", KILLED_WITHIN_S)
        self.agent.start()
        self.known = self.values()
        self.assertIn(self.known, [before, wanted], done.stderr)
        return self.known == wanted

    def values(self):
        """What is there, as known: of devices, as their files in the live generation have it."""
        found = {"firmware": self.firmware_there(), "pinned": ""}
        for mac in self.agent.devices():
            if mac not in self.passwords:
                self.passwords[mac] = self.agent.ctl_json("device", "secret", mac)["xml_password"]
            plain = decrypted(self.agent.live() / f"@/cfg{mac}.xml", self.passwords[mac], self.directory)
            self.assertIsNotNone(plain, mac)
            found[mac] = re.search("<P270>(.*)</P270>", plain)[1]
            if mac != DESK:
                self.assertIn(f"<P3>{self.live_default()}<", plain)
            elif told := re.search("<P233>_(.*)</P233>", plain):
                found["pinned"] = told[1]
        return found

    def firmware_there(self):
        versions, folders = [], set()
        for firmware in self.agent.ctl_json("firmware", "list"):
            versions.append(firmware["version"])
            folder = self.agent.root / "firmware" / f"{firmware['prefix']}@{firmware['postfix']}"
            folders.add(folder)
            for file in firmware["files"]:
                self.assertEqual(hashlib.sha256((folder / file["name"]).read_bytes()).hexdigest(), file["sha256"], folder)
        self.assertEqual(set((self.agent.root / "firmware").iterdir()), folders, "what was cut off leaves nothing there")
        return sorted(versions)

    def live_default(self):
        return re.search("<P3>(.*)</P3>", (self.classes / "lab.xml").read_text())[1]

    def settle(self):
        """Until the agent is dead, or done with what nobody waits for: the ground of the next generation."""

        def files(folder):
            found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
            return found - {pathlib.Path("manifest"), pathlib.Path(".documents")}

        ground = self.agent.root / "generations/.new-next"
        wait_until(lambda: self.agent.process.poll() is not None or files(ground) == files(self.agent.live().resolve()), "the next ground")

    def assert_healthy(self):
        if self.agent.process.poll() is not None:
            self.agent.start()
        self.assertEqual(self.values(), self.known)
        status = self.agent.ctl_json("status")
        self.assertEqual(status["problems"], [])
        self.assertEqual(status["devices"], len(self.known) - len(("firmware", "pinned")))
        states = {rollout["state"] for rollout in self.agent.ctl_json("rollout", "list")}
        self.assertEqual(states - {"aborted"}, {"running"} if self.known["pinned"] else set())
        self.assertEqual(os.readlink(self.agent.live()), f"generations/{status['generation']}")
        self.assert_served(self.agent, self.server)

    def cut_off(self, name):
        operation = getattr(self, name)
        trace = self.directory / "trace"
        run = operation()
        with Traced(self.agent, trace):
            run()
            self.settle()
        points = points_in(trace)
        self.assertGreater(len(points), POINTS_MIN)
        killed = 0
        for call, number in points:
            with self.subTest(call=call, number=number):
                run = operation()
                with Traced(self.agent, trace, "-e", f"inject={call}:signal=KILL:when={number}"):
                    run()
                    self.settle()
                killed += "killed by SIGKILL" in trace.read_text(errors="replace")
                self.assert_healthy()
        print(f"{name}: killed at {killed} of {len(points)} points", file=sys.stderr)
        self.assertGreater(killed, len(points) // 2)

    def test_adding_a_device(self):
        self.cut_off("add")

    def test_setting_a_value(self):
        self.cut_off("set")

    def test_publishing_a_new_class(self):
        self.cut_off("publish")

    def test_taking_a_change_back(self):
        self.cut_off("undo")

    def test_importing_firmware(self):
        self.cut_off("firmware_import")

    def test_starting_a_rollout(self):
        self.cut_off("rollout")

    def test_ending_a_rollout(self):
        self.cut_off("rollout_abort")

    def start_traced(self, trace, *options):
        self.write_classes()  # so that it has something to do
        command = ["strace", "-f", "-o", trace, "-e", f"trace={WRITING}", *options, *self.agent.command()]
        environment = dict(self.agent.environment, ASAN_OPTIONS="detect_leaks=0")  # which is no use to a traced one
        with open(self.agent.folder / "log", "ab") as log:
            self.agent.process = subprocess.Popen(command, stderr=log, env=environment, start_new_session=True)
        wait_until(lambda: self.agent.process.poll() is not None or self.agent.ctl("status", check=False).returncode == 0, "a start")

    def end_traced(self, trace):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.agent.process.pid, signal.SIGKILL)
        self.agent.process.wait()
        agent = pathlib.Path("/proc", trace.read_text(errors="replace").split()[0])
        wait_until(lambda: not agent.exists(), "the end of the agent")

    def test_starting_after_that(self):
        """Each start finds what one that was cut off has left."""
        trace = self.directory / "trace"
        self.agent.kill()
        self.start_traced(trace)
        self.end_traced(trace)
        points = points_in(trace)
        self.assertGreater(len(points), POINTS_MIN)
        killed = 0
        for call, number in points:
            with self.subTest(call=call, number=number):
                self.start_traced(trace, "-e", f"inject={call}:signal=KILL:when={number}")
                self.end_traced(trace)
                killed += "killed by SIGKILL" in trace.read_text(errors="replace")
                self.agent.start()
                self.assert_healthy()
                self.agent.kill()
        print(f"start: killed at {killed} of {len(points)} points", file=sys.stderr)
        self.assertGreater(killed, len(points) // 2)


if __name__ == "__main__":
    file_server.enter_private_network()
    unittest.main(verbosity=2)
