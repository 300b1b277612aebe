"""The hook against clients that others wrote, with Kea's threads and without: options as tshark and the clients decode them, in OFFER,
ACK and the answer to INFORM; bindings and the journal; a NAK from the wire to the journal."""

import pathlib
import unittest

from agents import wait_until
from dhcp_clients import Dhclient, Dhcpcd, Wire
from support import ApplianceCase, branch

PHONE, LEAVER, MOVER = "000b82000001", "000b82000002", "000b82000003"
TESTPHONE = "Testphone"
OWN_ADDRESS = "192.168.66.9"  # not of the pool
ELSEWHERE = "10.99.0.50"
TEXT, LONG = "s" * 150, "".join(f"{byte:02x}" for byte in range(255))
PIECE_MAX = 253  # Kea cuts there
PROVISIONING = (43, 66, 125, 132, 150, 224)
MESSAGE_TYPE, LEASE_TIME = 53, 51

CLASSES = f"""<device-classes vendor="test">
  <class name="everything"><match vendor-class="{TESTPHONE}"/>
    <offer url="http://{{server}}/x" next-server="{{server}}" server-name="plugtone" boot-file="{{mac}}.cfg">
      <option code="66">{{url}}</option>
      <option code="43"><sub code="1">{TEXT}</sub><sub code="2">{TEXT}</sub><sub code="3" form="u16">258</sub></option>
      <option code="125" enterprise="3561"><sub code="1">{{mac}}</sub></option>
      <option code="150" form="addresses">{{server}} 192.0.2.7</option>
      <option code="132" form="u16">100</option>
      <option code="160" when="requested">never-asked-for</option>
      <option code="224" form="hex">{LONG}</option>
    </offer></class>
</device-classes>
"""


