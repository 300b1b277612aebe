"""The appliance is cut off at random moments while it works, on a disk that loses what it was not told to flush: each time it boots
again, serves a phone, and has everything that it had reported done.

usage: power_cut_test.py IMAGE-FOLDER PROGRAMS-FOLDER [CUTS [SEED]]

One working day is recorded write by write: devices are added (each is a publish), firmware is imported, addresses are leased, phones boot,
an update is installed. The cuts are made in that record. What a failed one left is kept in IMAGE-FOLDER/power-cuts.
"""

import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools"))

import branch  # noqa: E402
import vm  # noqa: E402
import write_log  # noqa: E402

PHONE, AFTERWARDS = "000b82123456", "000b82fffffe"
STORM, STORM_CLIENTS = "192.168.66.250", 150  # outside the pool, where perfdhcp is the relay of that many clients
WORK_S, AFTER_THE_UPDATE_S = 240, 90
FIRMWARE_SIZE = 1 << 20
BOOT_WITHIN_S = 1800  # on a machine that has much else to do, a slow boot would look like a lost one


def boot_phone(office, folder, programs, password):
    """plugtone-phone; its outcome, and what it said."""
    (folder / "password").write_text(password + "\n")
    done = branch.run(
        office.namespace("phone"), programs / "phone/plugtone-phone", "--interface", "eth0", "--mac", PHONE,
        "--password-file", folder / "password", "--json", check=False,
    )  # fmt: skip
    return json.loads(done.stdout or "{}").get("outcome"), done.stderr


