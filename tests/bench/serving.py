"""The file server beside its peers from Debian's packages: the same files, the same core, one after the other, in rounds.
Run by ./dev bench (root; Linux namespaces). Server on core 0, load on core 1; each figure is the median of the rounds.

usage: serving.py --build BUILD [--rounds N] [--seconds N] [--only WORD]…
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import file_server  # noqa: E402
from file_server import PORTS, FileServer, Tree, openssl  # noqa: E402

SERVER_CORE, LOAD_CORE = "0", "1"
SMALL, LARGE = 8192, 20_000_000
PHONES = 1000
FIRST_MAC = 0x000B82000000
UP_WITHIN_S = 30
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# One machine plays a whole office: what is limited for one address must not be met.
UNLIMITED = dict(requests_per_second=0, tftp_sessions_per_peer=2000, http_connections_per_peer=2000, log_level="error")


def load(*command, core=LOAD_CORE, check=True):
    done = subprocess.run(["taskset", "-c", core, *map(str, command)], capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


def cpu_seconds():
    """That the server's core was busy: a server's children that nobody waits for are in no process's account."""
    fields = pathlib.Path("/proc/stat").read_text().split(f"cpu{SERVER_CORE} ")[1].split()
    user, nice, system, _idle, _iowait, interrupt, soft_interrupt = map(int, fields[:7])
    return (user + nice + system + interrupt + soft_interrupt) / TICKS_PER_S


def memory_kb(process, field="VmRSS"):
    return int(pathlib.Path(f"/proc/{process.pid}/status").read_text().split(field + ":")[1].split()[0])


