"""Phones in networks of their own, behind a router that relays DHCP (ISC's dhcrelay): the URL is one that they reach, by the network
that they are in, and they go the whole way to their configuration."""

import re
import subprocess
import unittest

from agents import wait_until
from support import BUILD, ApplianceCase, branch

NEAR, WALLED = "000b82000011", "000b82000012"
NEAR_NETWORK, WALLED_NETWORK = "10.66.2", "10.66.3"
RELAY = "192.168.66.2"
OTHER_ADDRESS = "192.168.67.1"  # of the appliance; the only one that the walled network reaches


class Relay(ApplianceCase):
    phones = {"relay": "02000000a001"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.route()
        cls.configure_kea()
        cls.start(
            cls.at["relay"], "dhcrelay", "-4", "-d", "-a", "--no-pid", "-iu", "eth0", "-id", "near", "-id", "walled", cls.server,
            ready="Sending on .*fallback",
        )  # fmt: skip
        before = cls.files_served()
        for mac in (NEAR, WALLED):
            cls.ctl(cls, "device", "add", mac, "--set", "P47=sip.example.net")
        wait_until(lambda: cls.files_served() == before + 2, "the file server has no file for each phone")
        cls.serve_on_other_address()

    @classmethod
    def route(cls):
        relay = cls.at["relay"]
        branch.run(relay, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        branch.ip("-netns", relay, "address", "add", f"{RELAY}/24", "dev", "eth0")
        branch.ip("-netns", relay, "route", "add", OTHER_ADDRESS, "dev", "eth0")
        branch.ip("-netns", cls.branch.appliance, "address", "add", f"{OTHER_ADDRESS}/32", "dev", branch.INTERFACE)
        for name, mac, network in (("near", NEAR, NEAR_NETWORK), ("walled", WALLED, WALLED_NETWORK)):
            cls.at[name] = cls.branch.connect(name, mac, relay, name)
            branch.ip("-netns", relay, "address", "add", f"{network}.1/24", "dev", name)
            branch.ip("-netns", cls.branch.appliance, "route", "add", f"{network}.0/24", "via", RELAY)
        branch.ip("-netns", relay, "rule", "add", "from", f"{WALLED_NETWORK}.0/24", "to", cls.server, "unreachable")

    @classmethod
    def configure_kea(cls):
        config = cls.appliance.kea("config-get")["arguments"]["Dhcp4"]
        for number, network in enumerate((NEAR_NETWORK, WALLED_NETWORK), 2):
            config["subnet4"].append({
                "id": number, "subnet": f"{network}.0/24", "pools": [{"pool": f"{network}.50 - {network}.99"}],
                "option-data": [{"name": "routers", "data": f"{network}.1"}],
            })  # fmt: skip
        config["hooks-libraries"][0]["parameters"]["server"] = {f"{WALLED_NETWORK}.0/24": OTHER_ADDRESS, "*": "auto"}
        answer = cls.appliance.kea("config-set", Dhcp4=config)
        assert answer["result"] == 0, answer

    @classmethod
    def files_served(cls):
        """As the file server says that it has read the tree: a moment after it was published."""
        return int(re.findall(r"catalogue-loaded .*files=(\d+)", cls.appliance.log("tftpd"))[-1])

    @classmethod
    def serve_on_other_address(cls):
        files = cls.directory / "etc/tftpd-other.conf"
        files.write_text((cls.directory / "etc/tftpd.conf").read_text().replace(cls.server, OTHER_ADDRESS))
        cls.start(cls.branch.appliance, BUILD / "tftpd/plugtone-tftpd", "--config", files, ready="listening protocol=http")

    @classmethod
    def start(cls, namespace, *command, ready):
        """Runs until the end of the tests."""
        process = subprocess.Popen(
            branch.inside(namespace, *command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )  # fmt: skip
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.terminate)
        branch.Lines(process.stdout).wait_for(ready)

    def assert_configured(self, name, mac, network, server):
        # The binding is written a moment after the ACK, and this phone asks for its files sooner than a real one could: it boots twice.
        password = self.secret_file(mac)
        bound = self.directory / "run/bindings" / self.boot(name, "--keep", "--password-file", password)[1]["address"]
        wait_until(bound.exists, "no binding")
        _, report = self.boot(name, "--keep", "--password-file", password, check=0)
        self.assertEqual(report["outcome"], "configured")
        self.assertEqual(report["options"]["66"]["text"], f"http://{server}")
        self.assertTrue(report["address"].startswith(f"{network}."), report["address"])
        told = lambda: [event["fields"] for event in self.ctl_json("device", "history", mac) if event["kind"] == "offered"]
        wait_until(lambda: len(told()) == 4, "not an OFFER and an ACK of each boot in the journal")
        offered = told()
        self.assertEqual({(fields["relay"], fields["url"]) for fields in offered}, {(f"{network}.1", f"http://{server}")})
        # dhcrelay says by which of its interfaces the packet came: sub-option 1 of option 82.
        self.assertEqual({fields["relay_information"] for fields in offered}, {f"01{len(name):02x}{name.encode().hex()}"})

    def test_a_relayed_phone_is_told_the_address_that_the_relay_sends_to(self):
        self.assert_configured("near", NEAR, NEAR_NETWORK, self.server)

    def test_a_phone_that_reaches_another_address_of_ours_only_is_told_that_one(self):
        self.assert_configured("walled", WALLED, WALLED_NETWORK, OTHER_ADDRESS)

    def test_the_walled_network_does_not_reach_the_address_that_the_relay_sends_to(self):
        branch.ip("-netns", self.at["walled"], "address", "add", f"{WALLED_NETWORK}.9/24", "dev", "eth0")
        branch.ip("-netns", self.at["walled"], "route", "add", "default", "via", f"{WALLED_NETWORK}.1")
        self.addCleanup(branch.ip, "-netns", self.at["walled"], "address", "flush", "dev", "eth0")
        reach = lambda server: self.inside("walled", "curl", "-s", "-o", "/dev/null", f"http://{server}/", check=False).returncode
        self.assertEqual(reach(OTHER_ADDRESS), 0)
        self.assertEqual(reach(self.server), 7)  # no connection


if __name__ == "__main__":
    unittest.main(verbosity=2)
