"""What may break under the agent: the disk, the database, the bus. What was reported done is there, and phones are served."""

import contextlib
import ctypes
import os
import signal
import sqlite3
import subprocess
import unittest

from faults import DESK, HALL, FaultsCase, file_server


def own_mounts():
    if ctypes.CDLL(None, use_errno=True).unshare(private_mounts := 0x00020000) != 0:
        raise OSError(ctypes.get_errno(), f"unshare {private_mounts:#x}: the test needs root")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


class FullDisk(FaultsCase):
    def test_a_change_is_refused_and_made_when_there_is_room_again(self):
        own_mounts()
        disk = self.directory / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk], check=True)
        agent, server = self.started("disk/agent")
        live = os.readlink(agent.live())
        filling = disk / "filling"
        with contextlib.suppress(OSError), open(filling, "wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        for change in (("device", "set", DESK, "P270=second"), ("device", "add", HALL, "--class", "grandstream-gxp"), ("undo",)):
            error = self.refused(agent, *change)
            self.assertRegex(error, "(?i)no space left|disk is full")
            self.assertEqual(os.readlink(agent.live()), live)
            self.assert_served(agent, server)
        self.assertEqual(list(agent.devices()), [DESK])
        agent.kill()
        agent.start()  # what serves and lists needs no room
        self.assertEqual(list(agent.devices()), [DESK])
        self.assert_served(agent, server)
        filling.unlink()
        agent.ctl("device", "set", DESK, "P270=second")
        self.assertEqual(agent.ctl_json("device", "show", DESK)["composed"]["P270"], "second")
        self.assertNotEqual(os.readlink(agent.live()), live)
        self.assert_served(agent, server)


class Database(FaultsCase):
    def test_one_that_somebody_holds_is_said_to_be_locked(self):
        agent, server = self.started()
        holder = sqlite3.connect(agent.folder / "db", isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN EXCLUSIVE")
        live = os.readlink(agent.live())
        error = self.refused(agent, "device", "set", DESK, "P270=second")
        self.assert_says(error, agent, "locked", "end who holds it")
        self.assertEqual(os.readlink(agent.live()), live)
        self.assertEqual(list(agent.devices()), [DESK])
        self.assert_served(agent, server)
        holder.execute("ROLLBACK")
        agent.ctl("device", "set", DESK, "P270=second")
        self.assertEqual(agent.ctl_json("device", "show", DESK)["composed"]["P270"], "second")
        self.assert_served(agent, server)

    def assert_says(self, text, agent, *parts):
        for part in (str(agent.folder / "db"), *parts):
            self.assertIn(part, text)

    def damaged(self, damage):
        """What the agent says of a database that damage() made of a good one, and that phones are served all the same."""
        agent, server = self.started()
        for number in range(20):
            agent.ctl("device", "set", DESK, f"P270={'x' * 20} {number}")
        agent.stop()
        path = agent.folder / "db"
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for companion in ("db-wal", "db-shm"):
            (agent.folder / companion).unlink(missing_ok=True)
        backup = path.read_bytes()
        live = os.readlink(agent.live())
        damage(path)
        agent.start(ready=False)
        said = self.ended(agent)
        self.assertEqual(os.readlink(agent.live()), live)
        self.assert_served(agent, server)
        path.write_bytes(backup)
        agent.start()
        agent.ctl("device", "set", DESK, "P270=second")
        self.assert_served(agent, server)
        self.assert_says(said, agent, "backup in its place")

    @staticmethod
    def overwrite(path, begin, end=None):
        with open(path, "r+b") as file:
            file.seek(begin)
            file.write(b"\x5a" * ((end or path.stat().st_size) - begin))

    def test_one_with_its_first_page_overwritten(self):
        self.damaged(lambda path: self.overwrite(path, 0, 4096))

    def test_one_with_all_other_pages_overwritten(self):
        self.damaged(lambda path: self.overwrite(path, 4096))

    def test_one_that_was_cut_short(self):
        self.damaged(lambda path: os.truncate(path, 4096 + 100))

    def test_one_that_is_empty(self):
        """As if there had never been one: it must not make an empty branch of a full one."""
        self.damaged(lambda path: os.truncate(path, 0))


class Bus(FaultsCase):
    def test_one_that_stops_and_dies_keeps_no_phone_waiting(self):
        agent, server = self.started()
        agent.bus.send_signal(signal.SIGSTOP)
        self.assert_served(agent, server)
        self.assertIsNone(agent.process.poll())
        agent.bus.kill()
        agent.bus.wait()
        agent.bus.stdout.close()
        self.assertIn("the bus is gone", self.ended(agent))  # systemd starts it again
        self.assert_served(agent, server)
        agent.start(ready=False)
        said = self.ended(agent)
        self.assertIn(f"unix:path={agent.folder}/bus", said)
        self.assertIn("dbus", said)
        self.assert_served(agent, server)
        agent.start_bus()
        agent.start()
        agent.ctl("device", "set", DESK, "P270=second")
        self.assert_served(agent, server)


if __name__ == "__main__":
    file_server.enter_private_network()
    unittest.main(verbosity=2)
