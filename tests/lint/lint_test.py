"""tools/lint.py must find what samples/ says, and nothing else: a rule that finds nothing fails here.

A sample's "// path:" line is where it pretends to stand; "// <-- RULE..." ends each line that breaks rules."""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from style import commands, cpp, rules  # noqa: E402  (the path above comes first)

SAMPLES = Path(__file__).resolve().parent / "samples"
MARKER = re.compile(r"\s*// <-- ([\w -]+)$")


def found(path, text):
    return sorted((finding.line, finding.rule) for finding in rules.check_text(path, text))


def rules_found(path, text):
    return {rule for _, rule in found(path, text)}


class Samples(unittest.TestCase):
    def test_each_sample_gives_what_it_says(self):
        samples = sorted(SAMPLES.iterdir())
        self.assertGreater(len(samples), 5)
        for sample in samples:
            lines, wanted = [], []
            for number, line in enumerate(sample.read_text(encoding="utf-8").splitlines(), 1):
                marker = MARKER.search(line)
                wanted += [(number, rule) for rule in marker.group(1).split()] if marker else []
                lines.append(MARKER.sub("", line))
            text = "\n".join(lines) + "\n"
            path = re.search(r"// path: (\S+)", text).group(1)
            with self.subTest(sample=sample.name):
                if sample.name == "co_await.cpp":  # the one that is found above its marker's line
                    wanted.append((next(n for n, line in enumerate(lines, 1) if "serve(io," in line
                                        and not line.endswith(";")), "co-await"))
                self.assertEqual(found(path, text), sorted(wanted))


class WholeFiles(unittest.TestCase):
    def test_long_lines_and_files(self):
        self.assertEqual(found("core/base/a.cpp", "int a;\n" + "x" * 101 + "\n"), [(2, "line-length")])
        self.assertEqual(found("core/base/a.cpp", "ä" * 100 + "\n"), [], "characters, not bytes")
        self.assertEqual(found("core/base/a.cpp", "\n" * 401), [(400, "file-length")])
        self.assertEqual(found("core/base/a.cpp", "\n" * 400), [])
        self.assertEqual(found("tests/unit/a_test.cpp", "\n" * 601), [(600, "file-length")])
        self.assertEqual(found("tests/unit/a_test.cpp", "\n" * 600), [])

    def test_blanks(self):
        self.assertEqual(found("core/base/a.cpp", "int a; \n"), [(1, "blanks")])
        self.assertEqual(found("core/base/a.cpp", "int a;"), [(1, "blanks")])

    def test_unfinished_work_and_machine_paths_in_any_text(self):
        for path in ("core/base/a.cpp", "README.md", "tools/a.py", "dev"):
            self.assertEqual(found(path, "# TO" "DO: later\n"), [(1, "unfinished")])
            self.assertEqual(found(path, "# FIX" "ME\n"), [(1, "unfinished")])
            self.assertEqual(found(path, "# see /wo" "rk/x\n"), [(1, "machine-path")])
            self.assertEqual(found(path, "# see /tmp/ba" "sh_jobs\n"), [(1, "machine-path")])

    def test_core_is_tested_file_by_file(self):
        files = ["core/base/a.cpp", "core/base/b.cpp", "core/base/c.hpp", "tests/unit/core/a_test.cpp"]
        self.assertEqual([f.path for f in rules.check_tree(files)], ["core/base/b.cpp"])

    def test_the_tree_has_our_files_and_no_samples(self):
        files = rules.tree_files(ROOT)
        self.assertIn("core/base/mac.cpp", files)
        self.assertIn("tools/lint.py", files)
        self.assertFalse([name for name in files if name.startswith(("build/", "tests/lint/samples"))])


class Functions(unittest.TestCase):
    def sized(self, before, lines, after):
        text = before + "    x();\n" * lines + after
        return rules_found("core/base/a.cpp", text)

    def test_a_function_has_at_most_60_lines(self):
        for before, after in [
            ("void f() {\n", "}\n"),
            ("namespace a {\nclass B {\npublic:\n    int f() const noexcept {\n", "}\n};\n}\n"),
            ("namespace a {\nB::B(int c) : d_{c}, e_(c) {\n", "}\n}\n"),
            ("template <class T, class U = std::vector<int>>\nT f(T t) {\n", "}\n"),
            ("namespace {\nTEST(A, B) {\n", "}\n}\n"),
            ('extern "C" int f() {\n', "}\n"),
            ("auto f() -> int {\n", "}\n"),
        ]:
            with self.subTest(before=before):
                self.assertNotIn("function-length", self.sized(before, 57, after))
                self.assertIn("function-length", self.sized(before, 60, after))

    def test_other_braces_are_no_functions(self):
        for before, after in [
            ("namespace a {\n", "}\n"),
            ("class A : public B {\n", "};\n"),
            ("enum class A {\n", "};\n"),
            ("constexpr std::array a = {\n", "};\n"),
        ]:
            with self.subTest(before=before):
                self.assertNotIn("function-length", self.sized(before, 70, after))

    def test_neighbours_are_told_apart(self):
        text = "struct A {\n    int f() {\n        return 1;\n    }\n};\n\nvoid g() {\n}\n"
        self.assertEqual([(f.header, f.first, f.last) for f in cpp.functions(text)],
                         [("int f()", 2, 4), ("void g()", 7, 8)])


