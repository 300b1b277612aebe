"""The file server against the TFTP and HTTP clients that people have."""

import hashlib
import os
import pathlib
import unittest

from support import ApplianceCase

PHONE = "000b82000001"


class Clients(ApplianceCase):
    phones = {"phone": PHONE, "other": "000b82000002"}

    @classmethod
    def before_start(cls):
        cls.firmware = {}
        folder = cls.directory / "srv/firmware"
        # Sizes around the block boundaries, an empty file, and one that wraps the 16-bit block number.
        for path, size in {
            "empty.bin": 0,
            "one-block.bin": 512,
            "boundary.bin": 1428 * 3,
            "ht802fw.bin": 3_000_001,
            "wrap.bin": 512 * 65536 + 100,
            "gs_@_1.0.7.5/boot.bin": 70_000,
        }.items():
            content = os.urandom(size)
            served = path.replace("@_1.0.7.5/boot.bin", "boot.bin_1.0.7.5")
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
            cls.firmware[served] = hashlib.sha256(content).hexdigest()

    def setUp(self):
        self.here = self.directory / "fetched"
        self.here.unlink(missing_ok=True)
        if not hasattr(type(self), "leased"):
            type(self).leased = {name: self.lease(name)[0]["ip"] for name in self.phones}

    def assert_fetched(self, name):
        self.assertEqual(hashlib.sha256(self.here.read_bytes()).hexdigest(), self.firmware[name], name)

    def test_tftp_hpa(self):
        for name in self.firmware:
            with self.subTest(name):
                self.inside("phone", "tftp", "-m", "binary", self.server, "-c", "get", name, self.here)
                self.assert_fetched(name)

    def test_atftp_with_each_option(self):
        for options in ([], ["blksize 8"], ["blksize 1428"], ["tsize 0"], ["timeout 2"], ["blksize 1428", "tsize 0"]):
            with self.subTest(options):
                arguments = [part for option in options for part in ("--option", option)]
                name = "boundary.bin"
                self.inside("phone", "atftp", *arguments, "-g", "-r", name, "-l", self.here, self.server)
                self.assert_fetched(name)

    def test_busybox_tftp(self):
        self.inside("phone", "busybox", "tftp", "-b", "1428", "-g", "-r", "ht802fw.bin", "-l", self.here, self.server)
        self.assert_fetched("ht802fw.bin")

    def test_curl_over_tftp_and_http(self):
        for name in self.firmware:
            for scheme in ("tftp", "http"):
                with self.subTest(name=name, scheme=scheme):
                    self.inside("phone", "curl", "-sS", "-f", "-o", self.here, f"{scheme}://{self.server}/{name}")
                    # curl makes no file for an empty body over TFTP.
                    if not self.here.exists():
                        self.here.touch()
                    self.assert_fetched(name)
                    self.here.unlink()

    def test_http_says_the_length_and_keeps_the_connection(self):
        url = f"http://{self.server}/ht802fw.bin"
        done = self.inside("phone", "curl", "-sS", "-v", "-I", url, url)
        self.assertEqual(done.stdout.lower().count("content-length: 3000001"), 2, done.stdout)
        self.assertNotIn("chunked", done.stdout.lower())
        self.assertIn("Re-using existing connection", done.stderr)

    def test_other_methods_are_refused_with_what_is_allowed(self):
        done = self.inside("phone", "curl", "-sS", "-i", "-X", "POST", "-d", "x", f"http://{self.server}/ht802fw.bin")
        self.assertIn(" 405 ", done.stdout.splitlines()[0])
        self.assertRegex(done.stdout, r"(?im)^allow: .*GET")

    def test_a_path_out_of_the_tree_is_no_file(self):
        for target in ("/../lib/master.key", "/%2e%2e/lib/master.key", "/..%2flib/plugtone.db", "//etc/passwd", "/manifest",
                       "/gs_@_1.0.7.5/boot.bin", "/firmware/empty.bin"):  # fmt: skip
            with self.subTest(target):
                done = self.inside("phone", "curl", "-sS", "--path-as-is", "-o", "/dev/null", "-w", "%{http_code}",
                                   f"http://{self.server}{target}")  # fmt: skip
                self.assertIn(done.stdout, ("400", "404"))

    def test_a_private_file_over_tftp_is_for_its_phone_only(self):
        self.ctl("device", "add", PHONE, "--set", "P47=sip.example.net")
        name = f"cfg{PHONE}.xml"
        own = self.inside("phone", "curl", "-sS", "-o", self.here, f"tftp://{self.server}/{name}", check=False)
        self.assertEqual(own.returncode, 0, own.stderr)
        self.assertTrue(self.here.read_bytes().startswith(b"Salted__"))
        self.here.unlink()
        theirs = self.inside("other", "curl", "-sS", "-o", self.here, f"tftp://{self.server}/{name}", check=False)
        self.assertEqual(theirs.returncode, 68, theirs.stderr)  # TFTP: file not found

    def test_writing_is_refused(self):
        source = self.directory / "upload"
        source.write_text("x")
        done = self.inside("phone", "atftp", "-p", "-l", source, "-r", "upload", self.server, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse((self.directory / "srv/firmware/upload").exists())

    def test_malformed_requests_leave_it_serving(self):
        datagrams = [b"", b"\0", b"\0\1", b"\0\1name", b"\0\1name\0", b"\0\1name\0octet", b"\0\1\0\0", b"\0\x09name\0octet\0",
                     b"\0\1" + b"a" * 60000 + b"\0octet\0", b"\0\1x\0octet\0blksize\0" + b"9" * 400 + b"\0", os.urandom(1200)]  # fmt: skip
        heads = [b"\0" * 4096, b"GET " + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 10_000,
                 b"GET /x HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"]  # fmt: skip
        script = self.directory / "attack.py"
        script.write_text(
            "import socket, sys\n"
            f"udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            f"for datagram in {datagrams!r}:\n"
            f"    udp.sendto(datagram, ({self.server!r}, 69))\n"
            f"for head in {heads!r}:\n"
            f"    with socket.create_connection(({self.server!r}, 80), 10) as tcp:\n"
            f"        try:\n"
            f"            tcp.sendall(head)\n"
            f"            tcp.shutdown(socket.SHUT_WR)\n"
            f"            while tcp.recv(65536):\n"
            f"                pass\n"
            f"        except OSError:\n"
            f"            pass\n"
        )
        before = self.appliance.pid("tftpd")
        self.inside("phone", "/usr/bin/python3", script)
        self.test_busybox_tftp()
        self.assertEqual(self.appliance.pid("tftpd"), before)

    def test_a_new_file_is_served_without_a_restart(self):
        content = b"added while running"
        target = pathlib.Path(self.directory / "srv/firmware/added.bin")
        with open(target, "wb") as file:
            file.write(content)
        # Until the catalogue has it; each try is a request, so there is nothing to wait on but the answer.
        for _ in range(200):
            done = self.inside("phone", "curl", "-sS", "-f", f"http://{self.server}/added.bin", check=False)
            if done.returncode == 0:
                break
        self.assertEqual(done.stdout.encode(), content)


if __name__ == "__main__":
    unittest.main(verbosity=2)
