"""The D-Bus service among others: who may do what (with a real polkitd), and who can harm whom."""

import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import unittest
from xml.etree import ElementTree

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["PLUGTONE_BUILD"]).absolute()
sys.path.insert(0, str(SOURCE / "tests/support"))

import private_bus  # noqa: E402

MAC = "000b82123456"
DEVICE = f"/org/plugtone1/device/{MAC}"
RULES = pathlib.Path("/etc/polkit-1/rules.d")
# Of another's call while somebody floods: the sanitized build on a busy machine.
ANSWER_WITHIN_S = 10
AGENT_MEMORY_MAX = 300 << 20


def setUpModule():
    global directory
    directory = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-"))
    directory.chmod(0o755)
    unittest.addModuleCleanup(shutil.rmtree, directory, ignore_errors=True)
    private_bus.enter_own_mounts(directory)


class BusCase(unittest.TestCase):
    with_polkit = True

    @classmethod
    def setUpClass(cls):
        cls.here = cls.enterClassContext(private_bus.PrivateBus(directory / cls.__name__, BUILD, cls.with_polkit))
        cls.here.ctl("device", "add", MAC, "--set", "P34=s3cret", "--set", "P47=sip.example.net")

    def call(self, path, interface, method, *arguments, user):
        """busctl's; the finished process."""
        return self.here.run("busctl", "--system", "call", "org.plugtone1", path, interface, method, *arguments, user=user, check=False)

    def refused(self, *arguments, user):
        """plugtonectl's one line."""
        done = self.here.ctl(*arguments, user=user, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        return done.stderr

    def start_watching(self, user):
        watching = self.here.start("gdbus", "monitor", "--system", "--dest", "org.plugtone1", user=user)
        watching.lines.wait_for("is owned by")
        return watching.lines

    def watch(self, user):
        """Lines of gdbus, which says that it sees the owner before the bus has its subscription: one signal is seen for certain."""
        watching = self.start_watching(user)
        private_bus.until(
            lambda: self.here.ctl("site", "set", "P31=1") and any("Published" in line for line in self.drained(watching)), "a signal"
        )
        return watching

    @staticmethod
    def drained(lines):
        while not lines._new.empty():
            lines.seen.append(lines._new.get())
        return lines.seen


class Authorisation(BusCase):
    def rule(self, text):
        """An administrator's rule; there until the test ends."""
        path = RULES / "10-test.rules"
        path.write_text(text)
        self.addCleanup(path.unlink)

    def allow(self, *actions):
        conditions = " || ".join(f'action.id == "org.plugtone1.{name}"' for name in actions)
        self.rule(f'polkit.addRule(function(action, subject) {{ if (subject.user == "clerk" && ({conditions})) return "yes"; }});')

    def test_a_user_of_nothing_may_do_nothing(self):
        before = self.here.ctl_json("status")["generation"]
        manager = "org.plugtone1.Manager"
        for path, interface, method, *arguments in [
            ("/org/plugtone1", manager, "Status"),
            ("/org/plugtone1", manager, "Undo"),
            ("/org/plugtone1", manager, "Site", "b", "false"),
            (DEVICE, "org.plugtone1.Device", "Secret"),
            (DEVICE, "org.freedesktop.DBus.Properties", "Get", "ss", "org.plugtone1.Device", "Address"),
            (DEVICE, "org.freedesktop.DBus.Properties", "GetAll", "s", "org.plugtone1.Device"),
            ("/org/plugtone1", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"),
            ("/org/plugtone1/device", "org.freedesktop.DBus.Introspectable", "Introspect"),
        ]:
            with self.subTest(method=method):
                done = self.call(path, interface, method, *arguments, user="clerk")
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn("not authorised to", done.stderr)
        self.assertEqual(self.here.ctl_json("status")["generation"], before)

    def test_the_error_has_its_name_and_says_what_is_missing(self):
        done = self.here.run("gdbus", "call", "--system", "--dest", "org.plugtone1", "--object-path", "/org/plugtone1",
                             "--method", "org.plugtone1.Manager.Undo", user="clerk", check=False)  # fmt: skip
        self.assertIn("org.plugtone1.Error.NotAuthorized", done.stderr)
        line = self.refused("undo", user="clerk")
        self.assertIn("not authorised to change the phones' configuration (org.plugtone1.manage)", line)
        self.assertIn("be root, or let a rule allow it", line)

    def test_a_rule_lets_a_user_look_and_neither_change_nor_see_secrets(self):
        self.allow("read")
        private_bus.until(lambda: self.here.ctl("status", user="clerk", check=False).returncode == 0, "the rule is read")
        shown = self.here.ctl_json("device", "show", MAC, user="clerk")
        self.assertEqual(shown["composed"]["P47"], "sip.example.net")
        self.assertEqual([one["mac"] for one in self.here.ctl_json("device", "list", user="clerk")], [MAC])
        self.assertIn("org.plugtone1.secrets", self.refused("device", "show", MAC, "--reveal", user="clerk"))
        self.assertIn("org.plugtone1.secrets", self.refused("device", "secret", MAC, user="clerk"))
        self.assertIn("org.plugtone1.manage", self.refused("device", "set", MAC, "P47=other.example.net", user="clerk"))
        self.assertEqual(self.here.ctl_json("device", "show", MAC)["composed"]["P47"], "sip.example.net")

    def test_a_rule_lets_a_user_change_and_its_end_ends_that(self):
        with self.subTest("allowed"):
            self.allow("read", "manage")
            change = ("site", "set", "P30=192.0.2.1")
            private_bus.until(lambda: self.here.ctl(*change, user="clerk", check=False).returncode == 0, "the rule is read")
        self.doCleanups()
        private_bus.until(lambda: self.here.ctl("status", user="clerk", check=False).returncode == 1, "the rule is gone")
        self.assertEqual(self.here.ctl_json("site", "show")["P30"]["value"], "192.0.2.1")

    def test_a_rule_lets_a_call_centre_redeem_pins_and_nothing_else(self):
        pin = self.here.ctl_json("pin", "issue", "--class", "grandstream-gxp")["pin"]
        self.assertIn("org.plugtone1.enrol", self.refused("pin", "redeem", pin, "000b82000002", user="clerk"))
        self.allow("enrol")
        redeem = ("pin", "redeem", pin, "000b82000002")
        private_bus.until(lambda: self.here.ctl(*redeem, user="clerk", check=False).returncode == 0, "the rule is read")
        self.here.ctl("device", "remove", "000b82000002")  # it is there
        for verb in (("pin", "issue"), ("device", "adopt", "000b82000003"), ("device", "rebootstrap", MAC)):
            self.assertIn("org.plugtone1.manage", self.refused(*verb, user="clerk"))
        self.assertIn("org.plugtone1.manage", self.refused("device", "secret", MAC, "--rotate", user="clerk"))
        for verb in (("pin", "list"), ("device", "list", "--unknown")):
            self.assertIn("org.plugtone1.read", self.refused(*verb, user="clerk"))

    def test_the_group_does_all_and_root_does_all(self):
        for user in ("admin", "root", "plugtone"):
            with self.subTest(user):
                self.assertEqual(self.here.ctl_json("device", "show", MAC, "--reveal", user=user)["composed"]["P34"], "s3cret")
                self.assertTrue(self.here.ctl_json("device", "secret", MAC, user=user)["xml_password"])
                self.here.ctl("publish", user=user)

    def test_an_administrators_rule_stands_before_the_groups(self):
        self.rule('polkit.addRule(function(action, subject) { if (action.id == "org.plugtone1.secrets") return "no"; });')
        private_bus.until(lambda: self.here.ctl("device", "secret", MAC, user="admin", check=False).returncode == 1, "the rule is read")
        self.assertIn("polkit says no", self.refused("device", "secret", MAC, user="admin"))
        self.assertEqual(self.here.ctl("status", user="admin").returncode, 0)

    def test_nobody_but_the_agents_user_owns_the_name(self):
        for user in ("clerk", "admin", "root"):
            done = self.here.run("busctl", "--system", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                 "RequestName", "su", "org.plugtone1", "3", user=user, check=False)  # fmt: skip
            self.assertIn("Access denied", done.stderr, user)

    def test_signals_go_to_the_group_and_not_to_others(self):
        clerk = self.start_watching("clerk")
        admin = self.watch("admin")
        self.here.ctl("site", "unset", "P31")
        admin.wait_for("site unset")
        self.assertFalse([line for line in self.drained(clerk) if "Published" in line])

    def test_a_polkit_that_hangs_keeps_nobody_waiting_but_whom_it_is_asked_about(self):
        self.here.polkit.send_signal(signal.SIGSTOP)
        try:
            status = ("org.plugtone1", "/org/plugtone1", "org.plugtone1.Manager", "Status")
            waiting = self.here.start("busctl", "--system", "call", *status, user="clerk")
            began = time.monotonic()
            for _ in range(5):
                self.assertEqual(self.here.ctl("status").returncode, 0)
            self.assertLess(time.monotonic() - began, 5 * ANSWER_WITHIN_S)
            self.assertIsNone(waiting.poll())
        finally:
            self.here.polkit.send_signal(signal.SIGCONT)
        self.assertEqual(waiting.wait(60), 1)


class WithoutPolkit(BusCase):
    with_polkit = False

    def test_root_and_the_group_do_all_and_others_nothing(self):
        for user in ("root", "plugtone", "admin"):
            self.assertTrue(self.here.ctl_json("device", "secret", MAC, user=user)["xml_password"])
        self.assertIn("be root, or a member of the group plugtone-admin", self.refused("status", user="clerk"))


class Interfaces(BusCase):
    with_polkit = False

    def test_introspection_has_every_argument_by_name(self):
        a_class = "/org/plugtone1/class/grandstream_2dgxp"
        for path, interface in [("/org/plugtone1", "Manager"), (DEVICE, "Device"), (a_class, "DeviceClass")]:
            shown = self.here.run("busctl", "--system", "introspect", "--xml-interface", "org.plugtone1", path).stdout
            for line in shown.splitlines():
                if "<arg " in line and "freedesktop" not in line:
                    self.assertIn("name=", line, interface)
            self.assertIn(f'interface name="org.plugtone1.{interface}"', shown)

    def test_the_interfaces_are_as_their_files_have_them(self):
        """What other programs' code is made from, and what is on the bus."""

        def members(text):
            found = set()
            for interface in ElementTree.fromstring(text).iter("interface"):
                for member in interface:
                    arguments = [(arg.get("name"), arg.get("type"), arg.get("direction", "out")) for arg in member.findall("arg")]
                    if member.tag != "annotation":
                        found.add((interface.get("name"), member.tag, member.get("name"), member.get("type"), tuple(arguments)))
            return {member for member in found if member[0].startswith("org.plugtone1.")}

        paths = {"Manager": "/org/plugtone1", "Enrolment": "/org/plugtone1", "Device": DEVICE,
                 "DeviceClass": "/org/plugtone1/class/grandstream_2dgxp"}  # fmt: skip
        for name, path in paths.items():
            shown = members(self.here.run("busctl", "--system", "introspect", "--xml-interface", "org.plugtone1", path).stdout)
            wanted = members((SOURCE / f"agent/dbus/org.plugtone1.{name}.xml").read_text())
            self.assertEqual({member for member in shown if member[0] == f"org.plugtone1.{name}"}, wanted)

    def test_the_list_of_devices_says_what_their_objects_say(self):
        """One answer for thousands of them, beside an object for each."""
        self.here.ctl("device", "set", MAC, "--label", "Reception", "--url", "http://{server}/lab")
        answer = self.call("/org/plugtone1", "org.plugtone1.Manager", "Devices", user="root").stdout
        listed = re.findall(r'"[^"]*"|\S+', answer)[2:13]  # behind the signature and the count, the first row
        names = ("Mac", "Label", "Class", "ClassFixed", "Url", "State", "StateSince", "Stuck", "Why", "Address", "LastSeen")
        ask = ("busctl", "--system", "get-property", "org.plugtone1", DEVICE, "org.plugtone1.Device")
        shown = [self.here.run(*ask, name).stdout.split(" ", 1)[1].strip() for name in names]
        self.assertEqual(listed, shown)
        self.assertEqual(listed[:5], [f'"{MAC}"', '"Reception"', '"grandstream-any"', "false", '"http://{server}/lab"'])
        managed = self.here.run("busctl", "--system", "call", "org.plugtone1", "/org/plugtone1",
                                "org.freedesktop.DBus.ObjectManager", "GetManagedObjects").stdout  # fmt: skip
        self.assertIn(f'"{DEVICE}"', managed)
        self.assertIn('"Reception"', managed)

    def test_devices_come_and_go_and_change_with_signals(self):
        watching = self.watch("root")
        other = "000b82abcd01"
        path = f"/org/plugtone1/device/{other}"
        self.here.ctl("device", "add", other, "--class", "grandstream-gxp")
        added = watching.wait_for("InterfacesAdded")
        self.assertRegex(added, rf"'{path}', .*'org.plugtone1.Device': .*'Mac': <'{other}'>")
        self.here.ctl("device", "set", other, "--label", "Hall", "--url", "http://{server}/x")
        changed = watching.wait_for(f"^{path}: .*PropertiesChanged")
        self.assertRegex(changed, "'org.plugtone1.Device', {.*'Label': <'Hall'>")
        self.assertIn("'Url': <'http://{server}/x'>", changed)
        self.here.ctl("device", "remove", other)
        self.assertRegex(watching.wait_for("InterfacesRemoved"), rf"'{path}', .*'org.plugtone1.Device'")
        self.assertIn("no device", self.refused("device", "show", other, user="root"))

    def test_the_examples_of_the_documentation_work(self):
        text = (SOURCE / "docs/dbus.md").read_text()
        examples = re.findall(r"^```(sh|python)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        self.assertGreater(len(examples), 3)
        for language, example in examples:
            with self.subTest(example):
                interpreter = ["sh", "-e"] if language == "sh" else ["/usr/bin/python3"]
                done = self.here.run(*interpreter, "-c", example)
                self.assertTrue(done.stdout)
                self.assertEqual(done.stderr, "")
        self.assertIn("000b82abcdef unseen Reception", done.stdout)

    def test_arguments_that_are_too_large_are_refused_before_they_are_looked_at(self):
        name = "x" * 100_000
        done = self.call("/org/plugtone1", "org.plugtone1.Manager", "RemoveDevice", "s", name, user="root")
        self.assertIn("want arguments of at most 65536 bytes", done.stderr)

    def test_what_is_no_method_is_refused_by_name(self):
        done = self.call("/org/plugtone1", "org.plugtone1.Manager", "Format", user="root")
        self.assertIn("no method 'Format' of 'org.plugtone1.Manager'", done.stderr)

    def test_a_device_that_is_not_there_has_no_object(self):
        self.assertIn("no device 000b82ffffff", self.refused("device", "show", "000b82ffffff", user="root"))


class Flood(BusCase):
    def flood(self, *arguments, user, count=1):
        program = SOURCE / "tests/support/bus_peer.py"
        for _ in range(count):
            peer = self.here.start("/usr/bin/python3", program, self.here.directory / "bus", *arguments, user=user)
            self.addCleanup(self.here.end, peer)
            peer.lines.wait_for("flooding")

    def assert_others_are_served(self):
        """Somebody else's calls are answered in time, and what phones do is recorded."""
        took = []
        for number in range(10):
            self.here.send_event(EVENT="leased", MAC=MAC, IP=f"192.0.2.{number + 1}", EXPIRES="4102444800")
            began = time.monotonic()
            self.here.ctl("status")
            took.append(time.monotonic() - began)
        self.assertLess(max(took), ANSWER_WITHIN_S)
        private_bus.until(lambda: self.here.ctl_json("device", "show", MAC)["address"] == "192.0.2.10", "the last event")
        memory = pathlib.Path(f"/proc/{self.here.agent.pid}/statm").read_text().split()[1]
        size = int(memory) * os.sysconf("SC_PAGE_SIZE")
        self.assertLess(size, AGENT_MEMORY_MAX)
        spent = f"median {statistics.median(took):.3f} s, longest {max(took):.3f} s, {size >> 20} MiB"
        print(f"{self.id()}: {spent}", file=sys.stderr)

    def test_of_a_user_without_rights(self):
        self.flood("--no-reply", user="clerk", count=2)
        self.assert_others_are_served()

    def test_of_calls_that_cost(self):
        self.flood("--no-reply", "--member", "Lint", user="admin")
        self.assert_others_are_served()

    def test_of_root_itself_that_never_reads(self):
        self.flood("--listen", user="root", count=2)
        all_objects = ("--interface", "org.freedesktop.DBus.ObjectManager", "--member", "GetManagedObjects")
        self.flood("--listen", "--no-reply", *all_objects, user="root")
        self.assert_others_are_served()

    def test_of_methods_that_are_not_there(self):
        self.flood("--member", "Format", user="clerk", count=2)
        self.assert_others_are_served()

    def test_a_bus_that_stands_still_keeps_no_event_from_being_recorded(self):
        os.kill(self.here.bus.pid, signal.SIGSTOP)
        try:
            for number in range(1000):
                self.here.send_event(EVENT="leased", MAC=MAC, IP=f"192.0.2.{number % 200 + 1}", EXPIRES="4102444800")
        finally:
            os.kill(self.here.bus.pid, signal.SIGCONT)
        self.here.send_event(EVENT="leased", MAC=MAC, IP="192.0.2.250", EXPIRES="4102444800")
        private_bus.until(lambda: self.here.ctl_json("device", "show", MAC)["address"] == "192.0.2.250", "the last event")
        self.assertEqual(len(self.here.ctl_json("device", "history", MAC, "--count", "1000")), 1000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
