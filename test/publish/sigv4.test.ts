import { expect, test } from "vitest"
import { signForAws } from "../../src/publish/s3.ts"

// From Amazon's own documentation: "Examples: Signature Calculations in AWS Signature Version 4", GET Object. The
// package leaves a `date` out, which the example of PUT Object signs and we never send.
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
const scope = { region: "us-east-1", service: "s3", now: new Date("2013-05-24T00:00:00.000Z") }

test("signs as Amazon's example", async () => {
  const url = new URL("https://examplebucket.s3.amazonaws.com/test.txt")
  const request = { method: "GET", url, headers: { range: "bytes=0-9" }, body: new Uint8Array() }
  const headers = await signForAws(request, credentials, scope)
  expect(headers["x-amz-content-sha256"]).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  expect(headers["authorization"]).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
      "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, " +
      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  )
})

test("signs a query and a session token", async () => {
  const headers = await signForAws(
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
  const withToken = await signForAws(
    { method: "GET", url: new URL("https://h/"), headers: {}, body: new Uint8Array() },
    { ...credentials, sessionToken: "t" },
    scope,
  )
  expect(withToken["x-amz-security-token"]).toBe("t")
  expect(withToken["authorization"]).toContain("x-amz-date;x-amz-security-token,")
})
