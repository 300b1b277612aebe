"""Where co_await may stand: as a whole statement, an initialiser or a condition, with arguments that
have names already. GCC 12.2 destroys twice, or uses after it is gone, what the other shapes make
(docs/decisions.md, Toolchain); its warnings say nothing."""

import re

from . import cpp

# The text between a statement's start and its co_await.
WHOLE = re.compile(r"(?:else|do|co_return|return|case [^:]*:|default:)?")
CONDITION = re.compile(r"(?:else )?(?:if|while|switch) ?\((?:[^()=]*[^()=!<>]=)? ?!?")
RANGE = re.compile(r"for ?\([^;]*[^:]:")
ONE_LINE = re.compile(r"(?:else )?(?:if|for|while) ?\(.*\)|else")
SHAPES = [
    (re.compile(r"\bco_await\b"), "one co_await a statement"),
    (re.compile(r"&&|\|\|"), "no && or || beside co_await"),
    (re.compile(r" \? "), "no ?: beside co_await"),
    (re.compile(r"(?:^|[(,=]|return)\s*\[(?!\s*\]|\s*this\s*[\],]|\s*&\w)[^\]]*\]\s*[({]"),
     "no lambda that owns its captures: give it a name first"),
    (re.compile(r"[(,]\s*\{\s*[^}\s]"), "no braced list as an argument: give it a name first"),
    (re.compile(r"\w\s*\{\s*\."), "no aggregate made in place: give it a name first"),
    (re.compile(r"\b[A-Z]\w*(?:<[^<>]*>)?\s*\{\s*[^}\s]"),
     "no value made in place with braces: give it a name first"),
]


def _opens_block(before):
    """Whether a brace after this text begins statements, not a value."""
    before = before.rstrip()
    if not before or before[-1] in ");{}":
        return True
    return bool(re.search(r"(?:\b(?:else|do|try|noexcept|mutable|const|override|final)|\]|->[^;{}()]*)$",
                          before))


def _good_start(prefix):
    prefix = " ".join(prefix.split())
    if any(pattern.fullmatch(prefix) for pattern in (WHOLE, CONDITION, RANGE)):
        return True
    balanced = prefix.count("(") == prefix.count(")")
    if balanced and ONE_LINE.fullmatch(prefix):
        return True
    return (balanced and re.search(r"[^=!<>]=$", prefix) is not None
            and re.search(r"&& | \? |\|\|", prefix) is None and not prefix.startswith("."))


def _operand(code, at):
    """What follows co_await: to the end of its statement or of the condition around it."""
    depth = 0
    for match in re.compile(r"[][(){};]").finditer(code, at):
        mark = match.group(0)
        if mark in "([{":
            depth += 1
        elif mark == ";" and depth == 0:
            return code[at : match.start()]
        elif mark in ")]}":
            depth -= 1
            if depth < 0:
                return code[at : match.start()]
    return code[at:]


def _statement_starts(code):
    """(position of co_await, where its statement begins)."""
    start, depth, blocks = 0, 0, []
    for match in re.finditer(r"[(){};]|\bco_await\b", code):
        mark, at = match.group(0), match.start()
        if mark == "co_await":
            yield at, start
        elif mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
        elif mark == "{":
            is_block = _opens_block(code[start:at])
            blocks.append((is_block, depth, start))
            if is_block:
                start, depth = at + 1, 0
        elif mark == "}" and blocks:
            is_block, depth_before, start_before = blocks.pop()
            if is_block:
                # A block inside parentheses is a lambda's: the statement around it goes on.
                start = start_before if depth_before > 0 else at + 1
                depth = depth_before
        elif mark == ";" and depth == 0 and (not blocks or blocks[-1][0]):
            start = at + 1


def check(code):
    """(line, reason) for every co_await that stands where it may not."""
    code = cpp.without_directives(code)
    for at, start in _statement_starts(code):
        line = cpp.line_of(code, at)
        if not _good_start(code[start:at]):
            yield line, "co_await is a whole statement, an initialiser or a condition"
            continue
        operand = _operand(code, at + len("co_await"))
        for pattern, reason in SHAPES:
            if pattern.search(operand):
                yield line, reason
                break
