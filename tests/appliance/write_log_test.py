"""What a power cut leaves of a disk, by a log of its writes that is made here (tools/write_log.py)."""

import pathlib
import random
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools"))

import write_log  # noqa: E402

SECTOR = write_log.SECTOR
SECTORS = 64
FLUSH = (0, 0, write_log.FLUSH)
CUTS = 40


def write(sector, fill, flags=0, sectors=2):
    return (sector, sectors, flags, fill)


class PowerCut(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.log, self.disk = folder / "log", folder / "disk"

    def record(self, *entries):
        """The log of these; the offset at which each of them ends."""
        ends = []
        with open(self.log, "wb") as log:
            log.write(write_log.SUPERBLOCK.pack(write_log.MAGIC, 1, 0, write_log.LOG_SECTOR).ljust(SECTOR, b"\0"))
            for sector, sectors, flags, *fill in entries:
                log.write(write_log.ENTRY.pack(sector, sectors, flags, 0).ljust(SECTOR, b"\0"))
                log.write(b"".join(bytes([value]) * SECTOR * sectors for value in fill))
                ends.append(log.tell())
        return ends

    def cuts(self, until):
        """The first bytes of the disk's sectors after each of many cuts, and what was said of them."""
        for seed in range(CUTS):
            self.disk.write_bytes(bytes(SECTORS * SECTOR))
            said = write_log.cut(self.log, self.disk, until, random.Random(seed))
            yield self.disk.read_bytes()[::SECTOR], said

    def test_what_was_flushed_is_there_and_what_came_later_is_not(self):
        ends = self.record(write(0, 1), FLUSH, write(2, 2), FLUSH)
        for disk, said in self.cuts(ends[1]):
            self.assertEqual((disk[:4], said), (bytes([1, 1, 0, 0]), (2, 0)))

    def test_what_was_not_flushed_may_be_missing_or_torn_each_by_itself(self):
        ends = self.record(write(0, 1), FLUSH, write(2, 2), write(4, 3))
        left = {disk[:6] for disk, _ in self.cuts(ends[-1])}
        self.assertTrue(all(disk[:2] == bytes([1, 1]) for disk in left))
        for possible in ([0, 0, 3, 3], [2, 2, 0, 0], [2, 2, 3, 3], [0, 0, 0, 0], [2, 0, 3, 3]):
            self.assertIn(bytes([1, 1, *possible]), left)

    def test_a_later_write_of_the_same_sector_wins(self):
        ends = self.record(write(0, 1), write(0, 2), FLUSH)
        for disk, _ in self.cuts(ends[-1]):
            self.assertEqual(disk[:2], bytes([2, 2]))

    def test_a_write_through_the_cache_is_there_without_a_flush(self):
        ends = self.record(write(0, 1, write_log.FUA), write(2, 2))
        for disk, said in self.cuts(ends[-1]):
            self.assertEqual((disk[:2], said), (bytes([1, 1]), (2, 2)))

    def test_an_entry_that_is_not_whole_ends_the_log(self):
        ends = self.record(write(0, 1), FLUSH, write(2, 2))
        with open(self.log, "r+b") as log:
            log.truncate(ends[-1] - 1)
        self.assertEqual([entry.end for entry in write_log.entries(self.log)], ends[:2])

    def test_a_hole_ends_the_log(self):
        ends = self.record(write(0, 1), FLUSH, write(2, 2), write(4, 3))
        with open(self.log, "r+b") as log:
            log.seek(ends[1])
            log.write(bytes(ends[2] - ends[1]))
        self.assertEqual([entry.end for entry in write_log.entries(self.log)], ends[:2])

    def test_what_is_no_log_of_writes_is_refused(self):
        self.log.write_bytes(bytes(2 * SECTOR))
        with self.assertRaises(RuntimeError):
            list(write_log.entries(self.log))


if __name__ == "__main__":
    unittest.main()
