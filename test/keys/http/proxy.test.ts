import { describe, expect, test } from "vitest"
import { parseProxy, proxyFor } from "../../../src/keys/http/proxy.ts"
import { testContext } from "../context.ts"

const proxy = "http://proxy.example.com:3128/"

describe("the proxy for an address", () => {
  const rows: readonly { url: string; env: Readonly<Record<string, string>>; direct: boolean }[] = [
    { url: "https://kms.example.com/", env: {}, direct: true },
    { url: "https://kms.example.com/", env: { HTTPS_PROXY: proxy }, direct: false },
    { url: "https://kms.example.com/", env: { https_proxy: proxy }, direct: false },
    { url: "https://kms.example.com/", env: { HTTP_PROXY: proxy }, direct: true },
    { url: "http://kms.example.com/", env: { HTTP_PROXY: proxy }, direct: false },
    { url: "http://kms.example.com/", env: { HTTPS_PROXY: proxy }, direct: true },
    { url: "http://kms.example.com/", env: { HTTP_PROXY: proxy, REQUEST_METHOD: "GET" }, direct: true },
    ...["http://localhost:1/", "https://127.0.0.1/", "https://127.8.9.1/", "https://[::1]:8/"].map((url) => ({
      url,
      env: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy },
      direct: true,
    })),
    ...[
      { no: "*", direct: true },
      { no: "example.com", direct: true },
      { no: ".example.com", direct: true },
      { no: "*.example.com", direct: true },
      { no: "kms.example.com", direct: true },
      { no: "KMS.Example.com", direct: true },
      { no: "other.com, example.com:443", direct: true },
      { no: "example.com:80", direct: false },
      { no: "ample.com", direct: false },
      { no: ".kms.example.com", direct: false },
      { no: "kms.example.com.evil.com", direct: false },
      { no: "", direct: false },
      { no: " , ,", direct: false },
    ].map(({ no, direct }) => ({
      url: "https://kms.example.com/",
      env: { HTTPS_PROXY: proxy, NO_PROXY: no },
      direct,
    })),
    ...[
      { no: "10.1.2.3", direct: true },
      { no: "10.0.0.0/8", direct: true },
      { no: "10.1.2.3:443", direct: true },
      { no: "10.1.2.0/30", direct: true },
      { no: "10.1.2.0/31", direct: false },
      { no: "11.0.0.0/8", direct: false },
      { no: "10.0.0.0/99", direct: false },
      { no: "fe80::/10", direct: false },
    ].map(({ no, direct }) => ({ url: "https://10.1.2.3/", env: { HTTPS_PROXY: proxy, no_proxy: no }, direct })),
    { url: "https://[fe80::1]/", env: { HTTPS_PROXY: proxy, NO_PROXY: "fe80::/10" }, direct: true },
    { url: "https://[fe80::1]/", env: { HTTPS_PROXY: proxy, NO_PROXY: "[fe80::1]:443" }, direct: true },
    { url: "https://[fe80::1]/", env: { HTTPS_PROXY: proxy, NO_PROXY: "fe80::2" }, direct: false },
  ]
  test.each(rows)("$url with $env, direct: $direct", ({ url, env, direct }) => {
    expect(proxyFor(new URL(url), testContext({ env }))?.href ?? null).toBe(direct ? null : proxy)
  })

  test.each(["socks5://h:1", "http://", "h h", "file:///x"])("%s is no proxy, and is not shown", (text) => {
    expect(() => parseProxy(text, "HTTPS_PROXY")).toThrow("HTTPS_PROXY is not the address of an HTTP proxy")
  })

  test("a host without a scheme is one", () => {
    expect(parseProxy("h:3128", "HTTPS_PROXY").href).toBe("http://h:3128/")
  })
})
