import { defineConfig, mergeConfig } from "vitest/config"
import whole from "./vitest.config.ts"

// For the inner loop: what needs no process of its own, and takes a second or two. `npm test` runs everything.
const slow = [
  "test/{audit,bundle,callers,check,faults,git,publish,walks}/**",
  "test/laws/{set-values,yaml-suite,config-export,chosen-paths}.test.ts",
  "test/formats/{adding-a-format,yaml/laws}.test.ts",
  "test/golden/stock.test.ts",
  "test/app/{edit-terminal,key-life,library,quiet,tampering,vault-address,work-meter}.test.ts",
  "test/host/{child,editor,exec,engine,terminal,user}.test.ts",
  "test/keys/{adding-a-provider,groups-program,identities,interop,lazy-drivers,program}.test.ts",
  "test/keys/{age/plugin,age/ssh,aws/*,azure/*,gcp/*,huawei/*,keyservice/*,pgp/*,vault/*}.test.ts",
  "test/security/**",
  "test/core/{vector,merge/generated}.test.ts",
  "test/laws/{json,yaml}-documents.test.ts",
]

export default mergeConfig(whole, defineConfig({ test: { exclude: slow } }))
