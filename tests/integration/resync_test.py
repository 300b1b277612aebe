"""Phones are told to look for their new files: SIP NOTIFY to sipp, a SIP peer that others wrote, and the fetch that follows."""

import json
import subprocess
import unittest

from support import ApplianceCase, branch

DESK, WARY, DEAF = "000b82123456", "000b82000001", "000b82000002"

SCENARIO = """<?xml version="1.0"?>
<scenario name="phone">
  <recv request="NOTIFY"/>
  <send><![CDATA[

SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=phone
[last_Call-ID:]
[last_CSeq:]
{more}Content-Length: 0

]]></send>
</scenario>
"""


class Resync(ApplianceCase):
    phones = {"desk": DESK, "wary": WARY, "deaf": DEAF}
    agent_options = ("resync-wait=20",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for mac in (DESK, WARY, DEAF):
            cls.appliance.ctl("device", "add", mac, "--class", "grandstream-gxp", "--set", "P47=sip.example.net")

    def sip_phone(self, name, address, status, more=""):
        """sipp as the phone: answers one NOTIFY and ends."""
        scenario = self.directory / f"{name}.xml"
        scenario.write_text(SCENARIO.format(status=status, more=more))
        log = self.directory / f"{name}.messages"
        process = subprocess.Popen(
            branch.inside(
                self.at[name], "sipp", "-sf", scenario, "-i", address, "-p", "5060", "-m", "1", "-nostdin",
                "-timeout", "60", "-trace_msg", "-message_file", log,
            ),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, log

    def resync(self, *arguments):
        """Begun, and waited for by outcomes()."""
        process = subprocess.Popen(
            [self.appliance.build / "agent/plugtonectl", "resync", "--json", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.appliance.environment(),
        )  # fmt: skip
        return process

    def outcomes(self, process, status):
        out, errors = process.communicate(timeout=90)
        self.assertEqual(process.returncode, status, out + errors)
        return {one["mac"]: one for one in json.loads(out)}, errors

    def test_a_phone_that_is_told_comes_for_its_file(self):
        variables, _ = self.lease("desk")
        phone, log = self.sip_phone("desk", variables["ip"], "200 OK")
        told = self.resync(DESK)
        self.assertEqual(phone.wait(60), 0, phone.stdout.read())
        self.inside("desk", "curl", "-sf", "-o", "/dev/null", f"http://{self.server}/cfg{DESK}.xml")
        outcomes, _ = self.outcomes(told, 0)
        self.assertEqual((outcomes[DESK]["outcome"], outcomes[DESK]["status"]), ("fetched", 200))
        self.assertEqual(outcomes[DESK]["address"], f"{variables['ip']}:5060")
        self.assertRegex(log.read_text(), r"Event: check-sync\s")

    def test_what_keeps_a_phone_from_coming_is_said(self):
        variables, _ = self.lease("wary")
        self.lease("deaf")
        challenge = 'WWW-Authenticate: Digest realm="phone", nonce="1"\n'
        phone, _ = self.sip_phone("wary", variables["ip"], "401 Unauthorized", challenge)
        told = self.resync(WARY, DEAF)
        self.assertEqual(phone.wait(60), 0, phone.stdout.read())
        outcomes, errors = self.outcomes(told, 1)
        self.assertEqual((outcomes[WARY]["outcome"], outcomes[WARY]["status"]), ("ignored", 401))
        self.assertEqual((outcomes[DEAF]["outcome"], outcomes[DEAF]["status"]), ("silent", 0))
        self.assertEqual(outcomes[DEAF]["sent"], 11)
        self.assertIn("2 of 2 have not come", errors)

    def test_who_is_nobody_is_refused(self):
        self.assertIn("no device 000b82999999", self.refused("resync", "000b82999999"))
        self.assertIn("want MAC addresses", self.refused("resync"))
        self.refused("resync", "--all", "--outdated", status=2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
