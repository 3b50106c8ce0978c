/**
 * What each shell sources. Each hands the words of the line on as they are (nothing that was typed is evaluated), and
 * gets candidates, a tab and a description on each line, then one line of `:files`, `:folders` or `:none`: what else
 * the shell may offer. They need nothing but the shell: bash 3.2 (macOS) and one without bash-completion too.
 */
import type { Shell } from "./shells.ts";

/** bash splits `--flag=value` into three words, and replaces the last one only. */
const BASH = `# bash completion for tee-cluster
_tee_cluster() {
  local line last=:files
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) last=$line ;;
      *) COMPREPLY+=("$(printf '%q' "\${line%%$'\\t'*}")") ;;
    esac
  done < <(tee-cluster complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $last in
    :none) compopt +o default 2>/dev/null ;;
    :folders) compopt +o default -o dirnames 2>/dev/null ;;
  esac
  return 0
}
complete -o default -F _tee_cluster tee-cluster
`;

const ZSH = `#compdef tee-cluster
_tee_cluster() {
  local line last=:files
  local -a described
  while IFS= read -r line; do
    case $line in
      :*) last=$line ;;
      *) described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done < <(tee-cluster complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  [[ $words[CURRENT] == --*=* ]] && compset -P 1 '*='
  case $last in
    :files) _files ;;
    :folders) _files -/ ;;
    *) _describe -t values 'tee-cluster' described ;;
  esac
}
if [[ $funcstack[1] == _tee-cluster ]]; then _tee_cluster "$@"
elif (( $+functions[compdef] )); then compdef _tee_cluster tee-cluster
fi
`;

const FISH = `# fish completion for tee-cluster
function __tee_cluster_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l prefix (string match -r -- '^--[^=]+=' $words[-1])
    for line in (tee-cluster complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case ':none'
            case ':files'
                printf "$prefix%s\\n" (__fish_complete_path (string replace -- "$prefix" '' $words[-1]))
            case ':folders'
                printf "$prefix%s\\n" (__fish_complete_directories (string replace -- "$prefix" '' $words[-1]))
            case '*'
                printf '%s%s\\n' "$prefix" $line
        end
    end
end
complete -c tee-cluster -e
complete -c tee-cluster -f -a '(__tee_cluster_complete)'
`;

/** Without candidates PowerShell completes files by itself. */
const POWERSHELL = `# PowerShell completion for tee-cluster
Register-ArgumentCompleter -Native -CommandName tee-cluster -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object { "$_" })
    if ($wordToComplete -eq '') { $words += '""' }
    $prefix = if ($wordToComplete -match '^--[^=]+=') { $Matches[0] } else { '' }
    foreach ($line in (& tee-cluster complete -- @words 2>$null)) {
        if ($line.StartsWith(':')) { continue }
        $value, $text = $line -split '\\t', 2
        if (-not $text) { $text = $value }
        [System.Management.Automation.CompletionResult]::new(
            "$prefix$value", $value, 'ParameterValue', $text)
    }
}
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};
