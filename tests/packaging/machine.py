"""A clean Debian of some release, booted by systemd-nspawn inside the network of a branch (tools/branch.py)."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools"))

import branch  # noqa: E402

BOOTED_WITHIN_S = 300
COMMAND_WITHIN_S = 900
STOCK = "systemd-sysv,dbus,iproute2,ca-certificates"  # beside what minbase has


def stock_root(release):
    """A clean chroot of that release, made once."""
    root = SOURCE / "build" / "on" / release / "stock"
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([SOURCE / "tools/on_release.sh", "--make-root", release, root, STOCK], check=True)
    return root


class Machine:
    """Context manager. A copy of the release's stock system with the packages in /packages, running in the branch's appliance."""

    def __init__(self, release, packages, folder, network):
        self.release, self.network = release, network
        self.root = pathlib.Path(folder) / "root"
        subprocess.run(["cp", "-a", "--reflink=auto", stock_root(release), self.root], check=True)
        (self.root / "packages").mkdir()
        for package in packages:
            shutil.copy(package, self.root / "packages")
        self._download()
        self._console = open(pathlib.Path(folder) / "console.log", "w+")

    def _download(self):
        """What the packages depend on: the branch has no way to a mirror."""
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        done = subprocess.run(
            [
                "unshare", "--mount", "--propagation", "private", "sh", "-euc",
                'mount -t proc proc "$0/proc"; chroot "$0" sh -euc \'rm -f /etc/apt/apt.conf.d/docker-clean; apt-get -q update;'
                " apt-get -q install -y --download-only /packages/plugtone*.deb'",
                self.root,
            ],  # fmt: skip
            capture_output=True, text=True, timeout=COMMAND_WITHIN_S,
        )
        if done.returncode:
            raise RuntimeError(f"the packages' dependencies are not to be had:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def __enter__(self):
        self.nspawn = subprocess.Popen(
            [
                "systemd-nspawn", "--quiet", "--directory", self.root, "--register=no", "--keep-unit", "--boot",
                f"--network-namespace-path=/run/netns/{self.network}", "--capability=CAP_NET_ADMIN,CAP_NET_RAW",
                f"--machine=plugtone-{os.getpid()}", "--console=pipe", "--resolv-conf=off", "--link-journal=no",
            ],  # fmt: skip
            # A machine of cgroup v2 alone, as both releases have it, on whatever this one has.
            env=dict(os.environ, UNIFIED_CGROUP_HIERARCHY="1", SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="1"),
            stdin=subprocess.DEVNULL, stdout=self._console, stderr=subprocess.STDOUT,
        )
        try:
            self._wait_until_booted()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.nspawn.poll() is None:
            self.nspawn.send_signal(signal.SIGTERM)  # a clean halt
            try:
                self.nspawn.wait(60)
            except subprocess.TimeoutExpired:
                self.nspawn.kill()
                self.nspawn.wait()
        self._console.close()

    def _leader(self):
        children = pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split()
        return children[0] if children else None

    def _wait_until_booted(self):
        deadline = time.monotonic() + BOOTED_WITHIN_S
        while True:
            if self.nspawn.poll() is not None or time.monotonic() > deadline:
                self._console.seek(0)
                raise RuntimeError(f"{self.release} did not boot:\n{self._console.read()[-3000:]}")
            if self._leader():
                done = self.run("systemctl", "is-system-running", "--wait", check=False)
                if done.stdout.strip() in ("running", "degraded"):
                    return

    def run(self, *command, check=True, environment=()):
        """In the running machine; the finished process."""
        done = subprocess.run(
            [
                "nsenter", f"--target={self._leader()}", "--all", "--", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                "HOME=/root", *environment, *(str(part) for part in command),
            ],  # fmt: skip
            capture_output=True, text=True, timeout=COMMAND_WITHIN_S, stdin=subprocess.DEVNULL,
        )
        if check and done.returncode:
            raise RuntimeError(f"{command}: status {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done

    def wait_for(self, what, condition, within_s=120):
        deadline = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}:\n{self.run('journalctl', '-b', '--no-pager', '-n', '60').stdout}")
            time.sleep(0.2)  # what is asked is another machine's state; nothing tells us of it

    def is_active(self, unit):
        return self.run("systemctl", "is-active", unit, check=False).stdout.strip() == "active"

    def file(self, path):
        return self.root / path.lstrip("/")
