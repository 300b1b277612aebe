"""The style rules: each takes a file's path and text, and gives findings."""

import os
import re

from . import coroutines, cpp
from .finding import Finding

LINE_SIZE_MAX = {".cpp": 100, ".hpp": 100, ".py": 140}
FILE_LINES_MAX = 400
TEST_LINES_MAX = 600
FUNCTION_LINES_MAX = 60

PROGRAMS = ("kea-hook", "tftpd", "agent", "phone")
CORE_LAYERS = ("base", "names", "classes", "formats", "contracts")
TEXTS = (".py", ".sh", ".md", ".cmake", ".txt", ".conf", ".service", ".socket", ".xml", ".json", ".yml")
SKIPPED_FOLDERS = {".git", "build", "run", "__pycache__", "tests/data", "tests/fuzz/corpus",
                   "tests/lint/samples"}

# Said in pieces, so that this file does not break its own rule.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MACHINE_PATH = re.compile(r"/wo" r"rk/|/tmp/ba" r"sh|/ho" r"me/\w")
ALLOWED = re.compile(r"lint-allow\((?P<rules>[\w-]+(?:, *[\w-]+)*)\): \S.{5,}")
NOLINT = re.compile(r"NOLINT(?!END)(?:NEXTLINE|BEGIN)?")
NOLINT_REASONED = re.compile(r"NOLINT(?:NEXTLINE|BEGIN)?\([\w.,* -]+\): \S.{5,}")

# Code that is banned everywhere: pattern, rule, what to do instead.
BANNED = [
    (r"\bdetached\b|\.detach\s*\(", "detached", "it swallows exceptions: use spawn()"),
    (r"\b(?:u|nano|clock_nano)?sleep\s*\(|\bsleep_(?:for|until)\b", "sleep",
     "wait for what you wait for: a timer in a loop, a condition in a test"),
    (r"\bsystem\s*\(|\bpopen\s*\(", "shell", "no shell: use posix_spawn with an argument vector"),
    (r"\b(?:strcpy|strcat|sprintf|vsprintf|strtok|gets|alloca)\s*\(", "unbounded",
     "it knows no size: use std::string or std::span"),
    (r"\b(?:atoi|atol|atof|strtol|strtoul|stoi|stol|stoul)\s*\(", "loose-number",
     "it takes half a number: use parse_number"),
    (r"\b(?:rand|srand)\s*\(", "random", "use the system's generator (RAND_bytes)"),
    (r"(?<!operator )(?<!= )(?<!=)\bdelete\b", "naked-delete", "let an owner do it"),
    (r"\bconst_cast\b", "const-cast", "change what you own instead"),
    (r"\bDISABLED_\w+", "disabled-test", "a test runs or is not there"),
]
NEW = re.compile(r"(?<!operator )\bnew\b")
# "Pointer(new T)": owned at once, where a library's pointer has no better way.
OWNED_AT_ONCE = re.compile(r"(?:Ptr|_ptr<[^()]*>)(?: \w+)?\($")
SWALLOWED = re.compile(r"\bcatch\s*\([^()]*\)\s*\{(\s*)\}")
BANNED = [(re.compile(pattern), rule, reason) for pattern, rule, reason in BANNED]

# What core, whose logic is fed with bytes and time, never includes.
NOT_IN_CORE = re.compile(r"^(?:boost/|sdbus|soci|dhcp/|dhcpsrv/|hooks/|cc/|curl/|systemd/|thread$|"
                         r"iostream$|mutex$|CLI/)")


def tree_files(root):
    """Every text file of the project, relative to root, sorted."""
    found = []
    for folder, folders, names in os.walk(root):
        here = os.path.relpath(folder, root)
        here = "" if here == "." else here + "/"
        folders[:] = sorted(name for name in folders
                            if here + name not in SKIPPED_FOLDERS and name not in SKIPPED_FOLDERS)
        found += [here + name for name in names
                  if cpp.is_cpp(name) or name.endswith(TEXTS) or name == "dev"]
    return sorted(found)


def check_text(path, text):
    """All findings in one file."""
    lines = text.split("\n")
    findings = list(_common(path, text, lines))
    if cpp.is_cpp(path):
        code, comments = cpp.split_comments(text)
        for rule in (_banned, _captures, _includes, _header, _functions, _coroutines, _logging):
            findings += rule(path, text, code)
        findings += _comments(path, comments)
    return [finding for finding in findings if not _is_allowed(finding, lines)]


def check_tree(files):
    """What no file can tell alone: that each of core's has its test."""
    tests = {os.path.basename(name).removesuffix("_test.cpp") for name in files
             if name.startswith("tests/unit/core/")}
    if not tests:
        return  # a few files only
    for name in files:
        stem = os.path.basename(name).removesuffix(".cpp")
        if name.startswith("core/") and name.endswith(".cpp") and stem not in tests:
            yield Finding(name, 1, "untested", f"want tests/unit/core/{stem}_test.cpp")


def _is_allowed(finding, lines):
    line = lines[finding.line - 1] if finding.line <= len(lines) else ""
    match = ALLOWED.search(line)
    return bool(match) and finding.rule in re.split(r", *", match.group("rules"))


