/**
 * A script that asks the program itself what could stand next, so that it never grows old.
 *
 * @see complete.ts for the question
 */
export function completionScript(shell: "bash" | "zsh"): string {
  return shell === "bash" ? bash : zsh
}

const bash = `
# bash completion for sops
_sops() {
  local current=\${COMP_WORDS[COMP_CWORD]} found
  local -a asked=("\${COMP_WORDS[@]:0:COMP_CWORD}")
  [[ $current == -* ]] && asked+=("$current")
  found=$("\${asked[@]}" --generate-bash-completion 2>/dev/null)
  COMPREPLY=($(compgen -W "$found" -- "$current"))
}
complete -o bashdefault -o default -o nospace -F _sops sops
`

const zsh = `
#compdef sops
# zsh completion for sops
_sops() {
  local current=\${words[CURRENT]}
  local -a asked found
  asked=("\${(@)words[1,CURRENT-1]}")
  [[ $current == -* ]] && asked+=("$current")
  found=("\${(@f)$(_CLI_ZSH_AUTOCOMPLETE_HACK=1 "\${asked[@]}" --generate-bash-completion 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then
    _describe 'values' found
  else
    _files
  fi
}
compdef _sops sops
`
