#!/usr/bin/env python3
"""Boots plugtone-phone against busybox's udhcpd and servers.py, in two network namespaces joined by a veth pair.

boot_in_namespaces.py PLUGTONE-PHONE. Wants root; exit status 77 says that it could not run here.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PHONE = sys.argv.pop(1)
HERE = os.path.dirname(os.path.abspath(__file__))
SERVER, OURS, OTHERS = "10.77.0.1", "000b82123456", "000b82aabbcc"
APPLIANCE, BRANCH = f"phone-a{os.getpid()}", f"phone-b{os.getpid()}"
PASSWORD = "seCret#1"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def inside(namespace, *command):
    return ["ip", "netns", "exec", namespace, *command]


def document(mac):
    mac = f"<mac>{mac}</mac>" if mac else ""
    return (f'<?xml version="1.0" encoding="UTF-8" ?>\n<gs_provision version="1">{mac}'
            f'<config version="1"><P47>sip.example.net</P47><P34>p&amp;ss&lt;w&gt;(1)</P34></config></gs_provision>\n')


class Started:
    """A program that runs until the test ends, and says on its output when it is ready."""

    def __init__(self, test, command, ready, stream="stdout"):
        self.process = subprocess.Popen(command, text=True, **{stream: subprocess.PIPE})
        self.lines = getattr(self.process, stream)
        test.addCleanup(self.stop)
        self.wait_for(ready)

    def wait_for(self, text):
        for line in self.lines:
            if text in line:
                return line
        raise AssertionError(f"ended without '{text}'")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.lines.close()


class Boot(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="plugtone-phone-")
        self.addCleanup(shutil.rmtree, self.folder)
        for namespace in (APPLIANCE, BRANCH):
            run("ip", "netns", "add", namespace)
            self.addCleanup(run, "ip", "netns", "del", namespace)
        run("ip", "link", "add", "v0", "netns", APPLIANCE, "type", "veth", "peer", "name", "v1", "netns", BRANCH)
        run("ip", "-n", APPLIANCE, "addr", "add", SERVER + "/24", "dev", "v0")
        run("ip", "-n", APPLIANCE, "link", "set", "v0", "up")
        run("ip", "-n", BRANCH, "link", "set", "v1", "address", "00:0b:82:12:34:56")
        run("ip", "-n", BRANCH, "link", "set", "v1", "up")
        os.mkdir(self.path("www"))
        self.write("password", PASSWORD + "\n")
        self.certify("certificate")
        self.servers = Started(self, inside(APPLIANCE, sys.executable, HERE + "/servers.py", SERVER, self.path("www"),
                                            self.path("certificate")), "ready")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def certify(self, name):
        """A certificate of its own for the server, and its key in the same file."""
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=plugtone", "-addext",
            "subjectAltName=IP:" + SERVER, "-days", "2", "-keyout", self.path("key"), "-out", self.path(name))
        with open(self.path("key"), encoding="utf-8") as key, open(self.path(name), "a", encoding="utf-8") as file:
            file.write(key.read())

    def encrypt(self, name, text):
        self.write("plain.xml", text)
        run("openssl", "enc", "-aes-256-cbc", "-md", "md5", "-salt", "-pass", "file:" + self.path("password"),
            "-in", self.path("plain.xml"), "-out", self.path("www/" + name))

    def dhcp(self, *options):
        """One address only: who does not give it back keeps the next one from booting."""
        self.write("leases", "")
        lines = ["start 10.77.0.100", "end 10.77.0.100", "interface v0", "lease_file " + self.path("leases"),
                 "pidfile " + self.path("pid"), "opt subnet 255.255.255.0", "opt router " + SERVER,
                 "opt dns " + SERVER, "opt lease 3600", *("opt " + option for option in options)]
        self.write("udhcpd.conf", "\n".join(lines) + "\n")
        server = inside(APPLIANCE, "busybox", "udhcpd", "-f", "-a", "50", self.path("udhcpd.conf"))
        Started(self, server, "started", "stderr")

    def phone(self, *arguments, timeout="20"):
        command = inside(BRANCH, PHONE, "--interface", "v1", "--json", "--timeout", timeout, *arguments)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertIn(done.returncode, (0, 1, 3), done.stderr)
        return done.returncode, json.loads(done.stdout)

    def results(self, report):
        return [(step["name"], step["result"]) for step in report["steps"]]

    def assert_clean(self):
        self.assertNotIn("10.77.0", run("ip", "-n", BRANCH, "addr"))
        self.assertEqual("", run("ip", "-n", BRANCH, "-4", "route"))
        self.assertNotIn("v1@v1", run("ip", "-n", BRANCH, "link"))
        self.assertNotIn("phone0", run("ip", "-n", BRANCH, "link"))

    def test_boots_by_http_and_decrypts(self):
        self.encrypt(f"cfg{OURS}.xml", document(OURS))
        self.write("www/gxp2160fw.bin", "firmware")
        self.dhcp(f"tftp http://{SERVER}:8080/gs")
        status, report = self.phone("--password-file", self.path("password"), "--firmware", "gxp2160fw.bin",
                                    "--ask", f"cfg{OTHERS}.xml")
        self.assertEqual((status, report["outcome"]), (0, "configured"), report)
        self.assertEqual(report["parameters"], {"P34": "p&ss<w>(1)", "P47": "sip.example.net"})
        self.assertEqual(self.results(report), [(f"cfg{OURS}", "absent"), (f"cfg{OURS}.xml", "ok"),
                                                ("gxp2160fw.bin", "ok"), (f"cfg{OTHERS}.xml", "absent")])
        self.assertEqual(report["options"]["66"]["text"], f"http://{SERVER}:8080/gs")
        self.assertIn(f"Grandstream Model HW GXP2160 SW 1.0.11.35 DevId {OURS}", self.servers.wait_for("http"))
        self.assert_clean()

    def test_gives_its_lease_back_and_boots_under_another_mac(self):
        self.write("www/cfg.xml", document(None))
        self.dhcp(f"tftp http://{SERVER}:8080/gs")
        self.assertEqual(self.phone()[0], 3)
        for mac in ("000b82aabbcc", "c074ad000001"):
            status, report = self.phone("--mac", mac)
            self.assertEqual((status, report["mac"], report["address"]), (3, mac, "10.77.0.100"), report)
            self.assertEqual(self.results(report)[-1], ("cfg.xml", "ok"))
        self.assert_clean()

    def test_boots_by_https_and_checks_the_server_if_told_to(self):
        self.write(f"www/cfg{OURS}.xml", document(OURS))
        self.dhcp(f"tftp https://{SERVER}:8443")
        self.assertEqual(self.phone()[0], 0)
        self.assertEqual(self.phone("--ca-file", self.path("certificate"))[0], 0)
        self.certify("another")
        status, report = self.phone("--ca-file", self.path("another"))
        self.assertEqual(status, 1)
        self.assertIn("certificate", report["steps"][0]["detail"])

    def test_refuses_another_devices_file(self):
        self.write(f"www/cfg{OURS}.xml", document(OTHERS))
        self.write("www/cfg.xml", document(None))
        self.dhcp(f"tftp http://{SERVER}:8080")
        status, report = self.phone()
        self.assertEqual(status, 1)
        self.assertEqual(self.results(report)[-1], (f"cfg{OURS}.xml", "rejected"))
        self.assertIn(f"is for {OTHERS}", report["steps"][-1]["detail"])
        self.assertEqual(report["parameters"], {})

    def test_boots_by_tftp_from_a_bare_address(self):
        self.write(f"www/cfg{OURS}.xml", document(OURS))
        self.dhcp(f"tftp {SERVER}/gs")
        status, report = self.phone()
        self.assertEqual((status, report["server"]), (0, f"tftp://{SERVER}/gs"), report)
        self.assertEqual(report["steps"][0]["detail"], "TFTP error 1 (file not found)")
        self.assertIn(f"tftp gs/cfg{OURS}", self.servers.wait_for("tftp"))

    def test_asks_the_leases_name_server(self):
        self.write(f"www/cfg{OURS}.xml", document(OURS))
        self.dhcp("tftp http://pbx.example.net:8080/gs")
        status, report = self.phone()
        self.assertEqual(status, 0, report)
        self.servers.wait_for("dns")

    def test_follows_option_43(self):
        self.write(f"www/cfg{OURS}.xml", document(OURS))
        url = f"http://{SERVER}:8080".encode()
        self.dhcp("0x2b " + (bytes([1, len(url)]) + url).hex())
        status, report = self.phone()
        self.assertEqual((status, report["server_source"]), (0, "option 43, sub-option 1"), report)

    def test_keeps_its_lease_if_told_to(self):
        self.write(f"www/cfg{OURS}.xml", document(OURS))
        self.dhcp(f"tftp http://{SERVER}:8080")
        self.assertEqual(self.phone("--keep")[0], 0)
        self.assertIn("10.77.0.100/24", run("ip", "-n", BRANCH, "addr"))
        self.assertEqual(self.phone()[0], 0)  # leaves what it found
        self.assertIn("10.77.0.100/24", run("ip", "-n", BRANCH, "addr"))
        self.assertEqual(self.phone("--mac", OTHERS, timeout="1")[0], 1)  # the lease is still held

    def test_cleans_up_when_it_is_told_to_stop(self):
        self.dhcp(f"tftp http://{SERVER}:8080/slow/")
        for arguments in ([], ["--mac", OTHERS]):
            command = inside(BRANCH, PHONE, "--interface", "v1", "--json", *arguments)
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as phone:
                self.servers.wait_for("/slow/")
                phone.send_signal(signal.SIGTERM)
                report = json.loads(phone.communicate(timeout=20)[0])
            self.assertEqual((phone.returncode, report["error"]), (1, "interrupted"))
            self.assert_clean()

    def test_says_that_nobody_answers(self):
        status, report = self.phone(timeout="1")
        self.assertEqual(status, 1)
        self.assertEqual(report["error"], "no lease within 1 s: DISCOVER sent 1 time, no OFFER came; "
                                          "is a DHCP server on this link?")
        self.assert_clean()


if __name__ == "__main__":
    if os.geteuid() != 0 or not shutil.which("busybox"):
        print("skipped: wants root and busybox")
        sys.exit(77)
    unittest.main(verbosity=2)
