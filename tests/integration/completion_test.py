"""What each shell offers for a plugtonectl line, asked of the shells themselves.

usage: completion_test.py
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["PLUGTONE_BUILD"]).absolute()
FOLDER = BUILD / "agent/completion"
MAC = "000b82123456"


class Completion(unittest.TestCase):
    def setUp(self):
        """A plugtonectl in front of the PATH that knows one phone: which there are is the agent's to say, and not what is tried here."""
        folder = tempfile.TemporaryDirectory(prefix="plugtone-")
        self.addCleanup(folder.cleanup)
        program = pathlib.Path(folder.name) / "plugtonectl"
        program.write_text(f"""#!/bin/sh\necho '[{{"mac": "{MAC}", "name": ""}}]'\n""")
        program.chmod(0o755)
        self.environment = dict(os.environ, PATH=f"{folder.name}:{os.environ['PATH']}", HOME=folder.name, TERM="dumb")

    def run_shell(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, timeout=60)
        self.assertEqual(done.stderr, "")
        return done.stdout.split("\n")

    def bash(self, *words):
        line = " ".join(f"'{word}'" for word in ("plugtonectl", *words))
        script = f'source {FOLDER}/bash; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _plugtonectl; printf "%s\\n" "${{COMPREPLY[@]}}"'
        return self.run_shell("bash", "--norc", "-c", script)

    def zsh(self, *words):
        line = " ".join(f"'{word}'" for word in ("plugtonectl", *words))
        script = (
            "_describe() { print -l -- ${(P)2} }; _files() {}; complete_it() { "
            f"local -a words=({line}); local CURRENT={len(words) + 1}; source {FOLDER}/zsh; }}; complete_it"
        )
        return [offered.split(":")[0] for offered in self.run_shell("zsh", "-f", "-c", script)]

    def fish(self, *words):
        line = " ".join(("plugtonectl", *words))
        return [offered.split("\t")[0] for offered in self.run_shell("fish", "-N", "-c", f"source {FOLDER}/fish; complete -C '{line}'")]

    def test_verbs_options_and_phones_are_offered_where_they_belong(self):
        for shell in (self.bash, self.zsh, self.fish):
            with self.subTest(shell.__name__):
                top = shell("")
                self.assertIn("device", top)
                self.assertNotIn("explain", top)
                verbs = shell("device", "")
                self.assertIn("explain", verbs)
                self.assertIn("add", verbs)
                self.assertNotIn("rollout", verbs)
                self.assertIn(MAC, shell("device", "show", ""))
                self.assertNotIn(MAC, shell("rollout", "list", ""))

    def test_options_are_those_of_the_verb(self):
        self.assertIn("--set", self.bash("device", "add", "--"))
        self.assertIn("--set", self.fish("device", "add", "--"))
        self.assertIn("--json", self.bash("--"))
        self.assertNotIn("--set", self.bash("device", "list", "--"))


if __name__ == "__main__":
    unittest.main()
