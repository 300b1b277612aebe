"""The agent on a system bus of its own, with a real polkitd, and with users that exist nowhere else.

A process that makes one gets a mount namespace of its own: /etc/passwd, /etc/group and polkit's folders are this test's there,
and nothing on the machine changes. Programs run as `plugtone` (the agent), `admin` (of plugtone-admin), `clerk` (of nothing).
"""

import contextlib
import ctypes
import json
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools"))

import branch  # noqa: E402

CLONE_NEWNS = 0x00020000
READY_WITHIN_S = 120
USERS = {"plugtone": 64001, "admin": 64002, "clerk": 64003}

BUS_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={directory}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <!-- as Debian's system.conf has it -->
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Introspectable"/>
  </policy>
  <include>{source}/etc/dbus-1/org.plugtone1.conf</include>
  {polkit}
</busconfig>
"""
POLKIT_ON_BUS = "<include>/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf</include>"


def mount(*arguments):
    subprocess.run(["mount", *(str(part) for part in arguments)], check=True)


def enter_own_mounts(directory):
    """This process's, and its children's; once."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare: the test needs root")
    mount("--make-rprivate", "/")
    for name, lines in {
        "passwd": [f"{name}:x:{uid}:{uid}::/nonexistent:/bin/sh" for name, uid in USERS.items()],
        "group": [f"{name}:x:{uid}:" for name, uid in USERS.items()] + ["plugtone-admin:x:64010:admin"],
    }.items():
        own = directory / name
        own.write_text(pathlib.Path("/etc", name).read_text() + "\n".join(lines) + "\n")
        own.chmod(0o644)
        mount("--bind", own, f"/etc/{name}")
    for folder in ("/etc/polkit-1/rules.d", "/usr/share/polkit-1/rules.d"):
        mount("-t", "tmpfs", "-o", "mode=755", "none", folder)
    actions = directory / "actions"
    actions.mkdir()
    for file in [*pathlib.Path("/usr/share/polkit-1/actions").iterdir(), *(SOURCE / "etc/polkit-1/actions").iterdir()]:
        (actions / file.name).write_bytes(file.read_bytes())
    mount("--bind", actions, "/usr/share/polkit-1/actions")
    rules = pathlib.Path("/usr/share/polkit-1/rules.d/org.plugtone1.rules")
    rules.write_bytes((SOURCE / "etc/polkit-1/rules.d/org.plugtone1.rules").read_bytes())


class PrivateBus:
    """Context manager: dbus-daemon, polkitd unless it is not wanted, and the agent as the user plugtone."""

    def __init__(self, directory, build, with_polkit=True):
        self.directory, self.build, self.with_polkit = directory, build, with_polkit
        self.children = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._start()
        except BaseException as error:
            self.children.close()
            raise RuntimeError(self.log()) from error
        return self

    def __exit__(self, *_):
        self.children.close()

    def log(self):
        """The end of what the programs said."""
        return (self.directory / "log").read_text(errors="replace")[-4000:]

    def _start(self):
        self.directory.mkdir(mode=0o755, exist_ok=True)
        programs = self.directory / "programs"
        programs.mkdir()
        mount("--bind", "-o", "ro", self.build / "agent", programs)
        self.children.callback(subprocess.run, ["umount", "--lazy", str(programs)], check=True)
        configuration = self.directory / "bus.conf"
        polkit = POLKIT_ON_BUS if self.with_polkit else ""
        configuration.write_text(BUS_CONFIGURATION.format(directory=self.directory, source=SOURCE, polkit=polkit))
        self.bus = self.start("dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile", "--print-address=1")
        self.bus.lines.wait_for("unix:path=")
        if self.with_polkit:
            self.polkit = self.start("/usr/lib/polkit-1/polkitd", stdout=None)
            self.wait_for_name("org.freedesktop.PolicyKit1")
        lib = self.directory / "lib"
        lib.mkdir()
        os.chown(lib, USERS["plugtone"], USERS["plugtone"])
        settings = self.directory / "agent.conf"
        settings.write_text(
            f'root = "{lib}/srv"\ndatabase = "{lib}/db"\nmaster-key = "{lib}/key"\nevents = "{lib}/events.sock"\n'
            f'encoder-socket = "{lib}/none"\nkea-socket = ""\n'
            f'classes = ["{SOURCE}/etc/classes.d"]\nparameters = ["{SOURCE}/etc/parameters.d"]\n'
        )
        self.agent = self.start(programs / "plugtone-agent", "--config", settings, user="plugtone", stdout=None)
        self.wait_for_name("org.plugtone1")

    def environment(self):
        # A sanitized program keeps what was freed for a while: little of it, so that its memory says what it holds.
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"
        return dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={self.directory}/bus", TZ="UTC", ASAN_OPTIONS=sanitizer)

    @staticmethod
    def as_user(user, command):
        command = [str(part) for part in command]
        if user == "root":
            return command
        return ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--init-groups", *command]

    def start(self, *command, user="root", stdout=subprocess.PIPE):
        """A child that is ended with this; its output in .lines."""
        log = self.children.enter_context(open(self.directory / "log", "a"))
        child = subprocess.Popen(
            self.as_user(user, command), stdout=stdout or log, stderr=log, text=True, env=self.environment(), cwd="/"
        )
        self.children.callback(self.end, child)
        if stdout is not None:
            child.lines = branch.Lines(child.stdout)
        return child

    @staticmethod
    def end(child):
        if child.poll() is None:
            child.send_signal(signal.SIGCONT)
            child.terminate()
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def run(self, *command, user="root", check=True, **options):
        options = dict(capture_output=True, text=True, env=self.environment(), timeout=branch.COMMAND_WITHIN_S, cwd="/") | options
        done = subprocess.run(self.as_user(user, command), **options)
        if check and done.returncode:
            raise RuntimeError(f"{command}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def ctl(self, *arguments, user="root", **options):
        return self.run(self.directory / "programs/plugtonectl", *arguments, user=user, **options)

    def ctl_json(self, *arguments, **options):
        return json.loads(self.ctl(*arguments, "--json", **options).stdout)

    def wait_for_name(self, name):
        until(lambda: self.run("busctl", "--system", "status", name, check=False).returncode == 0, f"{name} on the bus")

    def send_event(self, **fields):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto("".join(f"{key}={value}\n" for key, value in fields.items()).encode(), str(self.directory / "lib/events.sock"))


def until(condition, what, within_s=READY_WITHIN_S):
    """Asks again and again; each question takes its time, so that nothing spins."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within_s} s: {what}")
