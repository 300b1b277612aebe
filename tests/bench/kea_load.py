"""A kea-dhcp4 in a network namespace, perfdhcp's load on it from another, and somebody who takes the hook's events, as the agent does.
What the hook's benches share. Needs root."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools"))

import branch  # noqa: E402

SERVER, RELAY = "10.77.0.1", "10.77.0.2"
UP_WITHIN_S = 60
CLIENTS = 5000
PHONE, STRANGER = "Grandstream GXP2170 dslforum.org", "MSFT 5.0"
FLEX = f"ifelse(substring(option[60].hex,0,15) == 'Grandstream GXP', 'http://{SERVER}', '')"


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)


def keas_own(hook):
    return str(next(pathlib.Path("/usr/lib").glob(f"*/kea/hooks/libdhcp_{hook}.so")))


@dataclasses.dataclass
class Exchanged:
    """What came of a load: exchanges of four messages, and how long each answer took, of OFFERs and ACKs alike."""

    exchanges: int
    delays_ms: list


class KeaUnderLoad:
    """Context manager. Everything is written to a folder in memory, as /run is."""

    def __init__(self, build):
        self.build = build.resolve()
        self.at = [f"plugtone-bench-{end}-{os.getpid()}" for end in ("kea", "phones")]

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-bench-", dir="/dev/shm"))
            self.folder.chmod(0o750)  # what Kea 2.6 wants of the folder that its control socket is in
            stack.callback(shutil.rmtree, self.folder)
            for name in self.at:
                run("ip", "netns", "add", name)
                stack.callback(run, "ip", "netns", "delete", name)
            run("ip", "link", "add", "lan0", "netns", self.at[0], "type", "veth", "peer", "name", "lan1", "netns", self.at[1])
            for name, device, address in zip(self.at, ("lan0", "lan1"), (SERVER, RELAY)):
                run("ip", "-n", name, "address", "add", f"{address}/16", "dev", device)
                run("ip", "-n", name, "link", "set", device, "up")
            self._take_events(stack)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def _take_events(self, stack):
        agent = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        agent.bind(str(self.folder / "events.sock"))

        def take():
            with contextlib.suppress(OSError):
                while agent.recv(65536):
                    pass

        taker = threading.Thread(target=take)
        taker.start()
        stack.callback(taker.join)
        stack.callback(agent.shutdown, socket.SHUT_RD)

    def hook(self, **parameters):
        """Kea's hooks-libraries with ours; parameters take the place of the usual ones."""
        usual = {"classes": [str(SOURCE / "etc/classes.d")], "events": str(self.folder / "events.sock"),
                 "bindings": str(self.folder / "bindings"), "offers": ""}  # fmt: skip
        return [{"library": str(self.build / "kea-hook/libdhcp_plugtone.so"), "parameters": usual | parameters}]

    @staticmethod
    def flex_option():
        """Kea's own hook that does for option 66 what ours does for a phone."""
        return [{"library": keas_own("flex_option"), "parameters": {"options": [{"code": 66, "supersede": FLEX}]}}]

    @staticmethod
    def bootp():
        """Kea's own hook for clients older than DHCP: it looks at each packet and leaves those of others alone."""
        return [{"library": keas_own("bootp")}]

    def _configuration(self, libraries):
        return {"Dhcp4": {
            "interfaces-config": {"interfaces": ["lan0"], "dhcp-socket-type": "raw"},
            "control-socket": {"socket-type": "unix", "socket-name": str(self.folder / "kea.sock")},
            "lease-database": {"type": "memfile", "persist": True, "name": str(self.folder / "leases.csv"), "lfc-interval": 0},
            "multi-threading": {"enable-multi-threading": True, "thread-pool-size": 2, "packet-queue-size": 1000},
            "subnet4": [{"id": 1, "subnet": "10.77.0.0/16", "pools": [{"pool": "10.77.1.0 - 10.77.250.0"}]}],
            "hooks-libraries": libraries,
            "loggers": [{"name": "kea-dhcp4", "output_options": [{"output": str(self.folder / "kea.log")}], "severity": "WARN"}],
        }}  # fmt: skip

    @contextlib.contextmanager
    def kea(self, libraries, under=()):
        """The process, begun with no lease and no binding; it serves. under: a command that runs it."""
        for path in self.folder.glob("leases.csv*"):
            path.unlink()
        shutil.rmtree(self.folder / "bindings", ignore_errors=True)
        (self.folder / "bindings").mkdir()
        config = self.folder / "kea.json"
        config.write_text(json.dumps(self._configuration(libraries)))
        folder = str(self.folder)
        environment = dict(
            os.environ, KEA_LOCKFILE_DIR="none", KEA_PIDFILE_DIR=folder, KEA_CONTROL_SOCKET_DIR=folder, KEA_DHCP_DATA_DIR=folder,
            KEA_LOG_FILE_DIR=folder,
            KEA_HOOKS_PATH=str(pathlib.Path(libraries[0]["library"]).parent) if libraries else folder,
        )  # fmt: skip
        kea = subprocess.Popen(
            branch.inside(self.at[0], *under, "kea-dhcp4", "-c", config), env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            self._wait_until_it_answers(kea)
            yield kea
        finally:
            kea.terminate()
            kea.wait()
            (self.folder / "kea.sock").unlink(missing_ok=True)

    def _wait_until_it_answers(self, kea):
        """It does once it is configured."""
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline and kea.poll() is None:
            with contextlib.suppress(OSError):
                self.ask("status-get")
                return
        raise RuntimeError(f"kea-dhcp4 does not serve: {(self.folder / 'kea.log').read_text()}")

    def ask(self, command, **arguments):
        return branch.ask_kea(self.folder / "kea.sock", command, **arguments)["arguments"]

    def load(self, vendor_class, seconds, rate, *options):
        """perfdhcp's clients, as a relay sends them on."""
        done = subprocess.run(
            branch.inside(
                self.at[1], "perfdhcp", "-4", "-l", RELAY, "-r", rate, "-R", CLIENTS, "-p", seconds, "-W", "300000",
                "-o", "60," + vendor_class.encode().hex(), *options, SERVER,
            ),
            capture_output=True, text=True,
        )  # fmt: skip
        acks = re.search(r"Statistics for: REQUEST-ACK\*.*?received packets: (\d+)", done.stdout, re.DOTALL)
        if not acks or not int(acks[1]):
            raise RuntimeError(f"perfdhcp: {done.stdout}{done.stderr}")
        times = re.findall(r"^sent / received: (\d+\.\d+) / (\d+\.\d+)$", done.stdout, re.MULTILINE)
        return Exchanged(int(acks[1]), [1e3 * (float(received) - float(sent)) for sent, received in times])
