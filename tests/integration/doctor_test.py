"""plugtonectl doctor on the real system: healthy, and with one thing broken at a time."""

import contextlib
import json
import os
import signal
import subprocess
import unittest

from support import BUILD, ApplianceCase, branch

ROGUE = "02000000beef"


class PlainBranch(branch.Branch):
    """The appliance's interface is no bridge: one wire, to a namespace called far."""

    def __enter__(self):
        super().__enter__()
        far = self._namespace("far")
        self._in(self.appliance, "link", "del", branch.INTERFACE)
        self._in(self.appliance, "link", "add", branch.INTERFACE, "type", "veth", "peer", "name", "eth0", "netns", far)
        for namespace, link in ((self.appliance, branch.INTERFACE), (far, "eth0")):
            self._in(namespace, "link", "set", link, "up")
        return self


class Examined(ApplianceCase):
    def examine(self, *arguments, status, **environment):
        """The doctor's JSON, and its findings that are no good news: check → texts."""
        command = [BUILD / "agent/plugtonectl", "doctor", "--json", "--timeout", "4"]
        command += ["--phone", BUILD / "phone/plugtone-phone", "--tls-folder", self.directory / "tls", *arguments]
        done = branch.run(
            self.branch.appliance, *command, check=False, env=dict(self.appliance.environment(), **environment)
        )
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["healthy"], status == 0)
        wrong = {}
        for finding in report["findings"]:
            if finding["severity"] == "error":
                self.assertTrue(finding["advice"], finding)
                wrong.setdefault(finding["check"], []).append(finding["text"])
        return report, wrong

    @contextlib.contextmanager
    def stopped(self, program):
        os.kill(self.appliance.pid(program), signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.appliance.pid(program), signal.SIGCONT)

    def good(self, report):
        return {finding["check"] for finding in report["findings"] if finding["severity"] == "ok"}

    def loopback(self):
        addresses = json.loads(branch.run(self.branch.appliance, "ip", "-json", "address", "show", "dev", "lo").stdout)
        return [address["local"] for address in addresses[0]["addr_info"] if address["family"] == "inet"]


class Doctor(Examined):
    phones = {"rogue": ROGUE}

    def test_a_healthy_system_serves_a_phone_and_nothing_is_left_of_it(self):
        report, wrong = self.examine(status=0)
        self.assertEqual(wrong, {})
        self.assertTrue(report["served"])
        self.assertLessEqual({"agent", "kea", "disk", "dhcp", "lease", "options", "files"}, self.good(report))
        self.assertEqual(self.loopback(), ["127.0.0.1"])
        self.assertTrue(self.examine(status=0)[0]["served"], "again")
        told = self.ctl_json("status")
        self.assertEqual(told["devices"], 0)

    def test_what_is_found_is_told_to_people_too(self):
        command = [BUILD / "agent/plugtonectl", "doctor", "--phone", BUILD / "phone/plugtone-phone"]
        done = branch.run(self.branch.appliance, *command, env=self.appliance.environment())
        self.assertRegex(done.stdout, r"ok +files +a phone that nobody added gets the generic file")
        self.assertEqual(done.stderr, "")

    def test_a_kea_that_does_not_answer_is_found(self):
        with self.stopped("kea"):
            report, wrong = self.examine("--interface", branch.INTERFACE, status=1)
        self.assertFalse(report["served"])
        self.assertIn("Kea did not answer within 2 s", wrong["kea"][0])
        self.assertIn("our Kea offers no address on this wire", wrong["dhcp"])
        self.assertIn("a phone gets no lease", wrong["lease"][0])
        self.assertNotIn("files", wrong, "nobody came so far")

    def test_a_file_server_that_does_not_answer_is_found(self):
        with self.stopped("tftpd"):
            report, wrong = self.examine(status=1)
        self.assertFalse(report["served"])
        self.assertIn("lease", self.good(report))
        self.assertTrue(any(text.startswith("cfg.xml from ") for text in wrong["files"]), wrong)
        self.assertNotIn("kea", wrong)

    def test_another_dhcp_server_is_found_with_its_mac(self):
        configuration = self.directory / "udhcpd.conf"
        configuration.write_text(
            "interface eth0\nstart 192.168.66.250\nend 192.168.66.253\nmax_leases 4\n"
            f"lease_file {self.directory}/udhcpd.leases\npidfile {self.directory}/udhcpd.pid\n"
            "option subnet 255.255.255.0\nopt tftp http://192.168.66.9\n"
        )
        (self.directory / "udhcpd.leases").touch()
        self.inside("rogue", "ip", "address", "add", "192.168.66.9/24", "dev", "eth0")
        rogue = subprocess.Popen(
            branch.inside(self.at["rogue"], "busybox", "udhcpd", "-f", configuration),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            lines = branch.Lines(rogue.stdout)
            lines.wait_for("started")
            _, wrong = self.examine(status=1)
        finally:
            rogue.terminate()
            rogue.wait()
        self.assertEqual(len(wrong["dhcp"]), 1, wrong)
        self.assertRegex(wrong["dhcp"][0], f"another DHCP server .*192.168.66.9 \\({ROGUE}\\).*http://192.168.66.9")

    def test_without_the_agent_a_phone_is_tried_all_the_same(self):
        report, wrong = self.examine(
            "--interface", branch.INTERFACE, status=1, DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent/bus"
        )
        self.assertTrue(report["served"])
        self.assertIn("agent", wrong)
        _, wrong = self.examine(status=1, DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent/bus")
        self.assertIn("it is not known where phones are plugged in", wrong["wire"][0])

    def test_a_conflict_in_keas_configuration_is_a_warning_with_advice(self):
        configuration = json.loads((self.directory / "etc/kea-dhcp4.json").read_text())
        changed = json.loads(json.dumps(configuration))
        changed["Dhcp4"]["subnet4"][0]["option-data"] = [{"name": "tftp-server-name", "data": "192.168.66.77"}]
        self.assertEqual(self.appliance.kea("config-set", **changed)["result"], 0)
        try:
            report = self.examine(status=1)[0]
        finally:
            self.assertEqual(self.appliance.kea("config-set", **configuration)["result"], 0)
        told = [finding for finding in report["findings"] if finding["check"] == "kea" and finding["severity"] == "warning"]
        self.assertTrue(any("66" in finding["text"] and finding["advice"] for finding in told), report)

    def test_a_certificate_that_names_another_machine_is_a_warning(self):
        self.ctl("tls", "init", "--folder", str(self.directory / "tls"), "--name", "198.51.100.1")
        report, _ = self.examine(status=0)
        told = [finding for finding in report["findings"] if finding["check"] == "certificate"]
        self.assertTrue(any("names no address of this machine" in finding["text"] for finding in told), told)


class OnAPlainInterface(Examined):
    wiring = PlainBranch

    def test_a_phone_is_served_there_too(self):
        report, wrong = self.examine(status=0)
        self.assertEqual(wrong, {})
        self.assertTrue(report["served"])

    def test_an_interface_that_is_not_there_is_found(self):
        _, wrong = self.examine("--interface", "lan7", status=1)
        self.assertEqual(wrong["wire"], ["there is no interface lan7"])


if __name__ == "__main__":
    unittest.main()
