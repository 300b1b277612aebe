"""The appliance's image in QEMU (software emulation), its second interface on the network of a branch (tools/branch.py).

It is reached as its operator reaches it: by SSH, with the key that plugtone.env on the ESP names.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import branch
from architectures import ESP, of_image

BOOT_WITHIN_S = 600  # emulated, on a busy machine
COMMAND_WITHIN_S = 300
ADDRESS = "192.168.66.1"  # the appliance's, when nobody says otherwise
OURS = "192.168.66.251/24"  # on the branch's bridge, to come in by SSH; outside the pool
UPLINK_SSH = 2222  # of the namespace's own address: leads to the SSH port of the machine's uplink
DISK_SIZE = 3 << 30  # larger than the image: the data partition has to grow


def missing(image):
    """Why the machine that the image is for cannot be emulated here, or nothing."""
    qemu = of_image(image).qemu
    if not shutil.which(qemu):
        return f"there is no {qemu}"
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun, so no cable to an emulated machine"
    return None


class Vm:
    """Context manager: a disk with a copy of the image, switched on by start().

    used: the disk of a machine that ran with the key of the same folder; it is taken as it is.
    """

    def __init__(self, image, folder, network, settings=(), used=False):
        self.folder, self.network = pathlib.Path(folder), network
        self.architecture = of_image(image)
        self.disk = self.folder / "disk.img"
        self.drive = f"file={self.disk},format=raw,cache=unsafe"
        self.disk_options = ""
        self.process = None
        subprocess.run(["cp", "--sparse=always", image, self.disk], check=True)
        if used:
            return
        os.truncate(self.disk, DISK_SIZE)
        self._make_key()
        public = (self.folder / "key.pub").read_text().strip()
        self.write_settings({"SSH_KEY": public, **dict(settings)})

    def log_writes(self, log):
        """Every write of the disk goes to that file, too (tools/write_log.py)."""
        log.touch()
        self.drive = f"driver=blklogwrites,file.driver=file,file.filename={self.disk},log.driver=file,log.filename={log},cache=writeback"
        # Older QEMUs mix up the log when another write comes amid a "write zeroes".
        self.disk_options = ",write-zeroes=off,discard=off"

    def __enter__(self):
        name = self.network
        branch.ip("-netns", name, "tuntap", "add", "vm0", "mode", "tap")
        branch.ip("-netns", name, "link", "set", "vm0", "master", branch.INTERFACE, "up")
        branch.ip("-netns", name, "address", "replace", OURS, "dev", branch.INTERFACE)
        return self

    def __exit__(self, *_):
        self.cut()
        branch.ip("-netns", self.network, "tuntap", "del", "vm0", "mode", "tap")

    def _make_key(self):
        key = self.folder / "key"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)

    def write_settings(self, settings):
        """Edits plugtone.env on the ESP, as somebody does who has just written the image to a disk."""
        copy = self.folder / "plugtone.env"
        subprocess.run(["mcopy", "-n", "-o", "-i", f"{self.disk}{ESP}", "::plugtone.env", copy], check=True)
        text = copy.read_text()
        for name, value in settings.items():
            text = re.sub(rf"(?m)^{name}=.*$", lambda _: f"{name}={value}", text, count=1)
        copy.write_text(text)
        subprocess.run(["mcopy", "-n", "-o", "-i", f"{self.disk}{ESP}", copy, "::plugtone.env"], check=True)

    def start(self, uefi=False):
        """Switches it on; it has booted when phones are served (wait_for_ssh, or a phone that is configured).

        uefi: not by the BIOS, where there is one.
        """
        firmware = self._uefi() if uefi or not self.architecture.has_bios else []
        self.qmp = self.folder / "qmp"
        self.qmp.unlink(missing_ok=True)
        self.console = self.folder / "console.log"
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            branch.inside(
                self.network, self.architecture.qemu, *self.architecture.machine, "-accel", "tcg,thread=multi,tb-size=128",
                "-m", "512", "-smp", "2", "-nodefaults", "-display", "none", "-no-user-config",
                "-serial", f"file:{self.console}", "-qmp", f"unix:{self.qmp},server=on,wait=off", *firmware,
                "-drive", f"if=none,id=disk,{self.drive}", "-device", f"virtio-blk-pci,drive=disk{self.disk_options}",
                "-device", "virtio-rng-pci",
                "-netdev", f"user,id=uplink,restrict=on,hostfwd=tcp:127.0.0.1:{UPLINK_SSH}-:22", "-device", "virtio-net-pci,netdev=uplink",
                "-netdev", "tap,id=lan,ifname=vm0,script=no,downscript=no", "-device", "virtio-net-pci,netdev=lan",
            ),  # fmt: skip
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def _uefi(self):
        variables = self.folder / "uefi-variables"
        shutil.copy(self.architecture.variables, variables)
        code = f"if=pflash,format=raw,unit=0,readonly=on,file={self.architecture.firmware}"
        return ["-drive", code, "-drive", f"if=pflash,format=raw,unit=1,file={variables}"]

    def cut(self):
        """The cord is pulled."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def power_button(self):
        """Pressed once; it is off when this returns."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.qmp))
            with connection.makefile("rw") as stream:
                stream.readline()
                for command in ("qmp_capabilities", "system_powerdown"):
                    stream.write(json.dumps({"execute": command}) + "\n")
                    stream.flush()
                    stream.readline()
        self.process.wait(COMMAND_WITHIN_S)

    def run(self, *command, check=True, within_s=COMMAND_WITHIN_S, stdin=None):
        """In the machine, as root, by SSH."""
        done = subprocess.run(
            branch.inside(
                self.network, "ssh", "-i", self.folder / "key", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=5", "-o", "BatchMode=yes", "-o", "ServerAliveInterval=10", f"root@{ADDRESS}",
                " ".join(command),
            ),  # fmt: skip
            capture_output=True, timeout=within_s, stdin=stdin or subprocess.DEVNULL,
        )  # fmt: skip
        done.stdout, done.stderr = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        if check and done.returncode:
            raise RuntimeError(f"{command}: status {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done

    def wait_until(self, what, condition, within_s=BOOT_WITHIN_S):
        """Each question takes its time, so that nothing spins."""
        deadline = time.monotonic() + within_s
        while not condition():
            if self.process.poll() is not None:
                raise RuntimeError(f"the machine is off: {what}\n{self.said()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {within_s} s: {what}\n{self.said()}")
            time.sleep(0.5)  # what is asked is another machine's state; nothing tells us of it

    def answers(self):
        try:
            return self.run("true", check=False, within_s=30).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def wait_for_ssh(self, within_s=BOOT_WITHIN_S):
        self.wait_until("SSH answers", self.answers, within_s)

    def boot_id(self):
        return self.run("cat", "/proc/sys/kernel/random/boot_id").stdout.strip()

    def wait_for_next_boot(self, before, within_s=BOOT_WITHIN_S):
        def is_new():
            done = None
            try:
                done = self.run("cat", "/proc/sys/kernel/random/boot_id", check=False, within_s=30)
            except subprocess.TimeoutExpired:
                return False
            return done.returncode == 0 and done.stdout.strip() not in ("", before)

        self.wait_until("it has booted anew", is_new, within_s)

    def slot(self):
        return re.search(r"rauc\.slot=(\w)", self.run("cat", "/proc/cmdline").stdout)[1]

    def said(self):
        """The end of its console."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.console.read_text(errors="replace"))[-4000:]
