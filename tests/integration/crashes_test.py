"""kill -9 of each program while phones boot: the others go on, and all recover."""

import json
import os
import signal
import subprocess
import unittest

from support import BUILD, ApplianceCase, branch

MACS = [f"000b8200010{n}" for n in range(4)]


class Crashes(ApplianceCase):
    phones = {mac: mac for mac in MACS}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for mac in MACS:
            cls.appliance.ctl("device", "add", mac, "--set", f"P270={mac}")

    def start_boot(self, mac):
        command = [BUILD / "phone/plugtone-phone", "--interface", "eth0", "--json", "--timeout", "60",
                   "--password-file", self.secret_file(mac)]  # fmt: skip
        return subprocess.Popen(
            branch.inside(self.at[mac], *command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def finish(self, phone):
        """(exit status, its JSON); the story on stderr is being read by whoever disturbed it."""
        output = phone.stdout.read()
        phone.stdout.close()
        return phone.wait(120), json.loads(output)

    def assert_configured(self, mac, outcome):
        status, told = outcome
        self.assertEqual(status, 0, told)
        self.assertEqual(told["parameters"]["P270"], mac)

    def kill(self, program):
        os.kill(self.appliance.pid(program), signal.SIGKILL)

    def boot_all_while(self, disturb, first_seen):
        """Boots all of them; disturbs as soon as the first one has told of that step."""
        phones = {mac: self.start_boot(mac) for mac in MACS}
        stories = [branch.Lines(phone.stderr) for phone in phones.values()]
        stories[0].wait_for(first_seen)
        disturb()
        return {mac: self.finish(phone) for mac, phone in phones.items()}

    def boot_one(self, mac):
        phone = self.start_boot(mac)
        story = branch.Lines(phone.stderr)
        outcome = self.finish(phone)
        del story
        return outcome

    def test_phones_boot_while_the_agent_is_killed(self):
        outcomes = self.boot_all_while(lambda: self.kill("agent"), first_seen=r"^lease ")
        for mac, outcome in outcomes.items():
            self.assert_configured(mac, outcome)
        self.appliance.output.wait_for("agent is ready again")
        self.ctl("device", "set", MACS[0], "P271=1")
        self.assertEqual(self.ctl_json("device", "show", MACS[0])["mac"], MACS[0])

    def test_phones_boot_while_the_agent_and_the_bus_stand_still(self):
        stopped = [self.appliance.pid("agent"), self.appliance.pid("bus")]
        passwords = {mac: self.secret_file(mac) for mac in MACS}
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            for mac in MACS:
                status, told = self.boot(mac, "--password-file", passwords[mac], "--timeout", "60")
                self.assert_configured(mac, (status, told))
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def test_phones_boot_again_after_the_file_server_was_killed(self):
        self.boot_all_while(lambda: self.kill("tftpd"), first_seen=r"^lease ")
        self.appliance.output.wait_for("tftpd is ready again")
        for mac in MACS:
            self.assert_configured(mac, self.boot_one(mac))

    def test_phones_boot_while_kea_is_killed(self):
        # DISCOVER is repeated until Kea is back; nobody has to do anything.
        outcomes = self.boot_all_while(lambda: self.kill("kea"), first_seen=r"^phone ")
        self.appliance.output.wait_for("kea is ready again")
        for mac, outcome in outcomes.items():
            self.assert_configured(mac, outcome)


if __name__ == "__main__":
    unittest.main(verbosity=2)
