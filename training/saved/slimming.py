"""SavedModels without what only their makers read: names, known shapes and what is computed twice."""

from __future__ import annotations

import os
from pathlib import Path

from tensorflow.core.framework.function_pb2 import FunctionDef
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.framework import op_def_registry

_UNREAD = ("_output_shapes", "_gradient_op_type")


def slim(folder: Path):
    """Rewrites the graph of the SavedModel in `folder`, whose signatures answer as before; gradients are lost."""
    file = folder / "saved_model.pb"
    model = SavedModel.FromString(file.read_bytes())
    for meta_graph in model.meta_graphs:
        known = meta_graph.object_graph_def.concrete_functions  # whose arguments are given by name
        for function in meta_graph.graph_def.library.function:
            if function.signature.name not in known:
                _slim_arguments(function)
            _slim(function)
    beside = file.with_suffix(".pb.new")
    beside.write_bytes(model.SerializeToString(deterministic=True))
    os.replace(beside, file)


def _slim_arguments(function: FunctionDef):
    """Gives the arguments and results of a function, which is called by their places, short names."""
    taken = {node.name for node in function.node_def}
    names: dict[str, str] = {}
    for place, argument in enumerate(function.signature.input_arg):
        names[argument.name] = _free(f"a{place}", taken)
        argument.name = names[argument.name]
    for node in function.node_def:
        node.input[:] = [_renamed(one, names) for one in node.input]
    results = {name: _renamed(value, names) for name, value in function.ret.items()}
    function.ret.clear()
    for place, result in enumerate(function.signature.output_arg):
        function.ret[f"r{place}"] = results[result.name]
        result.name = f"r{place}"
    for attributes in function.arg_attr.values():
        for unread in (*_UNREAD, "_user_specified_name"):
            attributes.attr.pop(unread, None)


def _slim(function: FunctionDef):
    """Gives the nodes of a function short names, and keeps one of those that compute the same."""
    taken = {argument.name for argument in function.signature.input_arg}
    names: dict[str, str] = {}
    found: dict[bytes, str] = {}
    kept = []
    for node in _sorted(function.node_def):
        for unread in _UNREAD:
            node.attr.pop(unread, None)
        node.input[:] = [_renamed(one, names) for one in node.input]
        old = node.name
        node.name = ""
        key = node.SerializeToString(deterministic=True)
        if key in found and not _does_more(node):
            names[old] = found[key]
            continue
        node.name = _free(f"n{len(kept)}", taken)
        names[old] = found[key] = node.name
        kept.append(node)
    for node in kept:
        places = node.attr["_class"].list.s if "_class" in node.attr else []
        places[:] = [b"loc:@" + names[one.removeprefix(b"loc:@").decode()].encode() for one in places]
    del function.node_def[:]
    function.node_def.extend(kept)
    for results in (function.ret, function.control_ret):
        for name, value in list(results.items()):
            results[name] = _renamed(value, names)


def _free(name: str, taken: set[str]) -> str:
    """The name, or one like it that isn't taken."""
    return next(one for one in (name, f"{name}_") if one not in taken)


def _sorted(nodes) -> list[NodeDef]:
    """Each node after those that it reads."""
    by_name = {node.name: node for node in nodes}
    done: dict[str, NodeDef] = {}
    for node in nodes:
        stack = [node]
        while stack:
            last = stack[-1]
            needed = (by_name.get(_node_of(one)) for one in last.input)
            missing = [one for one in needed if one is not None and one.name not in done]
            if missing:
                stack.extend(missing)
            else:
                done[last.name] = stack.pop()
    return list(done.values())


def _node_of(reference: str) -> str:
    return reference.removeprefix("^").partition(":")[0]


def _renamed(reference: str, names: dict[str, str]) -> str:
    """A reference, `node:output:index`, `^node`, `node` or the name of an argument."""
    name = _node_of(reference)
    return reference.replace(name, names[name], 1) if name in names else reference


def _does_more(node: NodeDef) -> bool:
    """Whether a node does more than compute its outputs, so that doing it once is not the same."""
    definition = op_def_registry.get(node.op)
    return definition is None or definition.is_stateful or any(one.startswith("^") for one in node.input)
