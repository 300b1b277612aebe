"""plugtonectl --host: the agent of another machine, over a real ssh and its server."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from agents import Agent, wait_until
from support import BUILD, branch

ADDRESS, MAC = "192.0.2.1", "000b82123456"
SERVER = """ListenAddress {address}
HostKey {folder}/host
AuthorizedKeysFile {folder}/operator.pub
PidFile none
UsePAM no
StrictModes no
"""
CLIENT = """IdentityFile {folder}/operator
UserKnownHostsFile {folder}/known
GlobalKnownHostsFile none
BatchMode yes
"""


class Machine(Agent):
    """A namespace that has a /run of its own, as another machine has: a system bus where everybody looks for it, and an agent there."""

    def __init__(self, folder, namespace):
        self.holder = subprocess.Popen(
            branch.inside(namespace, "unshare", "--mount", "sh", "-c", "mount -t tmpfs none /run && mkdir /run/dbus /run/sshd && read end"),
            stdin=subprocess.PIPE,
        )
        self.network = namespace
        super().__init__(folder)
        self.environment["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/run/dbus/system_bus_socket"

    def __enter__(self):
        root = pathlib.Path(f"/proc/{self.holder.pid}/root/run/sshd")
        wait_until(root.exists, "the machine does not come up")
        return super().__enter__()

    def __exit__(self, *_):
        super().__exit__()
        self.holder.stdin.close()
        self.holder.wait()

    def there(self, *command):
        return ["nsenter", f"--target={self.holder.pid}", "--mount", "--net", *(str(part) for part in command)]

    def start_bus(self):
        configuration = (branch.SOURCE / "tests/support/bus.conf.in").read_text()
        (self.folder / "bus.conf").write_text(configuration.replace("@ADDRESS@", "unix:path=/run/dbus/system_bus_socket"))
        self.bus = subprocess.Popen(
            self.there("dbus-daemon", f"--config-file={self.folder}/bus.conf", "--nofork", "--nopidfile", "--print-address=1"),
            stdout=subprocess.PIPE,
        )
        self.bus.stdout.readline()

    def command(self):
        return self.there(*super().command())

    def ctl(self, *arguments, check=True):
        command = self.there(BUILD / "agent/plugtonectl", *arguments)
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=check, timeout=120)


class Remote(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        branch.need_root()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.branch = cls.enterClassContext(branch.Branch())
        cls.desk = cls.branch.plug_in("desk", "020000000002")
        for namespace, interface, address in (
            (cls.branch.appliance, branch.INTERFACE, ADDRESS),
            (cls.desk, "eth0", "192.0.2.2"),
        ):
            branch.ip("-netns", namespace, "address", "add", f"{address}/24", "dev", interface)
        cls.machine = cls.enterClassContext(Machine(cls.folder / "machine", cls.branch.appliance))
        cls.machine.start()
        for key in ("host", "operator", "stranger"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", cls.folder / key], check=True)
        host_key = (cls.folder / "host.pub").read_text()
        (cls.folder / "known").write_text(f"{ADDRESS} {host_key}")
        (cls.folder / "sshd_config").write_text(SERVER.format(address=ADDRESS, folder=cls.folder))
        cls.sshd = subprocess.Popen(
            cls.machine.there("/usr/sbin/sshd", "-D", "-e", "-f", cls.folder / "sshd_config"), stderr=subprocess.PIPE, text=True
        )
        cls.addClassCleanup(cls.end_sshd)
        branch.Lines(cls.sshd.stderr).wait_for("Server listening")

    @classmethod
    def end_sshd(cls):
        cls.sshd.terminate()
        cls.sshd.wait()

    def line(self, *arguments, key="operator"):
        """The command and its environment, from the desk. What an operator has in ~/.ssh, a wrapper in front of the PATH has here."""
        programs = self.folder / f"bin-{key}"
        programs.mkdir(exist_ok=True)
        configuration = CLIENT.format(folder=self.folder).replace("/operator", f"/{key}")
        (programs / "config").write_text(configuration)
        (programs / "ssh").write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {programs}/config "$@"\n')
        (programs / "ssh").chmod(0o755)
        environment = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}")
        environment.pop("DBUS_SYSTEM_BUS_ADDRESS", None)
        return [BUILD / "agent/plugtonectl", "--host", f"root@{ADDRESS}", *arguments], environment

    def ctl(self, *arguments, key="operator"):
        command, environment = self.line(*arguments, key=key)
        return branch.run(self.desk, *command, check=False, env=environment)

    def done(self, *arguments):
        done = self.ctl(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_every_verb_reaches_the_agent_of_that_machine(self):
        self.done("device", "add", MAC, "--class", "grandstream-gxp", "--label", "Reception", "--set", "P47=sip.example.net")
        self.assertEqual([one["label"] for one in json.loads(self.done("device", "list", "--json"))], ["Reception"])
        there = self.machine.ctl("device", "show", MAC, "--json").stdout
        self.assertEqual(json.loads(there)["parameters"], {"P47": "sip.example.net"})
        self.assertIn("Reception", self.done("device", "list"))
        self.done("publish", "--dry-run")
        self.assertIn("device add", self.done("undo"))
        self.assertEqual(self.machine.devices(), {})

    def test_signals_come_through(self):
        command, environment = self.line("monitor", "--count", "1", "--json")
        with subprocess.Popen(
            branch.inside(self.desk, *command), env=environment, stdout=subprocess.PIPE, text=True
        ) as watching:
            changes = iter(range(1, 1000))

            def told():
                self.machine.ctl("site", "set", f"P270={next(changes)}")
                return watching.poll() is not None

            wait_until(told, "nothing comes")
            self.assertEqual(json.loads(watching.stdout.read())["kind"], "published")
        self.machine.ctl("site", "unset", "P270")

    def test_who_may_not_log_in_is_told_so(self):
        refused = self.ctl("status", key="stranger")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("Permission denied", refused.stderr)
        self.assertIn(f"ssh root@{ADDRESS}", refused.stderr)

    def test_what_needs_a_file_there_says_so(self):
        archive = self.folder / "x1fw.bin"
        archive.write_bytes(b"firmware")
        refused = self.ctl("firmware", "import", archive, "--model", "X1", "--version", "1")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("ssh", refused.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
