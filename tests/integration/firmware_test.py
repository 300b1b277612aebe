"""Firmware archives that are refused."""

import io
import tarfile
import unittest

from support import ApplianceCase


class Firmware(ApplianceCase):
    phones = {}

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
