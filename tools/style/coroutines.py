"""Where co_await may stand: as a whole statement, an initialiser or a condition, with arguments that
have names already. GCC 12.2 destroys twice, or uses after it is gone, what the other shapes make
(docs/decisions.md, Toolchain); its warnings say nothing."""

import re

from . import cpp

LEAD = re.compile(r"^(?:else\b|do\b|co_return\b|return\b|(?:case [\w:]+|default) ?:(?!:)) ?")
CONTROL = re.compile(r"^(?:if|for|while|switch)(?: constexpr)? ?\(")
# In a condition that is still open: its co_await is all of it, or initialises what it declares.
CONDITION = re.compile(r"^(?:if|while|switch) ?\((?:[^()={}]*[^()=!<>{}]=)? ?!?$")
RANGE = re.compile(r"^for ?\([^;{}]*[^:]:$")
INITIALISER = re.compile(r"[^=!<>]=$")
OPERATORS = re.compile(r"&& |\|\|| \? ")

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


def _closing(text, at):
    """Where the parenthesis that opens before at closes; -1 if it does not."""
    depth = 1
    for position in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return -1


def _good_start(prefix):
    """Whether a co_await may follow this text, which begins with its statement."""
    prefix = " ".join(prefix.split())
    while True:
        control = CONTROL.match(prefix)
        end = _closing(prefix, control.end()) if control else -1
        if end >= 0:
            prefix = prefix[end + 1 :].lstrip()
        elif LEAD.match(prefix):
            prefix = LEAD.sub("", prefix, count=1)
        else:
            break
    if not prefix or CONDITION.match(prefix) or RANGE.match(prefix):
        return True
    balanced = all(prefix.count(a) == prefix.count(b) for a, b in ("()", "{}"))
    return bool(balanced and INITIALISER.search(prefix) and not OPERATORS.search(prefix))


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
