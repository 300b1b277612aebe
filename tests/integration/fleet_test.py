"""Two branches and their headquarters share one inventory in a real PostgreSQL; the line of one is cut and comes back."""

import contextlib
import pathlib
import shutil
import tempfile
import time
import unittest

from agents import Agent, Postgres, broken_in_tree, decrypted, wait_until
from support import branch

PHONE, NEXT, LAST = "000b82000001", "000b82000002", "000b82000003"
SOON_S = 20  # "within seconds", with sanitizers, on a busy machine
REFUSED_WITHIN_S = 30


class Wire(branch.Branch):
    """A namespace for the database, and one for each agent, on one bridge."""

    def __init__(self):
        super().__init__({})
        self.addresses = {}

    def add(self, name):
        at = len(self.addresses) + 1
        namespace = self.plug_in(name, f"0200000000{at:02x}")
        self.addresses[namespace] = f"10.77.0.{at}"
        branch.run(namespace, "ip", "address", "add", f"10.77.0.{at}/24", "dev", "eth0")
        return namespace

    def set(self, namespace, state):
        branch.run(namespace, "ip", "link", "set", "eth0", state)


class Fleet(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        branch.need_root()
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-fleet-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.wire = cls.enterClassContext(Wire())
        base = cls.wire.add("database")
        cls.database = cls.enterClassContext(Postgres(base, cls.wire.addresses[base]))
        # The fleet has one master key.
        (cls.directory / "key").touch(mode=0o600)
        (cls.directory / "key").write_bytes(bytes(range(32)))

    def setUp(self):
        # Tests do not share what they store.
        self.database.run("dropdb", "-h", self.database.folder, "--force", "fleet")
        self.database.run("createdb", "-h", self.database.folder, "fleet")
        self.stack = self.enterContext(contextlib.ExitStack())

    def agent(self, name, site, start=True):
        namespace = f"plugtone-{branch.os.getpid()}-{name}"
        if namespace not in self.wire.addresses:
            self.wire.add(name)
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.directory))
        shutil.copy(self.directory / "key", folder / "key")
        options = ("--database", self.database.url(), "--own-database", folder / "db", "--site", site)
        made = self.stack.enter_context(Agent(folder, *options, namespace=namespace))
        if start:
            made.start()
            self.connected(made)
        return made

    def connected(self, agent):
        wait_until(lambda: agent.ctl_json("status")["fleet"].startswith("connected"), "not connected", 60)

    def cut(self, agent):
        self.wire.set(agent.namespace, "down")
        self.addCleanup(self.wire.set, agent.namespace, "up")

    def problem(self, agent):
        return [text for text in agent.ctl_json("status")["problems"] if "fleet" in text]

    def soon(self, condition, what):
        wait_until(condition, what, SOON_S)

    def assert_serves(self, agent, mac, wanted):
        """The live tree has the phone's file whole, under the password that the inventory has."""
        self.assertEqual(broken_in_tree(agent.live()), [])
        password = agent.ctl_json("device", "secret", mac)["xml_password"]
        text = decrypted(agent.live() / "@" / f"cfg{mac}.xml", password, agent.folder)
        self.assertIsNotNone(text, "does not decrypt")
        self.assertIn(wanted, text)

    def test_a_change_at_headquarters_is_published_at_the_branch(self):
        north, headquarters = self.agent("north", "north"), self.agent("office", "north")
        south = self.agent("south", "south")
        headquarters.ctl("device", "add", PHONE, "--class", "grandstream-gxp", "--set", "P270=Desk 1")
        self.soon(lambda: PHONE in north.devices(), "the phone is not at the branch")
        self.assert_serves(north, PHONE, "Desk 1")
        self.assertNotIn(PHONE, south.devices())
        north.ctl("device", "set", PHONE, "P270=Desk 2")
        self.soon(
            lambda: headquarters.ctl_json("device", "show", PHONE)["parameters"].get("P270") == "Desk 2", "not back"
        )
        south.ctl("class", "set", "grandstream-gxp", "P64=auto")
        self.soon(lambda: "P64" in north.ctl_json("device", "show", PHONE)["composed"], "the class's setting is not here")
        done = south.ctl("device", "add", PHONE, "--class", "grandstream-gxp", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("belongs to site 'north'", done.stderr)
        self.assertEqual(self.database.query("SELECT DISTINCT site FROM device WHERE until IS NULL"), "north")
        self.assertEqual(self.database.query("SELECT COUNT(*) FROM device_parameter WHERE value LIKE '%Desk%'"), "0",
                         "values lie there sealed")  # fmt: skip

    def test_a_branch_whose_line_is_cut_serves_records_refuses_changes_and_catches_up(self):
        north, headquarters = self.agent("north", "north"), self.agent("office", "north")
        north.ctl("device", "add", PHONE, "--class", "grandstream-gxp", "--set", "P270=Before")
        self.soon(lambda: PHONE in headquarters.devices(), "not at headquarters")
        self.cut(north)
        headquarters.ctl("device", "set", PHONE, "P270=Meanwhile")
        headquarters.ctl("device", "add", NEXT, "--class", "grandstream-gxp")
        # Whether the line's end was noticed already or not.
        began = time.monotonic()
        done = north.ctl("device", "set", PHONE, "P270=Refused", check=False)
        self.assertLess(time.monotonic() - began, REFUSED_WITHIN_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing has changed", done.stderr)
        wait_until(lambda: self.problem(north), "status says nothing of it", 60)
        self.assertIn("not reached", self.problem(north)[0])
        began = time.monotonic()
        self.assertIn("not reached", north.ctl("device", "set", PHONE, "P270=Refused", check=False).stderr)
        self.assertEqual(set(north.devices()), {PHONE})
        self.assertLess(time.monotonic() - began, REFUSED_WITHIN_S / 3, "nothing waits for a line that is known to be down")
        north.tell("leased", MAC=PHONE, IP="192.168.66.9", EXPIRES="2000000000")
        self.soon(lambda: north.ctl_json("device", "history", PHONE), "events are not recorded")
        self.assert_serves(north, PHONE, "Before")
        self.wire.set(north.namespace, "up")
        self.soon(lambda: set(north.devices()) == {PHONE, NEXT}, "it does not catch up")
        self.soon(lambda: not self.problem(north), "the problem stays")
        self.assert_serves(north, PHONE, "Meanwhile")
        self.assert_serves(north, NEXT, "<P")
        north.ctl("device", "set", PHONE, "P270=After")

    def test_an_agent_starts_without_its_database(self):
        north, headquarters = self.agent("north", "north"), self.agent("office", "north")
        north.ctl("device", "add", PHONE, "--class", "grandstream-gxp", "--set", "P270=Before")
        self.soon(lambda: PHONE in headquarters.devices(), "not at headquarters")
        north.stop()
        headquarters.ctl("device", "add", LAST, "--class", "grandstream-gxp")
        self.cut(north)
        north.start()
        self.assertTrue(self.problem(north))
        self.assertEqual(set(north.devices()), {PHONE})
        self.assert_serves(north, PHONE, "Before")
        north.tell("leased", MAC=PHONE, IP="192.168.66.9", EXPIRES="2000000000")
        self.soon(lambda: north.devices()[PHONE]["address"] == "192.168.66.9", "events are not recorded")
        self.wire.set(north.namespace, "up")
        self.soon(lambda: LAST in north.devices(), "it does not catch up")

    def test_the_database_may_go_away_and_come_back(self):
        north = self.agent("north", "north")
        north.ctl("device", "add", PHONE, "--class", "grandstream-gxp")
        self.database.stop()
        wait_until(lambda: self.problem(north), "status says nothing of it", 60)
        self.assertEqual(north.ctl("undo", check=False).returncode, 1)
        self.database.start()
        self.connected(north)
        north.ctl("undo")
        self.assertEqual(self.database.query("SELECT COUNT(*) FROM device WHERE until IS NULL"), "0")


if __name__ == "__main__":
    unittest.main(verbosity=2)
