"""A branch of 10,000 phones, as an operator meets it: the agent, its bus and plugtonectl; times and memory. Run by ./dev bench.

Wanted with 10,000: a list within 200 ms, a start within 1 s, less than 100 MB.

Beside each time stands what it cost the processors, agent and plugtonectl apart: other programs on the machine lengthen the
first and hardly the second.

usage: large_branch.py --build BUILD [--devices N]
"""

import argparse
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
READY_WITHIN_S = 60


class Branch:
    def __init__(self, build, folder):
        self.build, self.folder, self.agent = build, folder, None
        self.environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={folder}/bus")
        text = (SOURCE / "tests/support/bus.conf.in").read_text()
        (folder / "bus.conf").write_text(text.replace("@ADDRESS@", f"unix:path={folder}/bus"))
        self.bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--nopidfile", "--print-address=1"],
            stdout=subprocess.PIPE,
        )
        self.bus.stdout.readline()

    def start(self):
        folder = self.folder
        command = [
            self.build / "agent/plugtone-agent", "--root", folder / "srv", "--database", folder / "db",
            "--master-key", folder / "key", "--events", folder / "events.sock", "--kea-socket", "",
            "--classes", SOURCE / "etc/classes.d", "--parameters", SOURCE / "etc/parameters.d",
        ]  # fmt: skip
        began = time.monotonic()
        self.agent = subprocess.Popen(command, env=self.environment, stderr=open(folder / "agent.log", "ab"))
        while self.ctl("status", check=False).returncode:
            if time.monotonic() - began > READY_WITHIN_S or self.agent.poll() is not None:
                raise SystemExit((folder / "agent.log").read_text()[-2000:])
        return time.monotonic() - began

    def ctl(self, *arguments, check=True):
        return subprocess.run(
            [self.build / "agent/plugtonectl", *arguments], env=self.environment, check=check, capture_output=True
        )

    def agent_cpu(self):
        fields = pathlib.Path(f"/proc/{self.agent.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def timed(self, *arguments):
        """(seconds, the agent's seconds of processor, plugtonectl's)"""
        agent, own, began = self.agent_cpu(), children_cpu(), time.monotonic()
        self.ctl(*arguments)
        return time.monotonic() - began, self.agent_cpu() - agent, children_cpu() - own

    def resident_mb(self):
        status = pathlib.Path(f"/proc/{self.agent.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1000

    def kill(self):
        """As a power cut does it."""
        self.agent.kill()
        self.agent.wait()

    def end(self):
        for child in (self.agent, self.bus):
            if child is not None and child.poll() is None:
                child.terminate()
                child.wait()


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(what, seconds, agent, own):
    print(f"{what:44}{seconds * 1000:8.0f} ms   processor: agent {agent * 1000:6.0f} ms, plugtonectl {own * 1000:6.0f} ms")


def table(count):
    yield "MAC,class,label,P47,P35,P36,P34,P3,P270,P271,P48,P2,P30"
    for at in range(count):
        yield (
            f"000b82{at:06x},grandstream-gxp,Desk {at},sip.example.net,{at},{at},s3cr&t<{at}>,"
            f"User {at},Desk {at},1,proxy.example.net,admin{at},192.0.2.1"
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--devices", type=int, default=10_000)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-bench-"))
    branch = Branch(options.build.absolute(), folder)
    try:
        branch.start()
        print(f"{'agent without devices':44}{branch.resident_mb():8.0f} MB")
        (folder / "devices.csv").write_text("\n".join(table(options.devices)) + "\n")
        show(f"import and publish {options.devices} devices", *branch.timed("device", "import", folder / "devices.csv"))
        time_of_one = []
        for at in range(10):
            time_of_one.append(branch.timed("device", "set", "000b82000007", f"P270=Desk {at}"))
        show("set one, right behind another (median of 10)", *sorted(time_of_one)[5])
        show("device list (best of 5; wanted: 200 ms)", *min(branch.timed("device", "list") for _ in range(5)))
        show("lint", *branch.timed("lint"))
        print(f"{'agent after all that (wanted: 100 MB)':44}{branch.resident_mb():8.0f} MB")
        branch.kill()
        seconds = branch.start()
        show("start until the first answer (wanted: 1 s)", seconds, branch.agent_cpu(), 0)
        print(f"{'agent after the start (wanted: 100 MB)':44}{branch.resident_mb():8.0f} MB")
    finally:
        branch.end()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
