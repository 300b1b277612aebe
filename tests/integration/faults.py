"""What the tests of faults stand on: an agent whose tree is served to one phone."""

import contextlib
import pathlib
import shutil
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/support"))

import file_server  # noqa: E402
from agents import WITHIN_S, Agent, broken_in_tree, wait_until  # noqa: E402
from support import BUILD, branch  # noqa: E402

DESK, HALL = "000b82000001", "000b82000002"


class Server(file_server.FileServer):
    """The file server on the agent's tree; this machine holds the lease of one device."""

    def __init__(self, agent, mac):
        bindings = agent.folder / "bindings"
        bindings.mkdir()
        (bindings / "127.0.0.1").write_text(f"MAC={mac}\nEXPIRES=4102444800\n")
        super().__init__(BUILD, self, root=agent.root, bindings=bindings)

    root = bindings = None  # given as options

    def fetched(self, name):
        with contextlib.suppress(urllib.error.URLError):
            return urllib.request.urlopen(self.url(name), timeout=file_server.READY_WITHIN_S).read()


class FaultsCase(unittest.TestCase):
    def setUp(self):
        branch.need_root()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="plugtone-faults-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def started(self, folder="agent", *options):
        """An agent that has one device, and a file server on its tree. The tree's folders are made."""
        agent = self.enterContext(Agent(self.directory / folder, *options))
        agent.start()
        agent.ctl("device", "add", DESK, "--class", "grandstream-gxp", "--set", "P270=first")
        server = self.enterContext(Server(agent, DESK))
        return agent, server

    def assert_served(self, agent, server, mac=DESK):
        """Its file, as it lies in the live generation, which is whole."""
        self.assertEqual(broken_in_tree(agent.live()), [])
        live = (agent.live() / f"@/cfg{mac}.xml").read_bytes()
        wait_until(lambda: server.fetched(f"cfg{mac}.xml") == live, f"what is live is served: {server.log}")

    def refused(self, agent, *arguments):
        """The one line on standard error."""
        done = agent.ctl(*arguments, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        return done.stderr

    def ended(self, agent):
        """What the agent said that could not go on."""
        self.assertEqual(agent.process.wait(WITHIN_S), 1)
        return [line for line in agent.log().splitlines() if "agent-failed" in line][-1]
