"""A branch office in network namespaces: an appliance with a bridge, and phones plugged into it.

Namespaces are called plugtone-<pid>-<name>; what an earlier process left behind is removed when the next one begins.
"""

import contextlib
import json
import os
import pathlib
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
INTERFACE = "lan0"  # of the appliance; a phone's is eth0
READY_WITHIN_S = 180  # sanitized programs on a busy machine
COMMAND_WITHIN_S = 120


def ip(*arguments):
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def remove_namespace(name):
    for pid in ip("netns", "pids", name).split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    ip("netns", "del", name)


def remove_leftovers():
    for line in ip("netns", "list").splitlines():
        found = re.match(r"plugtone-(\d+)-\S+", line)
        if found and not pathlib.Path(f"/proc/{found[1]}").exists():
            with contextlib.suppress(RuntimeError):
                remove_namespace(found[0])


class Branch:
    """Context manager. phones: name → MAC of what is plugged in from the start; plug_in() adds more."""

    def __init__(self, phones=None):
        self._phones = dict(phones or {})
        self._namespaces = []
        self._ports = 0

    def __enter__(self):
        remove_leftovers()
        try:
            self.appliance = self._namespace("appliance")
            self._in(self.appliance, "link", "add", INTERFACE, "type", "bridge", "forward_delay", "0")
            self._in(self.appliance, "link", "set", INTERFACE, "up")
            for name, mac in self._phones.items():
                self.plug_in(name, mac)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in reversed(self._namespaces):
            with contextlib.suppress(RuntimeError):
                remove_namespace(name)
        self._namespaces.clear()

    def plug_in(self, name, mac):
        """A namespace whose eth0 has that MAC and hangs on the bridge; its name."""
        self._ports += 1
        port = f"port{self._ports}"
        namespace = self.connect(name, mac, self.appliance, port)
        self._in(self.appliance, "link", "set", port, "master", INTERFACE)
        return namespace

    def connect(self, name, mac, other, port):
        """A namespace whose eth0 has that MAC and is wired to a new interface of another namespace; its name."""
        namespace = self._namespace(name)
        octets = ":".join(mac[i : i + 2] for i in range(0, 12, 2))
        self._in(other, "link", "add", port, "type", "veth", "peer", "name", "eth0", "address", octets, "netns", namespace)
        self._in(other, "link", "set", port, "up")
        self._in(namespace, "link", "set", "eth0", "up")
        return namespace

    def namespace(self, name):
        """Of a phone that was plugged in under that name."""
        return next(space for space in self._namespaces if space.endswith(f"-{name}"))

    def _namespace(self, name):
        full = f"plugtone-{os.getpid()}-{name}"
        ip("netns", "add", full)
        self._namespaces.append(full)
        ip("-netns", full, "link", "set", "lo", "up")
        return full

    @staticmethod
    def _in(namespace, *arguments):
        ip("-netns", namespace, *arguments)


def inside(namespace, *command):
    return ["ip", "netns", "exec", namespace, *(str(part) for part in command)]


def run(namespace, *command, check=True, **options):
    """Runs a command there, bounded in time; stdout and stderr are captured as text."""
    options.setdefault("text", True)
    done = subprocess.run(inside(namespace, *command), capture_output=True, timeout=COMMAND_WITHIN_S, **options)
    if check and done.returncode:
        raise RuntimeError(f"{command}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


class Lines:
    """A child's output, line by line, to wait on. Reads in a thread of its own until the output ends."""

    def __init__(self, stream):
        self.seen = []
        self._new = queue.Queue()
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream):
        with stream:
            for line in stream:
                self._new.put(line.rstrip("\n"))
        self._new.put(None)

    def wait_for(self, pattern, within_s=READY_WITHIN_S):
        """The first new line that matches; fails when the output ends or the time is over."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                line = self._new.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise TimeoutError(f"no line like {pattern!r} in:\n" + "\n".join(self.seen))
            self.seen.append(line)
            if re.search(pattern, line):
                return line


class Appliance:
    """`up` running in the branch's appliance. Context manager: there when a phone can boot."""

    def __init__(self, branch, directory, build, address=None, agent_options=()):
        self.branch, self.directory, self.build = branch, pathlib.Path(directory), pathlib.Path(build).absolute()
        self._arguments = ["--address", address] if address else []
        for option in agent_options:
            self._arguments += ["--agent-option", option]

    def __enter__(self):
        command = inside(
            self.branch.appliance,
            "/usr/bin/python3", SOURCE / "tools/up.py", "--interface", INTERFACE, "--dir", self.directory,
            "--build", self.build, *self._arguments,
        )  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.output = Lines(self.process.stdout)
        try:
            self.output.wait_for(r"^ready$")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """One interrupt, as at the terminal; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def environment(self):
        return dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={self.directory}/bus")

    def ctl(self, *arguments, check=True, **options):
        """plugtonectl with these arguments; the finished process."""
        command = [str(self.build / "agent/plugtonectl"), *arguments]
        options.setdefault("timeout", COMMAND_WITHIN_S)
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment(), **options)
        if check and done.returncode:
            raise RuntimeError(f"plugtonectl {' '.join(arguments)}: status {done.returncode}: {done.stderr.strip()}")
        return done

    def ctl_json(self, *arguments):
        return json.loads(self.ctl(*arguments, "--json").stdout)

    def pid(self, program):
        return int((self.directory / "run" / f"{program}.pid").read_text())

    def log(self, program):
        return (self.directory / "log" / f"{program}.log").read_text(errors="replace")

    def kea(self, command, **arguments):
        """A command over Kea's control socket; the answer."""
        return ask_kea(self.directory / "run/kea.sock", command, **arguments)


def ask_kea(path, command, **arguments):
    """A command over the control socket of a Kea; the answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(path))
        client.sendall(json.dumps({"command": command, **({"arguments": arguments} if arguments else {})}).encode())
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    return json.loads(answer)


def need_root():
    if os.geteuid() != 0:
        sys.exit("network namespaces need root: run this with sudo")