class Peer:
    """Somebody else's server in the foreground, over a plain folder."""

    def __init__(self, name, command, port, kind, folder):
        self.name, self.command, self.port, self.kind, self.folder = name, command, port, kind, folder

    def __enter__(self):
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *map(str, self.command)],
            stdout=subprocess.DEVNULL, stderr=(self.folder / f"{self.name}.log").open("ab"),
        )  # fmt: skip
        deadline = time.monotonic() + UP_WITHIN_S
        while not self.is_up():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"{self.name} does not serve: {(self.folder / (self.name + '.log')).read_text()}")
        return self

    def is_up(self):
        """Whether something is bound to its port."""
        protocol, state = ("tcp", "0A") if self.kind == socket.SOCK_STREAM else ("udp", "07")
        rows = [line.split() for line in pathlib.Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]]
        return any(row[1].endswith(f":{self.port:04X}") and row[3] == state for row in rows)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Bench:
    def __init__(self, build, folder, rounds, seconds, only):
        self.build, self.folder, self.rounds, self.seconds, self.only = build, folder, rounds, seconds, only
        self.tools = build / "tests/bench"
        self.files = folder / "files"  # what the peers serve
        self.files.mkdir()
        self.tree = Tree(folder / "srv")
        self.make_files()
        self.make_certificate()

    def make_files(self):
        small, large = os.urandom(SMALL), os.urandom(LARGE)
        contents = {"cfg.xml": small, "fw.bin": large}
        contents |= {f"cfg{FIRST_MAC + at:012x}.xml": small for at in range(PHONES)}
        for name, content in contents.items():
            (self.files / name).write_bytes(content)
            if name == "fw.bin":
                self.tree.put_firmware(name, content)
            else:
                self.tree.put(name, content)
        self.tree.seal()
        date = int(time.time()) - 1000
        for path in (self.files / "fw.bin", self.tree.firmware / "fw.bin"):
            os.utime(path, (date, date))
        self.firmware_date = date

    def make_certificate(self):
        self.certificate, self.key = self.folder / "cert.pem", self.folder / "key.pem"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=bench",
                "-keyout", self.key, "-out", self.certificate)  # fmt: skip

    # -- the servers

    def ours(self, **options):
        settings = UNLIMITED | dict(
            https_port=PORTS["https"], tls_certificate=self.certificate, tls_key=self.key, classes=self.folder / "none"
        )
        server = FileServer(
            self.build, self.tree, prefix=["taskset", "-c", SERVER_CORE], **(settings | options)
        )
        server.name = "plugtone"
        return server

    def tftpd_hpa(self, peers):
        command = [peers / "tftpd-hpa/usr/sbin/in.tftpd", "-L", "-4", "-a", ":69", "-s", "-u",
                   "root", self.files]  # fmt: skip
        return Peer("tftpd-hpa", command, 69, socket.SOCK_DGRAM, self.folder)

    def atftpd(self, peers):
        command = [peers / "atftpd/usr/sbin/atftpd", "--daemon", "--no-fork", "--user", "root.root", "--group", "root",
                   "--bind-address", "127.0.0.1", "--port", "69", "--maxthread", "1000", "--logfile", "/dev/null",
                   "--verbose=0", self.files]  # fmt: skip
        return Peer("atftpd", command, 69, socket.SOCK_DGRAM, self.folder)

    def dnsmasq(self):
        command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--enable-tftp",
                   f"--tftp-root={self.files}", "--tftp-max=2000", "--user=root", "--interface=lo",
                   "--bind-interfaces", "--log-facility=/dev/null", "--quiet-tftp", "--pid-file="]  # fmt: skip
        return Peer("dnsmasq", command, 69, socket.SOCK_DGRAM, self.folder)

    def nginx(self):
        config = self.folder / "nginx.conf"
        config.write_text(f"""
            daemon off; worker_processes 1; pid {self.folder}/nginx.pid; error_log /dev/null; user root;
            worker_rlimit_nofile 8192;
            events {{ worker_connections 4096; }}
            http {{
                access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000;
                open_file_cache max=4000;
                default_type application/octet-stream;
                server {{ listen 127.0.0.1:80; listen 127.0.0.1:443 ssl; root {self.files};
                    ssl_certificate {self.certificate}; ssl_certificate_key {self.key};
                    ssl_protocols TLSv1.2 TLSv1.3; }}
            }}""")
        return Peer("nginx", ["nginx", "-c", config], 80, socket.SOCK_STREAM, self.folder)

    # -- loads: figures of one round, by name

    def tftp(self, server, name, clients, *options):
        before = cpu_seconds()
        figures = json.loads(load(self.tools / "tftp_load", "127.0.0.1", name, clients, self.seconds, *options))
        used = cpu_seconds() - before
        figures["server_us_per_read"] = 1e6 * used / max(figures["reads"], 1)
        figures["server_s_per_gb"] = 1e9 * used / max(figures["bytes"], 1)
        return figures

    def http(self, server, url, connections):
        before = cpu_seconds()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{self.seconds}s", "--latency"]
        text = load(*command, url)
        used = cpu_seconds() - before
        requests = int(text.split(" requests in ")[0].split()[-1])
        size = text.split("Transfer/sec:")[1].split()[0]
        units = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
        rate = float(size[:-2]) * units[size[-2:]] / 1e6
        return {
            "requests_per_s": float(text.split("Requests/sec:")[1].split()[0]), "mb_per_s": rate,
            "server_us_per_request": 1e6 * used / max(requests, 1),
            "server_s_per_gb": used * 1000 / max(rate * self.seconds, 1),
        }  # fmt: skip

    def handshakes(self, server):
        """Full ones: s_time with -new resumes no session. What a client spends on one is more than what a server does,
        so that only the server's own time says how many it could do."""
        before = cpu_seconds()
        command = ["taskset", "-c", LOAD_CORE, "openssl", "s_time", "-connect", f"127.0.0.1:{PORTS['https']}", "-new",
                   "-www", "/cfg.xml", "-time", str(self.seconds)]  # fmt: skip
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(4)]
        texts = [one.communicate()[0] for one in running]
        made = sum(int(text.split(" connections in ")[1].split("\n")[-1].split()[-1]) for text in texts)
        return {"server_us_per_handshake": 1e6 * (cpu_seconds() - before) / max(made, 1), "made": made}

    def boot(self, protocol):
        text = load(self.tools / "boot_load", protocol, "127.0.0.1", PHONES, self.firmware_date)
        return json.loads(text)

    # -- the table

    def row(self, title, servers, measure, figure, target="", unit="", higher_is_better=True, also=()):
        """One line for each server; the last column is ours against the best peer."""
        if self.only and not any(word in title for word in self.only):
            return
        found = {}
        for _ in range(self.rounds):
            for make in servers:
                with make() as server:
                    found.setdefault(server.name, []).append(measure(server))
        median = {
            name: {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
            for name, rounds in found.items()
        }
        print(f"{title}" + (f"   (target: {target})" if target else ""))
        peers = [name for name in median if name != "plugtone"]
        for name in median:
            value = median[name][figure]
            extra = "  ".join(f"{key} {self.number(median[name][key])}" for key in also)
            print(f"    {name:<10} {self.number(value):>10} {unit:<8} {extra}")
        for key in (figure, *also):
            best = self.best([median[name][key] for name in peers], higher_is_better and key == figure)
            mine = median["plugtone"][key]
            if best and mine and key.startswith(("server_", figure)):
                ratio = mine / best if higher_is_better and key == figure else best / mine
                print(f"    {'':<10} {ratio:>10.2f} × the best peer, by {key}")
        print(flush=True)

    @staticmethod
    def best(values, higher_is_better):
        return (max if higher_is_better else min)(values) if values else 0

    @staticmethod
    def number(value):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def tftp_rows(bench, peers):
    def all_of():
        return [bench.ours, lambda: bench.tftpd_hpa(peers), lambda: bench.atftpd(peers), bench.dnsmasq]

    bench.row(
        "TFTP, 8 KB, blksize 512, 100 clients", all_of(), lambda s: bench.tftp(s, "cfg.xml", 100), "reads_per_s",
        "2 × dnsmasq, or in the server's CPU", "reads/s", also=("server_us_per_read", "p99_ms", "slowest_of_mean"),
    )  # fmt: skip
    for clients in (8, 40):
        bench.row(
            f"TFTP, 20 MB, blksize 1428, {clients} clients", all_of(),
            lambda s, n=clients: bench.tftp(s, "fw.bin", n, "--blksize", 1428), "mb_per_s",
            "1.3 × the best; slowest client 0.8 × mean", "MB/s", also=("server_s_per_gb", "slowest_of_mean"),
        )  # fmt: skip
    bench.row(
        "TFTP, 20 MB, blksize 1428, windowsize 16, 4 clients", [bench.ours, lambda: bench.atftpd(peers)],
        lambda s: bench.tftp(s, "fw.bin", 4, "--blksize", 1428, "--window", 16), "mb_per_s", "4 × the best", "MB/s",
        also=("server_s_per_gb", "slowest_of_mean"),
    )  # fmt: skip
    bench.row(
        "TFTP, 8 KB, 1 % loss each way, 8 clients: 99th percentile", all_of(),
        lambda s: bench.tftp(s, "cfg.xml", 8, "--loss", 1), "p99_ms", "300 ms", "ms", higher_is_better=False,
        also=("reads_per_s",),
    )  # fmt: skip


def http_rows(bench):
    both = [bench.ours, bench.nginx]
    for title, name, connections, figure, unit in (
        ("HTTP, 8 KB, 100 connections, kept alive", "cfg.xml", 100, "requests_per_s", "/s"),
        ("HTTP, 20 MB, 8 connections", "fw.bin", 8, "mb_per_s", "MB/s"),
    ):
        cost = "server_us_per_request" if figure == "requests_per_s" else "server_s_per_gb"
        bench.row(
            title, both, lambda s, n=name, c=connections: bench.http(s, f"http://127.0.0.1/{n}", c), figure,
            "1 × nginx", unit, also=(cost,),
        )  # fmt: skip
    bench.row(
        "HTTPS, 8 KB, 20 connections, kept alive", both, lambda s: bench.http(s, "https://127.0.0.1/cfg.xml", 20),
        "requests_per_s", "0.9 × nginx", "/s", also=("server_us_per_request",),
    )  # fmt: skip
    bench.row(
        "HTTPS, full handshakes", both, bench.handshakes, "server_us_per_handshake", "0.9 × nginx", "µs",
        higher_is_better=False, also=("made",),
    )  # fmt: skip


def boot_rows(bench):
    limits = dict(requests_per_second=50, tftp_sessions_per_peer=8, http_connections_per_peer=16)  # the defaults
    for protocol, peer in (("tftp", bench.dnsmasq), ("http", bench.nginx)):
        bench.row(
            f"{PHONES} phones boot at once over {protocol.upper()}: until the last has all",
            [lambda: bench.ours(**limits), peer], lambda s, p=protocol: bench.boot(p), "all_ms",
            "sooner than the peer", "ms", higher_is_better=False, also=("half_ms",),
        )  # fmt: skip


def memory_rows(bench):
    if bench.only and not any(word in "memory" for word in bench.only):
        return
    transfers = 1000
    with bench.ours() as server:
        idle = memory_kb(server.process)
        sockets = []
        request = b"\0\1fw.bin\0octet\0blksize\x001428\0windowsize\x0016\0"
        for _ in range(transfers):
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.settimeout(UP_WITHIN_S)
            client.sendto(request, ("127.0.0.1", PORTS["tftp"]))
            _, peer = client.recvfrom(2000)
            client.sendto(b"\0\4\0\0", peer)  # begins the transfer; nothing more is acknowledged
            client.recvfrom(2000)
            sockets.append(client)
        own = memory_kb(server.process, "RssAnon")
        busy = memory_kb(server.process)
        for client in sockets:
            client.close()
    print("memory   (target: 12 MB idle, 40 KB for each transfer)")
    print(f"    resident, idle, {PHONES + 2} files: {idle / 1000:.1f} MB")
    print(f"    for each of {transfers} transfers in flight of one 20 MB file: {(busy - idle) / transfers:.1f} KB,")
    print(f"    the file's pages, that all share, with it; anonymous memory in all: {own / 1000:.1f} MB\n", flush=True)


def growth_rows(bench):
    if bench.only and not any(word in "growth" for word in bench.only):
        return
    print("growth   (target: per request within 10 % of each other; a scan of 100,000 files in 1 s)")
    sizes = (10, 1000, 100_000)
    rates = {size: [] for size in sizes}
    scans = {size: [] for size in sizes}
    trees = {}
    for size in sizes:
        trees[size] = Tree(bench.folder / f"srv{size}")
        for at in range(size):
            trees[size].put(f"cfg{FIRST_MAC + at:012x}.xml", b"x" * 100)
        trees[size].put("cfg.xml", os.urandom(SMALL))
        trees[size].seal()
    for _ in range(bench.rounds):
        for size in sizes:
            began = time.monotonic()
            with FileServer(bench.build, trees[size], prefix=["taskset", "-c", SERVER_CORE], **UNLIMITED) as server:
                scans[size].append(time.monotonic() - began)
                rates[size].append(bench.tftp(server, "cfg.xml", 100)["server_us_per_read"])
    for size in sizes:
        print(
            f"    {size:>7,} files: {statistics.median(rates[size]):.0f} µs of the server's CPU for each 8 KB read; "
            f"ready {statistics.median(scans[size]):.2f} s after its start"
        )
    print(flush=True)


def flood_rows(bench):
    if bench.only and not any(word in "flood" for word in bench.only):
        return
    print("flood   (target: others keep 80 % of their rate)")
    kept = []
    for _ in range(bench.rounds):
        with FileServer(
            bench.build, bench.tree, prefix=["taskset", "-c", SERVER_CORE], log_level="error"
        ) as server:
            rates = []
            for flooded in (False, True):
                attack = None
                if flooded:
                    attack = subprocess.Popen(
                        ["taskset", "-c", LOAD_CORE, bench.tools / "tftp_load", "127.0.0.1", "cfg.xml", "flood",
                         str(bench.seconds + 1), "--rate", "20000", "--from", "127.0.0.2"],
                        stdout=subprocess.PIPE,
                    )  # fmt: skip
                # Below the limit of one address, as phones ask: 40 of them, 40 times a second.
                figures = json.loads(
                    load(bench.tools / "tftp_load", "127.0.0.1", "cfg.xml", 40, bench.seconds, "--from", "127.1.0.1",
                         "--spread", "--pause", 25)
                )  # fmt: skip
                rates.append(figures["reads_per_s"])
                if attack:
                    attack.communicate()
            kept.append(rates[1] / rates[0])
            print(f"    {rates[0]:.0f} reads/s without, {rates[1]:.0f} under 20,000 requests a second from one address")
    print(f"    kept: {100 * statistics.median(kept):.0f} %\n", flush=True)


def unpack_peers(folder):
    """tftpd-hpa and atftpd cannot be installed beside each other: they are only unpacked."""
    for package in ("tftpd-hpa", "atftpd"):
        if not list(folder.glob(f"{package}_*.deb")):
            subprocess.run(["apt-get", "-q", "download", package], cwd=folder, check=True, capture_output=True)
        for archive in folder.glob(f"{package}_*.deb"):
            subprocess.run(["dpkg-deb", "-x", archive, folder / package], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", action="append", help="rows with this word")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    peers = build / "peers"
    if not (peers / "atftpd").exists():
        peers.mkdir(parents=True, exist_ok=True)
        subprocess.run(["chmod", "777", peers], check=True)  # apt downloads as a user of its own
        unpack_peers(peers)
    file_server.enter_private_network()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-bench-"))
    try:
        bench = Bench(build, folder, arguments.rounds, arguments.seconds, arguments.only)
        tftp_rows(bench, peers)
        http_rows(bench)
        boot_rows(bench)
        memory_rows(bench)
        growth_rows(bench)
        flood_rows(bench)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
