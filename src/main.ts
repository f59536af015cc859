#!/usr/bin/env node
import { shutInspector } from "./host/sigusr1.ts"

// Before anything else is loaded: from the first moment on no other user may open the inspector (rule S12).
shutInspector(process)
const { start } = await import("./start.ts")
await start()
