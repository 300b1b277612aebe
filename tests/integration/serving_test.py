"""The file server by itself, against what others wrote: curl, openssl, atftp and tshark; and its limits."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import file_server  # noqa: E402
from file_server import PORTS, Authority, FileServer, Tree, credentials  # noqa: E402

BUILD = pathlib.Path(os.environ["PLUGTONE_BUILD"])
PHONE, OTHER = "000b82000001", "000b82000002"
FIRMWARE = os.urandom(3_000_001)
CURL_WITHIN_S = 60
ATTACKER = "10.9.9.1"  # this machine's, too: who asks there comes from there

CLASSES = """<device-classes vendor="test">
  <class name="certified"><match oui="000b82"/><offer url="https://{{server}}"/>
    <access rule="certificate" legacy-tls="yes">
      <client-certificates anchors="phones.pem" {revoked} in="common-name" pattern="GS-{{mac}}"/>
    </access></class>
  <class name="digest"><match oui="000b83"/><offer url="http://{{server}}"/><access http-auth="digest"/></class>
  <class name="basic"><match oui="000b84"/><offer url="http://{{server}}"/><access http-auth="basic"/></class>
</device-classes>
"""


def curl(*arguments, check=None):
    """(HTTP status, body); or with check the exit status of curl is wanted to be one of those."""
    command = ["curl", "-sS", "--max-time", str(CURL_WITHIN_S), "-w", "%{stderr}%{http_code}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True)
    if done.returncode not in (check or (0,)):
        raise AssertionError(f"{command}: exit {done.returncode}: {done.stderr.decode()}")
    return int(done.stderr[-3:]), done.stdout


def read_request(name, *options):
    """A TFTP read request (RFC 2347)."""
    return b"\0\1" + b"".join(part.encode() + b"\0" for part in (name, "octet", *options))


class ServingCase(unittest.TestCase):
    """Each test has a tree of its own."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.tree = Tree(self.directory / "srv")
        self.tree.put_firmware("ht802fw.bin", FIRMWARE)
        self.tree.put_firmware("small.bin", b"small")

    def serve(self, **options):
        server = self.enterContext(FileServer(BUILD, self.tree, **options))
        return server

    def refusals(self, server, why):
        return server.metrics().get(f'refusals_total{{why="{why}"}}', 0)


