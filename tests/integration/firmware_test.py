"""Firmware from the command line alone: an archive, pins, a rollout that halts at the third phone, the way back."""

import io
import tarfile
import time
import unittest
import zipfile

from support import ApplianceCase

PHONES = {f"phone{number}": f"000b820000{number:02}" for number in range(1, 11)}
OLD, NEW = "1.0.11.35", "1.0.11.40"
CLASS = "grandstream-gxp"
FILE = "gxp2160fw.bin"
WITHIN_S = 60


class Firmware(ApplianceCase):
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

    def test_bad_archives_are_refused_whole(self):
        def tar(name, entry, kind=tarfile.REGTYPE, content=b"x"):
            path = self.directory / name
            with tarfile.open(path, "w:gz") as archive:
                good = tarfile.TarInfo("good.bin")
                good.size = 4
                archive.addfile(good, io.BytesIO(b"good"))
                bad = tarfile.TarInfo(entry)
                bad.type, bad.linkname, bad.size = kind, "/etc/shadow", len(content) if kind == tarfile.REGTYPE else 0
                archive.addfile(bad, io.BytesIO(content))
            return path

        before = sorted(path.name for path in (self.directory / "srv/firmware").iterdir())
        for path, why in (
            (tar("up.tar.gz", "../../up.bin"), "'..' in the name"),
            (tar("absolute.tar.gz", "/absolute.bin"), "absolute name"),
            (tar("link.tar.gz", "link.bin", tarfile.SYMTYPE), "a link"),
            (tar("device.tar.gz", "device.bin", tarfile.CHRTYPE), "neither a file nor a folder"),
            (tar("bomb.tar.gz", "bomb.bin", content=bytes(50_000_000)), "times the archive's size"),
        ):
            self.assertIn(why, self.refused("firmware", "import", str(path), "--model", "X1", "--version", "1.0"))
        self.assertEqual(sorted(path.name for path in (self.directory / "srv/firmware").iterdir()), before)
        failed = [job for job in self.ctl_json("job", "list") if job["state"] == "failed"]
        self.assertGreaterEqual(len(failed), 5)

    def test_a_rollout_halts_at_the_third_phone_and_is_taken_back(self):
        for name, mac in PHONES.items():
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
