"""The log of a disk's writes that QEMU's blklogwrites keeps (the format of Linux' dm-log-writes), and the disk as a power cut leaves it."""

import dataclasses
import os
import struct

MAGIC = 0x6A736677736872
SUPERBLOCK = struct.Struct("<QQQI")
ENTRY = struct.Struct("<QQQQ")
FLUSH, FUA, DISCARD = 1, 2, 4
LOG_SECTOR = 512
SECTOR = 512


@dataclasses.dataclass(frozen=True)
class Entry:
    sector: int  # of the disk
    sectors: int
    flags: int
    data_at: int  # in the log
    end: int  # of the entry in the log


def entries(path):
    """All whole entries, oldest first. The superblock's count is behind while QEMU runs, so the file's size ends it."""
    size = os.path.getsize(path)
    with open(path, "rb") as log:
        magic, version, _, sector_size = SUPERBLOCK.unpack(log.read(SUPERBLOCK.size))
        if (magic, version, sector_size) != (MAGIC, 1, LOG_SECTOR):
            raise RuntimeError(f"{path} is no log of writes with sectors of {LOG_SECTOR} bytes: {magic:x}, {version}, {sector_size}")
        at = LOG_SECTOR
        while at + LOG_SECTOR <= size:
            log.seek(at)
            sector, sectors, flags, _ = ENTRY.unpack(log.read(ENTRY.size))
            data = 0 if flags & DISCARD else sectors * SECTOR
            end = at + LOG_SECTOR + data
            # Cut short, or a hole: QEMU had given that write its place, and was ended before it wrote it there.
            if end > size or not (sectors or flags):
                return
            yield Entry(sector, sectors, flags, at + LOG_SECTOR, end)
            at = end


def cut(log_path, disk_path, until, chance):
    """Makes of the disk (as it was when the log began) what a cut at that offset of the log may leave.

    That is all writes before the last flush, and of those after it, which the disk had not promised yet, some, each by itself, whole
    or its first sectors only. chance is a random.Random. How many writes there were, and how many of them had not been promised.
    """
    all_entries = [entry for entry in entries(log_path) if entry.end <= until]
    promised = max((number for number, entry in enumerate(all_entries) if entry.flags & FLUSH), default=-1)
    with open(log_path, "rb") as log, open(disk_path, "r+b") as disk:
        for number, entry in enumerate(all_entries):
            sectors = entry.sectors
            if number > promised and not entry.flags & FUA:
                sectors = chance.choice((0, sectors, chance.randint(0, sectors)))
            disk.seek(entry.sector * SECTOR)
            if entry.flags & DISCARD:
                disk.write(bytes(sectors * SECTOR))
            else:
                log.seek(entry.data_at)
                disk.write(log.read(sectors * SECTOR))
    return len(all_entries), len(all_entries) - 1 - promised