class ClientCertificates(ServingCase):
    @classmethod
    def setUpClass(cls):
        cls.pki = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-"))
        cls.addClassCleanup(shutil.rmtree, cls.pki)
        cls.phones = Authority(cls.pki / "phones", "Phone maker")
        cls.own = cls.phones.issue(f"GS-{PHONE}")
        cls.other = cls.phones.issue(f"GS-{OTHER}")
        cls.stranger = Authority(cls.pki / "strangers", "Somebody else").issue(f"GS-{PHONE}")
        cls.servers = Authority(cls.pki / "servers", "Office")
        cls.server_pair = cls.servers.issue("127.0.0.1", san="IP:127.0.0.1")

    def setUp(self):
        super().setUp()
        self.tree.put(f"cfg{PHONE}.xml", b"sealed", "certificate", PHONE, "certified")
        self.tree.put("cfg.xml", b"for all")
        self.tree.seal()
        self.clients, self.classes = self.directory / "clients", self.directory / "classes.d"
        self.clients.mkdir()
        self.classes.mkdir()
        shutil.copy(self.phones.certificate, self.clients / "phones.pem")
        shutil.copy(self.server_pair[0], self.directory / "server.pem")
        shutil.copy(self.server_pair[1], self.directory / "server.key")
        self.write_classes()

    def write_classes(self, revoked=""):
        (self.classes / "test.xml").write_text(CLASSES.format(revoked=revoked))

    def serve(self, **options):
        return super().serve(
            https_port=PORTS["https"], tls_certificate=self.directory / "server.pem",
            tls_key=self.directory / "server.key", tls_clients=self.clients, classes=self.classes, **options,
        )  # fmt: skip

    def get(self, server, name, pair=None, *arguments):
        shown = ["--cert", pair[0], "--key", pair[1]] if pair else []
        return curl("--cacert", self.servers.certificate, *shown, *arguments, server.url(name, "https"))

    def test_a_file_goes_only_to_the_device_that_the_certificate_names(self):
        server, name = self.serve(), f"cfg{PHONE}.xml"
        self.assertEqual(self.get(server, name, self.own), (200, b"sealed"))
        absent = self.get(server, "cfg000b82ffffff.xml", self.own)
        self.assertEqual(absent[0], 404)
        for who, pair in {"another device": self.other, "a stranger": self.stranger, "nobody": None}.items():
            with self.subTest(who):
                self.assertEqual(self.get(server, name, pair), absent)
                self.assertEqual(self.get(server, "cfg.xml", pair), (200, b"for all"))
        # No lease helps, and none is asked over a connection that shows nothing.
        self.tree.lease("127.0.0.1", PHONE)
        self.assertEqual(curl(server.url(name))[0], 404)

    def test_a_revoked_certificate_is_worth_nothing_from_the_next_reading_of_the_list(self):
        shutil.copy(self.phones.revocation_list(), self.clients / "phones.crl")
        self.write_classes(revoked='revoked="phones.crl"')
        server, name = self.serve(), f"cfg{PHONE}.xml"
        again = self.phones.issue(f"GS-{PHONE}")
        self.assertEqual(self.get(server, name, again)[0], 200)
        self.phones.revoke(again[0])
        shutil.copy(self.phones.revocation_list(), self.clients / "phones.crl")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_notice("READY=1")
        self.assertEqual(self.get(server, name, again)[0], 404)

    def test_a_class_without_usable_anchors_is_closed_and_all_else_is_served(self):
        anchors, name = self.clients / "phones.pem", f"cfg{PHONE}.xml"
        anchors.unlink()
        server = self.serve()
        self.assertIn("no certificate of the class is believed", server.wait_for("class-trust"))
        self.assertEqual(self.get(server, name, self.own)[0], 404)
        self.assertEqual(self.get(server, "cfg.xml"), (200, b"for all"))
        for content, said in ((self.phones.certificate.read_text(), "tls-reloaded"), ("broken", "what was loaded before")):
            anchors.write_text(content)
            mark = server.mark()
            server.process.send_signal(signal.SIGHUP)
            server.wait_for(said, after=mark)
            self.assertEqual(self.get(server, name, self.own), (200, b"sealed"))

    def test_a_session_in_which_a_certificate_was_shown_is_never_resumed(self):
        server = self.serve()
        for version in ("-tls1_2", "-tls1_3"):
            for pair, resumed in ((self.own, False), (None, True)):
                with self.subTest(version=version, shown=pair is not None):
                    self.assertEqual(self.resumes(server, version, pair), resumed)

    def resumes(self, server, version, pair):
        session = self.directory / f"session{version}"
        session.unlink(missing_ok=True)
        for option in ("-sess_out", "-sess_in"):
            if option == "-sess_in" and not session.exists():
                return False  # none was given
            shown = ["-cert", pair[0], "-key", pair[1]] if pair else []
            done = subprocess.run(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{PORTS['https']}", version, option, session, *shown,
                 "-ign_eof"],
                input="GET /cfg.xml HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", capture_output=True, text=True,
                timeout=CURL_WITHIN_S,
            )  # fmt: skip
            self.assertIn("200 OK", done.stdout)
        return "Reused, TLS" in done.stdout

    def test_a_new_certificate_of_the_server_is_shown_to_the_next_and_open_connections_go_on(self):
        server = self.serve()
        trust = ssl.create_default_context(cafile=self.servers.certificate)
        request = b"GET /cfg.xml HTTP/1.1\r\nHost: x\r\n\r\n"
        with contextlib.closing(trust.wrap_socket(self.connect(), server_hostname="127.0.0.1")) as first:
            first.sendall(request)
            self.assertIn(b"200 OK", first.recv(4096))
            before = first.getpeercert()["serialNumber"]
            for made, place in zip(self.servers.issue("127.0.0.1", san="IP:127.0.0.1"), ("pem", "key")):
                shutil.copy(made, self.directory / f"server.{place}")
            server.process.send_signal(signal.SIGHUP)
            server.wait_for_notice("READY=1")
            with contextlib.closing(trust.wrap_socket(self.connect(), server_hostname="127.0.0.1")) as second:
                self.assertNotEqual(second.getpeercert()["serialNumber"], before)
            first.sendall(request)
            self.assertIn(b"200 OK", first.recv(4096))

    def connect(self):
        return socket.create_connection(("127.0.0.1", PORTS["https"]), timeout=CURL_WITHIN_S)

    def test_unusable_certificates_leave_the_old_ones_in_use_and_are_told(self):
        server = self.serve()
        (self.directory / "server.pem").write_text("no certificate\n")
        mark = server.mark()
        server.process.send_signal(signal.SIGHUP)
        self.assertIn("server.pem", server.wait_for("tls-reload", after=mark))
        self.assertEqual(self.get(server, "cfg.xml")[0], 200)

    def test_old_tls_is_for_the_classes_that_say_so_on_a_listener_of_its_own(self):
        self.tree.put("cfg000b83000001.xml", b"of another class", "lease", "000b83000001", "digest")
        (self.tree.root / "config").unlink()
        self.tree.seal()
        server = self.serve(legacy_https_port=PORTS["legacy-https"])
        old = ["--tls-max", "1.0", "--ciphers", "DEFAULT@SECLEVEL=0", "--cert", self.own[0], "--key", self.own[1], "-k"]
        curl(*old, server.url("cfg.xml", "https"), check=(35,))  # no old TLS where it is not asked for
        self.assertEqual(curl(*old, server.url(f"cfg{PHONE}.xml", "legacy-https")), (200, b"sealed"))
        self.tree.lease("127.0.0.1", "000b83000001")
        self.assertEqual(curl(*old, server.url("cfg000b83000001.xml", "legacy-https"))[0], 404)
        self.assertEqual(server.metrics()['legacy_tls_total{class="certified"}'], 1)


