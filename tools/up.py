#!/usr/bin/python3
"""Runs the whole of Plugtone from a build tree, in the foreground, on one interface.

Everything is written below --dir: DIR/etc (configuration), DIR/lib (inventory, key, leases), DIR/srv (the served
tree), DIR/run (sockets, bindings, pids), DIR/log, and the bus's socket DIR/bus. A line that says "ready" is printed
when a phone can boot; SIGINT or SIGTERM ends all of it. A program that dies is started again, as systemd would.
"""

import argparse
import asyncio
import contextlib
import fcntl
import ipaddress
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
DEFAULT_ADDRESS = "192.168.66.1/24"
READY_WITHIN_S = 60
STOP_WITHIN_S = 10
RESTART_AFTER_S = (0.1, 0.5, 2, 5)  # pause before the first, second, … restart in a row
SOCKET_PATH_MAX = 107  # sun_path, less its NUL


class Refused(Exception):
    """What the user has to mend, in one line."""


def ip_json(*arguments):
    done = subprocess.run(["ip", "-json", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return json.loads(done.stdout or "[]")


class InterfaceAddress:
    """The interface's IPv4 address: the one given, else the one it has, else our default. What was added is taken away."""

    def __init__(self, name, wanted):
        self.name = name
        addresses = [
            ipaddress.ip_interface(f"{a['local']}/{a['prefixlen']}")
            for a in ip_json("address", "show", "dev", name)[0]["addr_info"]
            if a["family"] == "inet"
        ]
        self.added = False
        if wanted is None and addresses:
            self.address = addresses[0]
        else:
            self.address = wanted or ipaddress.ip_interface(DEFAULT_ADDRESS)
            network = self.address.network
            if network.num_addresses >= 4 and self.address.ip in (network.network_address, network.broadcast_address):
                raise Refused(f"--address {self.address}: that is the network's own address; want one of its hosts'")
            if self.address not in addresses:
                self._ip("address", "add", str(self.address), "dev", name)
                self.added = True
        if self.address.network.num_addresses < 4:
            self.remove()
            raise Refused(f"{self.address} on {name}: its network has no room for phones; want a prefix of /29 or shorter")
        self._ip("link", "set", name, "up")

    def remove(self):
        if self.added:
            self.added = False
            with contextlib.suppress(Refused):
                self._ip("address", "del", str(self.address), "dev", self.name)

    def _ip(self, *arguments):
        ip_json(*arguments)

    def pool(self):
        """The largest run of addresses beside ours, at most 200 of them from .50 on."""
        network, own = self.address.network, int(self.address.ip)
        first, last = int(network.network_address) + 1, int(network.broadcast_address) - 1
        below, above = (first, own - 1), (own + 1, last)
        low, high = max(below, above, key=lambda run: run[1] - run[0])
        if high - low > 250:
            low, high = low + 48, low + 247
        return f"{ipaddress.ip_address(low)} - {ipaddress.ip_address(high)}"


def kea_configuration(directory, build, interface):
    run, lib = directory / "run", directory / "lib"
    return {
        "Dhcp4": {
            "interfaces-config": {"interfaces": [interface.name], "dhcp-socket-type": "raw"},
            "control-socket": {"socket-type": "unix", "socket-name": str(run / "kea.sock")},
            "lease-database": {"type": "memfile", "persist": True, "name": str(lib / "leases4.csv"), "lfc-interval": 0},
            "authoritative": True,
            "valid-lifetime": 3600,
            "loggers": [
                {"name": "kea-dhcp4", "output_options": [{"output": "stdout", "flush": True}], "severity": "INFO"}
            ],
            "hooks-libraries": [
                {
                    "library": str(build / "kea-hook" / "libdhcp_plugtone.so"),
                    "parameters": {
                        "classes": definition_folders(directory, "classes.d"),
                        "server": "auto",
                        "offers": str(directory / "srv/config/.offers"),
                        "events": str(run / "events.sock"),
                        "bindings": str(run / "bindings"),
                    },
                }
            ],
            "subnet4": [{"id": 1, "subnet": str(interface.address.network), "pools": [{"pool": interface.pool()}]}],
        }
    }


def definition_folders(directory, name):
    """The shipped folder, and the operator's that wins over it."""
    return [str(SOURCE / "etc" / name), str(directory / "etc" / name)]


def setting(name, folders):
    return f"{name} = [" + ",".join(f'"{folder}"' for folder in folders) + "]\n"


def write_configuration(directory, build, interface, agent_options):
    for name in ("etc/classes.d", "etc/parameters.d", "lib", "srv/firmware", "run/bindings", "log"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    etc, run, lib = directory / "etc", directory / "run", directory / "lib"
    for path in (directory / "bus", run / "kea.sock", run / "events.sock", run / "encoder.sock"):
        if len(os.fsencode(path)) > SOCKET_PATH_MAX:
            raise Refused(f"--dir {directory}: {path} is longer than a socket's path may be ({SOCKET_PATH_MAX} bytes)")
    bus = (SOURCE / "tests" / "support" / "bus.conf.in").read_text()
    (etc / "bus.conf").write_text(bus.replace("@ADDRESS@", f"unix:path={directory}/bus"))
    (etc / "kea-dhcp4.json").write_text(json.dumps(kea_configuration(directory, build, interface), indent=2) + "\n")
    (etc / "agent.conf").write_text(
        f'root = "{directory}/srv"\n'
        f'database = "{lib}/plugtone.db"\n'
        f'master-key = "{lib}/master.key"\n'
        f'events = "{run}/events.sock"\n'
        f'kea-socket = "{run}/kea.sock"\n'
        f'encoder-socket = "{run}/encoder.sock"\n'
        + setting("classes", definition_folders(directory, "classes.d"))
        + setting("parameters", definition_folders(directory, "parameters.d"))
        + "".join(f"{option}\n" for option in agent_options)
    )
    (etc / "tftpd.conf").write_text(
        f'root = "{directory}/srv"\n'
        f'bindings = "{run}/bindings"\n'
        f'events = "{run}/events.sock"\n'
        f'listen = "{interface.address.ip}"\n'
    )


class Program:
    """One child: its output goes to DIR/log/NAME.log; it is ready when it says so (sd_notify, or a line of its output)."""

    def __init__(self, directory, name, command, environment, ready_line=None):
        self.directory, self.name, self.command = directory, name, command
        self.environment, self.ready_line = environment, ready_line
        self.ready = asyncio.Event()
        self.process = None
        self.stopping = False
        self.log = directory / "log" / f"{name}.log"

    async def run(self):
        """Keeps the program running until stop(); raises Refused when it ends before it was ever ready."""
        restarts = 0
        while not self.stopping:
            self.ready.clear()
            with contextlib.ExitStack() as resources:
                environment = dict(self.environment)
                if self.ready_line is None:
                    environment["NOTIFY_SOCKET"] = self._listen_for_notification(resources)
                self.process = await asyncio.create_subprocess_exec(
                    *self.command,
                    env=environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                    start_new_session=True,  # an interrupt at the terminal is ours to pass on, in order
                )
                (self.directory / "run" / f"{self.name}.pid").write_text(f"{self.process.pid}\n")
                announcement = asyncio.create_task(self._announce_return()) if restarts else None
                await self._copy_output()
                status = await self.process.wait()
                if announcement:
                    announcement.cancel()
            if self.stopping:
                return
            if not restarts and not self.ready.is_set():
                raise Refused(f"{self.name} ended with status {status} before it was ready:\n{self._last_lines()}")
            # One that had come up is no failure in a row.
            restarts = 1 if self.ready.is_set() else restarts + 1
            pause = RESTART_AFTER_S[min(restarts, len(RESTART_AFTER_S)) - 1]
            say(f"{self.name} ended with status {status}; it is started again (see {self.log})")
            await asyncio.sleep(pause)

    async def stop(self):
        self.stopping = True
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_WITHIN_S)
        except asyncio.TimeoutError:
            say(f"{self.name} did not end within {STOP_WITHIN_S} s and is killed (see {self.log})")
            self.process.kill()

    async def _announce_return(self):
        await self.ready.wait()
        say(f"{self.name} is ready again")

    async def _copy_output(self):
        with open(self.log, "ab") as log:
            async for line in self.process.stdout:
                log.write(line)
                log.flush()
                if self.ready_line is not None and self.ready_line in line:
                    self.ready.set()

    def _listen_for_notification(self, resources):
        path = self.directory / "run" / f"{self.name}.notify"
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        listener.bind(str(path))
        loop = asyncio.get_running_loop()

        def receive():
            if b"READY=1" in listener.recv(4096).split(b"\n"):
                self.ready.set()

        loop.add_reader(listener, receive)
        resources.callback(path.unlink, missing_ok=True)
        resources.callback(listener.close)
        resources.callback(loop.remove_reader, listener)
        return str(path)

    def _last_lines(self):
        lines = self.log.read_text(errors="replace").splitlines()[-8:]
        return "\n".join(f"    {line}" for line in lines) or "    (it said nothing)"


def say(text):
    print(text, flush=True)


def programs(directory, build, interface):
    environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={directory}/bus", TZ="UTC")
    environment.pop("NOTIFY_SOCKET", None)
    kea = dict(
        environment,
        KEA_LOCKFILE_DIR=str(directory / "run"),
        KEA_PIDFILE_DIR=str(directory / "run"),
        KEA_LOGGER_DESTINATION="stdout",
        # Kea 2.6 refuses paths outside of these.
        KEA_HOOKS_PATH=str(build / "kea-hook"),
        KEA_CONTROL_SOCKET_DIR=str(directory / "run"),
        KEA_DHCP_DATA_DIR=str(directory / "lib"),
        KEA_LOG_FILE_DIR=str(directory / "log"),
    )
    etc = directory / "etc"
    # --print-address is written once the bus listens.
    bus = ["dbus-daemon", f"--config-file={etc}/bus.conf", "--nofork", "--nopidfile", "--print-address=1"]
    # As plugtone-encoder.socket does it, but without its sandbox.
    encode = [build / "agent/plugtone-encode"]
    for folder in definition_folders(directory, "classes.d"):
        encode += ["--classes", folder]
    encoder = ["systemd-socket-activate", "--accept", "--inetd", f"--listen={directory}/run/encoder.sock", *encode]
    return [
        Program(directory, "bus", bus, environment, ready_line=b"unix:path="),
        Program(directory, "encoder", encoder, environment, ready_line=b"Listening on"),
        Program(directory, "agent", [build / "agent/plugtone-agent", "--config", etc / "agent.conf"], environment),
        Program(directory, "tftpd", [build / "tftpd/plugtone-tftpd", "--config", etc / "tftpd.conf"], environment),
        Program(directory, "kea", ["kea-dhcp4", "-c", etc / "kea-dhcp4.json"], kea, ready_line=b"DHCP4_STARTED"),
    ]


async def start_and_wait(children, running):
    """Starts them one after the other, each when the one before is ready, then runs until one of them is refused."""
    for child in children:
        running[child] = asyncio.create_task(child.run())
        ready = asyncio.create_task(child.ready.wait())
        await asyncio.wait({ready, running[child]}, timeout=READY_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if running[child].done():
            running[child].result()
        if not child.ready.is_set():
            raise Refused(f"{child.name} was not ready within {READY_WITHIN_S} s:\n{child._last_lines()}")
    say("ready")
    done, _ = await asyncio.wait(running.values(), return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def serve(directory, build, interface):
    for path in ("bus", "run/encoder.sock"):
        (directory / path).unlink(missing_ok=True)
    children = programs(directory, build, interface)
    running = {}
    work = asyncio.create_task(start_and_wait(children, running))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        pass
    finally:
        for child in reversed(children):
            await child.stop()
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)


def kill_leftovers(directory):
    """A run that was killed outright leaves its children: they hold the ports and the leases' file."""
    for name in ("kea", "tftpd", "agent", "encoder", "bus"):
        path = directory / "run" / f"{name}.pid"
        with contextlib.suppress(OSError, ValueError):
            pid = int(path.read_text())
            if str(directory).encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                pidfd = os.pidfd_open(pid)
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                select.select([pidfd], [], [], STOP_WITHIN_S)  # readable once it has ended, and its ports are free
                os.close(pidfd)
                say(f"{name} of an earlier run (pid {pid}) is ended")
    for path in (directory / "run").glob("*.pid"):
        path.unlink()


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev up", description=__doc__.splitlines()[0])
    parser.add_argument("--interface", required=True, metavar="IF", help="where the phones are plugged in")
    parser.add_argument("--dir", required=True, type=pathlib.Path, help="folder for everything that is written")
    parser.add_argument(
        "--address",
        type=ipaddress.IPv4Interface,
        metavar="CIDR",
        help=f"our address there (default: the one it has, else {DEFAULT_ADDRESS})",
    )
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build" / "release", help="build tree")
    parser.add_argument("--agent-option", action="append", default=[], metavar="NAME=VALUE", help="a line more for agent.conf")
    arguments = parser.parse_args()
    arguments.dir = arguments.dir.absolute()
    arguments.build = arguments.build.absolute()
    return arguments


def main():
    arguments = parse_arguments()
    if os.geteuid() != 0:
        raise Refused("./dev up needs root: DHCP's and TFTP's ports are below 1024, and addresses are set on the interface")
    for name in ("agent/plugtone-agent", "tftpd/plugtone-tftpd", "kea-hook/libdhcp_plugtone.so"):
        if not (arguments.build / name).exists():
            raise Refused(f"{arguments.build / name} is not there; build it: ./dev build release")
    if '"' in str(arguments.dir) or "\n" in str(arguments.dir):
        raise Refused(f"--dir {arguments.dir!r}: want a path without quotes and line ends")
    try:
        arguments.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        (arguments.dir / "run").mkdir(exist_ok=True)
        (arguments.dir / "run").chmod(0o750)  # what Kea 2.6 wants of the folder that its control socket is in
        lock = open(arguments.dir / "run" / "lock", "w")
    except OSError as error:
        raise Refused(f"--dir {arguments.dir}: {error.strerror}")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(f"--dir {arguments.dir} is in use by another ./dev up; stop that first, or name another folder")
    interface = InterfaceAddress(arguments.interface, arguments.address)
    try:
        kill_leftovers(arguments.dir)
        write_configuration(arguments.dir, arguments.build, interface, arguments.agent_option)
        say(f"interface {interface.name}, address {interface.address}, pool {interface.pool()}")
        say(f"manage it with: DBUS_SYSTEM_BUS_ADDRESS=unix:path={arguments.dir}/bus {arguments.build}/agent/plugtonectl status")
        asyncio.run(serve(arguments.dir, arguments.build, interface))
        say(f"stopped; what was written is in {arguments.dir}")
    finally:
        interface.remove()
        lock.close()


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        print(f"up: {refused}", file=sys.stderr)
        sys.exit(1)
