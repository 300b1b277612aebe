"""Two Keas of a high-availability pair (libdhcp_ha, hot standby), the hook on both, each beside a file server of its own: what happens
to phones, and to who may read what, when the primary dies."""

import concurrent.futures
import contextlib
import ipaddress
import json
import os
import pathlib
import subprocess
import threading
import time
import unittest

from support import BUILD, ApplianceCase, branch

WITHIN_S = 120
EARLY = 5  # phones that the primary serves before there is a standby
PHONES = 100
AT_ONCE = 10
KILLED_AFTER = 30  # phones that are configured
TRIES = 6  # a phone that fails begins anew, as phones do
HOOKS = next(pathlib.Path("/usr/lib").glob("*/kea/hooks/libdhcp_ha.so")).parent
PEERS = {"primary": "192.168.66.2", "standby": "192.168.66.3"}


def mac_of(number):
    return f"000b8210{number:04x}"


class Server:
    """kea-dhcp4 with the hook, and the file server, in one namespace. Serves the tree of the appliance, and tells its agent."""

    def __init__(self, name, namespace, appliance):
        self.name, self.namespace, self.appliance = name, namespace, appliance
        self.folder = appliance / name
        (self.folder / "bindings").mkdir(parents=True)
        self.folder.chmod(0o750)  # what Kea 2.6 wants of the folder that its control socket is in
        self.hooks = self.folder / "hooks"  # it takes them from one folder only
        self.hooks.mkdir()
        for library in (HOOKS / "libdhcp_lease_cmds.so", HOOKS / "libdhcp_ha.so", BUILD / "kea-hook/libdhcp_plugtone.so"):
            (self.hooks / library.name).symlink_to(library)
        self.started = []

    def configuration(self):
        config = json.loads((self.appliance / "etc/kea-dhcp4.json").read_text())["Dhcp4"]
        config["interfaces-config"]["interfaces"] = ["eth0"]
        config["control-socket"]["socket-name"] = str(self.folder / "kea.sock")
        config["lease-database"]["name"] = str(self.folder / "leases4.csv")
        config["multi-threading"] = {"enable-multi-threading": True, "thread-pool-size": 2, "packet-queue-size": 64}
        config["subnet4"][0]["pools"] = [{"pool": "192.168.66.20 - 192.168.66.250"}]
        config["hooks-libraries"][0]["parameters"]["bindings"] = str(self.folder / "bindings")
        pair = {
            "this-server-name": self.name, "mode": "hot-standby", "heartbeat-delay": 500, "max-response-delay": 2000,
            "max-ack-delay": 1000, "max-unacked-clients": 0,
            "multi-threading": {"enable-multi-threading": True, "http-dedicated-listener": True},
            "peers": [{"name": name, "role": name, "url": f"http://{address}:8000/", "auto-failover": True}
                      for name, address in PEERS.items()],
        }  # fmt: skip
        config["hooks-libraries"][0]["library"] = str(self.hooks / "libdhcp_plugtone.so")
        config["hooks-libraries"] = [
            {"library": str(self.hooks / "libdhcp_lease_cmds.so")},
            {"library": str(self.hooks / "libdhcp_ha.so"), "parameters": {"high-availability": [pair]}},
            *config["hooks-libraries"],
        ]
        return {"Dhcp4": config}

    def start(self):
        config, files = self.folder / "kea.json", self.folder / "tftpd.conf"
        config.write_text(json.dumps(self.configuration()))
        files.write_text(
            f'root = "{self.appliance}/srv"\nbindings = "{self.folder}/bindings"\n'
            f'events = "{self.appliance}/run/events.sock"\nlisten = "{PEERS[self.name]}"\n'
        )
        environment = dict(
            os.environ, KEA_LOCKFILE_DIR=str(self.folder), KEA_PIDFILE_DIR=str(self.folder), KEA_LOGGER_DESTINATION="stdout",
            KEA_HOOKS_PATH=str(self.hooks), KEA_CONTROL_SOCKET_DIR=str(self.folder), KEA_DHCP_DATA_DIR=str(self.folder),
        )  # fmt: skip
        for program, command in (
            ("kea", ["kea-dhcp4", "-c", config]),
            ("tftpd", [BUILD / "tftpd/plugtone-tftpd", "--config", files]),
        ):
            with open(self.folder / f"{program}.log", "ab") as log:
                self.started.append(
                    subprocess.Popen(branch.inside(self.namespace, *command), env=environment, stdout=log, stderr=subprocess.STDOUT)
                )
        wait_for(lambda: (self.folder / "kea.sock").exists(), lambda: self.log("kea"))
        answers = lambda: branch.run(
            self.namespace, "curl", "-s", "-o", "/dev/null", f"http://{PEERS[self.name]}/", check=False
        ).returncode == 0  # fmt: skip
        wait_for(answers, lambda: self.log("tftpd"))

    def kill(self):
        """As the power does."""
        for process in self.started:
            process.kill()
            process.wait()
        self.started.clear()

    def log(self, program):
        return (self.folder / f"{program}.log").read_text(errors="replace")[-4000:]

    def ask(self, command, **arguments):
        return branch.ask_kea(self.folder / "kea.sock", command, **arguments)

    def state(self):
        with contextlib.suppress(OSError, ValueError, KeyError):
            return self.ask("ha-heartbeat")["arguments"]["state"]
        return "none"

    def leases(self):
        """MAC → address and end of each lease that holds."""
        listed = self.ask("lease4-get-all").get("arguments", {"leases": []})["leases"]
        return {
            lease["hw-address"].replace(":", ""): (lease["ip-address"], lease["cltt"] + lease["valid-lft"])
            for lease in listed if lease["state"] == 0
        }  # fmt: skip

    def bindings(self):
        bound = {}
        for path in (self.folder / "bindings").iterdir():
            with contextlib.suppress(ValueError, FileNotFoundError):
                address = str(ipaddress.ip_address(path.name))
                lines = dict(line.split("=", 1) for line in path.read_text().splitlines())
                bound[lines["MAC"]] = (address, int(lines["EXPIRES"]))
        return bound