class NamesAndPasswords(ServingCase):
    def setUp(self):
        super().setUp()
        for mac, kind in (("000b83000001", "digest"), ("000b84000001", "basic")):
            proof = credentials(kind, kind + "-user", "pass:word")
            self.tree.put(f"cfg{mac}.xml", kind.encode(), "open", mac, kind, proof)
        self.tree.seal()

    def test_digest_and_basic_with_the_devices_own_name_and_password(self):
        server = self.serve()
        for kind, mac in (("digest", "000b83000001"), ("basic", "000b84000001")):
            url = server.url(f"cfg{mac}.xml")
            with self.subTest(kind):
                self.assertEqual(curl("--" + kind, "-u", f"{kind}-user:pass:word", url), (200, kind.encode()))
                self.assertEqual(curl("--anyauth", "-u", f"{kind}-user:pass:word", url)[0], 200)
                for wrong in (f"{kind}-user:word", "admin:pass:word", ":"):
                    self.assertEqual(curl("--" + kind, "-u", wrong, url)[0], 401)
                self.assertEqual(curl(url)[0], 401)
                curl(f"tftp://127.0.0.1/cfg{mac}.xml", check=(68,))  # no password can go that way
        self.assertGreaterEqual(self.refusals(server, "wrong_credentials"), 4)

    def test_basic_does_not_open_what_wants_digest(self):
        server = self.serve()
        done = curl("--basic", "-u", "digest-user:pass:word", server.url("cfg000b83000001.xml"))
        self.assertEqual(done[0], 401)