def _common(path, text, lines):
    longest = LINE_SIZE_MAX.get(os.path.splitext(path)[1])
    for number, line in enumerate(lines, 1):
        if longest and len(line) > longest:
            yield Finding(path, number, "line-length", f"{len(line)} characters, at most {longest}")
        if UNFINISHED.search(line):
            yield Finding(path, number, "unfinished", "finish it, or say what is so and why")
        if MACHINE_PATH.search(line):
            yield Finding(path, number, "machine-path", "a path of one machine")
        if line != line.rstrip() and not path.endswith(".md"):
            yield Finding(path, number, "blanks", "blanks at the end of the line")
    if text and not text.endswith("\n"):
        yield Finding(path, len(lines), "blanks", "want a line feed at the end")
    most = TEST_LINES_MAX if path.startswith("tests/") else FILE_LINES_MAX
    if longest and len(lines) - 1 > most:
        yield Finding(path, most, "file-length", f"{len(lines) - 1} lines, at most {most}: two concepts?")


def _banned(path, text, code):
    for pattern, rule, reason in BANNED:
        if rule == "loose-number" and path.startswith("tests/"):
            continue  # there, what throws fails
        for match in pattern.finditer(code):
            yield Finding(path, cpp.line_of(code, match.start()), rule, reason)
    for match in NEW.finditer(code):
        if not OWNED_AT_ONCE.search(code[max(0, match.start() - 80) : match.start()]):
            yield Finding(path, cpp.line_of(code, match.start()), "naked-new",
                          "use std::make_unique, or a container")
    for match in SWALLOWED.finditer(code):
        if not text[match.start(1) : match.end(1)].strip():
            yield Finding(path, cpp.line_of(code, match.start()), "swallowed",
                          "say what happens to the error, or why nothing does")
    for match in re.finditer(r"(?m)^[ \t]*#[ \t]*define\b", code):
        yield Finding(path, cpp.line_of(code, match.start()), "macro", "use constexpr or a function")


def _captures(path, _, code):
    """What co_spawn runs outlives the frame that called it: it may capture nothing by default."""
    for match in re.finditer(r"\b(?:co_spawn|spawn)\s*\(", code):
        depth, end = 1, match.end()
        while end < len(code) and depth > 0:
            depth += {"(": 1, ")": -1}.get(code[end], 0)
            end += 1
        for capture in re.finditer(r"\[\s*[&=]\s*[,\]]", code[match.end() : end]):
            yield Finding(path, cpp.line_of(code, match.end() + capture.start()), "captures",
                          "name what the task captures: the frame around it is gone when it runs")


def _layer(path):
    parts = path.split("/")
    if parts[0] == "core" and len(parts) > 2 and parts[1] in CORE_LAYERS:
        return CORE_LAYERS.index(parts[1])
    return None


def _includes(path, text, code):
    own = path.split("/")[0]
    if own not in ("core", *PROGRAMS):
        return
    for match in re.finditer(r'(?m)^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', text):
        quote, name = match.groups()
        if not code[match.start() : match.end()].strip():
            continue  # in a comment
        line, folder = cpp.line_of(text, match.start()), name.split("/")[0]
        if folder in ("core", *PROGRAMS, "tests") and "/" in name:
            if folder not in ("core", own):
                yield Finding(path, line, "layers", f"{own} never includes {folder}: only core is shared")
            elif _layer(name) is not None and _layer(path) is not None and _layer(name) > _layer(path):
                yield Finding(path, line, "layers", f"core's order is {' <- '.join(CORE_LAYERS)}")
        if own == "core" and NOT_IN_CORE.match(name):
            yield Finding(path, line, "layers", f"core is fed with bytes and time, and needs no <{name}>")
        if quote == '"' and "/" not in name and not name.endswith((".adaptor.hpp", ".proxy.hpp")):
            yield Finding(path, line, "include-path", 'want the whole path, such as "core/base/mac.hpp"')


def _header(path, text, code):
    if not path.endswith(".hpp"):
        return
    if not text.startswith("//"):
        yield Finding(path, 1, "header", "the first line says what this is")
    if not re.search(r"(?m)^#pragma once$", code):
        yield Finding(path, 1, "header", "want #pragma once")
    for match in re.finditer(r"\busing\s+namespace\b", code):
        yield Finding(path, cpp.line_of(code, match.start()), "header",
                      "using namespace reaches everyone who includes this")


def _functions(path, _, code):
    for function in cpp.functions(code):
        if function.size() > FUNCTION_LINES_MAX:
            yield Finding(path, function.first, "function-length",
                          f"{function.size()} lines, at most {FUNCTION_LINES_MAX}: "
                          f"{function.header[:40]}…")


def _coroutines(path, _, code):
    for line, reason in coroutines.check(code):
        yield Finding(path, line, "co-await", reason)


def _logging(path, text, code):
    """log(Level::info, "event-in-kebab-case", …)."""
    for match in re.finditer(r'\blog\(\s*Level::\w+,\s*"([^"\n]*)"', text):
        if code[match.start()] != " " and not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", match.group(1)):
            yield Finding(path, cpp.line_of(text, match.start()), "log-event",
                          f"want an event in kebab-case, got '{match.group(1)}'")


def _comments(path, comments):
    for number, line in enumerate(comments.split("\n"), 1):
        if NOLINT.search(line) and not NOLINT_REASONED.search(line):
            yield Finding(path, number, "nolint", "want NOLINT(check-name): and the reason")
        if "lint-allow" in line and not ALLOWED.search(line):
            yield Finding(path, number, "nolint", "want lint-allow(rule): and the reason")
