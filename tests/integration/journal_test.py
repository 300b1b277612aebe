"""The journal on the real system: a phone's way to its file, and where it is stuck."""

import contextlib
import json
import subprocess
import unittest

from support import ApplianceCase, branch

DESK, LOST, MUTE = "000b82123456", "000b82000001", "000b82000002"


class Journal(ApplianceCase):
    phones = {"desk": DESK, "lost": LOST, "mute": MUTE}
    agent_options = ("stuck-ask=2", "stuck-fetch=2", "stuck-settle=3")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for mac in (DESK, LOST, MUTE):
            cls.appliance.ctl("device", "add", mac, "--class", "grandstream-gxp", "--set", "P47=sip.example.net")

    def device(self, mac):
        return next(device for device in self.ctl_json("device", "list") if device["mac"] == mac)

    def wait_for_state(self, mac, state, stuck="no"):
        """Until the device is there, by the monitor's lines and what the device says itself."""
        with subprocess.Popen(
            [self.appliance.build / "agent/plugtonectl", "monitor", "--json"],
            stdout=subprocess.PIPE, text=True, env=self.appliance.environment(),
        ) as monitor:  # fmt: skip
            try:
                lines = branch.Lines(monitor.stdout)
                self.publish_until_shown(lines)
                device = self.device(mac)
                while (device["state"], device["stuck"]) != (state, stuck == "yes"):
                    told = json.loads(lines.wait_for(f'"state".*{mac}|{mac}.*"state"'))
                    self.assertEqual(told["kind"], "state")
                    device = self.device(mac)
            finally:
                monitor.terminate()
        return device

    def publish_until_shown(self, lines):
        """The monitor has begun when it shows something: a publish that we cause."""
        for _ in range(branch.READY_WITHIN_S):
            self.ctl("site", "set", f"P30=192.0.2.{self.next_number()}")
            with contextlib.suppress(TimeoutError):
                lines.wait_for('"published"', within_s=1)
                return
        self.fail("the monitor shows nothing")

    number = 0

    @classmethod
    def next_number(cls):
        Journal.number += 1
        return Journal.number

    def test_a_phone_goes_its_way_to_its_file_and_a_publish_outdates_it(self):
        self.assertEqual(self.device(DESK)["state"], "unseen")
        password = ["--password-file", str(self.secret_file(DESK))]
        self.boot("desk", *password, check=0)
        device = self.device(DESK)
        self.assertIn(device["state"], ("fetched", "up-to-date"))
        # Waiting publishes a setting of the site: what it has is not what is live then.
        before = self.number
        self.wait_for_state(DESK, "outdated")
        for _ in range(self.number - before):
            self.ctl("undo")
        self.assertEqual(self.device(DESK)["state"], "up-to-date")
        shown = self.ctl("device", "history", DESK).stdout
        self.assertIn(f"transfer-done     cfg{DESK}.xml", shown)
        self.ctl("device", "remove", DESK)
        self.ctl("device", "add", DESK, "--class", "grandstream-gxp")
        self.assertEqual(self.device(DESK)["state"], "unseen")

    def test_a_phone_that_asks_for_nothing_is_stuck_with_its_address(self):
        self.lease("mute")
        device = self.wait_for_state(MUTE, "leased", stuck="yes")
        self.assertIn("asked for no file", device["why"])
        listed = self.ctl("device", "list", "--stuck").stdout
        self.assertIn(MUTE, listed)
        self.assertIn("asked for no file", listed)
        self.assertGreaterEqual(self.ctl_json("status")["stuck"], 1)

    def test_a_phone_that_asks_for_what_is_not_there_is_stuck_with_the_names(self):
        self.lease("lost")
        self.inside("lost", "curl", "-s", f"http://{self.server}/old_cfg{LOST}.xml")
        device = self.wait_for_state(LOST, "asked", stuck="yes")
        self.assertIn(f"old_cfg{LOST}.xml", device["why"])

    def test_monitor_counts_at_least_one_line(self):
        self.refused("monitor", "--count", "0", status=2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
