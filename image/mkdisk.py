"""Puts the parts of the appliance onto a disk image: GPT, GRUB for UEFI and where there is one for the BIOS, two root slots (the second one
empty), data.

Needs no root and no loop device.

usage: mkdisk.py ARCH GRUB-FOLDER ROOT-SLOT PLUGTONE.ENV IMAGE EPOCH
GRUB-FOLDER has GRUB's own parts, as /usr/lib/grub. The same inputs give the same bytes.
"""

import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from architectures import ARCHITECTURES  # noqa: E402

MIB = 1 << 20
SECTOR = 512
ESP_MIB, SLOT_MIB, DATA_MIB = 48, 256, 64
BIOS_BOOT_MIB = 1  # where it begins, too
ESP_AT = 2
ROOT_A_AT = ESP_AT + ESP_MIB
ROOT_B_AT = ROOT_A_AT + SLOT_MIB
DATA_AT = ROOT_B_AT + SLOT_MIB
DISK_MIB = DATA_AT + DATA_MIB + 1
ID = "a5510000-0000-4000-8000-0000000000"  # of the disk and its partitions, with two digits more
GRUB_MODULES = (
    "part_gpt fat squash4 gzio xzio normal configfile linux search probe regexp loadenv test echo serial terminal minicmd reboot"
).split()
BIOS_GRUB = "i386-pc"


def partitions(architecture):
    """For sfdisk. Each has its number on every machine, since grub.cfg goes by them."""
    bios = f"1 : start={BIOS_BOOT_MIB}MiB, size=1MiB, type=21686148-6449-6E6F-744E-656564454649, name=bios, uuid={ID}01"
    return f"""label: gpt
label-id: {ID}00
first-lba: 2048
{bios if architecture.has_bios else ""}
2 : start={ESP_AT}MiB, size={ESP_MIB}MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=esp, uuid={ID}02
3 : start={ROOT_A_AT}MiB, size={SLOT_MIB}MiB, type={architecture.root_type}, name=root-a, uuid={ID}0a
4 : start={ROOT_B_AT}MiB, size={SLOT_MIB}MiB, type={architecture.root_type}, name=root-b, uuid={ID}0b
5 : start={DATA_AT}MiB, size={DATA_MIB}MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=data, uuid={ID}0d
"""


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, **options)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: status {done.returncode}\n{done.stderr.decode()}")


class Disk:
    def __init__(self, architecture, grub, folder, epoch):
        self.architecture, self.grub, self.folder, self.epoch = architecture, grub, folder, epoch

    def make_grub(self):
        # Read by GRUB's smallest parser, which knows no comments: with a BIOS $root is the disk, with UEFI the partition.
        early = self.folder / "early.cfg"
        parts = ["grub-serial.cfg"] if self.architecture.has_bios else []  # elsewhere UEFI's own console is on the serial port, too
        early.write_text("".join((HERE / part).read_text() for part in (*parts, "grub-early.cfg")))
        formats = [(self.architecture.grub, "loader.efi", "efi_gop")]
        if self.architecture.has_bios:
            formats.append((BIOS_GRUB, "core.img", "biosdisk"))
        for format, name, module in formats:
            folder = self.grub / format
            run("grub-mkimage", "-d", folder, "-O", format, "-o", self.folder / name, "-c", early, "-p", "/grub", *GRUB_MODULES, module)
        environment = self.folder / "grubenv"
        run("grub-editenv", environment, "create")
        run("grub-editenv", environment, "set", "ORDER=A B", "A_OK=1", "A_TRY=0", "B_OK=0", "B_TRY=0")

    def make_esp(self, settings):
        esp = self.folder / "esp.img"
        esp.touch()
        os.truncate(esp, ESP_MIB * MIB)
        run("mkfs.vfat", "-F", "32", "-n", "PLUGTONE", "-i", "41505031", "--invariant", esp)
        files = {
            f"EFI/BOOT/{self.architecture.loader}": self.folder / "loader.efi",
            "grub/grub.cfg": HERE / "grub.cfg",
            "grub/grubenv": self.folder / "grubenv",
            "README.txt": HERE / "esp-readme.txt",
            "plugtone.env": settings,
        }
        environment = dict(os.environ, MTOOLS_SKIP_CHECK="1", SOURCE_DATE_EPOCH=str(self.epoch), TZ="UTC")
        for folder in ("EFI", "EFI/BOOT", "grub"):
            run("mmd", "-i", esp, f"::{folder}", env=environment)
        for name, source in files.items():
            copy = self.folder / "copy"
            shutil.copy(source, copy)
            os.utime(copy, (self.epoch, self.epoch))
            run("mcopy", "-m", "-i", esp, copy, f"::{name}", env=environment)
        return esp

    def make_data(self):
        data, empty = self.folder / "data.img", self.folder / "empty"
        empty.mkdir()
        os.utime(empty, (self.epoch, self.epoch))
        run(
            "mke2fs", "-q", "-t", "ext4", "-L", "data", "-U", "0d0d0d0d-0000-4000-8000-000000000001",
            "-E", "hash_seed=0d0d0d0d-0000-4000-8000-000000000002,root_owner=0:0", "-d", empty, data, f"{DATA_MIB}M",
            env=dict(os.environ, E2FSPROGS_FAKE_TIME=str(self.epoch)),
        )  # fmt: skip
        return data

    def install_grub(self, image):
        """What grub-bios-setup does to a disk: boot.img in its first sector, beside the partition table; core.img in a partition."""
        at = BIOS_BOOT_MIB * MIB // SECTOR
        boot = bytearray((self.grub / BIOS_GRUB / "boot.img").read_bytes()[:SECTOR])
        core = bytearray((self.folder / "core.img").read_bytes())
        core += bytes(-len(core) % SECTOR)
        boot[0x5C:0x64] = struct.pack("<Q", at)  # where core.img begins
        boot[0x66:0x68] = b"\x90\x90"  # trust the BIOS' drive number
        core[0x1F4:0x200] = struct.pack("<QHH", at + 1, len(core) // SECTOR - 1, 0x820)  # the rest of core.img
        with open(image, "r+b") as disk:
            partition_table = disk.read(SECTOR)[440:]
            disk.seek(0)
            disk.write(bytes(boot[:440]) + partition_table)
            disk.seek(at * SECTOR)
            disk.write(core)


def write_sparse(part, image, at_mib):
    run("dd", f"if={part}", f"of={image}", "bs=1M", f"seek={at_mib}", "conv=notrunc,sparse")


def main(architecture, grub, slot, settings, image, epoch):
    if slot.stat().st_size > SLOT_MIB * MIB:
        raise RuntimeError(f"{slot} has {slot.stat().st_size} bytes, a slot {SLOT_MIB} MiB")
    with tempfile.TemporaryDirectory() as folder:
        disk = Disk(architecture, grub, pathlib.Path(folder), epoch)
        disk.make_grub()
        image.unlink(missing_ok=True)
        image.touch()
        os.truncate(image, DISK_MIB * MIB)
        run("sfdisk", "--quiet", image, input=partitions(architecture).encode())
        write_sparse(disk.make_esp(settings), image, ESP_AT)
        write_sparse(slot, image, ROOT_A_AT)
        write_sparse(disk.make_data(), image, DATA_AT)
        if architecture.has_bios:
            disk.install_grub(image)


if __name__ == "__main__":
    main(ARCHITECTURES[sys.argv[1]], *map(pathlib.Path, sys.argv[2:6]), int(sys.argv[6]))
