"""The appliance's image, booted: a phone on its second interface goes the whole way; a reboot keeps everything; updates that are good
stay and those that are not go by themselves.

usage: appliance_test.py IMAGE-FOLDER PROGRAMS-FOLDER [Class.test …]
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools"))

import branch  # noqa: E402
import vm  # noqa: E402

IMAGES, BUILD = pathlib.Path(sys.argv[1]).absolute(), pathlib.Path(sys.argv[2]).absolute()
PHONE = "000b82123456"
SERVICES = ("plugtone-agent", "plugtone-tftpd", "kea-dhcp4-server", "chrony", "nftables", "systemd-resolved", "apparmor")
TRIAL_WITHIN_S = 1200  # five minutes of it, and two boots
MEMORY_MAX_MIB = 160  # the goal is 100; printed


class Booted(unittest.TestCase):
    """The tests are one story, in the order of their numbers."""

    @classmethod
    def setUpClass(cls):
        branch.need_root()
        if why := vm.missing(IMAGES / "plugtone.img"):
            raise unittest.SkipTest(why)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-", dir="/var/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.branch = cls.enterClassContext(branch.Branch({"phone": PHONE}))
        cls.vm = cls.enterClassContext(vm.Vm(IMAGES / "plugtone.img", cls.folder, cls.branch.appliance))

    def ctl(self, *arguments, **options):
        return self.vm.run("plugtonectl", *arguments, **options).stdout

    def boot_phone(self, password=""):
        """plugtone-phone on the branch's network; its exit status and report."""
        (self.folder / "password").write_text(password + "\n")
        with_password = ["--password-file", self.folder / "password"] if password else []
        namespace = self.branch.namespace("phone")
        done = subprocess.run(
            branch.inside(
                namespace, BUILD / "phone/plugtone-phone", "--interface", "eth0", "--mac", PHONE,
                *with_password, "--json",
            ),  # fmt: skip
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        self.assertNotEqual(done.stdout, "", done.stderr)
        return done.returncode, json.loads(done.stdout), done.stderr

    def password(self):
        return json.loads(self.ctl("device", "secret", PHONE, "--json"))["xml_password"]

    def expect_configured(self):
        status, report, log = self.boot_phone(self.password())
        self.assertEqual((status, report["outcome"]), (0, "configured"), f"{report}\n{log}\n{self.journal()}")

    def journal(self):
        return self.vm.run("journalctl", "-b", "--no-pager", "-n", "80", check=False).stdout

    def test_01_it_boots_and_a_phone_goes_the_whole_way(self):
        self.vm.start()
        self.vm.wait_until("a phone gets an address", lambda: self.boot_phone()[1]["address"])
        lease_s = time.monotonic() - self.vm.started
        self.vm.wait_for_ssh()
        self.vm.wait_until("the agent answers", lambda: self.vm.run("plugtonectl", "status", check=False).returncode == 0)
        self.ctl("device", "add", PHONE, "--set", "P47=sip.example.net")
        self.expect_configured()
        configured_s = time.monotonic() - self.vm.started
        print(f"\nboot to the first lease {lease_s:.0f} s, to the first configured phone {configured_s:.0f} s (emulated)")

    def test_02_all_of_it_runs_and_nothing_was_denied(self):
        state = lambda: self.vm.run("systemctl", "is-system-running", check=False).stdout.strip()
        self.vm.wait_until("it has started", lambda: state() not in ("starting", "initializing", ""))
        failed = self.vm.run("systemctl", "--failed", "--plain", "--no-legend").stdout
        self.assertEqual((state(), failed), ("running", ""), self.journal())
        for service in SERVICES:
            self.assertEqual(self.vm.run("systemctl", "is-active", service, check=False).stdout.strip(), "active", service)
        self.assertIn("plugtone-kea-dhcp4 (enforce)", self.vm.run("cat", "/sys/kernel/security/apparmor/profiles").stdout)
        kea = self.vm.run("cat", "/proc/$(pidof kea-dhcp4)/attr/current").stdout
        self.assertEqual(kea.strip("\0\n"), "plugtone-kea-dhcp4 (enforce)")
        self.assertNotRegex(self.vm.run("journalctl", "-b", "--no-pager").stdout, r"apparmor=.DENIED|audit: type=1326|SIGSYS")

    def test_03_the_root_is_verified_and_the_data_partition_has_grown(self):
        self.assertRegex(self.vm.run("findmnt", "-no", "SOURCE,FSTYPE,OPTIONS", "/").stdout, r"/dev/mapper/vroot\s+squashfs\s+ro")
        self.assertIn("verity", self.vm.run("dmsetup", "table", "vroot").stdout)
        size = int(self.vm.run("findmnt", "-bno", "SIZE", "/var").stdout)
        self.assertGreater(size, 1 << 31, "as much as the disk has")
        self.assertNotEqual(self.vm.run("touch", "/etc/x", check=False).returncode, 0)
        memory = self.vm.run("free", "-m").stdout
        used = int(re.search(r"Mem:\s+\d+\s+(\d+)", memory)[1])
        print(f"\nmemory in use {used} MiB")
        self.assertLess(used, MEMORY_MAX_MIB, memory)

    def test_04_it_is_a_router_whose_uplink_lets_nobody_in(self):
        rules = self.vm.run("nft", "list", "ruleset").stdout
        self.assertIn("policy drop", rules)
        self.assertIn("masquerade", rules)
        namespace = self.branch.namespace("phone")
        branch.run(namespace, "ip", "address", "replace", "192.168.66.9/24", "dev", "eth0")
        greeting = lambda host, port, where: branch.run(
            where, "curl", "--silent", "--max-time", "10", f"telnet://{host}:{port}", check=False, input=""
        ).stdout
        self.assertIn("SSH-2.0", greeting(vm.ADDRESS, 22, namespace))
        self.assertEqual(greeting("127.0.0.1", vm.UPLINK_SSH, self.branch.appliance), "", "by the uplink nobody comes in")
        self.assertIn("192.168.66.0", self.vm.run("cat", "/run/plugtone/kea-dhcp4.conf").stdout)
        listening = self.vm.run("ss", "-Hlntu").stdout
        for port in (53, 123):
            self.assertRegex(listening, rf"192\.168\.66\.1(%\S+)?:{port}\s", listening)

    def test_05_a_reboot_keeps_devices_and_leases(self):
        before = self.vm.boot_id()
        lease = self.vm.run("cat", "/var/lib/kea/kea-leases4.csv").stdout
        self.vm.run("systemctl", "reboot", check=False)
        self.vm.wait_for_next_boot(before)
        self.vm.wait_until("the agent answers", lambda: self.vm.run("plugtonectl", "status", check=False).returncode == 0)
        self.assertIn(lease.splitlines()[1].split(",")[0], self.vm.run("cat", "/var/lib/kea/kea-leases4.csv").stdout)
        self.expect_configured()

    def test_06_an_archive_of_firmware_is_unpacked_and_served(self):
        data = os.urandom(100_000)
        archive = self.folder / "firmware.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("release/gxp2160fw.bin", data)
        with open(archive, "rb") as stream:
            self.vm.run("cat", ">/var/tmp/firmware.zip", stdin=stream)
        made = json.loads(self.ctl("firmware", "import", "/var/tmp/firmware.zip", "--model", "GXP2160", "--version", "1.0.11.40", "--json"))
        url = f"http://{vm.ADDRESS}/{made['files'][0]['served'].lstrip('/')}"
        namespace = self.branch.namespace("phone")
        branch.run(namespace, "ip", "address", "replace", "192.168.66.249/24", "dev", "eth0")
        served = branch.run(namespace, "curl", "--silent", "--fail", url, text=False).stdout
        self.assertEqual(served, data)

    def install(self, bundle):
        with open(bundle, "rb") as stream:
            self.vm.run("cat", ">/var/tmp/plugtone.raucb", stdin=stream)
        return self.vm.run("plugtonectl", "system", "update", "/var/tmp/plugtone.raucb", check=False)

    def wait_until_good(self):
        done = lambda: self.vm.run("systemctl", "is-active", "appliance-health", check=False).stdout.strip() in ("inactive", "failed")
        self.vm.wait_until("its health is known", done)
        return self.vm.run("journalctl", "-b", "-u", "appliance-health", "--no-pager", "-o", "cat").stdout

    def test_07_an_update_stays_once_a_simulated_phone_was_served(self):
        self.wait_until_good()
        self.assertEqual(self.vm.slot(), "A")
        done = self.install(IMAGES / "plugtone.raucb")
        self.assertEqual(done.returncode, 0, done.stderr)
        before = self.vm.boot_id()
        self.vm.run("systemctl", "reboot", check=False)
        self.vm.wait_for_next_boot(before)
        self.assertEqual(self.vm.slot(), "B")
        self.assertIn("good, a simulated phone was served", self.wait_until_good())
        self.expect_configured()
        slots = json.loads(self.ctl("system", "status", "--json"))["slots"]
        self.assertEqual([slot["boot_status"] for slot in slots], ["good", "good"], slots)

    def bundle(self, name, image):
        """A signed bundle of that slot content."""
        folder = self.folder / name
        folder.mkdir()
        shutil.copy(image, folder / "root.img")
        (folder / "manifest.raucm").write_text(
            f"[update]\ncompatible=plugtone-{self.vm.architecture.name}\nversion=9.9\n[bundle]\nformat=verity\n"
            "[image.rootfs]\nfilename=root.img\n"
        )
        keys = IMAGES / "keys"
        made = self.folder / f"{name}.raucb"
        subprocess.run(
            ["rauc", "bundle", f"--cert={keys}/release.pem", f"--key={keys}/release.key", f"--keyring={keys}/ca.pem", folder, made],
            check=True, capture_output=True,
        )  # fmt: skip
        return made

    def test_08_what_cannot_boot_falls_back_by_itself(self):
        slot = self.vm.slot()
        garbage = self.folder / "garbage"
        garbage.write_bytes(os.urandom(8 << 20))
        done = self.install(self.bundle("broken", garbage))
        self.assertEqual(done.returncode, 0, done.stderr)
        before = self.vm.boot_id()
        self.vm.run("systemctl", "reboot", check=False)
        self.vm.wait_for_next_boot(before)
        self.assertEqual(self.vm.slot(), slot)
        self.wait_until_good()
        self.expect_configured()

    def test_09_what_boots_and_serves_nobody_falls_back_after_its_trial(self):
        slot = self.vm.slot()
        tree, image = self.folder / "tree", self.folder / "mute.slot"
        subprocess.run(["unsquashfs", "-quiet", "-no-progress", "-dest", tree, IMAGES / "root.slot"], check=True, capture_output=True)
        (tree / "etc/systemd/system/plugtone-tftpd.service").symlink_to("/dev/null")
        with subprocess.Popen(["tar", "--directory", tree, "--create", "."], stdout=subprocess.PIPE) as tar:
            subprocess.run([SOURCE / "image/make-slot", "1", image], stdin=tar.stdout, check=True)
        shutil.rmtree(tree)
        self.assertEqual(self.install(self.bundle("mute", image)).returncode, 0)
        before = self.vm.boot_id()
        self.vm.run("systemctl", "reboot", check=False)
        self.vm.wait_for_next_boot(before)
        self.assertNotEqual(self.vm.slot(), slot)
        on_trial = self.vm.boot_id()
        self.vm.wait_for_next_boot(on_trial, TRIAL_WITHIN_S)
        self.assertEqual(self.vm.slot(), slot)
        self.assertIn("does not serve", self.vm.run("journalctl", "-b", "-1", "-u", "appliance-health", "--no-pager", "-o", "cat").stdout)
        self.wait_until_good()
        states = {one["boot_name"]: one["boot_status"] for one in json.loads(self.ctl("system", "status", "--json"))["slots"]}
        self.assertEqual(sorted(states.items()), sorted({slot: "good", "AB".replace(slot, ""): "bad"}.items()))
        self.expect_configured()

    def test_10_a_bundle_that_nobody_of_ours_signed_is_refused(self):
        foreign = self.folder / "foreign.raucb"
        data = bytearray((self.folder / "broken.raucb").read_bytes())
        data[len(data) // 3] ^= 1
        foreign.write_bytes(data[:-3])
        done = self.install(foreign)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing has changed", done.stderr)

    def test_11_a_factory_reset_forgets_the_devices_and_serves_again(self):
        before, identity = self.vm.boot_id(), self.vm.run("cat", "/etc/machine-id").stdout
        self.ctl("system", "factory-reset", "--yes", check=False)
        self.vm.wait_for_next_boot(before)
        self.vm.wait_until("the agent answers", lambda: self.vm.run("plugtonectl", "status", check=False).returncode == 0)
        self.assertNotEqual(self.vm.run("cat", "/etc/machine-id").stdout, identity)
        self.assertEqual(json.loads(self.ctl("device", "list", "--json")), [])
        self.ctl("device", "add", PHONE, "--set", "P47=sip.example.net")
        self.expect_configured()


class Uefi(unittest.TestCase):
    def test_the_same_image_boots_with_uefi_and_leases(self):
        if why := vm.missing(IMAGES / "plugtone.img"):
            self.skipTest(why)
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="plugtone-", dir="/var/tmp"))
        office = self.enterContext(branch.Branch({"phone": PHONE}))
        machine = self.enterContext(vm.Vm(IMAGES / "plugtone.img", folder, office.appliance))
        machine.start(uefi=True)
        machine.wait_for_ssh()
        self.assertTrue(machine.run("test", "-d", "/sys/firmware/efi").returncode == 0)
        phone = [BUILD / "phone/plugtone-phone", "--interface", "eth0", "--mac", PHONE, "--json"]
        leased = lambda: json.loads(branch.run(office.namespace("phone"), *phone, check=False).stdout)["address"]
        machine.wait_until("a phone gets an address", leased)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], failfast=True)
