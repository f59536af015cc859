import { expect, test } from "vitest"
import { sign } from "../../src/publish/sigv4.ts"

// From Amazon's own documentation: "Examples: Signature Calculations in AWS Signature Version 4", PUT Object.
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
const scope = { region: "us-east-1", service: "s3", now: new Date("2013-05-24T00:00:00.000Z") }

test("signs as Amazon's example", () => {
  const headers = sign(
    {
      method: "PUT",
      url: new URL("https://examplebucket.s3.amazonaws.com/test%24file.text"),
      headers: { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      body: Buffer.from("Welcome to Amazon S3."),
    },
    credentials,
    scope,
  )
  expect(headers["x-amz-content-sha256"]).toBe("44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
  expect(headers["authorization"]).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
      "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, " +
      "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  )
})

test("signs a query and a session token", () => {
  const headers = sign(
    {
      method: "GET",
      url: new URL("https://examplebucket.s3.amazonaws.com/?prefix=J&max-keys=2"),
      headers: {},
      body: new Uint8Array(),
    },
    credentials,
    scope,
  )
  expect(headers["authorization"]).toContain(
    "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  )
  const withToken = sign(
    { method: "GET", url: new URL("https://h/"), headers: {}, body: new Uint8Array() },
    { ...credentials, sessionToken: "t" },
    scope,
  )
  expect(withToken["x-amz-security-token"]).toBe("t")
  expect(withToken["authorization"]).toContain("x-amz-date;x-amz-security-token,")
})
