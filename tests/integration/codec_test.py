"""plugtonectl codec against files that other tools made, and with openssl as the peer. No bus, no root."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["PLUGTONE_BUILD"])
VECTORS = pathlib.Path(__file__).resolve().parents[1] / "data/vectors/binary"
PASSWORD = "aB3$%&'x"


def codec(*arguments, status=0, **options):
    command = [BUILD / "agent/plugtonectl", "codec", *arguments]
    # No bus: it must not be asked for.
    environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent")
    done = subprocess.run(command, capture_output=True, timeout=60, env=environment, **options)
    if done.returncode != status:
        raise AssertionError(f"{arguments}: status {done.returncode}: {done.stderr.decode()}")
    return done


class Codec(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = pathlib.Path(folder)
        self.password = self.folder / "password"
        self.password.write_text(PASSWORD + "\n")

    def openssl(self, *arguments, data):
        command = ["openssl", "enc", "-aes-256-cbc", "-pass", f"file:{self.password}", *arguments]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    def test_decode_tells_what_another_encoder_wrote(self):
        told = json.loads(codec("decode", VECTORS / "v03.000b8203ce2b.gs3.bin", "--json").stdout)
        lines = (VECTORS / "v03.txt").read_text().splitlines()
        self.assertEqual(told["mac"], "000b8203ce2b")
        self.assertEqual(told["parameters"], dict(line.split("=", 1) for line in lines if line))

    def test_encode_and_decode_are_each_others_way_back(self):
        template = self.folder / "template.txt"
        template.write_text("# site\nP47 = sip.example.net\nP34 = a&b=c%41+d\n")
        binary = self.folder / "cfg000b82123456"
        codec("encode", template, "--mac", "00:0b:82:12:34:56", "-o", binary)
        text = codec("decode", binary).stdout.decode()
        self.assertEqual(text, "# 000b82123456\nP34 = a&b=c%41+d\nP47 = sip.example.net\n")

    def test_openssl_and_we_read_each_others_files_in_all_four_variants(self):
        for size in (0, 1, 15, 16, 17, 4096):
            plain = os.urandom(size)
            source = self.folder / "plain"
            source.write_bytes(plain)
            for digest in ("md5", "sha256"):
                for salt in ([], ["--no-salt"]):
                    with self.subTest(size=size, digest=digest, salt=salt):
                        theirs = ["-nosalt"] if salt else []
                        options = ["--password-file", self.password, "--digest", digest]
                        ours = codec("encrypt", source, *options, *salt).stdout
                        self.assertEqual(self.openssl("-d", "-md", digest, *theirs, data=ours), plain)
                        sealed = self.folder / "sealed"
                        sealed.write_bytes(self.openssl("-md", digest, *theirs, data=plain))
                        self.assertEqual(codec("decrypt", sealed, *options).stdout, plain)

    def test_a_wrong_password_is_refused(self):
        sealed = self.folder / "sealed"
        # Without a salt, so that it is the same wrong padding each time: one in 256 would look right.
        sealed.write_bytes(self.openssl("-md", "md5", "-nosalt", data=b"x" * 1000))
        self.password.write_text("another")
        done = codec("decrypt", sealed, "--password-file", self.password, status=1)
        self.assertEqual(done.stdout, b"")

    def test_inspect_recognises_each_kind_and_says_what_is_wrong(self):
        damaged = bytearray((VECTORS / "v01.000b82123456.perl.bin").read_bytes())
        damaged[20] ^= 1
        for name, content, status, wanted in [
            ("binary", (VECTORS / "v01.000b82123456.perl.bin").read_bytes(), 0, "binary configuration"),
            ("vendor", (VECTORS / "v01.000b82123456.dll190.enc.bin").read_bytes(), 0, "cannot be read"),
            ("xml", b"<gs_provision version='1'><config><P1>x</P1></config></gs_provision>", 0, "XML configuration"),
            ("sealed", self.openssl("-md", "md5", data=b"x"), 0, "openssl enc"),
            ("template", b"P1 = x\n", 0, "text template"),
            ("damaged", bytes(damaged), 1, "checksum"),
            ("garbage", b"\x01\x02\x03", 1, "neither"),
        ]:
            with self.subTest(name):
                path = self.folder / name
                path.write_bytes(content)
                self.assertIn(wanted, codec("inspect", path, status=status).stdout.decode())

    def test_alias_names_are_told_as_they_stand(self):
        path = self.folder / "cfg.xml"
        path.write_text(
            '<gs_provision version="1"><mac>000b82123456</mac><config version="2">'
            '<item name="account.1"><part name="enable">Yes</part></item>'
            '<item name="account.1.sip.userid">201</item></config></gs_provision>'
        )
        told = json.loads(codec("decode", path, "--json").stdout)
        self.assertEqual(told["items"], {"account.1.enable": "Yes", "account.1.sip.userid": "201"})
        self.assertIn(b"--json", codec("decode", path, status=1).stderr)
        self.assertIn(b"version 2", codec("inspect", path).stdout)

    def test_inspect_looks_inside_with_a_password_and_a_dictionary(self):
        sealed = self.folder / "cfg000b82123456.xml"
        xml = b"<gs_provision><config><P47>sip.example.net</P47><P271>7</P271><P99998>x</P99998></config></gs_provision>"
        sealed.write_bytes(self.openssl("-md", "md5", data=xml))
        dictionary = pathlib.Path(__file__).resolve().parents[2] / "etc/parameters.d"
        arguments = ["inspect", sealed, "--password-file", self.password, "--parameters", dictionary]
        done = codec(*arguments, status=1)
        self.assertRegex(done.stdout, rb"ok +3 parameters, for any device")
        self.assertRegex(done.stdout, rb"BAD P271 \(account1\.active\): want 0 \(no\) or 1 \(yes\), got '7'")
        self.assertRegex(done.stdout, rb"ok +1 parameter in no dictionary")
        sealed.write_bytes(self.openssl("-md", "md5", data=xml.replace(b">7<", b">1<")))
        codec(*arguments)


if __name__ == "__main__":
    unittest.main(verbosity=2)