class Http(ServingCase):
    def test_a_download_that_broke_off_is_resumed(self):
        server, here = self.serve(), self.directory / "here"
        url = server.url("ht802fw.bin")
        here.write_bytes(FIRMWARE[:1_000_000])
        self.assertEqual(curl("-C", "-", "-o", here, url)[0], 206)
        self.assertEqual(here.read_bytes(), FIRMWARE)

    def test_ranges(self):
        url = self.serve().url("ht802fw.bin")
        for wanted, got in {
            "0-0": FIRMWARE[:1],
            "100-199": FIRMWARE[100:200],
            "-10": FIRMWARE[-10:],
            "3000000-": FIRMWARE[-1:],
            "3000000-9999999": FIRMWARE[-1:],
        }.items():
            with self.subTest(wanted):
                self.assertEqual(curl("-r", wanted, url), (206, got))
        self.assertEqual(curl("-r", "3000001-", url)[0], 416)

    def test_if_range_gets_the_whole_of_what_has_changed(self):
        url = self.serve().url("ht802fw.bin")
        head = curl("-I", url)[1].decode()
        tag = re.search(r"(?i)etag: (\S+)", head)[1]
        self.assertEqual(curl("-r", "0-9", "-H", f"If-Range: {tag}", url), (206, FIRMWARE[:10]))
        self.assertEqual(curl("-r", "0-9", "-H", 'If-Range: "another"', url), (200, FIRMWARE))
        self.assertEqual(curl("-H", f"If-None-Match: {tag}", url), (304, b""))
        date = re.search(r"(?i)last-modified: ([^\r]+)", head)[1]
        self.assertEqual(curl("-H", f"If-Modified-Since: {date}", url), (304, b""))

    def test_both_config_forms_are_octet_streams_and_nothing_is_chunked(self):
        self.tree.put(f"cfg{PHONE}", b"binary")
        self.tree.put(f"cfg{PHONE}.xml", b"<gs_provision/>")
        self.tree.seal()
        server = self.serve()
        for name in (f"cfg{PHONE}", f"cfg{PHONE}.xml"):
            for version in ("--http1.0", "--http1.1"):
                head = curl(version, "-D", "-", server.url(name))[1].decode().lower()
                self.assertIn("content-type: application/octet-stream\r\n", head)
                self.assertIn("content-length: ", head)
                self.assertNotIn("transfer-encoding", head)

    def test_no_trick_with_a_name_reaches_a_file_outside_of_the_tree(self):
        outside = self.tree.root / "secret.txt"
        outside.write_text("outside")
        (self.tree.firmware / "link.bin").symlink_to(outside)
        (self.tree.firmware / "folder").symlink_to(self.tree.root)
        server = self.serve()
        for target in (
            "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/firmware/../secret.txt", "/link.bin",
            "/folder/secret.txt", "/..\\secret.txt", "/..%5csecret.txt", "/small.bin%00.txt", "//secret.txt",
            "/%252e%252e/secret.txt", "/" + "a" * 5000, "/SMALL.BIN", str(outside), "/generations/1/manifest",
        ):  # fmt: skip
            with self.subTest(target):
                status, body = curl("--path-as-is", f"http://127.0.0.1{target}")
                self.assertIn(status, (400, 404))
                self.assertNotIn(b"outside", body)
                self.assertNotIn(b"small", body)
        for name in ("../secret.txt", "..\\secret.txt", "link.bin", "folder/secret.txt", str(outside), "SMALL.BIN"):
            with self.subTest(tftp=name):
                self.assertEqual(self.ask_tftp(name)[:2], b"\0\5")
        self.assertEqual(self.ask_tftp("small.bin"), b"\0\3\0\1small")

    def ask_tftp(self, name):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(CURL_WITHIN_S)
            client.sendto(read_request(name), ("127.0.0.1", PORTS["tftp"]))
            answer, peer = client.recvfrom(2000)
            client.sendto(b"\0\4\0\1", peer)
            return answer


