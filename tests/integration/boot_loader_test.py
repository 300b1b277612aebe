"""U-Boot under QEMU, a TFTP client as boards and old phones carry one, reads from the file server."""

import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import file_server  # noqa: E402
from file_server import FileServer, Tree  # noqa: E402

BUILD = pathlib.Path(os.environ["PLUGTONE_BUILD"])
ROM = "/usr/lib/u-boot/qemu-x86/u-boot.rom"
SERVER = "10.9.9.1"  # QEMU's own network answers TFTP only at an address of its own
BOOTED_WITHIN_S, DONE_WITHIN_S = 240, 120  # no KVM
FIRMWARE = os.urandom(2_000_001)


class UBoot:
    """Its console, one command at a time."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["qemu-system-x86_64", "-machine", "pc", "-accel", "tcg", "-m", "256", "-nographic", "-no-reboot",
             "-bios", ROM, "-netdev", "user,id=lan,net=10.0.2.0/24", "-device", "e1000,netdev=lan"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0,
        )  # fmt: skip
        self.said = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def wait_for(self, text, within):
        """What it said since the last time, up to the text."""
        deadline = time.monotonic() + within
        while text not in self.said:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            part = self.process.stdout.read(4096) if ready else b""
            if not part:
                raise AssertionError(f"no {text!r} on the console:\n{self.said}")
            self.said += part.decode(errors="replace")
        before, _, self.said = self.said.partition(text)
        return before

    def stop_at_prompt(self):
        self.wait_for("autoboot", BOOTED_WITHIN_S)
        self.process.stdin.write(b" ")
        self.wait_for("\n=> ", BOOTED_WITHIN_S)

    def do(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        return self.wait_for("\n=> ", DONE_WITHIN_S)


class BootLoader(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def test_u_boot_reads_firmware_whole_and_is_told_of_what_is_absent(self):
        tree = Tree(self.directory / "srv")
        tree.put_firmware("fw.bin", FIRMWARE)
        with FileServer(BUILD, tree, listen=SERVER) as server, UBoot() as board:
            board.stop_at_prompt()
            for name, value in {"ipaddr": "10.0.2.15", "netmask": "255.255.255.0", "gatewayip": "10.0.2.2",
                                "serverip": SERVER}.items():  # fmt: skip
                board.do(f"setenv {name} {value}")
            for blksize in ("512", "1428"):
                board.do(f"setenv tftpblocksize {blksize}")
                said = board.do("tftpboot 0x1000000 fw.bin")
                self.assertIn(f"Bytes transferred = {len(FIRMWARE)}", said)
                said = board.do("crc32 0x1000000 ${filesize}")
                self.assertEqual(int(re.search(r"==> ([0-9a-f]{8})", said)[1], 16), zlib.crc32(FIRMWARE))
                self.assertIn(f"bytes={len(FIRMWARE)}", server.wait_for(r"transfer-done name=fw\.bin"))
            self.assertIn("not found", board.do("tftpboot 0x1000000 absent.bin").lower())


if __name__ == "__main__":
    file_server.enter_private_network()
    subprocess.run(["ip", "address", "add", SERVER + "/32", "dev", "lo"], check=True)
    unittest.main(verbosity=2)
