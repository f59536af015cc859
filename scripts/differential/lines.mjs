// Lines for the shell: where text comes from and goes to, several calls that build on each other, prompts, key services,
// configs that are wrong, and values of every shape.

// Each line makes several calls, which takes long: none is in the quick part.
const group = (name, lines) => lines.map((line) => ({ group: `in a shell, ${name}`, line, isLong: true }))
const types = "--input-type yaml --output-type yaml"

export function shellLines({ a, b }) {
  return [
    ...streams(),
    ...values(),
    ...paths(),
    ...groupsOfKeys({ a, b }),
    ...faultyConfigs({ a }),
    ...services(),
    ...editors({ a }),
    ...environment({ a, b }),
  ]
}

function streams() {
  const socket = (send) =>
    `python3 -c '
import socket,subprocess,sys
ours,theirs=socket.socketpair()
text=open("sealed.yaml","rb").read()
${send}
sys.exit(p.wait())'`
  const start = (name) => `p=subprocess.Popen("sops decrypt ${types} ${name}".split(),stdin=theirs); theirs.close()`
  const whole = "ours.sendall(text); ours.close()"
  const bits = "[ours.sendall(text[i:i+97]) for i in range(0,len(text),97)]; ours.close()"
  return group("streams", [
    socket(`${start("")}; ${whole}`),
    socket(`${start("")}; ${bits}`),
    socket(`${start("/dev/fd/0")}; ${whole}`.replace("/dev/fd/0", "")),
    `cat sealed.yaml | sops decrypt ${types} /dev/stdin`,
    `cat sealed.yaml | sops decrypt ${types}`,
    `cat sealed.yaml | sops -d ${types} /proc/self/fd/0`,
    `sops decrypt ${types} /dev/fd/5 5< sealed.yaml`,
    `sops decrypt ${types} <(cat sealed.yaml)`,
    "sops decrypt <(cat sealed.bin)",
    "sops filestatus <(cat sealed.bin)",
    "sops exec-env <(cat sealed.txt) 'echo $data'",
    `sops exec-file ${types} <(cat sealed.yaml) 'cat {}'`,
    `mkfifo p; cat sealed.yaml > p & sops decrypt ${types} p; rm p`,
    `mkfifo p; (sleep 0.5; cat sealed.yaml > p) & sops decrypt ${types} p; rm p`,
    "mkfifo p; cat p & sops decrypt --output p sealed.yaml; wait; rm p",
    "sops decrypt --output >(cat) sealed.yaml; sleep 1",
    "sops decrypt --output /dev/null sealed.yaml",
    "sops decrypt sealed.yaml | true",
    "sops decrypt <&-",
    "sops decrypt sealed.yaml <&-",
    "sops decrypt .",
    "sops decrypt sealed.yaml 2>&-",
    "cd folder && sops decrypt ../sealed.yaml",
    'cd / && sops decrypt "$OLDPWD/sealed.yaml"',
    "for n in 1 2 3 4 5 6 7 8; do sops decrypt sealed.yaml > $HOME/.cache-$n & done; wait; cat $HOME/.cache-*; rm $HOME/.cache-*",
    "sops set sealed-flat.yaml '[\"a\"]' '\"x\"' & sops decrypt sealed.json; wait",
    "umask 077; sops rotate --output new.yaml sealed.yaml",
    "umask 027; sops rotate --output new.yaml sealed.yaml",
    "sops exec-file sealed-flat.yaml 'cat {} > /dev/null; exec sh -c \"exit 9\"'",
    "sops exec-env sealed-flat.yaml 'kill -HUP $$'",
    "sops exec-env sealed-flat.yaml 'cat; echo $a' < flat.yaml",
    "sops exec-file --no-fifo sealed.env '. {}; echo $A'",
    "sops exec-file sealed.json 'head -c 5 {}'",
    "sops exec-env sealed-flat.yaml 'echo $0 $#; pwd | sed s/.*work/work/'",
    'sops exec-env sealed-flat.yaml "exec-env nothing"',
    'sops exec-env sealed-flat.yaml "exit 255"',
    'sops exec-env sealed-flat.yaml "kill -INT \\$\\$"',
  ])
}

