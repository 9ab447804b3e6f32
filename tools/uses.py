"""Which notebooks use which part of the package: for the API pages of the site."""

import ast
from functools import cache

from tools import notebooks


@cache
def uses():
    """Return, for each full name in the package, the notebooks whose cells use it."""
    found = {}
    for path in notebooks.stored():
        aliases, used = {}, set()
        for _, cell in notebooks.code_cells(notebooks.read(path)):
            tree = ast.parse(cell.source)
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "companion":
                    aliases |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
                elif isinstance(node, ast.Name) and node.id in aliases:
                    used.add(aliases[node.id])
                elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
                    used.add(f"{aliases[node.value.id]}.{node.attr}")
        for name in used:
            found.setdefault(name, []).append(path.stem)
    return found
