"""TeX that models write and the converter does not know, written in TeX that it knows."""

import re
from collections.abc import Callable

MACROS = {
    "abs": r"\left|#1\right|",
    "norm": r"\left\|#1\right\|",
    "ceil": r"\left\lceil#1\right\rceil",
    "floor": r"\left\lfloor#1\right\rfloor",
    "set": r"\left\{#1\right\}",
    "inner": r"\left\langle#1\right\rangle",
    "dv": r"\frac{\mathrm{d}#1}{\mathrm{d}#2}",
    "pdv": r"\frac{\partial#1}{\partial#2}",
    "dd": r"\mathrm{d}#1",
    "vb": r"\mathbf{#1}",
    "mbox": r"\text{#1}",
    "substack": r"\begin{subarray}{c}#1\end{subarray}",
    "SI": r"#1\,\mathrm{#2}",
    "unit": r"\mathrm{#1}",
    "si": r"\mathrm{#1}",
    "num": r"#1",
    "pmb": r"\boldsymbol{#1}",
    "dotsc": r"\ldots",
    "dotsb": r"\cdots",
    "dotsm": r"\cdots",
    "dotsi": r"\cdots",
    "dotso": r"\ldots",
    "N": r"\mathbb{N}",
    "Z": r"\mathbb{Z}",
    "Q": r"\mathbb{Q}",
    "R": r"\mathbb{R}",
    "C": r"\mathbb{C}",
    "E": r"\mathbb{E}",
    "Var": r"\operatorname{Var}",
    "Cov": r"\operatorname{Cov}",
    "diag": r"\operatorname{diag}",
    "rank": r"\operatorname{rank}",
    "tr": r"\operatorname{tr}",
    "Tr": r"\operatorname{Tr}",
    "sgn": r"\operatorname{sgn}",
    "sign": r"\operatorname{sign}",
    "argmax": r"\operatorname*{arg\,max}",
    "argmin": r"\operatorname*{arg\,min}",
    "softmax": r"\operatorname{softmax}",
    "ReLU": r"\operatorname{ReLU}",
    "grad": r"\nabla",
    "curl": r"\nabla\times",
    "eps": r"\epsilon",
    "half": r"\frac{1}{2}",
    "degree": r"{}^{\circ}",
    "celsius": r"{}^{\circ}\mathrm{C}",
    "textdegree": r"{}^{\circ}",
    "qed": r"\blacksquare",
    "euro": r"\text{€}",
}

_ALIGNED = ("split", "flalign", "flalign*", "alignat", "alignat*", "alignedat", "align", "align*")
_UNNUMBERED = ("gather", "multline")
_ENVIRONMENT = re.compile(r"\\(begin|end)\{([a-z]+\*?)\}")
_COLUMNS = re.compile(r"(\\begin\{(?:alignat\*?|alignedat)\})\s*\{\d+\}")
_STARRED_MATRIX = re.compile(r"\\(begin|end)\{([pbBvV]?matrix)\*\}(?:\[[lcr]\])?")
_SMALL_MATRIX = re.compile(r"\\(begin|end)\{smallmatrix\}")
_TAG = re.compile(r"\\tag\*?\{([^{}]*)\}")
_LABEL = re.compile(r"\\label\{[^{}]*\}")
_TEXT = re.compile(r"(\\(?:text|textbf|textit|textrm|mbox)\{)([^{}]*)\}")
_INNER = re.compile(r"\$([^$]+)\$")
_UNESCAPED = re.compile(r"(?<!\\)[_#&^]")
_SPACE_AFTER_SIGN = re.compile(r"(\\[%$&#_^]) ")  # The converter takes it as the end of a command's name.
_EQUATION = re.compile(r"\\(?:begin|end)\{equation\*?\}")
_ROW_GAP = re.compile(r"\\\\\*?\s*\[\s*-?[\d.]+\s*[a-z]{2}\s*\]")
_GROUP = re.compile(r"\\begin\{|\\end\{|\\\\|\\.|[{}&]", re.DOTALL)
_DEPTHS = {"{": 1, "\\begin{": 2, "}": -1, "\\end{": 0}
_ROOT = re.compile(r"√(\w)")


def known(source: str) -> str:
    """Return the formula in commands that the converter knows; what has no counterpart stays."""
    for pattern, replacement in _REWRITES:
        source = pattern.sub(replacement, source)
    return _in_rows(source)


def _in_rows(source: str) -> str:
    """Return a formula that breaks lines outside of any environment inside one that has lines."""
    depth, signs = 0, set()
    for found in _GROUP.finditer(source):
        sign = found[0]
        depth += _DEPTHS.get(sign, 0)
        if depth == 0 and sign in ("\\\\", "&"):
            signs.add(sign)
    if not signs:
        return source
    name = "aligned" if "&" in signs else "gathered"
    return f"\\begin{{{name}}}{source}\\end{{{name}}}"


def _environment(found: re.Match[str]) -> str:
    name = found[2]
    if name in _ALIGNED:
        return f"\\{found[1]}{{aligned}}"
    return f"\\{found[1]}{{{name}*}}" if name in _UNNUMBERED else found[0]


def _text(found: re.Match[str]) -> str:
    """Return words with formulas among them as words and formulas."""
    start, inside = found[1], found[2]
    pieces = _INNER.split(inside)
    words = [_UNESCAPED.sub(lambda sign: "\\" + sign[0], piece) for piece in pieces[::2]]
    words = [_SPACE_AFTER_SIGN.sub(r"\1\\ ", word) for word in words]
    shown = [f"{start}{word}}}" for word in words]
    formulas = [*pieces[1::2], ""]
    return "".join(f"{word}{formula}" for word, formula in zip(shown, formulas, strict=True))


_REWRITES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_EQUATION, ""),
    (_ROW_GAP, r"\\\\"),
    (_COLUMNS, r"\1"),
    (_ENVIRONMENT, _environment),
    (_STARRED_MATRIX, r"\\\1{\2}"),
    (_SMALL_MATRIX, r"\\\1{matrix}"),
    (_TAG, r"\\qquad\\text{(\1)}"),
    (_LABEL, ""),
    (_TEXT, _text),
    (_ROOT, r"\\sqrt{\1}"),
)