class Tftp(ServingCase):
    def fetch_by_atftp(self, *options):
        here = self.directory / "here"
        here.unlink(missing_ok=True)
        arguments = [part for option in options for part in ("--option", option)]
        subprocess.run(
            ["atftp", *arguments, "-g", "-r", "ht802fw.bin", "-l", here, "127.0.0.1"],
            check=True, capture_output=True, timeout=CURL_WITHIN_S,
        )  # fmt: skip
        self.assertEqual(hashlib.sha256(here.read_bytes()).digest(), hashlib.sha256(FIRMWARE).digest())

    def test_atftp_reads_with_windows(self):
        self.serve()
        for windowsize in (1, 2, 7, 16, 64):
            with self.subTest(windowsize):
                self.fetch_by_atftp(f"windowsize {windowsize}", "blksize 1428")

    def test_single_port_mode_answers_from_the_port_that_was_asked(self):
        self.serve(tftp_single_port=True)
        self.fetch_by_atftp("windowsize 8")
        self.fetch_by_atftp()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(CURL_WITHIN_S)
            client.sendto(read_request("small.bin"), ("127.0.0.1", PORTS["tftp"]))
            self.assertEqual(client.recvfrom(600), (b"\0\3\0\1small", ("127.0.0.1", PORTS["tftp"])))
            client.sendto(b"\0\4\0\1", ("127.0.0.1", PORTS["tftp"]))

    def test_tshark_finds_the_wire_as_the_rfcs_want_it(self):
        self.tree.put_firmware("short.bin", FIRMWARE[:50_001])
        self.serve()
        capture = self.directory / "wire.pcap"
        watch = subprocess.Popen(
            ["tcpdump", "-i", "lo", "-U", "--immediate-mode", "-s", "2000", "-B", "8192", "-w", capture, "udp"],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            self.assertIn("listening on", watch.stderr.readline())
            subprocess.run(
                ["curl", "-sS", "--tftp-blksize", "1000", "-o", "/dev/null", "tftp://127.0.0.1/short.bin"],
                check=True, timeout=CURL_WITHIN_S,
            )  # fmt: skip
            # The last ACK is on its way when curl ends.
            blocks = 51
            deadline = time.monotonic() + CURL_WITHIN_S
            while time.monotonic() < deadline:
                packets = self.dissect(capture)
                if packets and packets[-1]["opcode"] == "4" and packets[-1]["block"] == str(blocks):
                    break
        finally:
            watch.terminate()
            watch.communicate()
        self.assertFalse([packet for packet in packets if packet["malformed"]])
        agreed = packets[1]
        self.assertEqual(agreed["opcode"], "6")
        self.assertEqual(set(agreed["option"].split(",")), {"blksize", "tsize", "timeout"})
        # Read, OACK, ACK 0, then block and ACK by turns, none twice, from one port that is not 69.
        self.assertEqual([p["opcode"] for p in packets], ["1", "6", "4"] + ["3", "4"] * blocks)
        self.assertEqual([int(p["block"]) for p in packets[3:]], [n for b in range(1, blocks + 1) for n in (b, b)])
        ports = {packet["from"] for packet in packets if packet["opcode"] == "3"}
        self.assertEqual(len(ports), 1)
        self.assertNotIn("69", ports)

    def dissect(self, capture):
        fields = {
            "opcode": "tftp.opcode", "block": "tftp.block", "option": "tftp.option.name", "from": "udp.srcport",
            "malformed": "_ws.malformed",
        }  # fmt: skip
        done = subprocess.run(
            ["tshark", "-r", capture, "-Y", "tftp", "-T", "fields", *(p for f in fields.values() for p in ("-e", f))],
            capture_output=True, text=True, timeout=CURL_WITHIN_S,
        )  # fmt: skip
        return [dict(zip(fields, line.split("\t"))) for line in done.stdout.splitlines()]


class Restart(ServingCase):
    """As systemd restarts a service whose sockets it holds."""

    def bind(self):
        sockets = [socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)]
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        for one, port in zip(sockets, (PORTS["tftp"], PORTS["http"], PORTS["metrics"])):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", port))
            self.addCleanup(one.close)
        for one in sockets[1:]:
            one.listen(100)
        return sockets

    def activate(self, sockets):
        numbers = [one.fileno() for one in sockets]
        # Out of the way of 3 to 5 first: they may be among them.
        moves = " ".join(f"{20 + at}<&{number}" for at, number in enumerate(numbers))
        moves += " " + " ".join(f"{3 + at}<&{20 + at}" for at in range(len(numbers)))
        script = (
            f"exec {moves} 20<&- 21<&- 22<&-; export LISTEN_FDS={len(numbers)} LISTEN_FDNAMES=tftp:http:metrics; "
            'LISTEN_PID=$$ exec "$@"'
        )
        return FileServer(BUILD, self.tree, prefix=["bash", "-c", script, "activate"], pass_fds=numbers)

    def begin_download(self):
        """Of more than the kernel holds for a client that does not read."""
        client = socket.socket()
        self.addCleanup(client.close)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(CURL_WITHIN_S)
        client.connect(("127.0.0.1", PORTS["http"]))
        client.sendall(b"GET /ht802fw.bin HTTP/1.0\r\n\r\n")
        self.assertEqual(client.recv(8, socket.MSG_PEEK), b"HTTP/1.0")
        return client

    def end_download(self, client):
        parts = []
        while part := client.recv(1 << 20):
            parts.append(part)
        return b"".join(parts)

    def test_what_waits_in_the_queue_is_answered_and_open_transfers_end_well(self):
        sockets = self.bind()
        with self.activate(sockets) as first:
            slow = self.begin_download()
            first.process.send_signal(signal.SIGTERM)
            first.wait_for_notice("STOPPING=1")
            waiting = [subprocess.Popen(["curl", "-sS", first.url("small.bin")], stdout=subprocess.PIPE)]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
                phone.settimeout(file_server.READY_WITHIN_S)
                phone.sendto(read_request("small.bin"), ("127.0.0.1", PORTS["tftp"]))  # once only
                self.assertTrue(self.end_download(slow).endswith(FIRMWARE))
                self.assertEqual(first.process.wait(file_server.STOP_WITHIN_S), 0)
                with self.activate(sockets):
                    answer, peer = phone.recvfrom(600)
                    self.assertEqual(answer, b"\0\3\0\1small")
                    phone.sendto(b"\0\4\0\1", peer)
                    for one in waiting:
                        self.assertEqual(one.communicate(timeout=CURL_WITHIN_S)[0], b"small")


