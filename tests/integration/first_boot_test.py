"""From the operator's command to the phone's decrypted configuration, with clients that others wrote."""

import contextlib
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

from support import GXP2160, ApplianceCase, branch

MAC = "000b82123456"


class FirstBoot(ApplianceCase):
    phones = {"phone": MAC, "stranger": "000b82654321", "laptop": "02aabbccddee"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.appliance.ctl("device", "add", MAC, "--set", "P47=sip.example.net", "--set", "P34=p&ss<w>(1)")

    def fetch(self, name, path, *options):
        return self.inside(name, "curl", "-sS", "--max-time", "30", *options, f"http://{self.server}/{path}", text=False)

    def test_dhcp_tells_the_phone_where_its_files_are(self):
        variables, ack = self.lease("phone")
        url = f"http://{self.server}"
        self.assertIn(f'TFTP (66), length {len(url)}: "{url}"', ack)
        self.assertEqual(variables["opt43"], f"02{len(url):02x}{url.encode().hex()}")

    def test_a_client_that_is_no_phone_gets_a_lease_and_no_options(self):
        variables, ack = self.lease("laptop", "MSFT 5.0")
        self.assertIn("ip", variables)
        self.assertNotIn("(66)", ack)
        self.assertNotIn("(43)", ack)

    def test_openssl_decrypts_what_curl_fetched_from_the_leases_address(self):
        variables, _ = self.lease("phone")
        sealed = self.fetch("phone", f"cfg{MAC}.xml", "-f", "--interface", variables["ip"]).stdout
        self.assertNotIn(b"sip.example.net", sealed)
        password = self.ctl_json("device", "secret", MAC)
        self.assertEqual(password["mac"], MAC)
        plain = subprocess.run(
            ["openssl", "enc", "-d", "-aes-256-cbc", "-md", "md5", "-pass", "stdin"],
            input=password["xml_password"].encode() + b"\n" + sealed,
            capture_output=True,
        )
        self.assertEqual(plain.returncode, 0, plain.stderr)
        root = ElementTree.fromstring(plain.stdout)
        self.assertEqual(root.tag, "gs_provision")
        self.assertEqual(root.findtext("mac"), MAC)
        self.assertEqual(root.findtext("config/P47"), "sip.example.net")
        self.assertEqual(root.findtext("config/P34"), "p&ss<w>(1)")

    def test_somebody_elses_file_looks_as_if_it_were_not_there(self):
        self.lease("stranger", GXP2160)
        refused = self.fetch("stranger", f"cfg{MAC}.xml", "-i").stdout
        absent = self.fetch("stranger", "cfg000b82ffffff.xml", "-i").stdout
        self.assertTrue(refused.startswith(b"HTTP/1.1 404"), refused)
        without_date = lambda answer: [l for l in answer.split(b"\r\n") if not l.lower().startswith(b"date:")]
        self.assertEqual(without_date(refused), without_date(absent))

    def renew_until_shown(self, lines):
        for _ in range(branch.READY_WITHIN_S):
            self.lease("stranger", GXP2160)
            with contextlib.suppress(TimeoutError):
                lines.wait_for("leased", within_s=1)
                return
        self.fail("the monitor shows nothing")

    def test_the_journal_says_who_tried(self):
        variables, _ = self.lease("stranger", GXP2160)
        monitor = subprocess.Popen(
            [self.appliance.build / "agent/plugtonectl", "monitor", "--json"],
            stdout=subprocess.PIPE, text=True, env=self.appliance.environment(),
        )  # fmt: skip
        try:
            lines = branch.Lines(monitor.stdout)
            # The monitor has begun when it shows something: a renewal of the lease.
            self.renew_until_shown(lines)
            self.fetch("stranger", f"cfg{MAC}.xml")
            line = lines.wait_for("transfer-refused")
        finally:
            monitor.terminate()
            monitor.wait()
            monitor.stdout.close()
        self.assertIn(variables["ip"], line)
        history = self.ctl("device", "history", MAC, "--json").stdout
        self.assertIn("transfer-refused", history)
        self.assertIn(variables["ip"], history)


if __name__ == "__main__":
    unittest.main(verbosity=2)
