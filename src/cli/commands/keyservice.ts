import { command } from "../spec.ts"

export const keyserviceCommand = command({
  details: [
    "Other processes of yours, on this machine or through a forwarded socket, then open files with your keys, and " +
      "the keys stay here. sops can be such a client too: both speak the same protocol.",
    "By default it listens on a socket in a folder that nobody else can enter. Ctrl-C or SIGTERM ends it.",
  ],
  arguments: {},
  options: {
    network: {
      kind: "choice",
      value: "NETWORK",
      choices: ["unix", "tcp"],
      summary: "unix (the default), or tcp: then every user of this machine can use your keys",
    },
    address: {
      kind: "text",
      value: "ADDRESS",
      summary: "path of the socket, in a folder of mode 0700; or HOST:PORT on this machine (127.0.0.1:5000)",
    },
    prompt: { kind: "flag", summary: "ask at the terminal before each answer" },
  },
  examples: [
    { line: "sotto keyservice --prompt", shows: "lend your keys, one question at a time" },
    {
      line: "sotto --keyservice unix:///run/user/1000/sotto/keyservice.sock decrypt secrets.yaml",
      shows: "open a file with the keys of a service",
    },
  ],
  async run(session, { options }) {
    const { serveKeys } = await import("../../app/commands/keyservice.ts")
    return serveKeys(session, options)
  },
})
