"""The model files of Ultralytics and of the YOLOv5 and YOLOv7 repositories, as two dialects of one reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from shapecalc.dialects.yolo.family import ULTRALYTICS, YOLOV5, Family
from shapecalc.dialects.yolo.scale_names import scales_of, sibling
from shapecalc.network.dialect import Dialect, RowColumn, SpecFile
from shapecalc.yamltree import Mapping, Sequence

if TYPE_CHECKING:
    from shapecalc.language.reader import Options
    from shapecalc.network.network import Network

#: What only a model file contains: for a text that is not YAML and so has no tree to look at.
MARK: Final = re.compile(r"^backbone\s*:", re.MULTILINE)


class Yolo(Dialect):
    """Model files as the releases of one family read them."""

    numbered = True
    rows_are_modules = True
    scalars = "1.1"
    headings = {"name": "#", "type": "module"}
    columns = (
        "name",
        "type",
        RowColumn("from", "from", "rows that it reads, as written", right=True),
        RowColumn("repeats", "n", "repeats as written -> as built", right=True),
        RowColumn("arguments", "arguments", "arguments as written -> as built", elastic=2),
        "output",
        RowColumn("stride", "stride", "input positions for one output position", right=True),
        "params",
        "macs",
    )

    def __init__(self, family: Family) -> None:
        self.family, self.name = family, family.name

    def claim(self, file: SpecFile) -> Dialect | None:
        """Rows under `backbone` or `head` make a model file; `anchors` without `scales` make it the older one."""
        root = file.root
        if root is None:
            return self if MARK.search(file.source.text) is not None else None
        if not isinstance(root, Mapping) or root.get("layers") is not None:
            return None
        if not any(isinstance(root.get(key), Sequence) for key in ("backbone", "head")):
            return None
        return ANCHORED if root.get("anchors") is not None and root.get("scales") is None else DIALECT

    def read(self, file: SpecFile, options: Options) -> Network:
        from shapecalc.dialects.yolo.reader import read_yolo

        return read_yolo(file, self.family, options)

    def variants(self, file: SpecFile) -> list[str]:
        return scales_of(file.root)

    def sibling(self, path: str) -> tuple[str, str] | None:
        return sibling(path)

    def explain(self, name: str) -> list[str] | None:
        from shapecalc.dialects.yolo import describe

        module = describe.known(name)
        return None if module is None else describe.describe(module)


ANCHORED: Final = Yolo(YOLOV5)
DIALECT: Final = Yolo(ULTRALYTICS)
