"""What an operator types, and what a phone then fetches: names, forms, templates, tables, the vendor's files, and lint."""

import json
import os
import pathlib
import subprocess
import unittest
import xml.etree.ElementTree

from support import BUILD, SOURCE, ApplianceCase

DESK, LOBBY, FAX, NEW = "000b82000001", "000b82000002", "000b82123456", "c074ad000004"
VECTORS = SOURCE / "tests/data/vectors/binary"
VENDOR_FILE = VECTORS / "v01.000b82123456.dll190.enc.bin"

CLASSES = f"""<device-classes vendor="acme">
    <class name="old" family="legacy" title="All that an old phone asks for">
        <match mac-range="{LOBBY}"/>
        <offer url="http://{{server}}"/>
        <formats gnkey="ad0a" digest="sha256" salted="no" mac-element="no"/>
        <names config-prefix="branch/gs_" config-postfix="_1">
            <model>bt200</model>
            <file form="binary">cfg{{mac}}</file>
            <file form="binary">cfg{{mac}}.bin</file>
            <file>cfg{{mac}}.xml</file>
            <file>dev{{mac}}.cfg</file>
            <file>cfg{{model}}.xml</file>
            <file>cfg.xml</file>
            <file form="text">cfg.txt</file>
        </names>
    </class>
    <class name="words" family="grp" title="Alias names">
        <match mac-range="{NEW}"/>
        <offer url="http://{{server}}"/>
        <formats xml-version="2"/>
    </class>
    <class name="encoded" family="ht" title="By a program of the operator's">
        <match mac-range="{FAX}"/>
        <offer url="http://{{server}}"/>
        <formats legacy-encoder="/usr/bin/python3 @ENCODER@ {{mac}}"/>
        <names>
            <file form="legacy">cfg{{mac}}</file>
            <file>cfg{{mac}}.xml</file>
        </names>
    </class>
</device-classes>
"""

# Stands in for the vendor's generator: it checks what it is given, and answers with a file that the vendor's own made.
ENCODER = """import pathlib, sys
template = sys.stdin.read()
assert sys.argv[1:] == ["000b82123456"], sys.argv
if "P270 = broken" in template:
    sys.exit("cannot encode")
assert "P270 = Fax\\n" in template, template
sys.stdout.buffer.write(pathlib.Path("@VECTOR@").read_bytes())
"""


