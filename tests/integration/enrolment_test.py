"""How a phone comes in: seen, a PIN, its XML password by the binary file, its sealed configuration; and a new password later."""

import shutil
import unittest

from agents import decrypted, wait_until
from support import GXP2160, SOURCE, ApplianceCase, branch

MAC, OTHER, STRANGER = "000b82123456", "000b82000001", "000b82654321"
BINARY, XML = f"cfg{MAC}", f"cfg{MAC}.xml"


class Enrolment(ApplianceCase):
    phones = {"phone": MAC, "other": OTHER, "stranger": STRANGER}

    def names(self, report):
        return {step["name"]: step["result"] for step in report["steps"]}

    def state(self, name):
        return str(self.directory / f"state-{name}")

    def fetch(self, name, path):
        return self.inside(name, "curl", "-sS", "-i", "--max-time", "30", f"http://{self.server}/{path}", text=False).stdout

    def without_date(self, answer):
        return [line for line in answer.split(b"\r\n") if not line.lower().startswith(b"date:")]

    def in_tree(self, name):
        return any((self.directory / "srv/config").rglob(name))

    def test_1_an_unknown_phone_waits_and_gets_no_secret(self):
        self.ctl("site", "set", "--public", "P270=Call 100")
        _, report = self.boot("phone", "--state", self.state("phone"), check=3)
        self.assertEqual(report["outcome"], "generic")
        self.assertEqual(report["parameters"], {"P270": "Call 100"})
        wait_until(lambda: self.ctl_json("device", "list", "--unknown"), "nobody was seen")
        (waiting,) = self.ctl_json("device", "list", "--unknown")
        self.assertEqual((waiting["mac"], waiting["class"]), (MAC, "grandstream-gxp"))
        self.assertEqual(waiting["vendor_class"], GXP2160)
        self.assertGreater(waiting["first_seen"], 0)
        self.assertEqual(self.ctl_json("device", "list"), [])
        self.assertIn(MAC, self.ctl("device", "list", "--unknown").stdout)

    def test_2_a_pin_makes_it_a_device(self):
        secret = self.directory / "sip-password"
        secret.write_text("p&ss<w>(1)\n")
        issued = self.ctl_json(
            "pin", "issue", "--for", "Reception", "--set", "P47=sip.example.net", "--set-file", f"P34={secret}", "--expires", "2h"
        )
        self.assertRegex(issued["pin"], r"^\d{10}$")
        (listed,) = self.ctl_json("pin", "list")
        self.assertEqual((listed["id"], listed["state"], listed["label"]), (issued["id"], "open", "Reception"))
        self.assertNotIn(issued["pin"], self.ctl("pin", "list").stdout)
        redeemed = self.ctl("pin", "redeem", "--pin-file", "-", MAC, "--json", input=issued["pin"] + "\n")
        self.assertIn('"grandstream-gxp"', redeemed.stdout)
        self.assertEqual(self.ctl_json("device", "list", "--unknown"), [])
        self.assertEqual(self.ctl_json("device", "list")[0]["label"], "Reception")
        self.assertIn("redeemed", self.refused("pin", "redeem", issued["pin"], OTHER))
        for log in ("agent", "tftpd"):
            self.assertNotIn(issued["pin"], self.appliance.log(log))
        # The wrong try above is the other phone's first.
        self.assertTrue(self.in_tree(BINARY), "the window is open")

    def test_3_the_binary_file_is_for_that_phone_only(self):
        self.lease("stranger")
        absent = self.without_date(self.fetch("stranger", "cfg000b82ffffff"))
        self.assertTrue(absent[0].startswith(b"HTTP/1.1 404"), absent)
        self.assertEqual(self.without_date(self.fetch("stranger", BINARY)), absent)
        self.assertTrue(self.in_tree(BINARY), "what a stranger does closes no window")

    def test_4_the_phone_goes_all_the_way_and_the_window_closes(self):
        _, report = self.boot("phone", "--state", self.state("phone"), check=0)
        self.assertEqual(self.names(report), {BINARY: "ok", XML: "ok"})
        self.assertTrue(report["steps"][1]["encrypted"])
        self.assertEqual(report["parameters"]["P34"], "p&ss<w>(1)")
        self.assertEqual(report["parameters"]["P47"], "sip.example.net")
        wait_until(lambda: not self.in_tree(BINARY), "the binary file stays")
        _, report = self.boot("phone", "--state", self.state("phone"), check=0)
        self.assertEqual(self.names(report), {BINARY: "absent", XML: "ok"})
        self.lease("phone")
        self.lease("stranger")
        own = self.without_date(self.fetch("phone", BINARY))
        self.assertEqual(own, self.without_date(self.fetch("stranger", "cfg000b82ffffff")), "as if it had never been")

    def test_5_a_reset_phone_needs_the_window_again(self):
        _, report = self.boot("phone", check=1)
        self.assertEqual(self.names(report)[XML], "rejected")
        self.ctl("device", "rebootstrap", MAC)
        _, report = self.boot("phone", check=0)
        self.assertEqual(self.names(report), {BINARY: "ok", XML: "ok"})
        wait_until(lambda: not self.in_tree(BINARY), "the binary file stays")

    def test_6_a_new_password_goes_out_under_the_old_one(self):
        self.boot("phone", "--state", self.state("phone"), check=0)
        forgetful = shutil.copy(self.state("phone"), self.state("forgetful"))
        before = self.ctl_json("device", "secret", MAC)["xml_password"]
        rotating = self.ctl_json("device", "secret", MAC, "--rotate")
        self.assertEqual(rotating["rotating"], [MAC])
        _, report = self.boot("phone", "--state", self.state("phone"), check=0)
        self.assertIn(XML, self.names(report))
        told = report["parameters"]["P1359"]
        self.assertNotEqual(told, before)
        self.assertEqual(self.ctl_json("device", "secret", MAC)["xml_password"], before, "nothing proves yet that it has it")
        # The same phone, had it lost power before it stored that.
        _, report = self.boot("phone", "--state", forgetful, check=0)
        self.assertEqual(self.names(report)[XML], "ok", "it reads on with the old one")
        self.assertEqual(report["parameters"]["P1359"], told, "and learns the new one again")
        _, report = self.boot("phone", "--state", self.state("phone"), check=0)
        self.assertIn(f"{XML}_k1", self.names(report))
        wait_until(lambda: self.ctl_json("device", "secret", MAC)["xml_password"] == told, "the old password stays")
        _, report = self.boot("phone", "--state", self.state("phone"), check=0)
        self.assertEqual(report["parameters"]["P47"], "sip.example.net")
        live = self.directory / "srv/config/@" / XML
        self.assertIn("sip.example.net", decrypted(live, told, self.directory) or "")
        self.assertIsNone(decrypted(live, before, self.directory), "the old one is out")

    def test_7_wrong_pins_lock(self):
        self.lease("other")
        issued = self.ctl_json("pin", "issue")
        wrong = issued["pin"][:-1] + str((int(issued["pin"][-1]) + 1) % 10)
        for _ in range(4):  # the fifth; one was wrong before
            self.assertIn("no PIN", self.refused("pin", "redeem", wrong, OTHER))
        self.assertIn("too many wrong PINs", self.refused("pin", "redeem", issued["pin"], OTHER))
        self.assertEqual(self.ctl_json("pin", "revoke", issued["id"])["id"], issued["id"])
        self.ctl("device", "adopt", OTHER, "--label", "Kitchen")
        self.assertEqual({one["label"] for one in self.ctl_json("device", "list")}, {"Reception", "Kitchen"})

    def test_8_a_window_open_for_too_long_is_told(self):
        own = self.directory / "etc/classes.d/grandstream-gxp.xml"
        shipped = (SOURCE / "etc/classes.d/grandstream-gxp.xml").read_text()
        self.assertEqual(self.problems_of(OTHER), [], "open, and not for a day yet")
        own.write_text(shipped.replace('rule="binary"', 'rule="binary" window="1s"'))
        self.ctl("publish")
        wait_until(lambda: self.problems_of(OTHER), "no problem in status")
        (problem,) = self.problems_of(OTHER)
        self.assertIn("bootstrap window has been open", problem)
        self.assertEqual(self.problems_of(MAC), [], "its window is closed")
        self.assertIn("bootstrap window", self.ctl("lint", check=False).stdout)
        own.unlink()
        self.ctl("publish")

    def problems_of(self, mac):
        return [problem for problem in self.ctl_json("status")["problems"] if mac in problem]

    def test_8_the_agent_leaves_no_core_and_locks_its_secrets(self):
        limits = (branch.pathlib.Path("/proc") / str(self.appliance.pid("agent")) / "limits").read_text()
        self.assertRegex(limits, r"Max core file size\s+0\s+0")

    def test_9_a_new_master_key_opens_everything(self):
        key = self.directory / "lib/master.key"
        before = key.read_bytes()
        secret = self.ctl_json("device", "secret", MAC)
        self.assertEqual(self.rotate_key().returncode, 1, "an agent is at work")
        self.appliance.stop()
        done = self.rotate_key()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotEqual(key.read_bytes(), before)
        type(self).appliance = self.enterClassContext(
            branch.Appliance(self.branch, self.directory, self.appliance.build, self.address)
        )
        self.assertEqual(self.ctl_json("device", "secret", MAC), secret)
        _, report = self.boot("phone", "--state", self.state("phone"), check=0)
        self.assertEqual(report["parameters"]["P34"], "p&ss<w>(1)")

    def rotate_key(self):
        return self.inside(
            "phone", self.appliance.build / "agent/plugtone-agent",
            "--config", self.directory / "etc/agent.conf", "--rotate-master-key", check=False,
        )  # fmt: skip


if __name__ == "__main__":
    unittest.main(verbosity=2)
