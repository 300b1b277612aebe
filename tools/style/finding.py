"""One breach of a rule: where, which, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    reason: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.reason}"