def wait_for(condition, why):
    deadline = time.monotonic() + WITHIN_S
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(why())
        pause.wait(0.05)


def is_near(one, other):
    """The same holders; ends may be told a little apart, by the packet or by the partner."""
    return one.keys() == other.keys() and all(
        one[mac][0] == other[mac][0] and abs(one[mac][1] - other[mac][1]) <= 5 for mac in one
    )


class Pair(ApplianceCase):
    phones = {"primary": "02000000a002", "standby": "02000000a003", "phones": "02000000a004"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The appliance has the agent and the tree; the pair has the leases.
        assert cls.appliance.kea("dhcp-disable")["result"] == 0
        lines = ["mac,class,P47"] + [f"{mac_of(number)},grandstream-gxp,sip.example.net" for number in range(PHONES)]
        table = cls.directory / "phones.csv"
        table.write_text("\n".join(lines) + "\n")
        cls.ctl(cls, "device", "import", str(table))
        cls.servers = {}
        for name, address in PEERS.items():
            branch.ip("-netns", cls.at[name], "address", "add", f"{address}/24", "dev", "eth0")
            cls.servers[name] = Server(name, cls.at[name], cls.directory)
            cls.addClassCleanup(cls.servers[name].kill)

    def boot_until_configured(self, number):
        story = []
        password = self.secret_file(mac_of(number))
        for _ in range(TRIES):
            done = self.inside(
                "phones", BUILD / "phone/plugtone-phone", "--interface", "eth0", "--mac", mac_of(number), "--keep", "--timeout", "15",
                "--password-file", password, "--json", check=False,
            )  # fmt: skip
            if done.returncode == 0:
                return json.loads(done.stdout)
            story.append(done.stdout + done.stderr)
        raise AssertionError(f"{mac_of(number)} is not configured after {TRIES} boots:\n" + "\n".join(story[-2:]))

    def assert_bound_as_leased(self, server):
        wait_for(
            lambda: is_near(server.bindings(), server.leases()),
            lambda: f"bindings {server.bindings()}\nleases {server.leases()}\n{server.log('kea')}",
        )

    def wait_for_states(self, **states):
        wait_for(
            lambda: all(self.servers[name].state() == state for name, state in states.items()),
            lambda: "\n".join(f"{name}: {server.state()}\n{server.log('kea')}" for name, server in self.servers.items()),
        )

    def test_every_phone_is_configured_though_the_primary_dies_amid_their_boots(self):
        primary, standby = self.servers["primary"], self.servers["standby"]
        primary.start()
        self.wait_for_states(primary="partner-down")
        for number in range(EARLY):
            self.boot_until_configured(number)
        self.assert_bound_as_leased(primary)
        # What the partner had before comes by no packet and no command.
        standby.start()
        self.wait_for_states(primary="hot-standby", standby="hot-standby")
        self.assertEqual(len(standby.leases()), EARLY)
        self.assert_bound_as_leased(standby)

        configured = threading.Semaphore(0)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            boots = [pool.submit(self.boot_until_configured, number) for number in range(PHONES)]
            for boot in boots:
                boot.add_done_callback(lambda _: configured.release())
            for _ in range(KILLED_AFTER):
                configured.acquire()
            # What the partner leases meanwhile comes by its commands.
            told = standby.bindings()
            primary.kill()
            reports = [boot.result() for boot in boots]
        self.assertGreaterEqual(len(told), KILLED_AFTER - AT_ONCE)
        self.assertEqual(len(reports), PHONES)
        self.wait_for_states(standby="partner-down")
        self.assertEqual(len(standby.leases()), PHONES)
        self.assert_bound_as_leased(standby)
        self.assertNotIn("PLUGTONE_CALLOUT_FAILED", (standby.folder / "kea.log").read_text())

        # The one that died comes back to what the other one did meanwhile, also to what ended.
        gone = mac_of(PHONES - 1)
        address = standby.leases()[gone][0]
        self.assertEqual(standby.ask("lease4-del", **{"ip-address": address})["result"], 0)
        self.assert_bound_as_leased(standby)
        primary.start()
        self.wait_for_states(primary="hot-standby", standby="hot-standby")
        self.assertEqual(len(primary.leases()), PHONES - 1)
        self.assert_bound_as_leased(primary)


if __name__ == "__main__":
    unittest.main(verbosity=2)
