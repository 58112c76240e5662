"""No module imports, at its head or in a function, what imports it back."""

from graphlib import TopologicalSorter

import grimp


def test_no_imports_are_circular():
    graph = grimp.build_graph("marketplace", "matching", "seed")
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 200
    list(TopologicalSorter(imports).static_order())  # CycleError names the circle
