export function sealedFiles(count: number): string {
  return `${count} sealed ${count === 1 ? "file" : "files"}`
}