/** Set, printed, extracted, and set again: what a value is seen by what is printed. */
function values() {
  const list =
    `1 1.0 1.50 -1 0 1e2 123456789012345678901234567890 0.1 1E5 1e21 1e-7 true null "" " " "true" "1" "null" "~" "2001-01-01" "0x1F"|"multi\\nline\\n"|"# x"|"a: b"|"ENC[x]"|{"b":1,"a":2}|{"a":{}}|{"a":[]}|{"l":[1,{"x":null}]}| 5 |5 6|'x'|01|+1|.5|1.|NaN|"\\u00e4\\n\\t"|"\\x"|"tail "|" head"|"'"|"\\""`
      .split("|")
      .flatMap((part, index) => (index === 0 ? part.match(/"[^"]*"|\S+/g) : [part]))
  const rows = []
  for (const value of list) {
    const word = `'${value.replaceAll("'", String.raw`'\''`)}'`
    for (const [file, path] of [
      ["sealed-flat.yaml", '["a"]'],
      ["sealed.json", '["db"]["new"]'],
    ]) {
      rows.push(`sops set ${file} '${path}' ${word}; echo $?; sops decrypt --extract '${path}' ${file}`)
    }
    rows.push(`sops set sealed.env '["A"]' ${word}; echo $?`)
  }
  return group("values", rows)
}

function paths() {
  const show = "echo $?"
  return group("paths", [
    ...[
      `["l"][0]' '1`,
      `["l"][0]["x"][1]' 'true`,
      `['db']["password"]' '"x"`,
      `["a]b"]' '"x"`,
      `["a'b"]' '"x"`,
      `[""]' '"x"`,
      `["users"][0]["name"]["deep"]' '"x"`,
      `["users"][00]' '"x"`,
      `["users"][ 0]' '"x"`,
      `["users"][+0]["name"]' '"x"`,
      `["users"][0x0]["name"]' '"x"`,
      `["users"][99999999999999999999]' '"x"`,
      `["list"][1]' '{"a": [1]}`,
      `["db"]' '"x"`,
      `["sops_x"]' '"x"`,
      `["ü"]' '"x"`,
      `["new\\n"]' '"x"`,
      `[["db"]]' '"x"`,
    ].map((words) => `sops set sealed.yaml '${words}'; ${show}`),
    ...[`["users"][0]`, `["list"]`, `["db"]["ratio"]`, `["text"]`, `["when"]`, `["db"]["nothing"]`].map(
      (path) => `sops unset sealed.yaml '${path}'; ${show}`,
    ),
    ...["json", "env", "ini"].flatMap((kind) =>
      [`["A"]`, `["db"]`, `["db"]["port"]`, `["users"][0]`, `["none"]`, `["none"]["x"]`].map(
        (path) => `sops unset --idempotent sealed.${kind} '${path}'; echo $?`,
      ),
    ),
    `for i in 0 1 2; do sops unset sealed.yaml '["list"][0]'; done; ${show}`,
    `sops unset sealed.yaml '["list"][2]'; sops set sealed.yaml '["list"][2]' '"again"'; ${show}`,
    `sops set sealed.yaml '["x"]["y"]["z"]' 1; sops unset sealed.yaml '["x"]["y"]["z"]'; ${show}`,
  ])
}

function groupsOfKeys({ a, b }) {
  const rule = (text) => `printf '%s' '{"creation_rules": [${text}]}' > folder/.sops.yaml; cd folder`
  const both = "export SOPS_AGE_KEY_FILE=$PWD/both-keys.txt"
  const two = `"key_groups": [{"age": ["${a}"]}, {"age": ["${b}"]}]`
  const facts = "grep -c recipient: ../sealed-both.yaml; grep shamir ../sealed-both.yaml"
  return group("groups in turn", [
    ...["", '"shamir_threshold": 2, ', '"shamir_threshold": 1, ', '"shamir_threshold": 9, '].flatMap((threshold) => [
      `${both}; ${rule(`{${threshold}${two}}`)}; sops updatekeys -y ../sealed-both.yaml; echo $?; ${facts}; sops decrypt ../sealed-both.yaml`,
      `${rule(`{${threshold}${two}}`)}; sops encrypt ../flat.yaml > ../sealed.txt; echo $?`,
      `${both}; ${rule(`{${threshold}${two}}`)}; yes | sops updatekeys ../sealed-both.yaml; echo $?; sops updatekeys ../sealed-both.yaml; ${facts}`,
    ]),
    `${rule(`{"key_groups": [{"age": ["${a}"]}, {}]}`)}; sops encrypt ../flat.yaml`,
    `${rule(`{"key_groups": [{}]}`)}; sops encrypt ../flat.yaml`,
    `${rule(`{"key_groups": []}`)}; sops encrypt ../flat.yaml`,
    `${rule(`{"key_groups": [{"age": ["${a}", "${a}"]}]}`)}; sops encrypt ../flat.yaml > ../sealed.txt`,
    `${rule(`{"age": "${a},${a}"}`)}; sops encrypt ../flat.yaml > ../sealed.txt`,
    `${rule(`{"age": ["${a},${b}"]}`)}; sops encrypt ../flat.yaml > ../sealed.txt`,
    `${rule(`{"key_groups": [{"merge": [{"age": ["${b}"]}], "age": ["${a}"]}]}`)}; sops encrypt ../flat.yaml > ../sealed.txt`,
    `${rule(`{"age": "${b}"}`)}; sops updatekeys -y ../sealed.yaml; echo $?; sops decrypt ../sealed.yaml; SOPS_AGE_KEY_FILE=$OLDPWD/both-keys.txt sops decrypt ../sealed.yaml`,
    `${rule(`{"age": "${a},${b}"}`)}; sops updatekeys -y ../sealed.bin ../sealed.env ../sealed.ini ../sealed.json; echo $?`,
    `${rule(`{"age": "${a},${b}"}`)}; printf 'x\\n\\n' | sops updatekeys ../sealed.yaml; echo $?`,
    `sops groups add -i -f sealed.yaml --age ${b}; ${both}; sops decrypt sealed.yaml; sops groups delete -i -f sealed.yaml 1; echo $?; sops groups delete -i -f sealed.yaml --shamir-secret-sharing-threshold 1 1; echo $?; sops decrypt sealed.yaml`,
    `sops groups add -f sealed.yaml --age ${b} > sealed.txt; grep -c shamir sealed.txt`,
    `${both}; sops groups add -i --file sealed.yaml --age ${b} --shamir-secret-sharing-threshold 2; sops rotate -i sealed.yaml; sops set sealed.yaml '["db"]["port"]' 1`,
    `sops groups add -i --file sealed.yaml --age ${b} --shamir-secret-sharing-threshold 2; sops decrypt sealed.yaml`,
    `sops rotate -i --add-age ${b},${b} sealed.yaml; grep -c recipient sealed.yaml`,
    `sops rotate -i --add-age ${a} sealed.yaml; grep -c recipient sealed.yaml`,
    `sops rotate -i --rm-age ${a} sealed-both.yaml; echo $?`,
    `sops rotate -i --rm-age '${a}, ${b}' sealed-both.yaml; echo $?`,
  ])
}

function faultyConfigs({ a }) {
  const configs = [
    "creation_rules: 5",
    "creation_rules: {a: b}",
    `creation_rules:\\n - age: 5`,
    `creation_rules:\\n - age: {a: b}`,
    `creation_rules:\\n - age: [5]`,
    `creation_rules:\\n - age: []`,
    `creation_rules:\\n - age: ""`,
    `creation_rules:\\n - age: null`,
    `creation_rules:\\n - hckms: x`,
    `creation_rules:\\n - shamir_threshold: x`,
    `creation_rules:\\n - path_regex: [a]`,
    `creation_rules:\\n - age: x\\n   age: y`,
    `creation_rules:\\n - key_groups: 5`,
    `creation_rules:\\n - key_groups:\\n   - pgp: x`,
    `creation_rules:\\n - mac_only_encrypted: x`,
    `creation_rules:\\n - encrypted_suffix: a\\n   encrypted_regex: b`,
    `creation_rules:\\n - path_regex: "("`,
    `creation_rules:\\n - path_regex: "(?=x)"`,
    `creation_rules:\\n - path_regex: never\\n - age: ${a}`,
    `creation_rules:\\n - age: ${a}\\n   bogus: 1\\nbogus: x`,
    `creation_rules:\\n - age: ${a}\\n   shamir_threshold: 3`,
    "creation_rules: null",
    "creation_rules: []",
    "[]",
    "x",
    "",
    "# nothing",
    "stores: 5",
    "stores: {yaml: {indent: x}}",
    "stores: {json: {indent: -5}}",
    "stores: {yaml: {indent: -5}}",
    "stores: {yaml: {indent: 0}, json: {indent: 0}, json_binary: {indent: 0}}",
    "stores: {yaml: {indent: 9}}",
    "\\tx: 1",
    "a: *b",
    "---\\na: 1\\n---\\nb: 2",
    "destination_rules: 5",
    "destination_rules: []",
    "destination_rules:\\n - s3_bucket: x\\n   gcs_bucket: y",
    "destination_rules:\\n - path_regex: zzz\\n   s3_bucket: x",
    'destination_rules:\\n - path_regex: ""',
  ]
  return group(
    "configs of their own",
    configs.flatMap((config) => {
      const write = `printf '${config}\\n' > folder/.sops.yaml; cd folder`
      return [
        `${write}; sops encrypt ../flat.yaml > ../one.yaml; echo $?; sops encrypt --age ${a} ../flat.yaml > ../sealed.txt; echo $?`,
        `${write}; sops decrypt ../sealed-flat.yaml; echo $?; sops decrypt ../sealed.json; echo $?; sops -r -i ../sealed-flat.yaml; echo $?`,
        `${write}; sops updatekeys -y ../sealed.yaml; echo $?; sops publish -y ../sealed.yaml; echo $?`,
      ]
    }),
  )
}

function services() {
  const serve = (flags = "") =>
    `sops keyservice --network unix --address k.sock ${flags} > asked 2>&1 & s=$!; for i in $(seq 100); do [ -S k.sock ] && break; sleep 0.1; done`
  // What sops says and returns when a signal ends it is a matter of chance.
  const end = "kill -TERM $s; wait $s 2> /dev/null; rm asked"
  const other = "--enable-local-keyservice=false --keyservice unix://$PWD/k.sock"
  const without = "SOPS_AGE_KEY_FILE="
  return group("key services", [
    `${serve()}; ${without} sops decrypt ${other} sealed.yaml; ${end}`,
    `${serve()}; ${without} SOPS_KEYSERVICE=unix://$PWD/k.sock sops decrypt sealed.yaml; ${end}`,
    `${serve()}; ${without} SOPS_ENABLE_LOCAL_KEYSERVICE=false sops decrypt --keyservice unix://$PWD/k.sock sealed.yaml; ${end}`,
    `${serve()}; ${without} sops -d ${other} sealed.yaml; ${end}`,
    `${serve()}; ${without} sops exec-env ${other} sealed-flat.yaml 'echo $a'; ${end}`,
    `${serve()}; ${without} sops set ${other} sealed-flat.yaml '["a"]' 1; ${end}`,
    `${serve()}; ${without} sops rotate -i ${other} sealed-flat.yaml; ${end}`,
    `${serve()}; ${without} sops decrypt --keyservice unix:///nothing --keyservice unix://$PWD/k.sock sealed.yaml; ${end}`,
    `${serve()}; ${without} sops decrypt ${other} sealed-stranger.yaml; ${end}`,
    "sops keyservice --network nothing; echo $?",
    "sops keyservice --network unix --address /nothing/here; echo $?",
    "sops keyservice --address 127.0.0.1:99999; echo $?",
    "sops keyservice --address nonsense; echo $?",
  ])
}

function editors({ a }) {
  const editor = (text) => `printf '#!/bin/sh\\n%s\\n' '${text}' > $HOME/ed; chmod +x $HOME/ed; export EDITOR=$HOME/ed`
  const keys = `--age ${a}`
  return group("editors", [
    ...["yaml", "json", "env", "ini", "txt", "yml"].map(
      (kind) => `${editor('cat "$1" > /dev/null; echo seen')}; sops edit ${keys} new.${kind}; echo $?`,
    ),
    ...["yaml", "json", "env"].map((kind) => `EDITOR="cp new-text.${kind}" sops edit ${keys} new.${kind}; echo $?`),
    `EDITOR="cp new-text.yaml" sops ${keys} --encrypted-regex ^a$ new.yaml; sops decrypt new.yaml`,
    `EDITOR="cp new-text.yaml" sops edit ${keys} --unencrypted-suffix b new.yaml; sops decrypt new.yaml`,
    `EDITOR="cp plain.yaml" sops edit ${keys} --input-type yaml --output-type yaml new; echo $?`,
    `EDITOR="cp new-text.yaml" sops edit folder/x/new.yaml; echo $?`,
    `EDITOR="cp new-text.yaml" sops edit --age nonsense new.yaml; echo $?`,
    `${editor('sed -i s/one/two/ "$1"')}; sops edit sealed-flat.yaml; sops decrypt sealed-flat.yaml; sops edit sealed-flat.yaml; echo $?`,
    `${editor('echo "# note" >> "$1"')}; sops edit sealed-flat.yaml; sops decrypt sealed-flat.yaml`,
    `${editor('echo "list: [a, {b: c}]" >> "$1"')}; sops edit sealed-flat.yaml; echo $?`,
    `${editor('sed -i 1d "$1"')}; sops edit sealed-flat.yaml; sops decrypt sealed-flat.yaml; sops edit sealed.env; sops decrypt sealed.env`,
    `${editor('stat -c %a "$1" "$(dirname "$1")"; basename "$1"')}; sops edit sealed.yaml; sops sealed.json`,
    `${editor('echo "$@" | wc -w; exit 3')}; sops edit sealed.yaml; echo $?`,
    `${editor("kill -TERM $PPID; sleep 1")}; sops edit sealed.yaml; echo $?`,
    `SOPS_EDITOR="sh -c 'cat new-text.yaml > \\"\\$0\\"'" sops edit sealed-flat.yaml; sops decrypt sealed-flat.yaml`,
    `EDITOR='cp\\ x' sops edit sealed.yaml; echo $?`,
    `EDITOR='"unclosed' sops edit sealed.yaml; echo $?`,
    `EDITOR='# comment' sops edit sealed.yaml; echo $?`,
    `EDITOR=' ' sops edit sealed.yaml; echo $?`,
    `EDITOR=./nothing sops edit sealed.yaml; echo $?`,
    `unset EDITOR; PATH=$(dirname $(command -v sops)):/nothing /bin/sh -c 'sops edit sealed.yaml; echo $?'`,
    `cd rules && EDITOR="cp ../new-text.yaml" sops brand-new.yaml; sops decrypt brand-new.yaml`,
    `ln -s sealed-flat.yaml way.yaml; EDITOR="cp new-text.yaml" sops way.yaml; test -L way.yaml && sops decrypt sealed-flat.yaml`,
  ])
}

function environment({ a, b }) {
  const key = (name) => `$(grep -v '^#' ${name})`
  const none = "unset SOPS_AGE_KEY_FILE"
  return group("environment", [
    `${none}; SOPS_AGE_KEY="${key("key.txt")}" sops decrypt sealed.yaml`,
    `${none}; SOPS_AGE_KEY="$(cat key.txt)" sops decrypt sealed.yaml`,
    `${none}; SOPS_AGE_KEY="${key("stranger.txt")} ${key("key.txt")}" sops decrypt sealed.yaml`,
    `${none}; SOPS_AGE_KEY="" sops decrypt sealed.yaml`,
    `${none}; SOPS_AGE_KEY_CMD="cat key.txt" sops decrypt sealed.yaml`,
    `${none}; SOPS_AGE_KEY_CMD="sh -c 'test -n \\"\\$SOPS_AGE_RECIPIENT\\" && cat key.txt'" sops decrypt sealed.yaml`,
    `${none}; SOPS_AGE_KEY_CMD="no-such-program" sops decrypt sealed.yaml`,
    `${none}; SOPS_AGE_KEY_CMD="false" SOPS_AGE_KEY="$(cat key.txt)" sops decrypt sealed.yaml`,
    `${none}; mkdir -p $HOME/.config/sops/age; cp key.txt $HOME/.config/sops/age/keys.txt; sops decrypt sealed.yaml`,
    `${none}; mkdir -p x/sops/age; cp key.txt x/sops/age/keys.txt; XDG_CONFIG_HOME=$PWD/x sops decrypt sealed.yaml`,
    `${none}; mkdir -p $HOME/.config/sops/age; cp stranger.txt $HOME/.config/sops/age/keys.txt; SOPS_AGE_KEY="$(cat key.txt)" sops decrypt sealed.yaml`,
    `SOPS_AGE_KEY_FILE=/nothing SOPS_AGE_KEY="$(cat key.txt)" sops decrypt sealed.yaml`,
    `SOPS_AGE_KEY_FILE=folder sops decrypt sealed.yaml`,
    `SOPS_AGE_KEY_FILE=plain.yaml sops decrypt sealed.yaml`,
    `${none}; ssh-keygen -q -t ed25519 -N "" -f k; sops encrypt --age "$(cut -d' ' -f1,2 k.pub)" flat.yaml > s.yaml; SOPS_AGE_SSH_PRIVATE_KEY_FILE=k sops decrypt s.yaml | head -1; rm k k.pub s.yaml`,
    `SOPS_AGE_RECIPIENTS="${a},${b}" sops encrypt flat.yaml > sealed.txt`,
    `SOPS_AGE_RECIPIENTS=" ${a} , ${b} " sops -e flat.yaml > sealed.txt`,
    `SOPS_AGE_RECIPIENTS="${a}" SOPS_PGP_FP="" sops encrypt --age "" flat.yaml; echo $?`,
    `SOPS_PGP_FP=0000000000000000000000000000000000000000 sops encrypt flat.yaml; echo $?`,
    `SOPS_KMS_ARN=nonsense sops encrypt flat.yaml; echo $?`,
    `SOPS_VAULT_URIS=nonsense sops encrypt flat.yaml; echo $?`,
    `SOPS_AZURE_KEYVAULT_URLS=nonsense sops encrypt flat.yaml; echo $?`,
    `SOPS_AZURE_KEYVAULT_URL=nonsense sops encrypt flat.yaml; echo $?`,
    `SOPS_HUAWEICLOUD_KMS_IDS=nonsense sops encrypt flat.yaml; echo $?`,
    `SOPS_DECRYPTION_ORDER=age,pgp,kms sops decrypt sealed.yaml`,
    `SOPS_DECRYPTION_ORDER=" age, age" sops decrypt sealed.yaml; echo $?`,
    `SOPS_DECRYPTION_ORDER=age,age sops updatekeys -y sealed.yaml; echo $?`,
    `SOPS_CONFIG=rules/.sops.yaml sops encrypt plain.yaml > sealed.txt; echo $?`,
    `SOPS_CONFIG=folder sops decrypt sealed.yaml; echo $?; sops --config /dev/null decrypt sealed.yaml`,
    `SOPS_GPG_EXEC=/nothing/gpg sops decrypt sealed.yaml`,
    `HOME= sops decrypt sealed.yaml; echo $?`,
    `env -i PATH=$PATH sops decrypt sealed.yaml; echo $?`,
    `NO_COLOR=1 TERM=dumb sops decrypt nothing.yaml; echo $?`,
    `sops decrypt sealed.yaml --ignore-mac --extract '["db"]' --output-type json`,
  ])
}