class Operation(ServingCase):
    def test_metrics_tell_of_each_outcome(self):
        server = self.serve()
        curl(server.url("small.bin"))
        curl(server.url("absent.bin"))
        curl("tftp://127.0.0.1/small.bin", "-o", self.directory / "here")
        curl("-A", "Grandstream Model HW GXP2160 SW 1.0.7.5 DevId 000b82000001", server.url("small.bin"))

        def count(protocol, result, model=""):
            name = f'transfers_total{{class="",model="{model}",protocol="{protocol}",result="{result}"}}'
            return server.metrics().get(name, 0)

        deadline = time.monotonic() + CURL_WITHIN_S  # the last acknowledgements may be under way
        while time.monotonic() < deadline and not (count("tftp", "done") and count("http", "done", "GXP2160")):
            pass
        self.assertEqual(count("http", "done"), 1)
        self.assertEqual(count("http", "absent"), 1)
        self.assertEqual(count("tftp", "done"), 1)
        self.assertEqual(count("http", "done", "GXP2160"), 1)
        self.assertEqual(server.metrics()["files"], 2)

    def test_a_watchdog_is_kept_awake(self):
        os.environ["WATCHDOG_USEC"] = "400000"
        try:
            server = self.serve()
        finally:
            del os.environ["WATCHDOG_USEC"]
        for _ in range(3):
            server.wait_for_notice("WATCHDOG=1")