class Work:
    """What keeps the disk busy. done: (offset of the log when it was reported, kind, what)."""

    def __init__(self, machine, log, office, programs, images):
        self.machine, self.log, self.office, self.programs, self.images = machine, log, office, programs, images
        self.done, self.errors = [], []
        self.secret = ""
        self.stopped = threading.Event()

    def report(self, kind, what):
        self.done.append((self.log.stat().st_size, kind, what))

    def add_devices(self):
        number = 0
        while not self.stopped.is_set():
            number += 1
            mac = f"000b82{number:06x}"
            self.machine.run("plugtonectl", "device", "add", mac, "--set", f"P35={number}")
            self.report("device", mac)

    def import_firmware(self):
        number = 0
        while not self.stopped.is_set():
            number += 1
            data = os.urandom(FIRMWARE_SIZE)
            file = self.machine.folder / "gxp2160fw.bin"
            file.write_bytes(data)
            with open(file, "rb") as stream:
                self.machine.run("cat", ">/var/tmp/gxp2160fw.bin", stdin=stream)
            version = f"1.0.0.{number}"
            self.machine.run("plugtonectl", "firmware", "import", "/var/tmp/gxp2160fw.bin", "--model", "GXP2160", "--version", version)
            self.report("firmware", hashlib.sha256(data).hexdigest())

    def update(self):
        with open(self.images / "plugtone.raucb", "rb") as stream:
            self.machine.run("cat", ">/var/tmp/plugtone.raucb", stdin=stream)
        self.machine.run("plugtonectl", "system", "update", "/var/tmp/plugtone.raucb")
        self.report("update", "B")

    def boot_phones(self):
        while not self.stopped.is_set():
            outcome, said = boot_phone(self.office, self.machine.folder, self.programs, self.secret)
            if outcome != "configured":
                raise RuntimeError(f"a phone was not served amid the work: {outcome}\n{said}")

    def storm(self):
        storm = self.office.namespace("storm")
        branch.run(storm, "ip", "address", "replace", f"{STORM}/24", "dev", "eth0")
        while not self.stopped.is_set():
            clients = ("-R", str(STORM_CLIENTS), "-b", "mac=00:0c:01:02:03:04")
            done = branch.run(storm, "perfdhcp", "-4", "-l", STORM, "-r", "10", *clients, "-p", "20", vm.ADDRESS, check=False)
            if "received packets: 0" in done.stdout.split("REQUEST-ACK")[-1]:
                raise RuntimeError(f"nobody got an address:\n{done.stdout}{done.stderr}")

    def attempt(self, job):
        try:
            job()
        except Exception as error:
            self.errors.append(f"{job.__name__}: {error}")
            self.stopped.set()

    def go_on(self):
        """For WORK_S, until the update is installed, and for AFTER_THE_UPDATE_S more."""
        self.machine.run("plugtonectl", "device", "add", PHONE, "--set", "P47=sip.example.net")
        self.secret = json.loads(self.machine.run("plugtonectl", "device", "secret", PHONE, "--json").stdout)["xml_password"]
        jobs = (self.add_devices, self.import_firmware, self.update, self.boot_phones, self.storm)
        threads = [threading.Thread(target=self.attempt, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        self.stopped.wait(WORK_S)  # the length of the working day that is cut into; nothing waits for it
        threads[2].join()
        self.stopped.wait(AFTER_THE_UPDATE_S)
        self.stopped.set()
        for thread in threads:
            thread.join()
        if self.errors:
            raise RuntimeError("\n".join(self.errors))


def wait_for_agent(machine):
    machine.wait_for_ssh(BOOT_WITHIN_S)
    machine.wait_until("the agent answers", lambda: machine.run("plugtonectl", "status", check=False).returncode == 0)


def record(office, folder, images, programs):
    """A machine at work: the log of its writes, where in it the work began and ended, and the work. Its disk as it was is start.img."""
    machine = vm.Vm(images / "plugtone.img", folder, office.appliance)
    subprocess.run(["cp", "--sparse=always", machine.disk, folder / "start.img"], check=True)
    log = folder / "writes.log"
    machine.log_writes(log)
    with machine:
        machine.start()
        wait_for_agent(machine)
        work = Work(machine, log, office, programs, images)
        first = log.stat().st_size
        work.go_on()
        return log, first, log.stat().st_size, work


def missing(machine, expected):
    """What was reported done and is not there, as text."""
    ask = lambda *command: machine.run(*command).stdout
    there = {device["mac"] for device in json.loads(ask("plugtonectl", "device", "list", "--json"))}
    lost = [f"device {mac}" for kind, mac in expected if kind == "device" and mac not in there]
    listed = {file["sha256"] for firmware in json.loads(ask("plugtonectl", "firmware", "list", "--json")) for file in firmware["files"]}
    on_disk = machine.run("sha256sum", "/srv/plugtone/firmware/*/*", check=False).stdout  # fails when there is none yet
    for kind, digest in expected:
        if kind == "firmware" and not (digest in listed and digest in on_disk):
            lost.append(f"firmware {digest}")
        if kind == "update" and machine.slot() != digest:
            lost.append(f"the update: slot {machine.slot()} runs")
    return ", ".join(lost)


def boot_after(office, folder, programs, disk, work, expected):
    """What is wrong after the cut, as text; empty: nothing. How long it took to boot."""
    machine = vm.Vm(disk, folder, office.appliance, used=True)
    with machine:
        machine.start()
        wait_for_agent(machine)
        took_s = time.monotonic() - machine.started
        if lost := missing(machine, expected):
            return f"reported and lost: {lost}", took_s
        if (machine.run("cat", "/var/lib/appliance/was-reset", check=False).stdout.strip()) == "damaged":
            return "the data partition was made anew", took_s
        outcome, said = boot_phone(office, folder, programs, work.secret)
        if outcome != "configured":
            return f"a phone was not served: {outcome}\n{said}", took_s
        added = machine.run("plugtonectl", "device", "add", AFTERWARDS, check=False)
        return (f"no change is taken any more: {added.stderr}" if added.returncode else ""), took_s


def cut_once(office, folder, programs, log, at, work, chance):
    """Whether all is there after the cut at that offset; prints it."""
    disk = folder / "cut.img"
    subprocess.run(["cp", "--sparse=always", folder / "start.img", disk], check=True)
    writes, unflushed = write_log.cut(log, disk, at, chance)
    expected = [(kind, what) for offset, kind, what in work.done if offset <= at]
    try:
        why, took_s = boot_after(office, folder, programs, disk, work, expected)
    except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        why, took_s = f"{type(error).__name__}: {error}", 0
    count = lambda wanted: sum(kind == wanted for kind, _ in expected)
    what = f"{count('device')} devices, {count('firmware')} firmwares, {'an' if count('update') else 'no'} update"
    print(f"{writes} writes, {unflushed} not flushed; reported: {what}; {why or f'all there, up after {took_s:.0f} s'}", flush=True)
    return not why


def keep(folder, images, number):
    kept = images / "power-cuts" / str(number)
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for name in ("cut.img", "console.log", "key"):
        subprocess.run(["cp", "--sparse=always", folder / name, kept], check=True)


def main(images, programs, cuts, seed):
    branch.need_root()
    if why := vm.missing(images / "plugtone.img"):
        sys.exit(f"power_cut_test: {why}")
    chance = random.Random(seed)
    failures = 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-", dir="/var/tmp"))
    try:
        with branch.Branch({"phone": PHONE, "storm": "020000000003"}) as office:
            log, first, last, work = record(office, folder, images, programs)
            kinds = [kind for _, kind, _ in work.done]
            print(f"reported: {kinds.count('device')} devices, {kinds.count('firmware')} firmwares, {kinds.count('update')} update;"
                  f" {(last - first) >> 20} MiB of writes; seed {seed}", flush=True)  # fmt: skip
            for number in range(1, cuts + 1):
                print(f"cut {number}: ", end="", flush=True)
                if not cut_once(office, folder, programs, log, chance.randint(first, last), work, chance):
                    failures += 1
                    keep(folder, images, number)
            print(f"{cuts} cuts, {failures} failures", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    folders = (pathlib.Path(path).absolute() for path in sys.argv[1:3])
    main(*folders, cuts=int(sys.argv[3]) if len(sys.argv) > 3 else 30, seed=int(sys.argv[4]) if len(sys.argv) > 4 else 1)
