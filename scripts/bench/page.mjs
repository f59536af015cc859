// The table of a bench, as Markdown that can be read in a terminal too.

/** @returns {string} */
export function page({ rows, nodes, others, machine, sopsVersion, sottoVersion, bunVersion, isQuick }) {
  const names = [...nodes.map(({ name }) => name), "binary"].filter((name) =>
    rows.some(({ results }) => name in results),
  )
  const lines = rows.flatMap((row) => names.map((name) => line(row, name)).filter((cells) => cells !== null))
  const met = lines.filter((cells) => cells.at(-1) === "met").length
  const judged = lines.filter((cells) => cells.at(-1) !== "").length
  const head = ["work", "by", "median", "min", "max", "peer", "its median", "ratio", "target", "floor", ""]
  const parts = [
    table([head, ...lines]),
    memoryTable(rows, names),
    growth(rows),
    others,
    `${met} of ${judged} targets met. Times in milliseconds; ${isQuick ? "quick, so few rounds and smaller files; " : ""}` +
      "peers run in turn, medians count.\n",
    `- Machine: ${machine}\n- ${sottoVersion}; binary with Bun ${bunVersion}\n- Peer: ${sopsVersion === "" ? "none (SOPS_BIN is not set)" : sopsVersion}\n`,
  ]
  return parts.filter((part) => part !== "").join("\n")
}

function line(row, name) {
  const own = row.results[name]
  if (own === undefined) return null
  const isBinary = name === "binary"
  const [peer, target] =
    row.toNode !== undefined && !isBinary
      ? [`bare ${name}`, name.startsWith("Node v20") ? row.toNode[20] : row.toNode.later]
      : ["sops", isBinary ? (row.binaryToSops ?? row.toSops) : row.toSops]
  const other = row.results[peer]
  const floor = row.results[`floor ${name}`]
  const cells = [row.name, name, ms(own.ms), ms(own.min), ms(own.max)]
  if (other === undefined) return [...cells, "", "", "", "", "", ""]
  const ratio = own.ms / other.ms
  const times = row.loopPart === undefined || peer !== "sops" ? peer : `${peer}, a loop`
  const isMet = ratio <= target || (floor !== undefined && own.ms <= floorTimesMax * floor.ms)
  const low = floor === undefined ? "" : ms(floor.ms)
  return [...cells, times, ms(other.ms), ratio.toFixed(2), `<= ${target}`, low, isMet ? "met" : "missed"]
}

/** Whoever is that near to what cannot be gone below has met the target. */
const floorTimesMax = 1.3

function memoryTable(rows, names) {
  const lines = rows
    .filter(({ memoryToSops }) => memoryToSops !== undefined)
    .flatMap((row) => {
      const peer = row.results.sops?.mb
      return names
        .filter((name) => name in row.results)
        .map((name) => {
          const own = row.results[name].mb
          if (peer === undefined) return [row.name, name, own.toFixed(0), "", "", "", ""]
          const ratio = own / peer
          const verdict = ratio <= row.memoryToSops ? "met" : "missed"
          return [row.name, name, own.toFixed(0), peer.toFixed(0), ratio.toFixed(2), `<= ${row.memoryToSops}`, verdict]
        })
    })
  return lines.length === 0 ? "" : table([["peak memory in MB", "by", "own", "sops", "ratio", "target", ""], ...lines])
}

function growth(rows) {
  return rows
    .filter((row) => row.growth !== undefined)
    .map(({ name, growth: times }) => {
      return `${name}: ten times the values take ${times.toFixed(1)} times the time (target: <= 11, ${times <= 11 ? "met" : "missed"}).\n`
    })
    .join("")
}

function ms(value) {
  return value >= 1000 ? value.toFixed(0) : value.toFixed(1)
}

/** @param {string[][]} rows - the first one is the head */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)))
  const isText = (column) => column < 2 || rows[0][column] === "" || rows[0][column] === "peer"
  const text = (cells) =>
    `| ${cells.map((cell, at) => (isText(at) ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(" | ")} |\n`
  const rule = `| ${widths.map((width, at) => (isText(at) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |\n`
  return text(rows[0]) + rule + rows.slice(1).map(text).join("")
}
