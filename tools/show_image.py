"""Boots the appliance's image in QEMU (software emulation), plugs a simulated phone into its second interface, and tells what happens.

usage: show_image.py IMAGE PROGRAMS-FOLDER
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import branch
import vm

PHONE = "000b82123456"


def main(image, programs):
    branch.need_root()
    if why := vm.missing(image):
        sys.exit(f"show_image: {why}")
    with tempfile.TemporaryDirectory(prefix="plugtone-", dir="/var/tmp") as folder, branch.Branch({"phone": PHONE}) as office:
        with vm.Vm(image, folder, office.appliance) as machine:
            show(office, machine, programs, pathlib.Path(folder))


def show(office, machine, programs, folder):
    def say(text):
        print(f"{time.monotonic() - machine.started:6.1f} s  {text}", flush=True)

    def phone(password=""):
        (folder / "password").write_text(password + "\n")
        done = branch.run(
            office.namespace("phone"), programs / "phone/plugtone-phone", "--interface", "eth0", "--mac", PHONE,
            *(["--password-file", folder / "password"] if password else []), "--json", check=False,
        )  # fmt: skip
        return json.loads(done.stdout)

    machine.start()
    say(f"switched on: {machine.disk.name}, two interfaces, 512 MB; the phone {PHONE} hangs on the second one")
    machine.wait_until("a phone gets an address", lambda: phone()["address"])
    say(f"the phone has the address {phone()['address']}, and no file yet: nobody has added it")
    machine.wait_for_ssh()
    machine.wait_until("the agent answers", lambda: machine.run("plugtonectl", "status", check=False).returncode == 0)
    command = f"plugtonectl device add {PHONE} --set account1.sip-server=sip.example.net"
    say(f"ssh root@{vm.ADDRESS} {command}")
    machine.run(command)
    report = phone(json.loads(machine.run("plugtonectl", "device", "secret", PHONE, "--json").stdout)["xml_password"])
    say(f"the phone boots again: {report['outcome']}")
    print(machine.run("plugtonectl", "device", "list").stdout)
    if report["outcome"] != "configured":
        sys.exit(f"the phone was not configured:\n{json.dumps(report, indent=1)}")
    machine.power_button()
    say("the power button was pressed, and it is off")


if __name__ == "__main__":
    try:
        main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute())
    except subprocess.TimeoutExpired as error:
        sys.exit(f"show_image: {error}")
