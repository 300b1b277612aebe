"""The packages on a clean Debian: one edit and a phone is provisioned; removed, the host's Kea is what it was; purged, /srv stays.

usage: install_test.py RELEASE FOLDER-OF-PACKAGES
"""

import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from machine import Machine, branch

RELEASE, PACKAGES = sys.argv[1], sorted(pathlib.Path(sys.argv[2]).glob("plugtone*.deb"))
PHONE, STRANGER = "000b82123456", "000b82654321"
APT = ["apt-get", "-q", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0"]
SERVICES = ("plugtone-agent.service", "plugtone-tftpd.service", "kea-dhcp4-server.service")


class Installed(unittest.TestCase):
    """The tests are one story, in the order of their numbers."""

    @classmethod
    def setUpClass(cls):
        branch.need_root()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-", dir="/var/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.branch = cls.enterClassContext(branch.Branch({"phone": PHONE, "stranger": STRANGER}))
        cls.machine = cls.enterClassContext(Machine(RELEASE, PACKAGES, cls.folder, cls.branch.appliance))

    def run_there(self, *command, **options):
        return self.machine.run(*command, **options).stdout

    def ctl(self, *arguments, **options):
        return self.run_there("plugtonectl", *arguments, **options)

    def kea_configuration(self):
        return hashlib.sha256(self.machine.file("/etc/kea/kea-dhcp4.conf").read_bytes()).hexdigest()

    def boot_phone(self, name, mac, password=""):
        """plugtone-phone in that phone's namespace; its exit status and report."""
        (self.machine.root / "root/password").write_text(password + "\n")
        with_password = ["--password-file", "/root/password"] if password else []
        namespace = self.branch.namespace(name)
        done = subprocess.run(
            branch.inside(
                namespace, "chroot", self.machine.root, "plugtone-phone", "--interface", "eth0", "--mac", mac,
                *with_password, "--json",
            ),  # fmt: skip
            capture_output=True, text=True, timeout=120,
        )
        self.assertNotEqual(done.stdout, "", done.stderr)
        return done.returncode, json.loads(done.stdout), done.stderr

    def listening(self):
        return self.run_there("ss", "-Hlnptu")

    def test_1_installing_serves_nobody(self):
        self.run_there(
            *APT, "install", *(f"/packages/{package.name}" for package in PACKAGES),
            environment=["DEBIAN_FRONTEND=noninteractive"],
        )  # fmt: skip
        type(self).configuration = self.kea_configuration()
        self.machine.wait_for("the agent", lambda: self.machine.is_active("plugtone-agent.service"))
        self.assertNotRegex(self.listening(), r":(67|69|80|443)\s")
        self.assertEqual(self.run_there("dpkg", "--audit"), "")

    def test_2_users_and_modes_are_what_the_documentation_says(self):
        stat = lambda path: self.run_there("stat", "-c", "%a %U:%G", path).strip()
        self.assertEqual(stat("/srv/plugtone"), "750 plugtone:plugtone")
        self.assertEqual(stat("/var/lib/plugtone"), "700 plugtone:plugtone")
        self.assertEqual(stat("/var/lib/plugtone-keys/master.key"), "600 root:root")
        self.assertEqual(stat("/run/plugtone"), "755 root:root")
        self.assertEqual(stat("/run/plugtone/bindings"), "750 _kea:plugtone")
        self.assertEqual(stat("/run/plugtone/events.sock"), "660 plugtone:plugtone")
        self.assertEqual(stat("/etc/plugtone/tls"), "2755 root:plugtone-tftpd")
        self.assertNotIn("plugtone", self.run_there("id", "-nG", "_kea"), "only its unit is in the group")
        for user in ("plugtone", "plugtone-tftpd"):
            self.assertIn("nologin", self.run_there("getent", "passwd", user))

    def test_3_one_edit_and_a_phone_is_provisioned(self):
        self.run_there("sed", "-i", "s/^LAN_INTERFACE=.*/LAN_INTERFACE=lan0/", "/etc/plugtone/plugtone.env")
        self.run_there("systemctl", "daemon-reload")
        self.run_there("systemctl", "restart", "plugtone.target")
        for unit in SERVICES:
            self.machine.wait_for(unit, lambda: self.machine.is_active(unit))
        self.ctl("device", "add", PHONE, "--set", "P47=sip.example.net")
        password = json.loads(self.ctl("device", "secret", PHONE, "--json"))["xml_password"]
        status, report, log = self.boot_phone("phone", PHONE, password)
        self.assertEqual((status, report["outcome"]), (0, "configured"), f"{report}\n{log}\n{self.journal()}")
        state = lambda: json.loads(self.ctl("device", "show", PHONE, "--json"))["state"]
        self.machine.wait_for("the journal", lambda: state() == "fetched")

    def test_4_the_agent_reaches_kea_and_kea_reads_what_it_published(self):
        self.ctl("redirect", "add", STRANGER, "http://192.0.2.7/elsewhere")
        told = lambda: json.loads(self.ctl("status", "--json"))["kea"]
        self.machine.wait_for("Kea's answer", lambda: "1 redirection" in told())
        _, report, _ = self.boot_phone("stranger", STRANGER)
        self.assertIn("http://192.0.2.7/elsewhere", json.dumps(report))

    def test_5_both_programs_keep_their_watchdogs_awake_under_their_filters(self):
        for unit in ("plugtone-agent.service", "plugtone-tftpd.service"):
            folder = self.machine.file(f"/etc/systemd/system/{unit}.d")
            folder.mkdir(parents=True)
            (folder / "watchdog.conf").write_text("[Service]\nWatchdogSec=4\n")
        self.run_there("systemctl", "daemon-reload")
        for unit in ("plugtone-agent.service", "plugtone-tftpd.service"):
            self.run_there("systemctl", "restart", unit)
            sign = lambda: self.run_there("systemctl", "show", unit, "--property=WatchdogTimestampMonotonic")
            for _ in range(3):
                last = sign()
                self.machine.wait_for(f"a sign of life of {unit}", lambda: sign() != last)
            self.assertIn("NRestarts=0", self.run_there("systemctl", "show", unit, "--property=NRestarts"))
            self.assertTrue(self.machine.is_active(unit))
        self.assertNotRegex(self.journal(), "(?i)seccomp|SIGSYS|status=31|apparmor=.DENIED")

    def test_6_a_reboot_keeps_devices_and_serves_again(self):
        self.machine.__exit__()
        self.machine._console = open(self.folder / "console.log", "w+")
        self.machine.__enter__()
        for unit in SERVICES:
            self.machine.wait_for(unit, lambda: self.machine.is_active(unit))
        password = json.loads(self.ctl("device", "secret", PHONE, "--json"))["xml_password"]
        status, report, log = self.boot_phone("phone", PHONE, password)
        self.assertEqual((status, report["outcome"]), (0, "configured"), f"{report}\n{log}\n{self.journal()}")

    def test_7_removing_leaves_the_hosts_own_kea(self):
        self.run_there(*APT, "remove", "plugtone*")
        self.assertEqual(self.kea_configuration(), self.configuration)
        unit = self.run_there("systemctl", "cat", "kea-dhcp4-server.service")
        self.assertNotIn("plugtone", unit)
        self.machine.wait_for("Kea", lambda: self.machine.is_active("kea-dhcp4-server.service"))
        process = self.run_there("systemctl", "show", "kea-dhcp4-server.service", "--property=MainPID", "--value").strip()
        self.assertIn("-c\0/etc/kea/kea-dhcp4.conf", self.run_there("cat", f"/proc/{process}/cmdline"))
        self.assertNotRegex(self.listening(), r":(69|80|443)\s")
        self.assertEqual(self.run_there("systemctl", "list-units", "--plain", "--no-legend", "plugtone*"), "")
        self.assertTrue(self.machine.file("/var/lib/plugtone/plugtone.db").exists(), "the inventory stays until the purge")

    def test_8_purging_asks_nothing_and_keeps_what_was_served(self):
        self.run_there(*APT, "purge", "plugtone*")
        for path in ("/etc/plugtone", "/var/lib/plugtone", "/var/lib/plugtone-keys", "/run/plugtone", "/etc/kea/plugtone-hook.json"):
            with self.subTest(path):
                self.assertNotEqual(self.machine.run("test", "-e", path, check=False).returncode, 0)
        self.assertTrue(self.machine.file("/srv/plugtone/firmware").exists())
        self.assertEqual(self.run_there("dpkg", "--audit"), "")

    def journal(self):
        return self.run_there("journalctl", "-b", "--no-pager", "-n", "150")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], failfast=True)
