"""What the integration tests share. Each test case brings up one branch and one appliance for all of its tests."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["PLUGTONE_BUILD"])
sys.path.insert(0, str(SOURCE / "tools"))

import branch  # noqa: E402

GXP2160 = "Grandstream GXP2160 dslforum.org"


class ApplianceCase(unittest.TestCase):
    """phones: name → MAC. Namespaces in cls.at[name], the appliance in cls.appliance."""

    phones = {}
    address = "192.168.66.1/24"
    wiring = branch.Branch
    agent_options = ()  # "name=value", beside those of ./dev up

    @classmethod
    def setUpClass(cls):
        branch.need_root()
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.branch = cls.enterClassContext(cls.wiring())
        cls.at = {name: cls.branch.plug_in(name, mac) for name, mac in cls.phones.items()}
        cls.before_start()
        cls.appliance = cls.enterClassContext(
            branch.Appliance(cls.branch, cls.directory, BUILD, cls.address, cls.agent_options)
        )
        cls.server = cls.address.split("/")[0]

    @classmethod
    def before_start(cls):
        """For what must be there before the appliance runs."""

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for program in ("agent", "tftpd", "kea"):
                print(f"--- {self.id()}: {program}.log\n{self.appliance.log(program)[-4000:]}", file=sys.stderr)

    def ctl(self, *arguments, **options):
        return self.appliance.ctl(*arguments, **options)

    def ctl_json(self, *arguments):
        return self.appliance.ctl_json(*arguments)

    def refused(self, *arguments, status=1):
        """The one line on stderr of a plugtonectl that must not succeed."""
        done = self.ctl(*arguments, check=False)
        self.assertEqual(done.returncode, status, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stderr.strip()

    def inside(self, name, *command, **options):
        return branch.run(self.at[name], *command, **options)

    def lease(self, name, vendor_class=GXP2160):
        """Leases an address with busybox udhcpc; what its script was told, and what tcpdump saw of the ACK.

        udhcpc sends a REQUEST three times and no more. It begins anew here when those met a Kea that was just being
        reconfigured, as a phone does, until the command's time is over.
        """
        script, told = self.directory / "udhcpc.sh", self.directory / f"lease-{name}"
        script.write_text(
            "#!/bin/sh\n"
            '[ "$1" = bound ] || exit 0\n'
            'ip address replace "$ip/$mask" dev "$interface"\n'
            'env >"$LEASE_FILE"\n'
        )
        script.chmod(0o755)
        watch = subprocess.Popen(
            branch.inside(self.at[name], "tcpdump", "-l", "-n", "-vvv", "-i", "eth0", "udp src port 67"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            seen = branch.Lines(watch.stdout)
            seen.wait_for("listening on")
            self.inside(
                name, "udhcpc", "-i", "eth0", "-q", "-f", "-t", "10", "-T", "1", "-A", "1", "-V", vendor_class,
                "-O", "66", "-O", "43", "-s", script,
                env=dict(PATH=os.environ["PATH"], LEASE_FILE=str(told)),
            )  # fmt: skip
            seen.wait_for(r"DHCP-Message \(53\), length 1: ACK")
            seen.seen.clear()
            seen.wait_for(r"END \(255\)")
        finally:
            watch.terminate()
            watch.wait()
            watch.stdout.close()
        variables = dict(line.split("=", 1) for line in told.read_text().splitlines() if "=" in line)
        return variables, "\n".join(seen.seen)

    def boot(self, name, *arguments, check=None):
        """Boots plugtone-phone there; (exit status, its JSON)."""
        command = [BUILD / "phone/plugtone-phone", "--interface", "eth0", "--json", *arguments]
        done = self.inside(name, *command, check=False)
        if check is not None:
            self.assertEqual(done.returncode, check, done.stdout + done.stderr)
        return done.returncode, json.loads(done.stdout)

    def secret_file(self, mac):
        """A file with the device's XML password, as a phone has it in its flash."""
        path = self.directory / f"password-{mac}"
        path.touch(mode=0o600)
        path.write_text(self.ctl_json("device", "secret", mac)["xml_password"])
        return path
