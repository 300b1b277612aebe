"""Bad input is refused whole with its reason, and the rest goes on serving."""

import os
import subprocess
import unittest

from agents import wait_until
from support import ApplianceCase

MAC = "000b82300001"


class BadInput(ApplianceCase):
    phones = {"phone": MAC}

    @classmethod
    def before_start(cls):
        # A disk of its own, to fill and to make read-only.
        cls.tree = cls.directory / "srv"
        cls.tree.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", cls.tree], check=True)
        cls.addClassCleanup(subprocess.run, ["umount", "--lazy", cls.tree])
        classes = cls.directory / "etc/classes.d"
        classes.mkdir(parents=True)
        (classes / "broken.xml").write_text('<device-classes vendor="x">\n<class name="a"><match/></class>\n')

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.appliance.ctl("device", "add", MAC, "--set", "P270=first")

    def setUp(self):
        # That the phone has its XML password is a publish of its own: over before a generation is looked at.
        binary = self.tree / "config/@" / f"cfg{MAC}"
        if binary.exists():
            self.boot("phone", check=0)
            wait_until(lambda: not binary.exists(), "the bootstrap window stays open")

    def live_generation(self):
        return os.readlink(self.tree / "config")

    def assert_phone_has(self, value):
        _, told = self.boot("phone", "--password-file", self.secret_file(MAC), check=0)
        self.assertEqual(told["parameters"]["P270"], value)

    def test_a_bad_class_file_is_named_with_its_line_and_the_rest_serves(self):
        self.assertRegex(self.appliance.log("kea"), r"PLUGTONE_CLASS_FILE_BAD.*broken\.xml:[12]: ")
        self.assertRegex(self.ctl("status").stdout, r"broken\.xml:[12]: ")
        self.assert_phone_has(self.ctl_json("device", "show", MAC, "--reveal")["parameters"]["P270"])

    def test_kea_survives_a_reconfiguration_with_a_bad_class_file(self):
        for _ in range(3):
            self.assertEqual(self.appliance.kea("config-reload")["result"], 0)
        status = self.appliance.kea("plugtone-status")
        self.assertEqual(status["result"], 0)
        self.assertIn("broken.xml", status["arguments"]["problems"][0])
        variables, _ = self.lease("phone")
        self.assertIn("opt43", variables)

    def test_a_full_disk_fails_the_publish_and_the_live_generation_stays(self):
        before, value = self.live_generation(), self.ctl_json("device", "show", MAC, "--reveal")["parameters"]["P270"]
        filler = self.tree / "filler"
        try:
            with open(filler, "wb", buffering=0) as file:
                while file.write(b"\0" * 4096):
                    pass
        except OSError:
            pass
        try:
            self.assertIn("No space left on device", self.refused("device", "set", MAC, "P270=lost"))
            self.assertEqual(self.live_generation(), before)
            self.assert_phone_has(value)
            self.assertEqual(self.ctl_json("device", "show", MAC, "--reveal")["parameters"]["P270"], value)
        finally:
            filler.unlink()
        self.ctl("device", "set", MAC, "P270=after the disk was full")
        self.assert_phone_has("after the disk was full")

    def test_a_read_only_tree_fails_the_publish_and_the_live_generation_stays(self):
        before = self.live_generation()
        subprocess.run(["mount", "-o", "remount,ro", self.tree], check=True)
        try:
            self.assertIn("Read-only file system", self.refused("device", "set", MAC, "P270=lost"))
            self.assertIn("Read-only file system", self.refused("device", "add", "000b82300002"))
            self.assertEqual(self.live_generation(), before)
        finally:
            subprocess.run(["mount", "-o", "remount,rw", self.tree], check=True)
        self.assertNotIn("000b82300002", self.ctl("device", "list", "--json").stdout)

    def test_the_command_line_refuses_what_is_malformed(self):
        for arguments, wanted in [
            (("device", "add", "000b8212345"), "000b8212345"),
            (("device", "add", "zz0b82123456"), "zz0b82123456"),
            (("device", "add", MAC), MAC),
            (("device", "add", "000b82300009", "--set", "P1"), "P1"),
            (("device", "add", "000b82300009", "--set", "X=1"), "X"),
            (("device", "add", "000b82300009", "--class", "no-such-class"), "no-such-class"),
            (("device", "set", MAC, "P2=a\x01b"), "P2"),
            (("device", "set", "000b82ffffff", "P2=a"), "000b82ffffff"),
            (("device", "unset", MAC, "P9999"), "P9999"),
            (("class", "show", "no-such-class"), "no-such-class"),
            (("site", "set", "P0047=x"), "P0047"),
        ]:
            with self.subTest(arguments):
                line = self.refused(*arguments)
                self.assertIn(wanted, line)
                self.assertEqual(len(line.splitlines()), 1, line)
        self.assertNotIn("000b82300009", self.ctl("device", "list", "--json").stdout)
        self.refused("device", "frobnicate", MAC, status=2)

    def test_the_bus_refuses_what_is_malformed_and_the_agent_lives_on(self):
        before = self.appliance.pid("agent")
        for call in [
            ["AddDevice"],
            ["AddDevice", "s", MAC],
            ["NoSuchMethod"],
            ["RemoveDevice", "s", "../../etc/passwd"],
            ["RemoveDevice", "i", "7"],
        ]:
            done = subprocess.run(
                ["busctl", "--system", "call", "org.plugtone1", "/org/plugtone1", "org.plugtone1.Manager", *call],
                capture_output=True, text=True, env=self.appliance.environment(), timeout=60,
            )  # fmt: skip
            with self.subTest(call):
                self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.appliance.pid("agent"), before)
        self.assertEqual(self.ctl("status").returncode, 0)

    def test_other_peoples_tools_see_the_same_devices(self):
        tree = subprocess.run(
            ["busctl", "--system", "tree", "--list", "org.plugtone1"],
            capture_output=True, text=True, env=self.appliance.environment(), timeout=60,
        )  # fmt: skip
        self.assertIn(f"/org/plugtone1/device/{MAC}", tree.stdout)
        managed = subprocess.run(
            ["gdbus", "call", "--address", self.appliance.environment()["DBUS_SYSTEM_BUS_ADDRESS"], "--dest", "org.plugtone1",
             "--object-path", "/org/plugtone1", "--method", "org.freedesktop.DBus.ObjectManager.GetManagedObjects"],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        self.assertEqual(managed.returncode, 0, managed.stderr)
        self.assertIn(MAC, managed.stdout)
        self.assertNotIn(self.ctl_json("device", "secret", MAC)["xml_password"], managed.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
