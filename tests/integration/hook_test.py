"""The hook in a real Kea: what is on the wire as tshark decodes it, redirections, explanations, conflicts, bindings."""

import json
import time
import unittest

from dhcp_clients import Wire
from support import GXP2160, ApplianceCase, branch

PHONE, OTHER = "000b82000001", "000b82000002"
WITHIN_S = 60

CLASSES = """<device-classes vendor="test">
  <class name="everything"><match vendor-class="Testphone"/>
    <offer url="http://{server}/x" next-server="{server}" server-name="plugtone" boot-file="{mac}.cfg">
      <option code="66">{url}</option>
      <option code="43"><sub code="1">SUBS</sub><sub code="2">SUBS</sub><sub code="3" form="u16">258</sub></option>
      <option code="125" enterprise="3561"><sub code="1">{mac}</sub></option>
      <option code="150" form="addresses">{server} 192.0.2.7</option>
      <option code="132" form="u16">100</option>
      <option code="160" when="requested">never-asked-for</option>
    </offer></class>
  <class name="lobby"><match kea-class="lobby"/><offer url="http://{server}/lobby">
    <option code="66">{url}</option></offer></class>
</device-classes>
""".replace("SUBS", "s" * 150)


class Hook(ApplianceCase):
    phones = {"phone": PHONE, "other": OTHER}

    @classmethod
    def before_start(cls):
        folder = cls.directory / "etc/classes.d"
        folder.mkdir(parents=True)
        (folder / "test.xml").write_text(CLASSES)

    def status(self):
        return self.appliance.kea("plugtone-status")["arguments"]

    def wait_for_status(self, name, value):
        deadline = time.monotonic() + WITHIN_S
        while self.status()[name] != value:
            self.assertLess(time.monotonic(), deadline, f"{name} is not {value}: {self.status()}")

    def option_66(self, name, vendor_class=GXP2160):
        return self.acknowledged(name, vendor_class).shown("dhcp.option.tftp_server_name")

    def acknowledged(self, name, vendor_class, lease=None):
        """The ACK."""
        with Wire(self.at[name], self.phones[name], self.directory / f"{name}.pcap") as wire:
            (lease or self.lease)(name, vendor_class)
            return wire.last("ACK")

    def test_every_form_of_option_is_on_the_wire(self):
        ack = self.acknowledged("phone", "Testphone", lease=self.lease_of_a_large_client)
        self.assertEqual(ack.shown("dhcp.ip.server"), self.server)
        self.assertEqual(ack.shown("dhcp.server"), "plugtone")
        self.assertEqual(ack.shown("dhcp.file"), f"{PHONE}.cfg")
        self.assertEqual(ack.shown("dhcp.option.tftp_server_name"), f"http://{self.server}/x")
        self.assertEqual(ack.shown("dhcp.option.vi.enterprise"), "3561")
        # Longer than one option holds: in several, each with whole sub-options.
        self.assertEqual([value[:4] for code, value in ack.pieces if code == 43], ["0196", "0296", "0302"])
        explained = self.appliance.kea("plugtone-explain", **{"mac": PHONE, "vendor-class": "Testphone"})["arguments"]
        wanted = {option["code"]: option["hex"] for option in explained["options"]}
        options = ack.options()
        for code in (43, 66, 125, 132, 150):
            self.assertEqual(options[code], wanted[code])
        self.assertNotIn(160, options)

    def lease_of_a_large_client(self, name, vendor_class):
        """That takes what a frame holds (option 57) and comes through a relay agent: one exchange of perfdhcp's."""
        relay = self.lease(name)[0]["ip"]
        mac = ":".join(PHONE[at : at + 2] for at in range(0, 12, 2))
        self.inside(
            name, "perfdhcp", "-4", "-l", relay, "-p", "2", "-r", "2", "-R", "1", "-b", f"mac={mac}", "-W", "1000000",
            "-o", "57,05dc", "-o", "60," + vendor_class.encode().hex(), self.server,
            check=False,  # 3: the last exchange was cut off by the end of the time
        )  # fmt: skip

    def test_an_answer_is_never_larger_than_the_client_takes(self):
        options = self.acknowledged("phone", "Testphone").options()  # busybox ignores what is larger than 576 bytes
        self.assertNotIn(43, options)
        for code in (66, 125, 150, 132):
            self.assertIn(code, options)

    def test_a_redirection_goes_before_the_class_and_can_be_taken_back(self):
        usual = f"http://{self.server}"
        self.assertEqual(self.option_66("phone"), usual)
        said = self.ctl("redirect", "add", "000b82000001-000b8200000f", "http://provider.example.net/gs").stdout
        self.assertIn("provider.example.net", said)
        self.wait_for_status("redirects", 1)
        self.assertEqual(self.ctl_json("redirect", "list")[0]["id"], "000b82000001-000b8200000f")
        self.assertEqual(self.option_66("phone"), "http://provider.example.net/gs")
        self.assertEqual(self.option_66("other", "Stranger 1.0"), "http://provider.example.net/gs")
        self.assertTrue(self.ctl_json("device", "explain", PHONE)["redirected"])
        self.assertIn("already", self.refused("redirect", "add", "000b82000001-000b8200000f", "http://a"))
        self.assertIn("want FIRST-LAST", self.refused("redirect", "add", "000b82", "http://a"))
        self.assertIn("redirect list", self.refused("redirect", "remove", "000b82000001"))
        self.ctl("undo")
        self.wait_for_status("redirects", 0)
        self.assertEqual(self.option_66("phone"), usual)
        self.ctl("redirect", "add", PHONE, "http://provider.example.net/gs")
        self.ctl("redirect", "remove", PHONE)
        self.wait_for_status("redirects", 0)

    def test_what_the_hook_is_told_is_never_served(self):
        self.ctl("redirect", "add", PHONE, "http://provider.example.net/gs")
        try:
            self.wait_for_status("redirects", 1)
            self.lease("other")
            done = self.inside("other", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                               f"http://{self.server}/.offers")  # fmt: skip
            self.assertEqual(done.stdout, "404")
        finally:
            self.ctl("redirect", "remove", PHONE)
            self.wait_for_status("redirects", 0)

    def test_a_device_has_its_own_url(self):
        self.ctl("device", "add", PHONE, "--class", "grandstream-gxp")
        try:
            self.ctl("device", "set", PHONE, "--url", "http://{server}/lab/{mac}")
            self.wait_for_status("device-urls", 1)
            self.assertEqual(self.option_66("phone"), f"http://{self.server}/lab/{PHONE}")
            self.assertEqual(self.ctl_json("device", "show", PHONE)["url"], "http://{server}/lab/{mac}")
            self.assertIn("template", self.refused("device", "set", PHONE, "--url", "http://{nonsense}"))
            self.ctl("device", "set", PHONE, "--url", "")
            self.wait_for_status("device-urls", 0)
            self.assertEqual(self.option_66("phone"), f"http://{self.server}")
        finally:
            self.ctl("device", "remove", PHONE)

    def test_explain_says_what_is_offered_and_why_each_other_class_lost(self):
        self.lease("phone")
        deadline = time.monotonic() + WITHIN_S  # the agent hears of it a moment later
        while self.ctl_json("device", "explain", PHONE)["class"] != "grandstream-gxp":
            self.assertLess(time.monotonic(), deadline)
        explained = self.ctl_json("device", "explain", PHONE)
        url = f"http://{self.server}"
        self.assertIn({"code": 66, "hex": url.encode().hex(), "text": url}, explained["options"])
        reasons = {one["class"]: one["reason"] for one in explained["classes"]}
        self.assertEqual(reasons["everything"], f"option 60 is '{GXP2160}', want 'Testphone'")
        text = self.ctl("device", "explain", PHONE).stdout
        self.assertIn("grandstream-gxp", text)
        for arguments, said in (({}, "mac: "), ({"mac": "x"}, "mac: "), ({"mac": PHONE, "requested": 66}, "requested")):
            answer = self.appliance.kea("plugtone-explain", **arguments)
            self.assertEqual(answer["result"], 1)
            self.assertIn(said, answer["text"])

    def with_configuration(self, change):
        """Kea with another configuration, until the end of the test."""
        before = self.appliance.kea("config-get")["arguments"]
        self.addCleanup(lambda: self.assertEqual(self.appliance.kea("config-set", Dhcp4=before["Dhcp4"])["result"], 0))
        before.pop("hash", None)
        changed = self.appliance.kea("config-get")["arguments"]["Dhcp4"]
        change(changed)
        answer = self.appliance.kea("config-set", Dhcp4=changed)
        self.assertEqual(answer["result"], 0, answer)

    def test_conflicts_with_keas_own_configuration_are_told(self):
        def change(dhcp4):
            dhcp4["subnet4"][0]["option-data"] = [{"name": "tftp-server-name", "data": "192.0.2.9"}]
            dhcp4["subnet4"][0]["reservations"] = [
                {"hw-address": "00:0b:82:00:00:77", "option-data": [{"code": 150, "csv-format": False, "data": "0a000001"}]}
            ]

        self.with_configuration(change)
        conflicts = "\n".join(self.status()["conflicts"])
        self.assertIn("option 66 in subnet 192.168.66.0/24: Kea's value stays", conflicts)
        self.assertIn("option 150 in the reservation of 00:0b:82:00:00:77", conflicts)
        self.assertIn("no client class 'lobby' is configured", conflicts)
        self.assertIn("PLUGTONE_CONFLICT", self.appliance.log("kea"))
        linted = "\n".join(finding["text"] for finding in self.ctl_json_lint())
        self.assertIn("option 66 in subnet 192.168.66.0/24", linted)
        self.assertEqual(self.option_66("phone"), "192.0.2.9")  # as it says

    def ctl_json_lint(self):
        return json.loads(self.ctl("lint", "--json", check=False).stdout)

    def test_a_client_class_of_keas_chooses_the_class(self):
        def change(dhcp4):
            dhcp4["client-classes"] = [{"name": "lobby", "test": f"substring(option[60].hex,0,11) == '{GXP2160[:11]}'"}]

        self.with_configuration(change)
        self.assertEqual(self.option_66("phone"), f"http://{self.server}/lobby")

    def test_bindings_are_rebuilt_from_keas_leases(self):
        address = self.lease("phone")[0]["ip"]
        folder = self.directory / "run/bindings"
        deadline = time.monotonic() + WITHIN_S
        while not (folder / address).exists():
            self.assertLess(time.monotonic(), deadline)
        before = (folder / address).read_text()
        (folder / address).unlink()
        (folder / "192.168.66.9").write_text(f"MAC={OTHER}\nEXPIRES=4102444800\n")
        self.assertEqual(self.appliance.kea("config-reload")["result"], 0)
        deadline = time.monotonic() + WITHIN_S
        while not (folder / address).exists() or (folder / "192.168.66.9").exists():
            self.assertLess(time.monotonic(), deadline, self.status())
        self.assertEqual((folder / address).read_text(), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
