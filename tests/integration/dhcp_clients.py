"""DHCP as it is on the wire, decoded by tshark, and two clients that others wrote: ISC's dhclient, and dhcpcd."""

import collections
import contextlib
import dataclasses
import os
import signal
import subprocess
import xml.etree.ElementTree as ElementTree

from agents import wait_until
from support import branch

ENDS_WITHIN_S = 20
MESSAGES = {2: "OFFER", 5: "ACK", 6: "NAK"}
END_CODES = (0, 255)  # pad and end are no options


@dataclasses.dataclass
class Answer:
    """One message of a server's."""

    message: str
    fields: dict  # tshark's name → what it shows, each time that it stands there
    pieces: list  # (code, hex) of each option as it stands on the wire: a long one is several (RFC 3396)

    def options(self, without=()):
        """Code → hex of the whole option."""
        whole = collections.defaultdict(str)
        for code, value in self.pieces:
            if code not in without:
                whole[code] += value
        return dict(whole)

    def shown(self, name):
        return self.fields[name][0]


def read_answer(packet):
    fields = collections.defaultdict(list)
    for field in packet.iter("field"):
        fields[field.get("name")].append(field.get("show"))
    pieces = []
    for option in packet.findall("./proto[@name='dhcp']/field[@name='dhcp.option.type']"):
        code = bytes.fromhex(option.get("value"))[0]
        if code not in END_CODES:
            pieces.append((code, option.find("./field[@name='dhcp.option.value']").get("value")))
    return Answer(MESSAGES.get(int(fields["dhcp.option.dhcp"][0]), "?"), fields, pieces)


class Wire:
    """Context manager: what servers say to one client, caught by tcpdump in its namespace meanwhile."""

    def __init__(self, namespace, mac, file):
        self.namespace, self.file = namespace, file
        self.mac = ":".join(mac[at : at + 2] for at in range(0, 12, 2))

    def __enter__(self):
        command = ["-i", "eth0", "-U", "--immediate-mode", "-s", "2000", "-B", "8192", "-w", self.file, "udp src port 67"]
        self.watch = subprocess.Popen(branch.inside(self.namespace, "tcpdump", *command), stderr=subprocess.PIPE, text=True)
        heard = self.watch.stderr.readline()
        if "listening on" not in heard:
            self.__exit__()
            raise RuntimeError(f"tcpdump: {heard}")
        return self

    def __exit__(self, *_):
        self.watch.terminate()
        self.watch.communicate()

    def answers(self):
        """All until now."""
        done = subprocess.run(
            ["tshark", "-r", self.file, "-Y", f"dhcp.hw.mac_addr == {self.mac}", "-T", "pdml"],
            capture_output=True, timeout=branch.COMMAND_WITHIN_S,
        )  # fmt: skip
        with contextlib.suppress(ElementTree.ParseError):  # the file's last packet is not whole yet
            return [read_answer(packet) for packet in ElementTree.fromstring(done.stdout).iter("packet")]
        return []

    def last(self, message):
        """The newest such answer; waits for the first."""
        found = lambda: [answer for answer in self.answers() if answer.message == message]
        return wait_until(found, f"no {message} on the wire")[-1]


DHCLIENT_CONFIGURATION = """
option tftp-addresses code 150 = array of ip-address;
option vlan code 132 = unsigned integer 16;
option long-value code 224 = string;
option not-asked-for code 160 = text;
send vendor-class-identifier "VENDOR_CLASS";
send dhcp-max-message-size 1500;
send host-name "lobby-phone";
request subnet-mask, routers, tftp-server-name, vendor-encapsulated-options, vivso, tftp-addresses, vlan, long-value;
initial-interval 1;
retry 1;
"""

DHCPCD_CONFIGURATION = """
define 43 binhex vendor_encapsulated_options
define 66 string tftp_server_name
define 132 uint16 vlan
define 150 array ipaddress tftp_addresses
define 224 binhex long_value
vendorclassid VENDOR_CLASS
option subnet_mask, routers, vendor_encapsulated_options, tftp_server_name, vlan, tftp_addresses, long_value
nodelay
noarp
noipv4ll
nogateway
"""

