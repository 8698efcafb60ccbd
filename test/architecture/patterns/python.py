"""Prints the regular expressions of Python files as JSON: file, line, pattern, flags as letters of JavaScript."""

import ast
import json
import sys

CALLS = {'compile', 'match', 'search', 'fullmatch', 'sub', 'subn', 'findall', 'finditer', 'split'}
FLAGS = {'M': 'm', 'MULTILINE': 'm', 'S': 's', 'DOTALL': 's', 'I': 'i', 'IGNORECASE': 'i'}


def text_of(node, names):
    """Text of an expression, with a letter in the place of what is known only when it runs."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id, 'x')
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left, names) + text_of(node.right, names)
    if isinstance(node, ast.JoinedStr):
        return ''.join(text_of(part, names) for part in node.values)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == 'format':
        return text_of(node.func.value, names).replace('{}', 'x')
    return 'x'


def main():
    found = []
    for path in sys.argv[1:]:
        with open(path, encoding='utf-8') as file:
            tree = ast.parse(file.read())
        names = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                names[node.targets[0].id] = text_of(node.value, names)
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS):
                continue
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id == 're' and node.args):
                continue
            others = [*node.args[1:], *[keyword.value for keyword in node.keywords]]
            flags = {FLAGS.get(part.attr, '') for one in others for part in ast.walk(one) if isinstance(part, ast.Attribute)}
            found.append([path, node.lineno, text_of(node.args[0], names), ''.join(sorted(flags))])
    json.dump(found, sys.stdout)


main()
