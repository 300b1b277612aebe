"""C++ as the rules need it: code without comments and literals, and the functions in it.

An approximation, not a parser: it knows comments, literals and braces, and relies on clang-format's layout
for nothing."""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""//[^\n]*
      | /\*.*?\*/
      | (?:u8|[uUL])?R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"
      | "(?:\\.|[^"\\\n])*"
      | (?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'""",
    re.VERBOSE | re.DOTALL,
)
SCOPE = re.compile(r'^(?:inline\s+)?(?:(?:namespace|class|struct|union|enum)\b|extern\s+"[^"]*"$)')
TEMPLATE = re.compile(r"^template\s*<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>\s*(?:requires[^{;]*?\)\s*)?")


def is_cpp(path):
    return path.endswith((".cpp", ".hpp"))


def blank(text):
    """The same length and lines, all else blank."""
    return re.sub(r"[^\n]", " ", text)


def split_comments(text):
    """(code, comments): each as long as text, with all that is not its own blanked. Literals are
    empty quotes in code: what they say is no code."""
    code, comments, at = [], [], 0
    for match in TOKEN.finditer(text):
        token = match.group(0)
        before = text[at : match.start()]
        code.append(before)
        comments.append(blank(before))
        if token.startswith("/"):
            code.append(blank(token))
            comments.append(token)
        else:
            code.append(token[0] + blank(token[1:-1]) + token[-1])
            comments.append(blank(token))
        at = match.end()
    return "".join(code) + text[at:], "".join(comments) + blank(text[at:])


def without_directives(code):
    """Preprocessor lines blanked, their continuations too."""
    return re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: blank(m.group(0)), code)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


@dataclass(frozen=True)
class Function:
    header: str
    first: int
    last: int

    def size(self):
        return self.last - self.first + 1


def _is_member_initialiser(header):
    """`Foo() : a_{1}`: the brace after a member's name is its value and no body."""
    return re.search(r"\)\s*(?:noexcept\s*)?:(?!:)", header) and re.search(r"[\w>]\s*$", header)


def functions(code):
    """Every function outside other functions, members included."""
    code = without_directives(code)
    found, stack, start = [], [], 0
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        inside = [kind for kind, _, _ in stack if kind != "scope"]
        if match.group(0) == "{":
            raw = code[start:at]
            header = TEMPLATE.sub("", raw.strip())
            first = line_of(code, start + len(raw) - len(raw.lstrip()))
            if inside or (header and _is_member_initialiser(header)):
                stack.append(("block", first, header))
                continue
            kind = "scope" if SCOPE.match(header) else "body" if "(" in header else "block"
            stack.append((kind, first, header))
            start = at + 1
        elif match.group(0) == "}" and stack:
            kind, first, header = stack.pop()
            if kind == "body":
                found.append(Function(" ".join(header.split()), first, line_of(code, at)))
            if kind == "body" or not stack or (kind == "scope" and not inside):
                start = at + 1
        elif not inside:
            start = at + 1
    return found
