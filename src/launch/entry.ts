#!/usr/bin/env node
import { shutInspector } from "../host/sigusr1.ts"
import { launch } from "./launch.ts"

// Before anything else is loaded: from the first moment on no other user may open the inspector (rule S12).
shutInspector(process)
launch(__dirname, require)
