"""'plugtonectl tls' from an empty folder to phones that are served, judged by openssl, curl and testssl.sh."""

import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import file_server  # noqa: E402
from file_server import PORTS, Authority, FileServer, Tree, openssl  # noqa: E402

BUILD = pathlib.Path(os.environ["PLUGTONE_BUILD"])
PHONE = "000b82000001"
WITHIN_S = 60
TESTSSL_WITHIN_S = 400

CLASSES = """<device-classes vendor="test">
  <class name="certified"><match oui="000b82"/><offer url="https://{server}"/>
    <access rule="certificate"><client-certificates anchors="phones.pem" revoked="phones.crl"/></access></class>
  <class name="leased"><match oui="000b83"/><offer url="http://{server}"/></class>
</device-classes>
"""


class TlsCase(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.folder = self.directory / "tls"
        self.classes = self.directory / "classes.d"
        self.classes.mkdir()
        (self.classes / "test.xml").write_text(CLASSES)

    def ctl(self, verb, *arguments, status=0):
        """What it says; of a refusal, the error."""
        done = subprocess.run(
            [BUILD / "agent/plugtonectl", "tls", verb, *map(str, arguments), "--folder", self.folder],
            capture_output=True, text=True, timeout=WITHIN_S,
        )  # fmt: skip
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def shown(self):
        return {one["file"]: one for one in json.loads(self.ctl("show", "--json"))}

    def serve(self, **options):
        tree = Tree(self.directory / "srv")
        tree.put("cfg.xml", b"for all")
        tree.put(f"cfg{PHONE}.xml", b"sealed", "certificate", PHONE, "certified")
        tree.seal()
        return self.enterContext(
            FileServer(
                BUILD, tree, https_port=PORTS["https"], tls_certificate=self.folder / "server.pem",
                tls_key=self.folder / "server.pem", tls_clients=self.folder / "clients", classes=self.classes,
                **options,
            )
        )  # fmt: skip

    def get(self, server, name, *arguments):
        done = subprocess.run(
            ["curl", "-sS", "-w", "%{stderr}%{http_code}", "--cacert", self.folder / "ca.pem", *map(str, arguments),
             server.url(name, "https")],
            capture_output=True, timeout=WITHIN_S,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        return int(done.stderr[-3:]), done.stdout


class OwnAuthority(TlsCase):
    def test_what_init_makes_stands_before_strict_eyes(self):
        said = self.ctl("init", "--name", "127.0.0.1", "--name", "phones.example.net")
        for name in ("ca.key", "ca.pem", "server.pem"):
            self.assertIn(str(self.folder / name), said)
        for host in (("-verify_ip", "127.0.0.1"), ("-verify_hostname", "phones.example.net")):
            openssl(
                "verify", "-x509_strict", "-purpose", "sslserver", *host, "-CAfile", self.folder / "ca.pem",
                self.folder / "server.pem",
            )  # fmt: skip
        with self.assertRaises(RuntimeError):
            openssl(
                "verify", "-verify_ip", "127.0.0.2", "-CAfile", self.folder / "ca.pem", self.folder / "server.pem"
            )
        self.assertEqual(self.get(self.serve(), "cfg.xml"), (200, b"for all"))

    def test_without_names_the_machines_own_addresses_are_taken(self):
        subprocess.run(["ip", "address", "replace", "192.0.2.7/24", "dev", "lan0"], check=True)
        self.ctl("init")
        names = self.shown()["server.pem"]["names"]
        self.assertIn("192.0.2.7", names)
        self.assertNotIn("127.0.0.1", names)

    def test_a_renewed_certificate_is_served_under_the_same_trust(self):
        self.ctl("init", "--name", "127.0.0.1")
        before = self.shown()
        server = self.serve()
        self.ctl("renew")
        after = self.shown()
        self.assertEqual(before["ca.pem"], after["ca.pem"])
        self.assertNotEqual(before["server.pem"]["sha256"], after["server.pem"]["sha256"])
        server.wait_for("tls-reloaded")  # by itself: it looks every 10 s
        self.assertEqual(self.get(server, "cfg.xml"), (200, b"for all"))
        shown = ssl.get_server_certificate(("127.0.0.1", PORTS["https"]))
        self.assertIn(shown.strip(), (self.folder / "server.pem").read_text())

    def test_a_second_init_and_a_name_that_cannot_be_are_refused(self):
        self.assertIn("want an IPv4 address or a host's name", self.ctl("init", "--name", "a b", status=1))
        self.assertFalse(self.folder.exists())
        self.assertIn("tls init", self.ctl("show", status=1))
        self.ctl("init", "--name", "127.0.0.1")
        self.assertIn("tls renew", self.ctl("init", "--name", "127.0.0.1", status=1))


class PhonesCertificates(TlsCase):
    def setUp(self):
        super().setUp()
        self.ctl("init", "--name", "127.0.0.1")
        self.phones = Authority(self.directory / "phones", "Phone maker")

    def trust(self, *arguments, status=0):
        return self.ctl("trust", *arguments, "--classes", self.classes, status=status)

    def test_a_phone_whose_maker_is_trusted_gets_its_file(self):
        self.trust("certified", self.phones.certificate, "--revoked", self.phones.revocation_list())
        certificate, key = self.phones.issue(PHONE)
        server = self.serve()
        shown = ("--cert", certificate, "--key", key)
        self.assertEqual(self.get(server, f"cfg{PHONE}.xml", *shown), (200, b"sealed"))
        self.assertEqual(self.get(server, f"cfg{PHONE}.xml")[0], 404)
        self.phones.revoke(certificate)
        mark = server.mark()
        self.trust("certified", self.phones.certificate, "--revoked", self.phones.revocation_list())
        server.wait_for("tls-reloaded", after=mark)
        self.assertEqual(self.get(server, f"cfg{PHONE}.xml", *shown)[0], 404)

    def test_what_could_not_work_is_refused_with_what_to_do(self):
        own, _ = self.phones.issue(PHONE)
        for arguments, said in {
            ("absent", self.phones.certificate): "no class 'absent' in",
            ("leased", self.phones.certificate): "<client-certificates anchors=\"leased.pem\"/>",
            ("certified", self.phones.certificate): "--revoked FILE",
            ("certified", own, "--revoked", self.phones.revocation_list()): "is no authority's certificate",
            ("certified", self.classes / "test.xml", "--revoked", own): "want certificates (PEM)",
            ("certified", self.phones.certificate, "--revoked", own): "want a revocation list (PEM)",
            ("certified", self.folder / "nothing.pem"): "--revoked FILE",
        }.items():
            with self.subTest(arguments):
                self.assertIn(said, self.trust(*arguments, status=1))
        self.assertEqual(list((self.folder / "clients").iterdir()), [])


class Judged(TlsCase):
    def test_testssl_finds_no_weakness(self):
        self.ctl("init", "--name", "127.0.0.1")
        self.serve(requests_per_second=0, http_connections_per_peer=500)
        report = self.directory / "report.json"
        done = subprocess.run(
            ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1", "--nodns", "none",
             "--add-ca", self.folder / "ca.pem", "--protocols", "--std", "--server-defaults", "--vulnerable",
             "--jsonfile", report, f"127.0.0.1:{PORTS['https']}"],
            capture_output=True, text=True, timeout=TESTSSL_WITHIN_S,
        )  # fmt: skip
        findings = {one["id"]: (one["severity"], one["finding"]) for one in json.loads(report.read_text())}
        self.assertIn("TLS1_3", findings, done.stdout)
        self.assertIn("not offered", findings["TLS1"][1])
        self.assertIn("not offered", findings["TLS1_1"][1])
        bad = {
            name: finding
            for name, finding in findings.items()
            if finding[0] in ("LOW", "MEDIUM", "HIGH", "CRITICAL") and not name.startswith(EXPECTED)
        }
        self.assertEqual(bad, {})


# A private authority has no revocation service, log or issuer record, and phones know TLS 1.2 only:
# what a public web site would be told to have.
EXPECTED = ("cert_revocation", "cert_crlDistributionPoints", "cert_ocspURL", "OCSP_stapling", "DNS_CAArecord",
            "certificate_transparency", "cert_validityPeriod", "cert_extlifeSpan", "cert_trust_wildcard")  # fmt: skip

if __name__ == "__main__":
    file_server.enter_private_network()
    subprocess.run(["ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan1"], check=True)
    subprocess.run(["ip", "link", "set", "lan0", "up"], check=True)
    unittest.main(verbosity=2)
