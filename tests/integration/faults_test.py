"""What may break under the agent: the power, the disk, the database, the bus. What was reported done is there, and phones are served.

The agent is killed at calls of the system that write, by strace. Each of the operations has about a hundred of these; by itself the test
takes POINTS of each, spread evenly, the same ones each time. PLUGTONE_FAULTS=all takes every one (half an hour with sanitizers).
"""

import collections
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/support"))

import file_server  # noqa: E402
from agents import WITHIN_S, Agent, broken_in_tree, decrypted, wait_until  # noqa: E402
from support import BUILD, branch  # noqa: E402

POINTS = {"start": 8, "add": 14, "set": 14, "publish": 14, "undo": 14}
WRITING = (
    "write,writev,pwrite64,fsync,fdatasync,syncfs,ftruncate,fallocate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,sendmsg"
)
KILLED_WITHIN_S = 20
DESK, HALL = "000b82000001", "000b82000002"
CLASSES = """<device-classes vendor="lab"><class name="lab"><match vendor-class="lab"/><offer url="http://{{server}}"/>
<defaults><P3>{value}</P3></defaults></class></device-classes>"""


def own_mounts():
    if ctypes.CDLL(None, use_errno=True).unshare(private_mounts := 0x00020000) != 0:
        raise OSError(ctypes.get_errno(), f"unshare {private_mounts:#x}: the test needs root")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


class Server(file_server.FileServer):
    """The file server on the agent's tree; this machine holds the lease of one device."""

    def __init__(self, agent, mac):
        bindings = agent.folder / "bindings"
        bindings.mkdir()
        (bindings / "127.0.0.1").write_text(f"MAC={mac}\nEXPIRES=4102444800\n")
        super().__init__(BUILD, self, root=agent.root, bindings=bindings)

    root = bindings = None  # given as options

    def fetched(self, name):
        with contextlib.suppress(urllib.error.URLError):
            return urllib.request.urlopen(self.url(name), timeout=file_server.READY_WITHIN_S).read()


