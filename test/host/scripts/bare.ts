import { writeSync } from "node:fs"

// What this line of Node loads for any module of somebody's.
const { moduleLoadList = [] }: NodeJS.Process & { moduleLoadList?: string[] } = process
writeSync(1, JSON.stringify(moduleLoadList))
