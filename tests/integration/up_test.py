"""`./dev up`: what it leaves on the interface, what it survives, and what it refuses."""

import os
import pathlib
import signal
import shutil
import subprocess
import tempfile
import unittest

from support import BUILD, SOURCE, branch

MAC = "000b82400001"


class Up(unittest.TestCase):
    def setUp(self):
        branch.need_root()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.branch = self.enterContext(branch.Branch())

    def appliance(self, **options):
        return branch.Appliance(self.branch, self.directory, BUILD, **options)

    def addresses(self):
        return branch.ip("-netns", self.branch.appliance, "-4", "-brief", "address", "show", "dev", branch.INTERFACE)

    def refused(self, *arguments):
        """The last line of an `up` that must not start."""
        command = ["/usr/bin/python3", SOURCE / "tools/up.py", "--build", BUILD, *arguments]
        done = branch.run(self.branch.appliance, *command, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done.stderr.strip()

    def test_an_interface_without_an_address_gets_one_and_loses_it_again(self):
        with self.appliance() as appliance:
            self.assertIn("192.168.66.1/24", self.addresses())
            self.assertEqual(appliance.stop(), 0)
        self.assertNotIn("192.168.66.1", self.addresses())

    def test_the_address_that_an_interface_has_is_used_and_stays(self):
        branch.ip("-netns", self.branch.appliance, "address", "add", "10.20.30.1/28", "dev", branch.INTERFACE)
        with self.appliance() as appliance:
            self.assertIn("10.20.30.1/28", appliance.output.seen[0])
            phone = self.branch.plug_in("phone", MAC)
            done = branch.run(phone, BUILD / "phone/plugtone-phone", "--interface", "eth0", check=False)
            self.assertIn("http://10.20.30.1", done.stdout)
        self.assertIn("10.20.30.1/28", self.addresses())

    def test_what_was_reported_as_done_is_there_after_everything_was_killed(self):
        with self.appliance() as appliance:
            appliance.ctl("device", "add", MAC, "--set", "P47=sip.example.net")
            password = appliance.ctl_json("device", "secret", MAC)
            # As a power cut: nobody has time to tidy up.
            for program in ("kea", "tftpd", "agent", "bus"):
                os.kill(appliance.pid(program), signal.SIGKILL)
            appliance.process.kill()
        with self.appliance() as appliance:
            self.assertEqual(appliance.ctl_json("device", "secret", MAC), password)
            phone = self.branch.plug_in("phone", MAC)
            (self.directory / "password").write_text(password["xml_password"])
            done = branch.run(phone, BUILD / "phone/plugtone-phone", "--interface", "eth0",
                              "--password-file", self.directory / "password")  # fmt: skip
            self.assertIn("configured", done.stdout)

    def test_the_programs_of_a_run_that_was_killed_are_ended_by_the_next(self):
        with self.appliance() as appliance:
            left_behind = appliance.pid("tftpd")
            appliance.process.kill()
            appliance.process.wait()
            self.assertTrue(pathlib.Path(f"/proc/{left_behind}").exists())
        with self.appliance() as appliance:
            self.assertNotEqual(appliance.pid("tftpd"), left_behind)

    def test_a_folder_in_use_is_left_to_whom_it_belongs(self):
        with self.appliance() as appliance:
            reason = self.refused("--interface", branch.INTERFACE, "--dir", self.directory)
            self.assertIn("in use by another", reason)
            self.assertEqual(appliance.ctl("status").returncode, 0)

    def test_nobody_but_root_may_ask_the_agent(self):
        with self.appliance() as appliance:
            os.chmod(self.directory, 0o755)
            command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                       "busctl", "--system", "call", "org.plugtone1", "/org/plugtone1", "org.plugtone1.Manager", "Status"]  # fmt: skip
            done = subprocess.run(command, capture_output=True, env=appliance.environment(), timeout=60)
            self.assertNotEqual(done.returncode, 0, done.stdout)
            self.assertEqual(subprocess.run(command[6:], capture_output=True, env=appliance.environment()).returncode, 0)

    def test_a_port_that_is_taken_is_named(self):
        branch.ip("-netns", self.branch.appliance, "address", "add", "192.168.66.1/24", "dev", branch.INTERFACE)
        squatter = subprocess.Popen(
            branch.inside(self.branch.appliance, "/usr/bin/python3", "-c",
                          "import socket\n"
                          "taken = socket.create_server(('192.168.66.1', 80))\n"
                          "print('taken', flush=True)\n"
                          "taken.accept()\n"),
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            branch.Lines(squatter.stdout).wait_for("taken")
            reason = self.refused("--interface", branch.INTERFACE, "--dir", self.directory)
            self.assertIn("tftpd", reason)
            self.assertRegex(reason, r"(?i)192\.168\.66\.1.*80.*address already in use")
        finally:
            squatter.kill()
            squatter.wait()

    def test_what_cannot_work_is_refused_in_words(self):
        deep = self.directory / ("x" * 120)
        self.assertIn("no-such-if", self.refused("--interface", "no-such-if", "--dir", self.directory))
        self.assertIn("longer than a socket's path", self.refused("--interface", branch.INTERFACE, "--dir", deep))
        self.assertIn("Not a directory", self.refused("--interface", branch.INTERFACE, "--dir", "/dev/null/x"))
        self.assertIn("network's own", self.refused("--interface", branch.INTERFACE, "--dir", self.directory,
                                                    "--address", "192.0.2.0/24"))  # fmt: skip
        self.assertIn("no room for phones", self.refused("--interface", branch.INTERFACE, "--dir", self.directory,
                                                         "--address", "192.0.2.1/32"))  # fmt: skip


if __name__ == "__main__":
    unittest.main(verbosity=2)