class Formats(ApplianceCase):
    phones = {"desk": DESK, "lobby": LOBBY, "fax": FAX, "new": NEW}

    @classmethod
    def before_start(cls):
        folder = cls.directory / "etc/classes.d"
        folder.mkdir(parents=True)
        encoder = cls.directory / "encoder.py"
        encoder.write_text(ENCODER.replace("@VECTOR@", str(VENDOR_FILE)))
        (folder / "acme.xml").write_text(CLASSES.replace("@ENCODER@", str(encoder)))

    def setUp(self):
        if not hasattr(type(self), "leased"):
            type(self).leased = {name: self.lease(name) for name in self.phones}

    def tearDown(self):
        for device in self.ctl_json("device", "list"):
            self.ctl("device", "remove", device["mac"])

    def fetch(self, phone, name, status=200):
        path = self.directory / "fetched"
        path.unlink(missing_ok=True)
        done = self.inside(
            phone, "curl", "-s", "-o", path, "-w", "%{http_code}", f"http://{self.server}/{name}", check=False
        )
        self.assertEqual(done.stdout, str(status), name)
        return path.read_bytes() if path.exists() else b""

    def decrypted(self, mac, sealed, digest="md5", *options):
        """By openssl, with the password that the agent made."""
        command = ["openssl", "enc", "-d", "-aes-256-cbc", "-md", digest, "-pass", f"file:{self.secret_file(mac)}"]
        done = subprocess.run([*command, *options], input=sealed, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def codec(self, *arguments):
        done = subprocess.run([BUILD / "agent/plugtonectl", "codec", *arguments], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    # --- what is typed

    def test_a_setting_goes_by_number_name_or_alias(self):
        self.ctl("device", "add", DESK, "--set", "account1.sip-server=sip.example.net")
        self.ctl("device", "set", DESK, "account.1.sip.userid=201", "P270=Desk")
        shown = self.ctl_json("device", "show", DESK)
        self.assertEqual(shown["parameters"], {"P35": "201", "P47": "sip.example.net", "P270": "Desk"})
        self.assertEqual(shown["names"]["P47"], "account1.sip-server")
        self.assertEqual(shown["layers"]["P145"], "vendor")
        table = self.ctl("device", "show", DESK).stdout
        self.assertRegex(table, r"P47 +account1\.sip-server +device +sip\.example\.net")
        self.assertIn("given twice", self.refused("device", "set", DESK, "P47=a", "account1.sip-server=b"))
        self.assertIn("sip-srever", self.refused("device", "set", DESK, "sip-srever=a"))
        self.ctl("device", "unset", DESK, "account1.sip-server")
        self.assertNotIn("P47", self.ctl_json("device", "show", DESK)["parameters"])

    def test_a_value_out_of_its_type_is_refused_with_what_is_allowed(self):
        self.ctl("device", "add", DESK)
        self.assertIn("60 to 86400 minutes, got '5'", self.refused("device", "set", DESK, "P193=5"))
        self.assertIn("P212", self.refused("device", "set", DESK, "P212=HTTP"))
        self.assertIn("without http:// in front", self.refused("device", "set", DESK, "P237=http://192.0.2.1/x"))
        self.assertIn("P194", self.refused("site", "set", "P194=9"))
        # What is 3 for a phone is another thing, or nothing, for another family.
        self.ctl("device", "add", LOBBY)
        self.ctl("device", "set", DESK, "P194=3")
        self.assertIn("0 ", self.refused("device", "set", LOBBY, "P194=3"))
        self.assertIn("class old", self.refused("site", "set", "P194=3"))

    def test_an_unknown_number_is_taken_and_told(self):
        done = self.ctl("device", "add", DESK, "--set", "P88888=x")
        self.assertIn("note: P88888 is in no dictionary", done.stderr)
        self.assertIn("P88888", self.ctl("lint").stdout)

    def test_secrets_show_only_when_asked_for(self):
        self.ctl("device", "add", DESK, "--set", "account1.password=top-secret")
        self.assertNotIn("top-secret", self.ctl("device", "show", DESK).stdout)
        self.assertEqual(self.ctl_json("device", "show", DESK)["composed"]["P34"], "••••")
        self.assertIn("top-secret", self.ctl("device", "show", DESK, "--reveal").stdout)
        self.assertIn("is a secret", self.refused("site", "set", "P34=x", "--public"))

    def test_class_and_label_can_be_changed(self):
        self.ctl("device", "add", DESK, "--label", "Desk")
        self.ctl("device", "set", DESK, "--label", "Reception", "--class", "grandstream-ht")
        shown = self.ctl_json("device", "show", DESK)
        self.assertEqual((shown["label"], shown["class"], shown["class_fixed"]), ("Reception", "grandstream-ht", True))
        self.ctl("undo")
        self.assertEqual(self.ctl_json("device", "show", DESK)["label"], "Desk")
        self.ctl("device", "set", DESK, "--class", "")
        self.assertEqual(self.ctl_json("device", "show", DESK)["class"], "grandstream-gxp")

    def test_the_dictionary_can_be_asked(self):
        self.assertIn("account1.sip-server", self.ctl("parameter", "list", "sip server").stdout)
        shown = self.ctl("parameter", "show", "P194").stdout
        self.assertIn("value for", shown)
        self.assertIn("no 'nonsense'", self.refused("parameter", "show", "nonsense"))

    # --- templates and tables

    def test_templates_go_in_and_come_out(self):
        template = self.write("desk.txt", "# the vendor's\n\nP271 = 1\nP47 = sip.example.net\nP34 = a&b=c%41\n")
        self.ctl("device", "add", DESK, "--template", template)
        self.assertEqual(self.ctl("device", "export", DESK).stdout, "P34 = a&b=c%41\nP47 = sip.example.net\nP271 = 1\n")
        self.assertIn("P145 = 1", self.ctl("device", "export", DESK, "--composed").stdout)
        self.ctl("site", "set", "--template", self.write("site.txt", "P30 = 192.0.2.1\n"))
        self.ctl("class", "set", "grandstream-gxp", "--template", self.write("class.txt", "P30 = 192.0.2.2\n"))
        self.assertEqual(self.ctl("site", "export").stdout, "P30 = 192.0.2.1\n")
        self.assertEqual(self.ctl("class", "export", "grandstream-gxp").stdout, "P30 = 192.0.2.2\n")
        shown = self.ctl_json("device", "show", DESK)
        self.assertEqual((shown["composed"]["P30"], shown["layers"]["P30"]), ("192.0.2.2", "class"))
        self.ctl("class", "unset", "grandstream-gxp", "P30")
        self.ctl("site", "unset", "P30")
        bad = self.write("bad.txt", "P1 = x\nP270\n")
        self.assertIn("bad.txt:2", self.refused("device", "set", DESK, "--template", bad))

    def test_a_table_is_taken_whole_or_not_at_all(self):
        table = self.write(
            "bad.csv",
            "MAC,class,label,account1.sip-server,P212\n"
            f"{DESK},,Desk,sip.example.net,1\n"
            "00:0b:82:00:00:1,,Typo,sip.example.net,1\n"
            f"{NEW},none,Other,sip.example.net,7\n"
            f"{DESK},,Again,,\n"
            "000b82000007,,Too,few\n",
        )
        lines = self.refused("device", "import", table).splitlines()
        for wanted in (
            "row 3, column 1 (MAC)",
            "row 4, column 2 (class): no class 'none'",
            "row 5, column 1 (MAC): 000b82000001 stands already in row 2",
            "row 6: want 5 cells",
        ):
            self.assertTrue(any(wanted in line for line in lines), f"{wanted}\n{lines}")
        self.assertIn("row 4, column 5 (P212)", "\n".join(lines))
        self.assertIn("nothing was imported; 5 cells are bad", lines[-1])
        self.assertEqual(self.ctl_json("device", "list"), [])
        good = self.write(
            "good.csv",
            "\ufeffMAC;Class;Label;account1.sip-server;P270\r\n"
            f'{DESK};;"Desk; front";sip.example.net;"say ""hi"""\r\n'
            f"{FAX};grandstream-ht;;sip.example.net;\r\n",
        )
        self.assertEqual(self.ctl_json("device", "import", good)["added"], 2)
        shown = self.ctl_json("device", "show", DESK)
        self.assertEqual(shown["label"], "Desk; front")
        self.assertEqual(shown["parameters"]["P270"], 'say "hi"')
        again = self.write("again.csv", f"MAC,label,P270\n{DESK},,Other\n{FAX},,\n")
        counts = self.ctl_json("device", "import", again)
        self.assertEqual((counts["added"], counts["changed"], counts["unchanged"]), (0, 1, 1))
        self.ctl("undo")
        self.ctl("undo")
        self.assertEqual(self.ctl_json("device", "list"), [])

    # --- what is fetched

    def test_a_value_arrives_whatever_characters_it_has(self):
        value = "a&b(<\"'>) é"
        self.ctl("device", "add", DESK, "--set", f"P34={value}", "--set", "P270=  blanks  ")
        plain = self.decrypted(DESK, self.fetch("desk", f"cfg{DESK}.xml"))
        config = xml.etree.ElementTree.fromstring(plain).find("config")
        self.assertEqual(config.find("P34").text, value)
        self.assertEqual(config.find("P270").text, "  blanks  ")

    def test_an_old_phones_files_have_all_their_names_and_forms(self):
        self.ctl("class", "set", "old", "P64=780", "--public")
        self.ctl("device", "add", LOBBY, "--set", "P34=a&b c", "--set", "P270=Lobby")
        shelf = "branch/gs_{}_1"
        binary = self.fetch("lobby", shelf.format(f"cfg{LOBBY}"))
        told = json.loads(self.codec("decode", self.directory / "fetched", "--json"))
        self.assertEqual((told["mac"], told["parameters"]["P34"]), (LOBBY, "a&b c"))
        self.assertTrue(binary.rstrip(b"\0").endswith(b"&gnkey=ad0a"))
        self.assertEqual(self.fetch("lobby", shelf.format(f"cfg{LOBBY}.bin")), binary)
        # A new or a reset phone asks without prefix and postfix.
        self.assertEqual(self.fetch("lobby", f"cfg{LOBBY}"), binary)
        sealed = self.fetch("lobby", shelf.format(f"cfg{LOBBY}.xml"))
        self.assertEqual(self.fetch("lobby", shelf.format(f"dev{LOBBY}.cfg")), sealed)
        plain = self.decrypted(LOBBY, sealed, "sha256", "-nosalt")
        config = xml.etree.ElementTree.fromstring(plain)
        self.assertIsNone(config.find("mac"))
        # What it is told to ask for is where its files are.
        self.assertEqual(config.find("config/P234").text, "branch/gs_")
        self.assertEqual(config.find("config/P235").text, "_1")
        self.assertIn(b"<P64>780</P64>", self.fetch("lobby", shelf.format("cfgbt200.xml")))
        self.assertNotIn(b"P64", self.fetch("lobby", shelf.format("cfg.xml")))
        self.fetch("lobby", shelf.format("cfg.txt"), 404)  # nothing is public to all
        self.ctl("site", "set", "P30=192.0.2.1", "--public")
        self.assertEqual(self.fetch("lobby", shelf.format("cfg.txt")), b"P30 = 192.0.2.1\n")
        self.ctl("site", "unset", "P30")
        for name in (f"cfg{LOBBY}", f"cfg{LOBBY}.bin", f"dev{LOBBY}.cfg"):
            self.fetch("desk", shelf.format(name), 404)
        self.assertIn("lies in clear", self.ctl("lint").stdout)
        self.ctl("class", "unset", "old", "P64")

    def test_a_phone_finds_its_file_where_it_was_told_and_where_it_was_told_before(self):
        self.ctl("device", "add", DESK, "--set", "config-prefix=one/")
        first = self.fetch("desk", f"one/cfg{DESK}.xml")
        self.ctl("device", "set", DESK, "config-prefix=two/")
        second = self.fetch("desk", f"two/cfg{DESK}.xml")
        self.assertNotEqual(first, second)
        self.assertEqual(self.fetch("desk", f"one/cfg{DESK}.xml"), second)
        self.assertEqual(self.fetch("desk", f"cfg{DESK}.xml"), second)
        self.assertIn(b"<P234>two/</P234>", self.decrypted(DESK, second))

    def test_nobodys_name_has_no_settings(self):
        self.ctl("device", "add", DESK, "--set", "P34=top-secret")
        self.fetch("desk", "cfg000000000000.xml", 404)
        self.assertNotIn(b"P34", self.fetch("desk", "cfg.xml"))
        self.assertIn("single device", self.refused("device", "add", "000000000000"))

    def test_alias_names_for_newer_firmware(self):
        self.ctl("device", "add", NEW, "--set", "P47=sip.example.net", "--set", "P271=1", "--set", "P212=2")
        plain = self.decrypted(NEW, self.fetch("new", f"cfg{NEW}.xml"))
        config = xml.etree.ElementTree.fromstring(plain).find("config")
        self.assertEqual(config.get("version"), "2")
        parts = {
            f"{item.get('name')}.{part.get('name')}": part.text for item in config for part in item.findall("part")
        }
        self.assertEqual(parts["account.1.sip.server.1.address"], "sip.example.net")
        self.assertEqual(parts["account.1.enable"], "Yes")
        self.assertEqual(parts["provisioning.config.protocol"], "HTTPS")
        self.assertIn("P88888", self.refused("device", "set", NEW, "P88888=x"))

    def test_what_did_not_change_is_the_very_same_file(self):
        self.ctl("device", "add", DESK, "--set", "P270=Desk")
        sealed = self.fetch("desk", f"cfg{DESK}.xml")
        self.ctl("device", "add", NEW)
        self.ctl("device", "set", DESK, "P270=Desk")
        self.ctl("publish")
        self.assertEqual(self.fetch("desk", f"cfg{DESK}.xml"), sealed)
        self.ctl("device", "set", DESK, "P270=Other")
        self.assertNotEqual(self.fetch("desk", f"cfg{DESK}.xml"), sealed)
        self.ctl("undo")
        self.assertEqual(self.fetch("desk", f"cfg{DESK}.xml"), sealed)

    # --- the vendor's own files

    def test_a_file_of_the_vendors_generator_is_served_as_it_is(self):
        self.ctl("device", "add", DESK, "--class", "grandstream-gxp")
        self.assertIn("for 000b82123456", self.refused("device", "import-legacy", DESK, VECTORS / "v01.000b82123456.perl.bin"))
        self.ctl("device", "import-legacy", DESK, VENDOR_FILE)
        self.assertEqual(self.fetch("desk", f"cfg{DESK}"), VENDOR_FILE.read_bytes())
        self.assertTrue(self.ctl_json("device", "show", DESK)["legacy_imported"])
        self.fetch("lobby", f"cfg{DESK}", 404)
        self.ctl("device", "import-legacy", DESK, "--forget")
        self.assertIn(b"P1359=", self.fetch("desk", f"cfg{DESK}"), "its window is open, and now brings it its password")
        self.ctl("undo")
        self.assertEqual(self.fetch("desk", f"cfg{DESK}"), VENDOR_FILE.read_bytes())
        damaged = bytearray(VENDOR_FILE.read_bytes())
        damaged[20] ^= 1
        (self.directory / "damaged").write_bytes(damaged)
        self.assertIn("checksum", self.refused("device", "import-legacy", DESK, self.directory / "damaged"))

    def test_a_program_of_the_operators_makes_the_encrypted_form(self):
        self.ctl("device", "add", FAX, "--set", "P270=Fax")
        self.assertEqual(self.fetch("fax", f"cfg{FAX}"), VENDOR_FILE.read_bytes())
        # It cannot encode this: nothing changes, and the operator is told.
        self.assertIn("answered nothing", self.refused("device", "set", FAX, "P270=broken"))
        self.assertEqual(self.ctl_json("device", "show", FAX)["parameters"], {"P270": "Fax"})

    # --- lint

    def test_lint_names_class_device_and_parameter(self):
        self.assertEqual(self.ctl("lint").returncode, 0)
        self.ctl("device", "add", DESK, "--set", "P212=0", "--set", "P237=198.51.100.1/other", "--set", "P238=1")
        found = [one for one in self.ctl_json("lint") if one["mac"] == DESK]
        self.assertEqual(
            {one["parameter"].split()[0] for one in found if one["severity"] == "warning"}, {"P212", "P237", "P238"}
        )
        self.assertTrue(all(one["class"] == "grandstream-gxp" for one in found))

    def test_a_bad_dictionary_is_refused_and_the_old_one_stays(self):
        path = self.directory / "etc/parameters.d/own.xml"
        path.write_text('<parameters vendor="acme"><parameter number="P77777" name="own"><integer min="1"/></parameter></parameters>')
        self.assertIn("own.xml:1", self.refused("publish"))
        path.write_text(
            '<parameters vendor="acme"><parameter number="P77777" name="own"><integer min="1" max="9"/></parameter></parameters>'
        )
        self.ctl("publish")
        self.ctl("device", "add", DESK)
        self.assertIn("1 to 9", self.refused("device", "set", DESK, "own=10"))
        self.ctl("device", "set", DESK, "own=9")
        # A dictionary that what is set contradicts is refused, too.
        path.write_text(path.read_text().replace('max="9"', 'max="5"'))
        self.assertIn(f"device {DESK}", self.refused("publish"))
        path.unlink()
        self.ctl("publish")


if __name__ == "__main__":
    os.umask(0o022)
    assert pathlib.Path(VENDOR_FILE).exists()
    unittest.main(verbosity=2)
