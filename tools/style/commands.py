"""clang-format, clang-tidy and clang-query over our files, a few at a time, each result remembered."""

import hashlib
import json
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import cpp
from .finding import Finding

DIAGNOSTIC = re.compile(r"^(?P<path>[^\s:][^:]*):(?P<line>\d+):\d+: (?:warning|error): (?P<reason>.*)$")
INCLUDE = re.compile(r'(?m)^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"')
# What clang 14 needs to read code that is built with GCC.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-DBOOST_ASIO_HAS_CO_AWAIT"]


def _run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def _diagnostics(root, output, rule):
    found = set()
    for line in output.splitlines():
        match = DIAGNOSTIC.match(line)
        if match:
            path = Path(match.group("path"))
            name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
            found.add(Finding(name, int(match.group("line")), rule, match.group("reason")))
    return found


def run_format(root, files, jobs):
    """Findings where clang-format would change a line."""
    groups = [files[at::jobs] for at in range(jobs) if files[at::jobs]]

    def check(group):
        command = ["clang-format", "--dry-run", "-Werror", "--style=file", *group]
        done = _run(command, cwd=root)
        found = _diagnostics(root, done.stderr, "format")
        if done.returncode != 0 and not found:
            return {Finding(".", 1, "format", done.stderr.strip() or "clang-format failed")}
        return found

    with ThreadPoolExecutor(jobs) as pool:
        return set().union(*pool.map(check, groups)) if groups else set()


class Commands:
    """The compile commands of a build directory, for our files: one each. A file that is part of
    several targets has several, and the tools would read it once for each (core: twice)."""

    def __init__(self, root, build, files):
        self.root = root
        path = build / "compile_commands.json"
        ours = {str(root / name) for name in files}
        self.of_file, entries = {}, []
        for entry in json.loads(path.read_text(encoding="utf-8")):
            name = str((Path(entry["directory"]) / entry["file"]).resolve())
            if name in ours and name not in self.of_file:
                self.of_file[name] = entry.get("command") or shlex.join(entry["arguments"])
                entries.append(entry)
        self.folder = build / "tidy-commands"
        self.folder.mkdir(exist_ok=True)
        (self.folder / "compile_commands.json").write_text(json.dumps(entries), encoding="utf-8")

    def closure(self, name):
        """The file and all our headers that it reaches, in a stable order."""
        seen, waiting = {}, [Path(name)]
        while waiting:
            path = waiting.pop()
            if str(path) in seen:
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            seen[str(path)] = text
            for included in INCLUDE.findall(text):
                for candidate in (self.root / included, path.parent / included):
                    if candidate.is_file():
                        waiting.append(candidate.resolve())
                        break
        return seen

    def checks(self, name):
        """The texts of the .clang-tidy of the file's folder and of those around it."""
        relative = Path(name).relative_to(self.root)
        paths = [self.root / folder / ".clang-tidy" for folder in relative.parents]
        return [path.read_text(encoding="utf-8") for path in paths if path.is_file()]

    def key(self, name, settings):
        """What the result depends on, as a name for it in the cache."""
        closure = self.closure(name)
        parts = [settings, self.of_file[name], *self.checks(name)]
        parts += [part for path in sorted(closure) for part in (path, closure[path])]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _tidy_one(commands, name):
    command = ["clang-tidy", "--quiet", "-p", str(commands.folder), *EXTRA, name]
    done = _run(command)
    found = _diagnostics(commands.root, done.stdout, "tidy")
    if done.returncode != 0 and not found:
        return {Finding(name, 1, "tidy", (done.stderr or done.stdout).strip()[-300:])}
    return found


def _query_one(commands, name, queries):
    """clang-query ends with 0 whatever it finds, and stops at a line that it cannot read."""
    code, _ = cpp.split_comments(Path(name).read_text(encoding="utf-8"))
    if not re.search(r"\bco_await\b", code):
        return set()
    done = _run(["clang-query", "-p", str(commands.folder), *EXTRA, "-f", str(queries), name])
    matches = len(re.findall(r"(?m)^\d+ match(?:es)?\.$", done.stdout))
    found = {Finding(str((commands.root / match.group(1)).relative_to(commands.root)), int(match.group(2)),
                     "co-await", f"GCC 12 miscompiles this shape ({match.group(3)})")
             for match in re.finditer(r'(?m)^([^:\n]+):(\d+):\d+: note: "(\w+)" binds here', done.stdout)
             if match.group(3) != "root"}
    wanted = queries.read_text(encoding="utf-8").count("\nmatch ")
    if done.returncode != 0 or matches < wanted:
        found.add(Finding(name, 1, "co-await", "clang-query: " + done.stderr.strip()[-300:]))
    return found


def run_tidy(root, build, files, jobs):
    """Findings of clang-tidy and clang-query; a clean file is not read again until it, a header of
    ours that it reaches, its command or a tool's settings change."""
    commands = Commands(root, build.resolve(), files)
    queries = root / "tools" / "style" / "co_await.query"
    settings = "\0".join([queries.read_text(encoding="utf-8"), *EXTRA,
                          _run(["clang-tidy", "--version"]).stdout])
    cache = build / "tidy-cache"
    cache.mkdir(exist_ok=True)

    def check(name):
        mark = cache / commands.key(name, settings)
        if mark.exists():
            return set()
        found = _tidy_one(commands, name) | _query_one(commands, name, queries)
        if not found:
            mark.touch()
        return found

    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(check, sorted(commands.of_file)))
    return set().union(*results) if results else set()