SCRIPT = """#!/bin/sh
case "$reason" in REASONS) ;; *) exit 0 ;; esac
[ "$reason" = INFORM ] || ip address replace "$new_ip_address/$new_subnet_mask" dev "$interface"
env >"TOLD.new" && mv "TOLD.new" "TOLD"
"""

# What dhclient has in its file of a lease in another network: it begins with INIT-REBOOT (RFC 2131 section 4.3.2).
REMEMBERED = """lease {
  interface "eth0";
  fixed-address ADDRESS;
  option subnet-mask 255.255.255.0;
  option dhcp-lease-time 86400;
  option dhcp-message-type 5;
  option dhcp-server-identifier 10.99.0.1;
  renew 4 2035/01/01 00:00:00;
  rebind 4 2035/06/01 00:00:00;
  expire 4 2036/01/01 00:00:00;
}
"""


class Client:
    """A client with files of its own in one namespace. run() starts it and gives what its script was told; it has ended then."""

    def __init__(self, namespace, folder, vendor_class):
        self.namespace, self.folder, self.vendor_class = namespace, folder, vendor_class
        self.folder.mkdir(exist_ok=True)
        self.told, self.script, self.log = folder / "told", folder / "script", folder / "log"

    def _write_script(self, reasons):
        self.told.unlink(missing_ok=True)
        self.script.write_text(SCRIPT.replace("REASONS", reasons).replace("TOLD", str(self.told)))
        self.script.chmod(0o755)

    def _run(self, *command):
        with open(self.log, "w") as log:
            client = subprocess.Popen(
                branch.inside(self.namespace, *command), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )  # fmt: skip
        try:
            wait_until(lambda: self.told.exists() or client.poll() is not None, f"{command[0]} was told nothing")
            if not self.told.exists():
                raise RuntimeError(f"{command}: status {client.returncode}\n{self.log.read_text()}")
        finally:
            self._end(client)
        return dict(line.split("=", 1) for line in self.told.read_text().splitlines() if "=" in line)


    @staticmethod
    def _end(client):
        client.terminate()
        try:
            client.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:  # dhcpcd 9 misses the signal while it starts a process of its own
            os.killpg(client.pid, signal.SIGKILL)
            client.wait()


class Dhclient(Client):
    def run(self, remembered=None):
        """remembered: an address that it has from before, and asks for again."""
        self._write_script("BOUND|RENEW|REBIND|REBOOT")
        (self.folder / "leases").write_text(REMEMBERED.replace("ADDRESS", remembered) if remembered else "")
        (self.folder / "conf").write_text(DHCLIENT_CONFIGURATION.replace("VENDOR_CLASS", self.vendor_class))
        return self._run("dhclient", "-4", "-d", *self._files(), "eth0")

    def release(self):
        branch.run(self.namespace, "dhclient", "-4", "-r", *self._files(), "eth0")

    def _files(self):
        return ["-cf", self.folder / "conf", "-lf", self.folder / "leases", "-pf", self.folder / "pid", "-sf", self.script]


class Dhcpcd(Client):
    # It keeps its state in the machine's folders: here it has them for itself.
    IN_OWN_FOLDERS = """
        for folder in /run/dhcpcd /var/lib/dhcpcd; do mkdir -p "$folder" && mount -t tmpfs own "$folder" || exit; done
        exec "$@" """

    def run(self, *options):
        self._write_script("BOUND|RENEW|REBIND|REBOOT|INFORM")
        (self.folder / "conf").write_text(DHCPCD_CONFIGURATION.replace("VENDOR_CLASS", self.vendor_class))
        return self._run(
            "sh", "-c", self.IN_OWN_FOLDERS, "sh", "dhcpcd", "-4", "-B", "-d", "-f", self.folder / "conf", "-c", self.script,
            *options, "eth0",
        )  # fmt: skip

    def inform(self):
        """Asks for options alone: the address on the interface is its own."""
        return self.run("--inform")
