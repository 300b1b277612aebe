"""The story of one branch, from the command line alone: a PIN, a phone plugged in, redeemed, ready for calls; a publish that would shut
phones out, and a bad one taken back; firmware for ten phones, of which the third fails and halts it; the way back."""

import time
import unittest
import zipfile

from agents import wait_until
from support import SOURCE, ApplianceCase

PHONES = {f"phone{number}": f"000b820000{number:02}" for number in range(1, 11)}
FIRST = PHONES["phone1"]
OLD, NEW = "1.0.11.35", "1.0.11.40"
CLASS = "grandstream-gxp"
FILE = "gxp2160fw.bin"
WITHIN_S = 60


class Story(ApplianceCase):
    phones = PHONES

    def archive(self, version):
        path = self.directory / f"Release_GXP2160_{version}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"Release_{version}/{FILE}", f"firmware {version}" * 1000)
            archive.writestr(f"Release_{version}/Release_Notes.pdf", "what is new")
        return path

    def boots(self, name, version, *arguments):
        status, report = self.boot(
            name, "--password-file", self.secret_file(PHONES[name]), "--firmware-version", version, *arguments
        )
        self.assertEqual(status, 0, report)
        return report

    def upgrades(self, name, comes_back_with):
        """Boots, loads what its configuration names, and boots again."""
        told = self.boots(name, OLD)["parameters"]
        loaded = self.boots(name, OLD, "--firmware", told["P232"] + FILE + told["P233"])
        self.assertEqual([step["result"] for step in loaded["steps"] if step["kind"] == "firmware"], ["ok"])
        self.boots(name, comes_back_with)

    def told(self, name):
        """(P233, the layer that says so)"""
        device = self.ctl_json("device", "show", PHONES[name])
        return device["composed"].get("P233"), device["layers"].get("P233")

    def rollout(self, number):
        return self.ctl_json("rollout", "show", str(number))

    def wait_for(self, number, **wanted):
        """Until that rollout has these values; its members by phone."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            rollout = self.rollout(number)
            if all(rollout[key] == value for key, value in wanted.items()):
                return {member["mac"]: member for member in rollout["members"]}
            self.assertLess(time.monotonic(), deadline, f"want {wanted}, got {rollout}")

    def downloading(self, number):
        names = {mac: name for name, mac in PHONES.items()}
        return [names[one["mac"]] for one in self.rollout(number)["members"] if one["state"] == "downloading"]

    def plugged_in(self, check=0):
        """The first phone with all that it remembers from one start to the next."""
        _, report = self.boot("phone1", "--state", str(self.directory / "state-phone1"), "--firmware-version", OLD, check=check)
        return report

    def state(self):
        return next(one for one in self.ctl_json("device", "list") if one["mac"] == FIRST)["state"]

    def test_1_a_pin_a_phone_plugged_in_and_it_is_ready_for_calls(self):
        secret = self.directory / "sip-password"
        secret.write_text("p&ss<w>(1)\n")
        pin = self.ctl_json("pin", "issue", "--for", "Reception", "--set", "P47=sip.example.net", "--set-file", f"P34={secret}")["pin"]
        self.assertEqual(self.plugged_in(check=3)["outcome"], "generic", "nobody has said yet whose it is")
        wait_until(lambda: self.ctl_json("device", "list", "--unknown"), "nobody was seen")
        self.ctl("pin", "redeem", pin, FIRST)
        report = self.plugged_in()
        self.assertEqual((report["parameters"]["P47"], report["parameters"]["P34"]), ("sip.example.net", "p&ss<w>(1)"))
        self.plugged_in()
        wait_until(lambda: self.state() == "up-to-date", "its journey does not end")
        self.assertEqual(self.ctl_json("device", "list", "--stuck"), [])

    def test_2_a_publish_that_would_shut_the_phone_out_is_seen_and_refused(self):
        own = self.directory / "etc/classes.d/grandstream-gxp.xml"
        shipped = (SOURCE / "etc/classes.d/grandstream-gxp.xml").read_text()
        own.write_text(shipped.replace('<bootstrap rule="binary"/>', '<access http-auth="digest"/><bootstrap rule="binary"/>'))
        self.assertNotEqual(own.read_text(), shipped)
        looked = self.ctl("publish", "--dry-run", check=False)
        self.assertEqual(looked.returncode, 1, "it would be refused")
        self.assertIn(f"device {FIRST}\n", looked.stdout)
        self.assertIn("P1360", looked.stdout)
        before = self.ctl_json("status")["generation"]
        self.assertIn("--force", self.refused("publish"))
        self.assertEqual(self.ctl_json("status")["generation"], before)
        own.unlink()
        self.assertIn("no phone would be given anything else", self.ctl("publish", "--dry-run").stdout)
        self.ctl("publish")

    def test_3_a_bad_publish_is_taken_back(self):
        live = self.directory / "srv/config/@" / f"cfg{FIRST}.xml"
        good = live.read_bytes()
        self.ctl("device", "set", FIRST, "P47=sip.exmaple.net")
        self.assertEqual(self.plugged_in()["parameters"]["P47"], "sip.exmaple.net")
        (row,) = self.ctl_json("undo", "--dry-run")["differences"]
        self.assertEqual((row["mac"], row["name"], row["before"], row["after"]), (FIRST, "P47", "sip.exmaple.net", "sip.example.net"))
        self.assertEqual(self.ctl_json("undo")["taken_back"], f"device set {FIRST} P47")
        self.assertEqual(live.read_bytes(), good, "the very file of before")
        self.assertEqual(self.plugged_in()["parameters"]["P47"], "sip.example.net")
        shown = self.ctl_json("device", "show", FIRST)
        self.assertEqual((shown["composed"]["P47"], shown["layers"]["P47"]), ("sip.example.net", "device"))

    def test_4_a_rollout_halts_at_the_third_phone_and_is_taken_back(self):
        for name, mac in list(PHONES.items())[1:]:
            self.ctl("device", "add", mac, "--class", CLASS, "--label", name)
        for version in (OLD, NEW):
            path = self.archive(version)
            made = self.ctl_json("firmware", "import", str(path), "--model", "GXP2160", "--version", version)
            self.assertEqual(made["files"][0]["served"], f"gxp2160_{FILE}_{version}")
            self.assertTrue(any("Release_Notes.pdf: left out" in note for note in made["notes"]), made)
        old, new = (one["id"] for one in self.ctl_json("firmware", "list"))
        self.ctl("firmware", "pin", str(old), "--class", CLASS)
        self.assertEqual(self.told("phone1"), (f"_{OLD}", "firmware pin"))
        self.assertIn("pinned to it", self.refused("firmware", "remove", str(old)))

        begun = self.ctl_json(
            "rollout", "start", "--firmware", str(new), "--class", CLASS, "--rings",
            f"canary {PHONES['phone1']};30%;100%",
        )["id"]  # fmt: skip
        self.assertEqual(self.downloading(begun), ["phone1"])
        self.assertEqual(self.told("phone1"), (f"_{NEW}", "firmware pin"))
        self.assertEqual(self.told("phone2"), (f"_{OLD}", "firmware pin"))
        self.assertIn("in rollout", self.refused("firmware", "pin", str(old), "--device", PHONES["phone1"]))

        self.upgrades("phone1", comes_back_with=NEW)
        self.wait_for(begun, ring="30%")
        second, third = self.downloading(begun)
        self.upgrades(second, comes_back_with=NEW)
        self.upgrades(third, comes_back_with=OLD)
        members = self.wait_for(begun, state="halted")
        self.assertEqual(members[PHONES[second]]["state"], "updated")
        self.assertEqual(members[PHONES[third]]["state"], "failed")
        self.assertIn("still reports", members[PHONES[third]]["reason"])
        self.assertEqual(sum(one["state"] == "waiting" for one in members.values()), 7)
        problems = self.ctl_json("status")["problems"]
        self.assertTrue(any(f"rollout {begun} has halted: device {PHONES[third]}" in text for text in problems), problems)

        self.ctl("rollout", "abort", str(begun))
        for name in PHONES:
            self.assertEqual(self.told(name), (f"_{OLD}", "firmware pin"), name)
        self.assertEqual(self.ctl_json("status")["problems"], [])
        self.ctl("firmware", "remove", str(new))
        self.assertEqual([one["id"] for one in self.ctl_json("firmware", "list")], [old])
        self.assertEqual(self.ctl_json("undo")["taken_back"], f"firmware pin {old} class {CLASS}")
        self.assertEqual(self.told("phone1"), (None, None))


if __name__ == "__main__":
    unittest.main(verbosity=2)