class FaultsCase(unittest.TestCase):
    def setUp(self):
        branch.need_root()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-faults-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def started(self, folder="agent", *options):
        """An agent that has one device, and a file server on its tree. The tree's folders are made."""
        agent = self.enterContext(Agent(self.directory / folder, *options))
        agent.start()
        agent.ctl("device", "add", DESK, "--class", "grandstream-gxp", "--set", "P270=first")
        server = self.enterContext(Server(agent, DESK))
        return agent, server

    def assert_served(self, agent, server, mac=DESK):
        """Its file, as it lies in the live generation, which is whole."""
        self.assertEqual(broken_in_tree(agent.live()), [])
        live = (agent.live() / f"@/cfg{mac}.xml").read_bytes()
        wait_until(lambda: server.fetched(f"cfg{mac}.xml") == live, f"what is live is served: {server.log}")

    def refused(self, agent, *arguments):
        """The one line on standard error."""
        done = agent.ctl(*arguments, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        return done.stderr

    def ended(self, agent):
        """What the agent said that could not go on."""
        self.assertEqual(agent.process.wait(WITHIN_S), 1)
        return [line for line in agent.log().splitlines() if "agent-failed" in line][-1]


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


def points_in(trace, count):
    """(system call, its number in its thread) of those to be killed at."""
    seen, points = collections.Counter(), {}
    for line in pathlib.Path(trace).read_text(errors="replace").splitlines():
        call = re.match(r"(\d+) +(\w+)\(", line)
        if call:
            seen[call.groups()] += 1
            points[call[2], seen[call.groups()]] = None
    points = list(points)
    if os.environ.get("PLUGTONE_FAULTS") == "all" or len(points) <= count:
        return points
    return [points[at * (len(points) - 1) // (count - 1)] for at in range(count)]


class KilledWhileItWrites(FaultsCase):
    """known: what must be there: the value of each device. One change after the other, each cut off at another point."""

    def setUp(self):
        super().setUp()
        self.classes = self.directory / "classes"
        self.classes.mkdir()
        self.number, self.passwords = 0, {}
        self.write_classes()
        self.agent, self.server = self.started("agent", "--classes", str(self.classes))
        self.known, self.before = {DESK: "first"}, []
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
        """P270 of each device, as its file in the live generation has it."""
        found = {}
        for mac in self.agent.devices():
            if mac not in self.passwords:
                self.passwords[mac] = self.agent.ctl_json("device", "secret", mac)["xml_password"]
            plain = decrypted(self.agent.live() / f"@/cfg{mac}.xml", self.passwords[mac], self.directory)
            self.assertIsNotNone(plain, mac)
            found[mac] = re.search("<P270>(.*)</P270>", plain)[1]
            if mac != DESK:
                self.assertIn(f"<P3>{self.live_default()}<", plain)
        return found

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
        self.assertEqual(status["devices"], len(self.known))
        self.assertEqual(os.readlink(self.agent.live()), f"generations/{status['generation']}")
        self.assert_served(self.agent, self.server)

    def cut_off(self, name):
        operation = getattr(self, name)
        trace = self.directory / "trace"
        run = operation()
        with Traced(self.agent, trace):
            run()
            self.settle()
        points = points_in(trace, POINTS[name])
        self.assertGreater(len(points), POINTS[name] // 2)
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
        points = points_in(trace, POINTS["start"])
        self.assertGreater(len(points), POINTS["start"] // 2)
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


class FullDisk(FaultsCase):
    def test_a_change_is_refused_and_made_when_there_is_room_again(self):
        own_mounts()
        disk = self.directory / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk], check=True)
        agent, server = self.started("disk/agent")
        live = os.readlink(agent.live())
        filling = disk / "filling"
        with contextlib.suppress(OSError), open(filling, "wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        for change in (("device", "set", DESK, "P270=second"), ("device", "add", HALL, "--class", "grandstream-gxp"), ("undo",)):
            error = self.refused(agent, *change)
            self.assertRegex(error, "(?i)no space left|disk is full")
            self.assertEqual(os.readlink(agent.live()), live)
            self.assert_served(agent, server)
        self.assertEqual(list(agent.devices()), [DESK])
        agent.kill()
        agent.start()  # what serves and lists needs no room
        self.assertEqual(list(agent.devices()), [DESK])
        self.assert_served(agent, server)
        filling.unlink()
        agent.ctl("device", "set", DESK, "P270=second")
        self.assertEqual(agent.ctl_json("device", "show", DESK)["composed"]["P270"], "second")
        self.assertNotEqual(os.readlink(agent.live()), live)
        self.assert_served(agent, server)


class Database(FaultsCase):
    def test_one_that_somebody_holds_is_said_to_be_locked(self):
        agent, server = self.started()
        holder = sqlite3.connect(agent.folder / "db", isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN EXCLUSIVE")
        live = os.readlink(agent.live())
        error = self.refused(agent, "device", "set", DESK, "P270=second")
        self.assert_says(error, agent, "locked", "end who holds it")
        self.assertEqual(os.readlink(agent.live()), live)
        self.assertEqual(list(agent.devices()), [DESK])
        self.assert_served(agent, server)
        holder.execute("ROLLBACK")
        agent.ctl("device", "set", DESK, "P270=second")
        self.assertEqual(agent.ctl_json("device", "show", DESK)["composed"]["P270"], "second")
        self.assert_served(agent, server)

    def assert_says(self, text, agent, *parts):
        for part in (str(agent.folder / "db"), *parts):
            self.assertIn(part, text)

    def damaged(self, damage):
        """What the agent says of a database that damage() made of a good one, and that phones are served all the same."""
        agent, server = self.started()
        for number in range(20):
            agent.ctl("device", "set", DESK, f"P270={'x' * 20} {number}")
        agent.stop()
        path = agent.folder / "db"
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for companion in ("db-wal", "db-shm"):
            (agent.folder / companion).unlink(missing_ok=True)
        backup = path.read_bytes()
        live = os.readlink(agent.live())
        damage(path)
        agent.start(ready=False)
        said = self.ended(agent)
        self.assertEqual(os.readlink(agent.live()), live)
        self.assert_served(agent, server)
        path.write_bytes(backup)
        agent.start()
        agent.ctl("device", "set", DESK, "P270=second")
        self.assert_served(agent, server)
        self.assert_says(said, agent, "backup in its place")

    @staticmethod
    def overwrite(path, begin, end=None):
        with open(path, "r+b") as file:
            file.seek(begin)
            file.write(b"\x5a" * ((end or path.stat().st_size) - begin))

    def test_one_with_its_first_page_overwritten(self):
        self.damaged(lambda path: self.overwrite(path, 0, 4096))

    def test_one_with_all_other_pages_overwritten(self):
        self.damaged(lambda path: self.overwrite(path, 4096))

    def test_one_that_was_cut_short(self):
        self.damaged(lambda path: os.truncate(path, 4096 + 100))

    def test_one_that_is_empty(self):
        """As if there had never been one: it must not make an empty branch of a full one."""
        self.damaged(lambda path: os.truncate(path, 0))


class Bus(FaultsCase):
    def test_one_that_stops_and_dies_keeps_no_phone_waiting(self):
        agent, server = self.started()
        agent.bus.send_signal(signal.SIGSTOP)
        self.assert_served(agent, server)
        self.assertIsNone(agent.process.poll())
        agent.bus.kill()
        agent.bus.wait()
        agent.bus.stdout.close()
        self.assertIn("the bus is gone", self.ended(agent))  # systemd starts it again
        self.assert_served(agent, server)
        agent.start(ready=False)
        said = self.ended(agent)
        self.assertIn(f"unix:path={agent.folder}/bus", said)
        self.assertIn("dbus", said)
        self.assert_served(agent, server)
        agent.start_bus()
        agent.start()
        agent.ctl("device", "set", DESK, "P270=second")
        self.assert_served(agent, server)


if __name__ == "__main__":
    file_server.enter_private_network()
    unittest.main(verbosity=2)
