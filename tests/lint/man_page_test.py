"""The manual page knows every option of the program with its default, and groff has no complaint.

usage: man_page_test.py PAGE PROGRAM
"""

import re
import subprocess
import sys
import unittest

PAGE, PROGRAM = sys.argv[1:3]


class ManPage(unittest.TestCase):
    def text(self):
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-rLL=200n", "-P-cbou", PAGE], capture_output=True, text=True, check=True
        )
        self.assertEqual(done.stderr, "")
        return done.stdout.replace("‐", "-").replace("−", "-")

    def options(self):
        """name → default, empty if there is none."""
        said = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
        found = re.findall(r"^  (?:-\w,)?--([\w-]+)(?: [A-Z]\S*?)?(?:=(\S+))?(?:\s|$)", said, re.MULTILINE)
        return dict(found)

    def test_every_option_stands_in_it_with_its_default(self):
        text, options = self.text(), self.options()
        self.assertGreater(len(options), 30)
        for name, default in options.items():
            with self.subTest(name):
                self.assertRegex(text, rf"--{name}\b")
                for value in default.strip("[]").split(","):
                    if value and value != "0" and name != "listen":
                        self.assertIn(value, text)

    def test_it_has_no_option_that_the_program_does_not_know(self):
        known = set(self.options())
        self.assertEqual(set(re.findall(r"--([a-z][a-z-]+)", self.text())) - known, set())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