class Clients(ApplianceCase):
    """Kea answers one packet after the other, as Kea 2.2 does by default."""

    # The last two for one test each: what the journal has of them is of that test.
    phones = {"phone": PHONE, "leaver": LEAVER, "mover": MOVER}
    threads = 0

    @classmethod
    def before_start(cls):
        folder = cls.directory / "etc/classes.d"
        folder.mkdir(parents=True)
        (folder / "test.xml").write_text(CLASSES)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        running = lambda: len(list(pathlib.Path(f"/proc/{cls.appliance.pid('kea')}/task").iterdir()))
        cls.set_threading({"enable-multi-threading": False})  # Kea 2.6 begins with threads
        before = running()
        if cls.threads:
            cls.set_threading({"enable-multi-threading": True, "thread-pool-size": cls.threads, "packet-queue-size": 64})
        wait_until(lambda: running() == before + cls.threads, f"Kea has not {cls.threads} threads more than {before}")
        for mac in (LEAVER, MOVER):
            cls.ctl(cls, "device", "add", mac, "--class", "grandstream-gxp")
        cls.url = f"http://{cls.server}/x"

    @classmethod
    def set_threading(cls, threading):
        config = cls.appliance.kea("config-get")["arguments"]["Dhcp4"]
        answer = cls.appliance.kea("config-set", Dhcp4={**config, "multi-threading": threading})
        assert answer["result"] == 0, answer

    def setUp(self):
        branch.ip("-netns", self.at["phone"], "address", "flush", "dev", "eth0")

    def client(self, kind, name):
        return kind(self.at[name], self.directory / f"{kind.__name__}-{name}", TESTPHONE)

    def wire(self, name):
        return Wire(self.at[name], self.phones[name], self.directory / f"{self.id()}.pcap")

    def binding(self, address):
        return self.directory / "run/bindings" / address

    def events(self, mac):
        """(kind, fields) of the device's journal, oldest first."""
        return [(event["kind"], event.get("fields", {})) for event in self.ctl_json("device", "history", mac)]

    def wait_for_events(self, mac, *kinds):
        """These in whatever order, and no others."""
        found = lambda: sorted(kind for kind, _ in self.events(mac))
        wait_until(lambda: found() == sorted(kinds), f"the journal is not {kinds}")
        return self.events(mac)

    def offered(self):
        """Code → hex, as the hook says that it offers them."""
        explained = self.appliance.kea("plugtone-explain", **{"mac": PHONE, "vendor-class": TESTPHONE, "requested": []})["arguments"]
        return {option["code"]: option["hex"] for option in explained["options"]}

    def assert_told(self, answer):
        """As tshark decodes it, and byte for byte what the hook says that it offers."""
        self.assertEqual(answer.shown("dhcp.ip.server"), self.server)
        self.assertEqual(answer.shown("dhcp.server"), "plugtone")
        self.assertEqual(answer.shown("dhcp.file"), f"{PHONE}.cfg")
        self.assertEqual(answer.shown("dhcp.option.tftp_server_name"), self.url)
        self.assertEqual(answer.fields["dhcp.option.tftp_server_address"], [self.server, "192.0.2.7"])
        self.assertEqual(answer.shown("dhcp.option.vi.enterprise"), "3561")
        options = answer.options()
        self.assertEqual({code: options.get(code) for code in PROVISIONING}, self.offered())
        self.assertEqual(options[224], LONG)
        # RFC 3396: the cuts of a long value are where Kea makes them; of option 43, between sub-options.
        lengths = lambda code: [len(value) // 2 for at, value in answer.pieces if at == code]
        self.assertEqual(lengths(224), [PIECE_MAX, len(LONG) // 2 - PIECE_MAX])
        self.assertEqual(lengths(43), [2 + len(TEXT), 2 + len(TEXT), 4])

    def assert_put_together(self, variables, number):
        """What the client gives its script; number: how it writes bytes."""
        self.assertEqual(variables["new_tftp_server_name"], self.url)
        self.assertEqual(variables["new_tftp_addresses"], f"{self.server} 192.0.2.7")
        self.assertEqual(variables["new_vlan"], "100")
        self.assertEqual(variables["new_filename"], f"{PHONE}.cfg")
        self.assertEqual(number(variables["new_vendor_encapsulated_options"]), self.offered()[43])
        self.assertEqual(number(variables["new_long_value"]), LONG)
        self.assertNotIn("new_not_asked_for", variables)

    def test_dhclient_reads_from_offer_and_ack_what_the_hook_offers(self):
        with self.wire("phone") as wire:
            variables = self.client(Dhclient, "phone").run()
            ack, offer = wire.last("ACK"), wire.last("OFFER")
        self.assert_told(offer)
        self.assert_told(ack)
        self.assertEqual(offer.options(without=[MESSAGE_TYPE]), ack.options(without=[MESSAGE_TYPE]))
        self.assert_put_together(variables, lambda text: "".join(f"{int(byte, 16):02x}" for byte in text.split(":")))

    def test_dhcpcd_reads_from_offer_and_ack_what_the_hook_offers(self):
        with self.wire("phone") as wire:
            variables = self.client(Dhcpcd, "phone").run()
            ack, offer = wire.last("ACK"), wire.last("OFFER")
        self.assert_told(offer)
        self.assert_told(ack)
        self.assertEqual(offer.options(without=[MESSAGE_TYPE]), ack.options(without=[MESSAGE_TYPE]))
        self.assert_put_together(variables, str.lower)

    def test_the_answer_to_inform_has_the_options_of_an_ack_and_grants_nothing(self):
        branch.ip("-netns", self.at["phone"], "address", "add", f"{OWN_ADDRESS}/24", "dev", "eth0")
        with self.wire("phone") as wire:
            variables = self.client(Dhcpcd, "phone").inform()
            answer = wire.last("ACK")
        self.assertEqual(answer.shown("dhcp.ip.client"), OWN_ADDRESS)
        self.assertNotIn(LEASE_TIME, answer.options())
        self.assert_told(answer)
        self.assert_put_together(variables, str.lower)
        # A lease that is given back afterwards has come and gone: nothing is on its way any more.
        client = self.client(Dhclient, "phone")
        binding = self.binding(client.run()["new_ip_address"])
        wait_until(binding.exists, "no binding")
        client.release()
        wait_until(lambda: not binding.exists(), "the binding stays")
        self.assertFalse(self.binding(OWN_ADDRESS).exists())

    def test_a_lease_is_a_binding_and_in_the_journal_until_it_is_given_back(self):
        client = self.client(Dhclient, "leaver")
        address = client.run()["new_ip_address"]
        binding = self.binding(address)
        wait_until(binding.exists, "no binding")
        self.assertIn(f"MAC={LEAVER}\n", binding.read_text())
        events = self.wait_for_events(LEAVER, "offered", "offered", "leased")
        told = [(fields["message"], fields["class"], fields["url"]) for kind, fields in events if kind == "offered"]
        self.assertEqual(told, [("OFFER", "everything", self.url), ("ACK", "everything", self.url)])
        self.assertEqual([fields["ip"] for kind, fields in events if kind == "leased"], [address])
        requests = {(fields["requested"], fields["options"]) for kind, fields in events if kind == "offered"}
        self.assertEqual(requests, {("1 3 43 66 125 132 150 224", "66 43 125 150 132 224")})
        client.release()
        wait_until(lambda: not binding.exists(), "the binding stays")
        self.wait_for_events(LEAVER, "offered", "offered", "leased", "released")

    def test_who_asks_for_an_address_of_another_network_is_refused_and_the_journal_has_it(self):
        client = self.client(Dhclient, "mover")
        with self.wire("mover") as wire:
            variables = client.run(remembered=ELSEWHERE)
            nak = wire.last("NAK")
        self.assertIn(f"DHCPREQUEST for {ELSEWHERE} on eth0", client.log.read_text())
        self.assertEqual(set(nak.options()) & set(PROVISIONING), set())
        kind, fields = self.wait_for_events(MOVER, "refused", "offered", "offered", "leased")[0]
        self.assertEqual(kind, "refused")
        self.assertEqual(fields["vendor_class"], TESTPHONE)
        self.assertEqual(int(fields["xid"]), int(nak.shown("dhcp.id"), 16))
        # It begins anew, and has an address of this network.
        self.assertTrue(variables["new_ip_address"].startswith("192.168.66."))


class ClientsOfThreads(Clients):
    """The same with packets answered by several threads of Kea's at once."""

    threads = 2


if __name__ == "__main__":
    unittest.main(verbosity=2)
