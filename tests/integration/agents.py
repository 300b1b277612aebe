"""An agent with a bus of its own and nothing else, in a folder; what its tree must be; and a PostgreSQL for several of them."""

import contextlib
import glob
import hashlib
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

from support import BUILD, SOURCE, branch

WITHIN_S = 120  # sanitized programs on a busy machine


def wait_until(condition, what, within_s=WITHIN_S):
    """What condition() gave when it was true."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)  # lint-allow(sleep): between two looks at another process
    return found


class Agent:
    """Context manager: the bus runs; start() and stop() are the agent's. namespace: where the agent runs."""

    def __init__(self, folder, *options, namespace=None):
        self.folder, self.options, self.namespace, self.process = pathlib.Path(folder), options, namespace, None
        self.environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={self.folder}/bus")

    def __enter__(self):
        self.folder.mkdir(exist_ok=True)
        self.start_bus()
        return self

    def __exit__(self, *_):
        for child in (self.process, self.bus):
            if child is not None and child.poll() is None:
                child.kill()
                child.wait()
        self.bus.stdout.close()

    def start_bus(self):
        configuration = (SOURCE / "tests/support/bus.conf.in").read_text()
        (self.folder / "bus.conf").write_text(configuration.replace("@ADDRESS@", f"unix:path={self.folder}/bus"))
        (self.folder / "bus").unlink(missing_ok=True)
        self.bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self.folder}/bus.conf", "--nofork", "--nopidfile", "--print-address=1"],
            stdout=subprocess.PIPE,
        )
        self.bus.stdout.readline()

    def command(self):
        own = [
            BUILD / "agent/plugtone-agent", "--root", self.root, "--master-key", self.folder / "key",
            "--events", self.folder / "events.sock", "--classes", SOURCE / "etc/classes.d",
            "--parameters", SOURCE / "etc/parameters.d", *self.options,
        ]  # fmt: skip
        for option, value in (("--database", self.folder / "db"), ("--kea-socket", "")):
            if option not in self.options:
                own += [option, value]
        command = [str(part) for part in own]
        return branch.inside(self.namespace, *command) if self.namespace else command

    @property
    def root(self):
        return self.folder / "srv"

    def start(self, ready=True):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.command(), env=self.environment, stderr=log)
        if ready:
            self.wait_ready()

    def wait_ready(self):
        def answers():
            if self.process.poll() is not None:
                raise RuntimeError("the agent has ended:\n" + self.log()[-3000:])
            return self.ctl("status", check=False).returncode == 0

        wait_until(answers, "the agent does not answer")

    def stop(self):
        self.process.terminate()
        return self.process.wait(WITHIN_S)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def ctl(self, *arguments, check=True):
        command = [BUILD / "agent/plugtonectl", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=WITHIN_S)
        if check and done.returncode:
            raise RuntimeError(f"plugtonectl {arguments}: {done.stderr}")
        return done

    def ctl_json(self, *arguments):
        return json.loads(self.ctl(*arguments, "--json").stdout)

    def tell(self, event, **fields):
        """An event, as the hook would send it."""
        lines = "".join(f"{key}={value}\n" for key, value in {"EVENT": event, **fields}.items())
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(lines.encode(), str(self.folder / "events.sock"))

    def live(self):
        return self.root / "config"

    def devices(self):
        return {device["mac"]: device for device in self.ctl_json("device", "list")}


def broken_in_tree(folder):
    """What is wrong with the live generation: with each file that its manifest names, and each that it does not."""
    live = pathlib.Path(os.path.realpath(folder))
    manifest = (live / "manifest").read_text().splitlines()
    if not manifest or not manifest[0].startswith("plugtone-manifest"):
        return ["no manifest"]
    wrong, named = [], set()
    for line in manifest[1:]:
        digest, path = line.split(" ")[0], line.split(" ", 5)[5]
        named.add(path)
        content = (live / path).read_bytes() if (live / path).is_file() else None
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            wrong.append(f"{path}: missing or not what the manifest says")
    there = {str(path.relative_to(live)) for path in live.rglob("*") if path.is_file()}
    return wrong + [f"{path}: in no manifest" for path in there - named - {"manifest", ".documents", ".offers"}]


def decrypted(path, password, folder):
    """With somebody else's program."""
    secret = pathlib.Path(folder) / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    done = subprocess.run(
        ["openssl", "enc", "-d", "-aes-256-cbc", "-md", "md5", "-pass", f"file:{secret}", "-in", path], capture_output=True
    )
    return done.stdout.decode() if done.returncode == 0 else None


class Postgres:
    """Context manager: PostgreSQL of one's own on a port of one namespace, with the empty database "fleet"."""

    def __init__(self, namespace, address):
        self.namespace, self.address = namespace, address
        self.programs = pathlib.Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-postgresql-"))
        user = pwd.getpwnam("postgres")
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.run("initdb", "--pgdata", self.folder / "data", "--no-sync", "--auth=trust", "--no-instructions")
        with open(self.folder / "data/pg_hba.conf", "a") as rules:
            rules.write("host all all 0.0.0.0/0 trust\n")
        self.start()
        self.run("createdb", "-h", self.folder, "fleet")
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        options = f"-k {self.folder} -c listen_addresses={self.address} -c fsync=off"
        self.run("pg_ctl", "start", "-w", "-s", "-D", self.folder / "data", "-l", self.folder / "log", "-o", options)

    def stop(self):
        with contextlib.suppress(RuntimeError):
            self.run("pg_ctl", "stop", "-w", "-s", "-m", "immediate", "-D", self.folder / "data")

    def run(self, program, *arguments):
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", self.programs / program, *arguments]
        done = branch.run(self.namespace, *command, check=False, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")
        return done.stdout

    def query(self, text):
        return self.run("psql", "-h", self.folder, "-d", "fleet", "-A", "-t", "-c", text).strip()

    def url(self):
        return f"postgresql://postgres@{self.address}/fleet"
