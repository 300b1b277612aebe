"""A file server alone: its tree, its certificates and its process. For tests and benchmarks."""

import contextlib
import hashlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

READY_WITHIN_S = 120  # a sanitized program on a busy machine
STOP_WITHIN_S = 60
PORTS = {"tftp": 69, "http": 80, "https": 443, "legacy-https": 4443, "metrics": 9100}


def enter_private_network():
    """Runs this program anew in a network namespace of its own: 127.0.0.0/8 and its ports are nobody else's there."""
    if os.environ.get("PLUGTONE_PRIVATE_NETWORK") != str(os.getpid()):
        environment = dict(os.environ, PLUGTONE_PRIVATE_NETWORK=str(os.getpid()))
        os.execvpe("unshare", ["unshare", "--net", sys.executable, *sys.argv], environment)  # the pid stays
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Tree:
    """ROOT with one generation and the firmware's folder."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.config, self.firmware = self.root / "generations/1", self.root / "firmware"
        self.bindings = self.root / "bindings"
        for folder in (self.config / "@", self.firmware, self.bindings):
            folder.mkdir(parents=True, exist_ok=True)
        self._manifest = []

    def put(self, name, content, access="open", mac="-", device_class="-", credentials="-"):
        """A file of the generation. Call seal() after the last."""
        (self.config / "@" / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        self._manifest.append(f"{digest} {access} {mac} {device_class} {credentials} @/{name}\n")

    def seal(self):
        (self.config / "manifest").write_text("plugtone-manifest 2\n" + "".join(self._manifest))
        (self.root / "config").symlink_to("generations/1")

    def put_firmware(self, name, content):
        path = self.firmware / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def lease(self, address, mac):
        (self.bindings / address).write_text(f"MAC={mac}\nEXPIRES=4102444800\n")


def credentials(kind, user, password):
    """As a manifest has them (core/contracts/http_credentials.hpp)."""
    text = f"{user}:plugtone:{password}".encode()
    return f"{kind}:{hashlib.md5(text).hexdigest()}:{hashlib.sha256(text).hexdigest()}:{user}"


class FileServer:
    """Context manager of one plugtone-tftpd on PORTS; options as --option value, and True for a flag."""

    def __init__(self, build, tree, listen="127.0.0.1", prefix=(), pass_fds=(), **options):
        settings = dict(
            root=tree.root, bindings=tree.bindings, events="", listen=listen, metrics_port=PORTS["metrics"]
        )
        settings.update(options)
        self.command = [*prefix, build / "tftpd/plugtone-tftpd"]
        for name, value in settings.items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                self.command += ["--" + name.replace("_", "-")] + ([] if one is True else [str(one)])
        self._pass_fds = pass_fds
        self._lines = []
        self._changed = threading.Condition()

    def __enter__(self):
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind("")  # the kernel chooses an abstract name
        self._notify.settimeout(0.2)
        name = "@" + self._notify.getsockname()[1:].decode()
        self.process = subprocess.Popen(
            self.command, stderr=subprocess.PIPE, text=True, env=dict(os.environ, NOTIFY_SOCKET=name),
            pass_fds=self._pass_fds,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        try:
            self.wait_for_notice("READY=1")
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_for_notice(self, notice, within=READY_WITHIN_S):
        """What it tells systemd (sd_notify(3))."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(TimeoutError):
                if notice in self._notify.recv(4096).decode():
                    return
        raise AssertionError(f"no {notice}:\n{self.log}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)  # the second ends it at once
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_WITHIN_S)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        self._notify.close()
        self.process.stderr.close()

    def _read(self):
        for line in self.process.stderr:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._lines.append("ended")
            self._changed.notify_all()

    @property
    def log(self):
        with self._changed:
            return "\n".join(self._lines)

    def wait_for(self, pattern, after=0, within=READY_WITHIN_S):
        """The first log line with it."""
        deadline = time.monotonic() + within
        with self._changed:
            while True:
                for line in self._lines[after:]:
                    if re.search(pattern, line):
                        return line
                left = deadline - time.monotonic()
                if left <= 0 or (self._lines and self._lines[-1] == "ended"):
                    raise AssertionError(f"no log line with {pattern!r}:\n" + "\n".join(self._lines[-60:]))
                self._changed.wait(left)

    def mark(self):
        """For wait_for's after."""
        with self._changed:
            return len(self._lines)

    def url(self, name, protocol="http", address="127.0.0.1"):
        return f"{protocol.replace('legacy-', '')}://{address}:{PORTS[protocol]}/{name}"

    def metrics(self):
        """name or name{labels} → value, without the common prefix."""
        url = f"http://127.0.0.1:{PORTS['metrics']}/metrics"
        text = urllib.request.urlopen(url, timeout=READY_WITHIN_S).read().decode()
        lines = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return {name.removeprefix("plugtone_tftpd_"): float(value) for name, value in lines}


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments}: {done.stderr}")
    return done.stdout


class Authority:
    """A certificate authority of OpenSSL's own 'ca' command, in a folder."""

    def __init__(self, folder, name="Test authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.certificate, self._key = self.folder / "ca.pem", self.folder / "ca.key"
        self._config = self.folder / "ca.conf"
        (self.folder / "index").touch()
        (self.folder / "serial").write_text("1000\n")
        (self.folder / "crlnumber").write_text("01\n")
        self._config.write_text(
            f"[ca]\ndefault_ca = here\n[here]\ndatabase = {self.folder}/index\nserial = {self.folder}/serial\n"
            f"crlnumber = {self.folder}/crlnumber\nnew_certs_dir = {self.folder}\ncertificate = {self.certificate}\n"
            f"private_key = {self._key}\ndefault_md = sha256\ndefault_days = 30\ndefault_crl_days = 30\npolicy = any\n"
            "unique_subject = no\ncopy_extensions = copy\n[any]\ncommonName = supplied\n"
        )
        openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}",
            "-keyout", self._key, "-out", self.certificate,
        )  # fmt: skip

    def issue(self, name, key=("rsa:2048",), san=None):
        """(certificate, key) files for that common name."""
        stem = self.folder / re.sub(r"\W", "_", name)
        request, certificate, private = (stem.with_suffix(s) for s in (".csr", ".pem", ".key"))
        extension = ["-addext", f"subjectAltName={san}"] if san else []
        openssl(
            "req", "-newkey", *key, "-nodes", "-subj", f"/CN={name}", *extension, "-keyout", private, "-out", request
        )
        openssl("ca", "-config", self._config, "-batch", "-notext", "-in", request, "-out", certificate)
        return certificate, private

    def revoke(self, certificate):
        openssl("ca", "-config", self._config, "-revoke", certificate)

    def revocation_list(self):
        path = self.folder / "list.crl"
        openssl("ca", "-config", self._config, "-gencrl", "-out", path)
        return path
