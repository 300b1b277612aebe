"""The units as systemd reads them, and what the scripts around them make of plugtone.env.

usage: units_test.py
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
UNITS = SOURCE / "systemd"
HOST_UNITS = pathlib.Path("/lib/systemd/system")


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-"))
        self.addCleanup(shutil.rmtree, self.folder)


def generated(folder, settings, into):
    """plugtone-generator's finished process."""
    (folder / "env").write_text(settings)
    environment = dict(os.environ, PLUGTONE_ENV=str(folder / "env"), PLUGTONE_UNITS=str(UNITS))
    return subprocess.run([UNITS / "plugtone-generator", into], env=environment, capture_output=True, text=True)


class Verified(Folder):
    def test_systemd_has_nothing_to_say_against_them(self):
        """In a tree with this machine's own units, ours, and something executable wherever ours start it."""
        units = self.folder / "usr/lib/systemd/system"
        shutil.copytree(HOST_UNITS, units, symlinks=True)
        ours = [path for path in UNITS.iterdir() if path.suffix in (".service", ".socket", ".target")]
        for path in ours:
            shutil.copy(path, units)
        shutil.copytree(UNITS / "kea-dhcp4-server.service.d", units / "kea-dhcp4-server.service.d")
        generated(self.folder, "LAN_INTERFACE=eth1\n", units)
        shutil.rmtree(units / "plugtone.target.wants")  # links out of the tree
        for name in ["bin/kill", *self.started(units)]:
            program = self.folder / name.lstrip("/")
            program.parent.mkdir(parents=True, exist_ok=True)
            program.touch(mode=0o755)
        names = [path.name.replace("@.", "@1.") for path in ours] + ["kea-dhcp4-server.service"]
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"--root={self.folder}", *names],
            capture_output=True, text=True,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def started(self, units):
        for path in [*units.glob("plugtone*.service"), units / "kea-dhcp4-server.service", *units.glob("kea-dhcp4-server.service.d/*")]:
            yield from re.findall(r"(?m)^Exec\w+=(/\S+)", path.read_text())


class Generator(Folder):
    def generate(self, settings):
        """What is written: name below the folder → content, or the name that a link has."""
        into = self.folder / "generated"
        into.mkdir(exist_ok=True)
        self.done = generated(self.folder, settings, into)
        return {
            str(path.relative_to(into)): os.readlink(path) if path.is_symlink() else path.read_text()
            for path in into.rglob("*")
            if path.is_symlink() or path.is_file()
        }

    def test_without_an_interface_nothing_serves(self):
        self.assertEqual(self.generate((SOURCE / "etc/plugtone.env").read_text()), {})
        self.assertEqual(self.done.returncode, 0)

    def test_with_one_the_sockets_are_bound_to_it(self):
        made = self.generate('LAN_INTERFACE="eth1"  \n')
        for socket in ("plugtone-tftpd.socket", "plugtone-tftpd-https.socket"):
            self.assertEqual(made[f"{socket}.d/50-plugtone.conf"], "[Socket]\nBindToDevice=eth1\n")
            self.assertEqual(made[f"plugtone.target.wants/{socket}"], str(UNITS / socket))
        for socket in ("plugtone-tftpd-self.socket", "plugtone-tftpd-self-https.socket"):
            self.assertEqual(made[f"plugtone.target.wants/{socket}"], str(UNITS / socket))
            self.assertIn("\nBindToDevice=lo\n", (UNITS / socket).read_text())
        self.assertIn("-c /run/plugtone/kea-dhcp4.conf", made["kea-dhcp4-server.service.d/50-plugtone.conf"])

    def test_the_hosts_own_kea_is_left_alone_where_it_is_to_be(self):
        made = self.generate("LAN_INTERFACE=eth1\nLAN_DHCP=no\n")
        self.assertEqual([name for name in made if "kea" in name or "lan" in name], [])
        self.assertIn("plugtone-tftpd.socket.d/50-plugtone.conf", made)

    def test_what_is_no_interface_is_refused(self):
        for name in ("a b", "eth1/../x", "x" * 16, "eth1;y"):
            self.assertEqual(self.generate(f"LAN_INTERFACE={name}\n"), {})
            self.assertEqual(self.done.returncode, 1)
            self.assertIn("LAN_INTERFACE", self.done.stderr)


