"""Which known word was probably meant by one that is not known."""

from __future__ import annotations

from collections.abc import Collection, Iterable


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most likely meant: the same but for case and `_`, the only one that starts so, or a near miss.

    None when nothing is near enough. On a tie the first candidate wins.
    """
    names = list(candidates)
    if not word or len(word) > 100:
        return None
    folded = {_fold(name): name for name in reversed(names)}
    key = _fold(word)
    if key in folded:
        return folded[key]
    begun = [name for name in folded if len(key) >= 3 and name.startswith(key)]
    if len(begun) == 1:
        return folded[begun[0]]
    from difflib import get_close_matches  # 2 ms, and only a mistake needs it

    close = get_close_matches(key, list(dict.fromkeys(map(_fold, names))), 1, 0.6)
    return folded[close[0]] if close else None


def alike(word: str, name: str) -> bool:
    """Is `word` surely `name` misspelled, so that it may be replaced without asking?"""
    from difflib import SequenceMatcher

    one, other = _fold(word), _fold(name)
    return SequenceMatcher(None, one, other).ratio() >= 0.75 or (len(one) >= 3 and other.startswith(one))


def _fold(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


class Speller:
    """Suggestions within a bounded amount of work: a file with thousands of unknown names gets them for the first."""

    __slots__ = ("work",)

    def __init__(self, work: int = 200_000) -> None:
        self.work = work  # names that may still be compared with

    def nearest(self, word: str, candidates: Collection[str]) -> str | None:
        """As `nearest`; None once the work is used up."""
        if self.work < len(candidates):
            return None
        self.work -= len(candidates)
        return nearest(word, candidates)