COROUTINE = """#include <coroutine>
#include <string>
#include <utility>
struct Task {
    struct promise_type {
        Task get_return_object() { return {}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
    bool await_ready() { return true; }
    void await_suspend(std::coroutine_handle<>) {}
    int await_resume() { return 1; }
};
struct Options {
    std::string text;
};
Task serve(Options options);
Task run(Options options) {
    co_await serve(std::move(options));
    %s
}
"""


class Commands(unittest.TestCase):
    def tidy(self, folder, statement):
        """What --tidy finds in a tree of one coroutine."""
        root = Path(folder)
        (root / "tools" / "style").mkdir(parents=True, exist_ok=True)
        (root / "tools" / "style" / "co_await.query").write_bytes(
            (ROOT / "tools" / "style" / "co_await.query").read_bytes())
        (root / ".clang-tidy").write_text("Checks: '-*,modernize-use-nullptr'\nWarningsAsErrors: '*'\n",
                                          encoding="utf-8")
        (root / "a.cpp").write_text(COROUTINE % statement, encoding="utf-8")
        command = {"directory": folder, "file": "a.cpp", "command": "clang++ -std=c++20 -c a.cpp"}
        other = {**command, "command": "clang++ -std=c++20 -include absent.hpp -c a.cpp"}
        (root / "compile_commands.json").write_text(json.dumps([command, other]), encoding="utf-8")
        try:
            return {(f.rule, f.line) for f in commands.run_tidy(root, root, ["a.cpp"], 1)}
        except FileNotFoundError:
            return self.skipTest("clang-tidy or clang-query is not installed")

    def test_tidy_and_query_find_what_they_should_and_remember_what_was_clean(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.tidy(folder, "co_await serve(Options{\"a\"});"), {("co-await", 22)})
            self.assertEqual(self.tidy(folder, "if (co_await serve(options) && co_await serve(options)) {}"),
                             {("co-await", 22)})
            self.assertEqual(self.tidy(folder, "char* none = 0; (void)none;"), {("tidy", 22)})
            cache = Path(folder) / "tidy-cache"
            self.assertEqual(list(cache.iterdir()), [], "what is not clean is looked at again")
            self.assertEqual(self.tidy(folder, ";"), set())
            self.assertEqual(len(list(cache.iterdir())), 1)
            self.assertEqual(self.tidy(folder, "char* none = 0;"), {("tidy", 22)}, "a change is seen")

    def test_a_change_of_a_folders_checks_is_seen(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "tests").mkdir()
            name = root / "tests" / "a.cpp"
            name.write_text("int a;\n", encoding="utf-8")
            command = {"directory": folder, "file": str(name), "command": "clang++ -c " + str(name)}
            (root / "compile_commands.json").write_text(json.dumps([command]), encoding="utf-8")
            ours = commands.Commands(root, root, ["tests/a.cpp"])
            keys = set()
            for path in (root / ".clang-tidy", root / "tests" / ".clang-tidy"):
                path.write_text("Checks: '-*'\n", encoding="utf-8")
                keys.add(ours.key(str(name), ""))
            path.write_text("Checks: '*'\n", encoding="utf-8")
            keys.add(ours.key(str(name), ""))
            self.assertEqual(len(keys), 3)

    def test_format_finds_a_line_that_is_laid_out_otherwise(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / ".clang-format").write_text("BasedOnStyle: LLVM\n", encoding="utf-8")
            (root / "good.cpp").write_text("int a;\n", encoding="utf-8")
            (root / "bad.cpp").write_text("int a;\nint   b;\n", encoding="utf-8")
            try:
                findings = commands.run_format(root, ["good.cpp", "bad.cpp"], 2)
            except FileNotFoundError:
                self.skipTest("clang-format is not installed")
            self.assertEqual({(f.path, f.line) for f in findings}, {("bad.cpp", 2)})

    def test_the_program_ends_with_one_where_a_rule_is_broken(self):
        lint = ROOT / "tools" / "lint.py"
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "tools"
            copy.mkdir()
            (copy / "lint.py").write_bytes(lint.read_bytes())
            (copy / "style").symlink_to(ROOT / "tools" / "style")
            run = [sys.executable, str(copy / "lint.py")]
            self.assertEqual(subprocess.run(run, check=False).returncode, 0)
            bad = Path(folder) / "tftpd"
            bad.mkdir()
            (bad / "a.cpp").write_text("void f() {\n    sleep(1);\n}\n", encoding="utf-8")
            done = subprocess.run(run, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stdout.startswith("tftpd/a.cpp:2: sleep: "), done.stdout)


if __name__ == "__main__":
    unittest.main()