class Lan(Folder):
    """Each in a network namespace of its own, with one interface."""

    def configure(self, addresses=(), **settings):
        steps = ["ip link add lan0 type bridge", *(f"ip address add {address} dev lan0" for address in addresses)]
        script = " && ".join([*steps, '"$0" "$1"', "ip -4 -oneline address show dev lan0"])
        environment = dict(os.environ, PLUGTONE_HOOK="/hook.json", **{"LAN_INTERFACE": "lan0", **settings})
        output = self.folder / "kea.conf"
        output.unlink(missing_ok=True)
        self.done = subprocess.run(
            ["unshare", "--net", "bash", "-c", script, UNITS / "configure-lan", output], env=environment, capture_output=True, text=True
        )
        self.addresses = re.findall(r"inet (\S+)", self.done.stdout)
        if not output.exists():
            return None
        text = re.sub(r"(?m)^//.*|<\?include (\".*\")\?>", r"\1", output.read_text())
        return json.loads(text)["Dhcp4"]

    def pool(self, kea):
        (subnet,) = kea["subnet4"]
        return subnet["subnet"], subnet["pools"][0]["pool"]

    def test_an_interface_without_an_address_gets_ours(self):
        kea = self.configure()
        self.assertEqual(self.addresses, ["192.168.66.1/24"])
        self.assertEqual(self.pool(kea), ("192.168.66.0/24", "192.168.66.50 - 192.168.66.249"))
        self.assertEqual(kea["interfaces-config"]["interfaces"], ["lan0"])
        self.assertEqual(kea["hooks-libraries"], ["/hook.json"])

    def test_the_address_that_it_has_is_ours(self):
        kea = self.configure(addresses=["10.1.2.200/24"])
        self.assertEqual(self.addresses, ["10.1.2.200/24"])
        self.assertEqual(self.pool(kea), ("10.1.2.0/24", "10.1.2.1 - 10.1.2.199"))

    def test_the_address_that_is_wanted_is_added_once(self):
        kea = self.configure(addresses=["10.1.2.1/29"], LAN_ADDRESS="10.1.2.1/29")
        self.assertEqual(self.addresses, ["10.1.2.1/29"])
        self.assertEqual(self.pool(kea), ("10.1.2.0/29", "10.1.2.2 - 10.1.2.6"))

    def test_pool_router_and_name_servers_are_as_they_are_set(self):
        told = {"LAN_ROUTER": "10.0.0.1", "LAN_DNS": "10.0.0.1, 9.9.9.9", "LAN_NTP": "10.0.0.1"}
        kea = self.configure(LAN_ADDRESS="10.0.0.1/16", LAN_POOL="10.0.9.1-10.0.10.255", **told)
        self.assertEqual(self.pool(kea), ("10.0.0.0/16", "10.0.9.1 - 10.0.10.255"))
        self.assertEqual(
            {option["name"]: option["data"] for option in kea["option-data"]},
            {"routers": "10.0.0.1", "domain-name-servers": "10.0.0.1, 9.9.9.9", "ntp-servers": "10.0.0.1"},
        )

    def test_what_cannot_be_is_refused_with_a_reason(self):
        for settings, reason in (
            ({"LAN_INTERFACE": "eth7"}, "eth7: there is no such interface"),
            ({"LAN_ADDRESS": "10.1.2.300/24"}, "LAN_ADDRESS=10.1.2.300/24"),
            ({"LAN_ADDRESS": "10.1.2.1/31"}, "want an address with room for phones"),
            ({"LAN_ADDRESS": "10.1.2.1/24", "LAN_POOL": "10.1.2.9-10.1.3.1"}, "want FIRST-LAST within 10.1.2.1-10.1.2.254"),
            ({"LAN_ADDRESS": "10.1.2.1/24", "LAN_POOL": "all"}, "LAN_POOL=all"),
            ({"LAN_DNS": 'x", "evil'}, "want addresses"),
        ):
            with self.subTest(**settings):
                self.assertIsNone(self.configure(**settings))
                self.assertNotEqual(self.done.returncode, 0)
                self.assertIn(reason, self.done.stderr)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("network namespaces need root: run this with sudo")
    unittest.main()
