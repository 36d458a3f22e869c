"""The help of every command: complete, with examples that parse."""

import argparse
import shlex

import pytest

from scaling_lab.cli import VERBS, _make_parser, main
from scaling_lab.cli.sweep import HYDRA_VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_command_is_complete(verb, capsys):
    assert main([verb, "--help"]) == 0
    text = capsys.readouterr().out
    subparsers = next(a for a in _make_parser()._actions if isinstance(a, argparse._SubParsersAction))
    parser = subparsers.choices[verb]
    assert parser.description
    for action in parser._actions:
        assert action.help, action.dest
        assert any(name in text for name in (*action.option_strings, str(action.metavar), action.dest))
    examples = text.partition("examples:\n")[2].splitlines()
    assert examples
    for line in examples:
        command = line.partition("   ")[0].strip()
        if verb == "completion":
            command = command.removeprefix('eval "$(').removesuffix(')"').partition(" >")[0]
        words = shlex.split(command)
        assert words[:2] == ["scaling-lab", verb]
        if verb not in HYDRA_VERBS:
            assert _make_parser().parse_args(words[1:]).command


def test_without_a_command_help_with_examples_is_printed(capsys):
    assert main([]) == 0
    output = capsys.readouterr().out
    assert all(f"  {verb} " in output for verb in VERBS)
    assert "--version" in output
    assert "--verbose" in output
    assert "scaling-lab compare results/" in output