class Limits(ServingCase):
    def test_a_flood_from_one_address_is_cut_and_others_are_served(self):
        server = self.serve(requests_per_second=20, requests_burst=20, http_connections_per_peer=4)
        flood = """
import socket, sys
packet = b"\\0\\1small.bin\\0octet\\0"
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); sender.bind(("127.0.0.9", 0))
held = []
print("begun", flush=True)
while True:
    sender.sendto(packet, ("127.0.0.1", 69))
    if len(held) < 50:
        held.append(socket.create_connection(("127.0.0.1", 80), source_address=("127.0.0.9", 0)))
"""
        attacker = subprocess.Popen([sys.executable, "-c", flood], stdout=subprocess.PIPE, text=True)
        try:
            attacker.stdout.readline()
            for phone in range(1, 9):  # below the rate of one address
                for _ in range(2):
                    url = server.url("small.bin")
                    self.assertEqual(curl("--interface", f"127.0.1.{phone}", url), (200, b"small"))
                    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                        client.bind((f"127.0.1.{phone}", 0))
                        self.assertEqual(self.ask(client), b"\0\3\0\1small")
        finally:
            attacker.kill()
            attacker.communicate()
        self.assertGreater(self.refusals(server, "rate"), 100)
        self.assertGreater(self.refusals(server, "transfers"), 0)

    def ask(self, client):
        """With a client's repetitions: a full queue loses a request as a network does."""
        client.settimeout(1)
        for _ in range(CURL_WITHIN_S):
            client.sendto(read_request("small.bin"), ("127.0.0.1", PORTS["tftp"]))
            with contextlib.suppress(TimeoutError):
                answer, peer = client.recvfrom(600)
                client.sendto(b"\0\4\0\1", peer)
                return answer
        return None

    def test_only_the_networks_that_may_ask_are_heard(self):
        server = self.serve(allow="127.0.0.0/24")
        self.assertEqual(curl(server.url("small.bin"))[0], 200)
        curl("--interface", "127.0.1.1", server.url("small.bin"), check=(52, 56))  # its end, or a reset
        self.assertEqual(self.refusals(server, "network"), 1)

    def test_whoever_asks_for_too_much_is_told_so(self):
        server = self.serve(requests_per_second=1, requests_burst=3)
        asked = [curl(server.url("small.bin"))[0] for _ in range(5)]
        self.assertEqual(asked[:3], [200] * 3)
        self.assertIn(429, asked)

    def test_slowhttptest_keeps_nobody_from_being_served(self):
        server = self.serve(request_seconds=2, write_seconds=2, requests_per_second=0, listen=["127.0.0.1", ATTACKER])
        for attack in (("-H",), ("-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32")):
            slow = subprocess.Popen(
                ["slowhttptest", *attack, "-c", "300", "-r", "300", "-l", "8", "-i", "3", "-p", "3", "-u",
                 server.url("ht802fw.bin", address=ATTACKER)],
                stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            try:
                before = self.refusals(server, "transfers")
                deadline = time.monotonic() + CURL_WITHIN_S
                while self.refusals(server, "transfers") == before and time.monotonic() < deadline:
                    pass  # until it has all that one address may have
                self.assertGreater(self.refusals(server, "transfers"), before)
                asked = [curl("--interface", "127.0.1.1", server.url("small.bin")) for _ in range(20)]
                self.assertEqual(asked, [(200, b"small")] * 20)
            finally:
                report = slow.communicate(timeout=CURL_WITHIN_S)[0]
            self.assertIn("closed:", report)
        self.assertGreater(self.refusals(server, "too_slow"), 0)

    def test_slow_heads_and_slow_readers_are_cut_off(self):
        server = self.serve(request_seconds=1, write_seconds=1, bytes_per_second_min=100_000_000)
        with socket.create_connection(("127.0.0.1", PORTS["http"]), timeout=CURL_WITHIN_S) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\nHost:")
            self.assertEqual(slow.recv(100)[:12] or b"", b"")
        with socket.socket() as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.settimeout(CURL_WITHIN_S)
            reader.connect(("127.0.0.1", PORTS["http"]))
            reader.sendall(b"GET /ht802fw.bin HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(reader.recv(100))
            server.wait_for("transfer-failed")
        self.assertEqual(self.refusals(server, "too_slow"), 2)


if __name__ == "__main__":
    file_server.enter_private_network()
    subprocess.run(["ip", "address", "add", ATTACKER + "/32", "dev", "lo"], check=True)
    unittest.main(verbosity=2)
