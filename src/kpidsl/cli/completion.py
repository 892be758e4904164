"""`kpidsl completion`: the script that makes a shell complete names and options."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import NoReturn

import click
from click.shell_completion import BashComplete, ShellComplete, get_completion_class

from kpidsl.cli import options
from kpidsl.cli.completing import ASKED
from kpidsl.cli.faults import Exit
from kpidsl.cli.streams import write

EXAMPLES = """\b
Where to put it:
  bash   kpidsl completion bash > ~/.local/share/bash-completion/completions/kpidsl
  zsh    kpidsl completion zsh > "${fpath[1]}/_kpidsl"
  fish   kpidsl completion fish > ~/.config/fish/completions/kpidsl.fish

\b
Examples, for this session alone:
  bash   eval "$(kpidsl completion bash)"
  zsh    eval "$(kpidsl completion zsh)"
  fish   kpidsl completion fish | source
"""
SHELLS = ("bash", "zsh", "fish")


class Bash(BashComplete):
    """Bash takes `:` and `=` for ends of words, so that `tag:board` would be three: the line is split at blanks here,
    and what stands before the last of them is taken off again. No blank is put behind a folder.
    """

    source_template = r"""%(complete_func)s() {
    local line="${COMP_LINE:0:COMP_POINT}" response item type value before current
    local -a words
    IFS=$' \t' read -ra words <<< "$line"
    local at=$((${#words[@]} - 1))
    [[ $line == *[[:blank:]] ]] && at=${#words[@]}
    current="${words[at]:-}"
    [[ $current == --*=* ]] && current="${current#*=}"
    before=""
    [[ $current == *[:=]* ]] && before="${current%%"${current##*[:=]}"}"
    response=$(env COMP_WORDS="$line" COMP_CWORD=$at %(complete_var)s=bash_complete "$1")
    COMPREPLY=()
    while IFS= read -r item; do
        type="${item%%%%,*}" value="${item#*,}"
        if [[ $type == file ]]; then
            compopt -o default
        elif [[ $type == plain ]]; then
            [[ $value == */ || $value == *= || $value == *: ]] && compopt -o nospace
            COMPREPLY+=("${value#"$before"}")
        fi
    done <<< "$response"
    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@click.command("completion", short_help="Print the script for completion in a shell.", epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(SHELLS))
@options.common
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print the script that makes a shell complete commands, options, files, and the names of the spec.

    `--select` and `explain` then offer the names, tags and owners of the spec on the command line, or of the current
    folder. Only .kpi files are read for that.
    """
    made: type[ShellComplete] | None = Bash if shell == "bash" else get_completion_class(shell)
    assert made is not None
    write(f"{made(ctx.find_root().command, {}, 'kpidsl', ASKED).source().rstrip()}\n")
    return Exit.FINE


def offer(program: click.Command) -> NoReturn:
    """Tell the shell what may stand behind the cursor. What goes wrong is not told: somebody is typing."""
    with suppress(Exception):
        program.main(args=[], prog_name="kpidsl", complete_var=ASKED)
    sys.exit(1)
