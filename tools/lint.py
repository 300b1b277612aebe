#!/usr/bin/env python3
"""The project's style as checks (CONTRIBUTING.md, "Common errors").

    tools/lint.py [FILE...]     the style rules, over the whole tree or these files
    tools/lint.py --format      and clang-format over the C++ files
    tools/lint.py --tidy BUILD  and clang-tidy, with clang-query for co_await, over BUILD's commands

Prints FILE:LINE: RULE: reason, one a line, and exits with 1 if there is any. A line that must break a
rule says so itself: "// lint-allow(RULE): reason".
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from style import commands, cpp, rules  # noqa: E402  (the path above comes first)
from style.finding import Finding  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent


def style(files):
    """All findings of the style rules; files: paths relative to ROOT."""
    findings = []
    for name in files:
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            findings.append(Finding(name, 1, "encoding", "want UTF-8"))
            continue
        findings += rules.check_text(name, text)
    return findings + list(rules.check_tree(files))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="only these; default: the whole tree")
    parser.add_argument("--format", action="store_true", help="run clang-format too")
    parser.add_argument("--tidy", metavar="BUILD", help="run clang-tidy too")
    parser.add_argument("--jobs", type=int, default=2, help="for --format and --tidy (default: 2)")
    options = parser.parse_args()
    files = rules.tree_files(ROOT)
    if options.files:
        wanted = {str(Path(name).resolve()) for name in options.files}
        files = [name for name in files if str(ROOT / name) in wanted]
    findings = style(files)
    if options.format:
        findings += commands.run_format(ROOT, [f for f in files if cpp.is_cpp(f)], options.jobs)
    if options.tidy:
        findings += commands.run_tidy(ROOT, Path(options.tidy), files, options.jobs)
    for finding in sorted(set(findings)):
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
