"""The appliance is cut off at random moments while it works, on a disk that loses what it was not told to flush: each time it boots
again, serves a phone, and has everything that it had reported done.

usage: power_cut_test.py IMAGE-FOLDER PROGRAMS-FOLDER [CUTS [SEED]]
"""

import json
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

PHONE = "000b82123456"
WORK_S = 240


class Work:
    """What keeps the disk busy, and what was reported done by when: (offset of the log, a MAC that was added or the generation)."""

    def __init__(self, machine, log, bundle):
        self.machine, self.log, self.bundle = machine, log, bundle
        self.devices = []  # (offset, MAC)
        self.stopped = threading.Event()

    def offset(self):
        return self.log.stat().st_size

    def add_devices(self):
        number = 0
        while not self.stopped.is_set():
            number += 1
            mac = f"000b82{number:06x}"
            done = self.machine.run("plugtonectl", "device", "add", mac, "--set", f"P35={number}", check=False)
            if done.returncode == 0:
                self.devices.append((self.offset(), mac))

    def update(self):
        with open(self.bundle, "rb") as stream:
            self.machine.run("cat", ">/var/tmp/plugtone.raucb", stdin=stream)
        self.machine.run("plugtonectl", "system", "update", "/var/tmp/plugtone.raucb", check=False)

    def lease(self, office, programs):
        while not self.stopped.is_set():
            phone = programs / "phone/plugtone-phone"
            branch.run(office.namespace("phone"), phone, "--interface", "eth0", "--mac", PHONE, check=False)


def record(office, folder, images, programs):
    """A machine at work, its disk as it was at the start, the log of its writes, and what it reported."""
    machine = vm.Vm(images / "plugtone.img", folder, office.appliance)
    log = folder / "writes.log"
    log.touch()
    subprocess.run(["cp", "--sparse=always", machine.disk, folder / "start.img"], check=True)
    machine.drive = f"driver=blklogwrites,file.driver=file,file.filename={machine.disk},log.driver=file,log.filename={log},cache=writeback"
    with machine:
        machine.start()
        machine.wait_for_ssh()
        machine.wait_until("the agent answers", lambda: machine.run("plugtonectl", "status", check=False).returncode == 0)
        first = log.stat().st_size
        work = Work(machine, log, images / "plugtone.raucb")
        threads = [threading.Thread(target=work.add_devices), threading.Thread(target=work.lease, args=(office, programs))]
        threads.append(threading.Thread(target=work.update))
        for thread in threads:
            thread.start()
        time.sleep(WORK_S)  # the length of the working day that is cut into; nothing waits for it
        work.stopped.set()
        for thread in threads:
            thread.join()
        last = log.stat().st_size
    return log, first, last, work.devices


def boots_and_serves(office, folder, programs, disk, expected):
    """What is missing after the cut, as text; empty: nothing."""
    machine = vm.Vm(disk, folder, office.appliance)
    with machine:
        machine.start()
        machine.wait_for_ssh()
        machine.wait_until("the agent answers", lambda: machine.run("plugtonectl", "status", check=False).returncode == 0)
        there = {device["mac"] for device in json.loads(machine.run("plugtonectl", "device", "list", "--json").stdout)}
        if missing := sorted(set(expected) - there):
            return f"reported and lost: {missing}"
        machine.run("plugtonectl", "device", "add", PHONE, "--set", "P47=sip.example.net", check=False)
        secret = json.loads(machine.run("plugtonectl", "device", "secret", PHONE, "--json").stdout)["xml_password"]
        (folder / "password").write_text(secret + "\n")
        done = branch.run(
            office.namespace("phone"), programs / "phone/plugtone-phone", "--interface", "eth0", "--mac", PHONE,
            "--password-file", folder / "password", "--json", check=False,
        )  # fmt: skip
        outcome = json.loads(done.stdout or "{}").get("outcome")
        return "" if outcome == "configured" else f"a phone was not served: {outcome}\n{done.stderr}"


def main(images, programs, cuts, seed):
    branch.need_root()
    if why := vm.missing():
        sys.exit(f"power_cut_test: {why}")
    chance = random.Random(seed)
    failures = 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-", dir="/var/tmp"))
    try:
        with branch.Branch({"phone": PHONE}) as office:
            log, first, last, devices = record(office, folder, images, programs)
            print(f"{len(devices)} devices were reported as added; {(last - first) >> 20} MiB of writes; seed {seed}", flush=True)
            for number in range(cuts):
                at = chance.randint(first, last)
                disk = folder / "cut.img"
                subprocess.run(["cp", "--sparse=always", folder / "start.img", disk], check=True)
                writes, unflushed = write_log.cut(log, disk, at, chance)
                expected = [mac for offset, mac in devices if offset <= at]
                why = boots_and_serves(office, folder, programs, disk, expected)
                failures += bool(why)
                what = f"after {writes} writes, {unflushed} of them not flushed, {len(expected)} devices"
                print(f"cut {number + 1}: {what}: {why or 'all there, a phone served'}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failures or not devices else 0)


if __name__ == "__main__":
    folders = (pathlib.Path(path).absolute() for path in sys.argv[1:3])
    main(*folders, cuts=int(sys.argv[3]) if len(sys.argv) > 3 else 30, seed=int(sys.argv[4]) if len(sys.argv) > 4 else 1)
