import { type AwsUser, awsAccess, awsSecret, awsUser, identify } from "./aws.ts"
import { type Answer, type Received, type TestServer, startServer } from "./server.ts"

/** Amazon S3, as far as PutObject goes. Every signature is made again and compared. */
export interface FakeS3 {
  readonly server: TestServer
  /** By `bucket/key`. */
  readonly objects: Map<string, Buffer>
  readonly users: Map<string, AwsUser>
  isDenied: boolean
}

export async function startS3(buckets: readonly string[]): Promise<FakeS3> {
  const objects = new Map<string, Buffer>()
  const users = new Map<string, AwsUser>([[awsAccess, { arn: awsUser, secretKey: awsSecret }]])
  const answer = (request: Received): Answer => {
    const { scope, user } = identify(request, users)
    if (user === null) return failed(403, "SignatureDoesNotMatch")
    if (scope !== "eu-west-1/s3") return failed(400, "AuthorizationHeaderMalformed")
    const [, bucket = "", key = ""] = /^\/([^/?]+)\/([^?]+)$/.exec(request.path) ?? []
    if (request.method !== "PUT") return failed(405, "MethodNotAllowed")
    if (!buckets.includes(bucket)) return failed(404, "NoSuchBucket")
    if (fake.isDenied) return failed(403, "AccessDenied")
    objects.set(`${bucket}/${decodeURIComponent(key)}`, request.body)
    return { status: 200, headers: { etag: '"1"' } }
  }
  const fake: FakeS3 = { server: await startServer(answer), objects, users, isDenied: false }
  return fake
}

function failed(status: number, code: string): Answer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>canary-7f3a</Message></Error>`
  return { status, headers: { "content-type": "application/xml" }, body }
}
