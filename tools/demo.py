#!/usr/bin/python3
"""A branch office on its first morning, in network namespaces, told as it happens.

Every line with a check mark was observed, not assumed; the exit status is 0 only if all of them were. Needs root.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap

import branch

SOURCE = pathlib.Path(__file__).resolve().parent.parent

RECEPTION, WORKSHOP, FAX, VISITOR, THIEF = (
    "000b82000001", "000b82000002", "000b82000003", "c074ad000004", "000b82000005",
)  # fmt: skip
PHONES = {"reception": RECEPTION, "workshop": WORKSHOP, "fax": FAX, "visitor": VISITOR, "thief": THIEF}
DEVICES = {
    RECEPTION: ("reception", {"P47": "sip.example.net", "P35": "201", "P34": "p&ss<w>(1)"}),
    WORKSHOP: ("workshop", {"P47": "sip.example.net", "P35": "202", "P34": "Hammer+Nail=2"}),
    FAX: ("fax", {"P47": "fax.example.net", "P35": "203", "P34": "beep beep"}),
}


class Story:
    """Prints what happens; counts what did not."""

    def __init__(self):
        self.missing = 0

    def chapter(self, title):
        print(f"\n{title}", flush=True)

    def note(self, text):
        print(textwrap.indent(text.rstrip(), "    "), flush=True)

    def see(self, what, holds):
        print(f"  {'✓' if holds else '✗ NOT SEEN:'} {what}", flush=True)
        self.missing += not holds
        return holds


class Demo:
    def __init__(self, office, appliance, story):
        self.office, self.appliance, self.story = office, appliance, story
        self.at = {}

    def ctl(self, *arguments):
        """Runs plugtonectl in front of the reader."""
        shown = " ".join(f"'{a}'" if any(c in a for c in " &<>()") else a for a in arguments)
        print(f"  $ plugtonectl {shown}", flush=True)
        output = self.appliance.ctl(*arguments).stdout
        if output:
            self.story.note(output)
        return output

    def boot(self, name, *arguments, model="GXP2160"):
        command = [self.appliance.build / "phone/plugtone-phone", "--interface", "eth0", "--model", model, "--json", *arguments]
        done = branch.run(self.at[name], *command, check=False)
        if not done.stdout.strip():
            raise RuntimeError(f"the phone '{name}' said nothing: {done.stderr}")
        told = json.loads(done.stdout)
        self.story.note(done.stderr)
        return done.returncode, told

    def password_file(self, mac):
        path = self.appliance.directory / f"flash-{mac}"
        path.touch(mode=0o600)
        path.write_text(self.appliance.ctl_json("device", "secret", mac)["xml_password"])
        return path

    def operator_adds_three_devices(self):
        self.story.chapter("1. The operator says what the branch has: two classes of device, three devices")
        self.ctl("site", "set", "--public", "P64=CET-1CEST-2,M3.5.0/02,M10.5.0/03")
        for mac, (label, settings) in DEVICES.items():
            self.ctl("device", "add", mac, "--label", label, *(f for p, v in settings.items() for f in ("--set", f"{p}={v}")))
        listed = self.appliance.ctl_json("device", "list")
        self.story.see("three devices are in the inventory", {d["mac"] for d in listed} == set(DEVICES))
        sealed = [self.appliance.directory / "srv/config/@" / f"cfg{mac}.xml" for mac in DEVICES]
        clear = [value.encode() for _, settings in DEVICES.values() for value in settings.values()]
        self.story.see(
            "their files are sealed: no value lies in clear in the served tree",
            all(path.exists() and not any(c in path.read_bytes() for c in clear) for path in sealed),
        )

    def three_phones_boot(self):
        self.story.chapter("2. Three phones are plugged in")
        for mac, (name, settings) in DEVICES.items():
            model = "HT802" if name == "fax" else "GXP2160"
            self.at[name] = self.office.plug_in(name, mac)
            print(f"  {name}, {mac}, {model}", flush=True)
            vendor_class = ["--vendor-class", "HT8XX dslforum.org"] if name == "fax" else []
            password = ["--password-file", str(self.password_file(mac))]
            status, told = self.boot(name, *password, *vendor_class, model=model)
            self.story.see(
                f"{name} leased {told['address']} and has its own settings",
                status == 0 and told["outcome"] == "configured" and settings.items() <= told["parameters"].items(),
            )
        classes = {d["mac"]: d["class"] for d in self.appliance.ctl_json("device", "list")}
        self.story.see(
            "two classes were recognised: " + ", ".join(sorted(set(classes.values()))), len(set(classes.values())) == 2
        )

    def a_visitor_gets_the_generic_file(self):
        self.story.chapter("3. A fourth phone that nobody added")
        self.at["visitor"] = self.office.plug_in("visitor", VISITOR)
        status, told = self.boot("visitor", model="GRP2614")
        self.story.see(
            "it gets cfg.xml, with what the site made public",
            status == 3 and told["outcome"] == "generic" and "P64" in told["parameters"],
        )
        self.story.see("and nothing of anybody's account", not {"P47", "P35", "P34"} & told["parameters"].keys())

    def a_thief_gets_nothing(self):
        self.story.chapter("4. A fifth that asks for the reception's file")
        self.at["thief"] = self.office.plug_in("thief", THIEF)
        _, told = self.boot("thief", "--ask", f"cfg{RECEPTION}.xml")
        asked = [step for step in told["steps"] if step["name"] == f"cfg{RECEPTION}.xml"]
        self.story.see("it gets nothing: the file looks as if it were not there", [s["result"] for s in asked] == ["absent"])
        history = self.ctl("device", "history", RECEPTION)
        self.story.see(
            f"the journal of the reception's phone says who tried: {told['address']}",
            any("refused" in line and told["address"] in line for line in history.splitlines()),
        )

    def the_operator_changes_his_mind(self):
        self.story.chapter("5. A mistake, and the way back")
        self.ctl("device", "set", RECEPTION, "P47=sip.exmaple.net")
        self.ctl("undo")
        _, told = self.boot("reception", "--password-file", str(self.password_file(RECEPTION)))
        self.story.see("the phone that boots now has what was right", told["parameters"].get("P47") == "sip.example.net")
        self.ctl("status")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build/release")
    arguments = parser.parse_args()
    branch.need_root()
    story = Story()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-demo-"))
    try:
        print("A branch office: an appliance that runs Plugtone, and a switch.")
        with branch.Branch() as office, branch.Appliance(office, folder, arguments.build, "192.168.66.1/24") as appliance:
            demo = Demo(office, appliance, story)
            demo.operator_adds_three_devices()
            demo.three_phones_boot()
            demo.a_visitor_gets_the_generic_file()
            demo.a_thief_gets_nothing()
            demo.the_operator_changes_his_mind()
            story.see("one interrupt stops all of it", appliance.stop() == 0)
    except (RuntimeError, TimeoutError, subprocess.SubprocessError) as error:
        story.see(f"the demo ran to its end ({error})", False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{'All of that was seen.' if not story.missing else f'{story.missing} of it was NOT seen.'}")
    return 1 if story.missing else 0


if __name__ == "__main__":
    sys.exit(main())
